//! What handlers share.

use std::ops::Deref;
use std::sync::Arc;

use jiff::Timestamp;
use rempart_catalog::{Catalog, CatalogError};
use tokio_util::sync::CancellationToken;

use crate::api::settings::{ApplicationSettings, SETTINGS};
use crate::auth::password::Passwords;
use crate::auth::setup::Setup;
use crate::auth::throttle::Throttle;
use crate::settings::Settings;

/// One per process; cheap to clone.
#[derive(Clone)]
pub struct AppState(Arc<AppParts>);

pub struct AppParts {
    pub settings: Settings,
    pub catalog: Catalog,
    pub passwords: Passwords,
    pub throttle: Throttle,
    pub setup: Setup,
    pub started_at: Timestamp,
    /// Canceled once the server shall stop.
    pub stop: CancellationToken,
}

impl AppState {
    #[must_use]
    pub fn new(settings: Settings, catalog: Catalog, stop: CancellationToken) -> Self {
        Self(Arc::new(AppParts {
            settings,
            catalog,
            passwords: Passwords::default(),
            throttle: Throttle::default(),
            setup: Setup::default(),
            started_at: Timestamp::now(),
            stop,
        }))
    }
}

impl AppParts {
    /// As people call this server.
    pub async fn application_name(&self) -> Result<String, CatalogError> {
        Ok(self.catalog.settings::<ApplicationSettings>(SETTINGS).await?.value.application_name)
    }
}

impl Deref for AppState {
    type Target = AppParts;

    fn deref(&self) -> &AppParts {
        &self.0
    }
}
