//! The document of the application's settings, as the catalog keeps it.

use serde::{Deserialize, Serialize};

use crate::api::types::MailSecurity;

/// The name of the document in the catalog.
pub const SETTINGS: &str = "application";

/// Fields that a newer version adds get their defaults.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct ApplicationSettings {
    pub application_name: String,
    pub default_language: Option<String>,
    pub default_theme: String,
    pub log_retention_days: u32,
    pub mail: StoredMail,
}

impl Default for ApplicationSettings {
    fn default() -> Self {
        Self {
            application_name: "Rempart".to_owned(),
            default_language: None,
            default_theme: "auto".to_owned(),
            log_retention_days: 90,
            mail: StoredMail::default(),
        }
    }
}

/// How mail is sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct StoredMail {
    pub enabled: bool,
    pub host: String,
    pub port: u16,
    pub security: MailSecurity,
    pub username: Option<String>,
    /// By the master key.
    pub sealed_password: Option<String>,
    pub from: String,
    pub to: Vec<String>,
}

impl Default for StoredMail {
    fn default() -> Self {
        Self {
            enabled: false,
            host: String::new(),
            port: 587,
            security: MailSecurity::StartTls,
            username: None,
            sealed_password: None,
            from: String::new(),
            to: Vec::new(),
        }
    }
}
