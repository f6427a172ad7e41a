//! What administrators decide while the server runs.

use serde::{Deserialize, Serialize};

/// The name of the document in the catalog.
pub const SETTINGS: &str = "application";

/// The document, as the catalog keeps it. Fields that a newer version adds get their defaults.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct ApplicationSettings {
    pub application_name: String,
    pub default_language: Option<String>,
    pub default_theme: String,
    pub log_retention_days: u32,
}

impl Default for ApplicationSettings {
    fn default() -> Self {
        Self {
            application_name: "Rempart".to_owned(),
            default_language: None,
            default_theme: "auto".to_owned(),
            log_retention_days: 90,
        }
    }
}
