//! What handlers share.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use rempart_catalog::{Catalog, CatalogError, CatalogJobs};
use rempart_jobs::{Limits, ProcessInfo};
use rempart_work::secret::Field;
use rempart_work::{MasterKey, SecretText, Work, WorkSettings};
use tokio_util::sync::CancellationToken;

use crate::auth::password::Passwords;
use crate::auth::setup::Setup;
use crate::auth::throttle::Throttle;
use crate::events::Hub;
use crate::http::errors::{ApiError, ApiResult};
use crate::preferences::{ApplicationSettings, SETTINGS};
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
    pub events: Arc<Hub>,
    pub work: Arc<Work>,
    /// The queue, the list of workers and the scheduler's plans.
    pub jobs: CatalogJobs,
    /// Which process this is, in the list of workers.
    pub process: ProcessInfo,
    key: Arc<MasterKey>,
    /// What the listener got, where it took any that was free.
    port: OnceLock<u16>,
    pub started_at: Timestamp,
    /// Canceled once the server shall stop.
    pub stop: CancellationToken,
}

impl AppState {
    #[must_use]
    pub fn new(settings: Settings, catalog: Catalog, key: MasterKey, stop: CancellationToken) -> Self {
        let key = Arc::new(key);
        let work_settings = WorkSettings::in_directory(&settings.backups_dir);
        let work = Work::new(catalog.clone(), key.clone(), work_settings);
        Self(Arc::new(AppParts {
            work,
            jobs: catalog.job_store(),
            process: ProcessInfo::this(Timestamp::now()),
            settings,
            catalog,
            passwords: Passwords::default(),
            throttle: Throttle::default(),
            setup: Setup::default(),
            events: Arc::default(),
            key,
            port: OnceLock::new(),
            started_at: Timestamp::now(),
            stop,
        }))
    }
}

impl AppParts {
    /// A secret as the catalog may keep it.
    #[must_use]
    pub fn seal(&self, place: Field<'_>, secret: &str) -> String {
        self.key.seal(place, secret)
    }

    pub fn unseal(&self, place: Field<'_>, sealed: &str) -> ApiResult<SecretText> {
        self.key.unseal(place, sealed).map_err(ApiError::internal)
    }

    /// Told once, by whoever made the listener.
    pub fn listens_on(&self, port: u16) {
        let _ = self.port.set(port);
    }

    /// Where others reach this server, without a slash at its end.
    #[must_use]
    pub fn public_url(&self) -> String {
        self.settings.public_url(self.port.get().copied().unwrap_or(self.settings.listen.port()))
    }

    /// How much works at once.
    #[must_use]
    pub fn limits(&self) -> Limits {
        Limits { global: self.settings.max_concurrent_global, per_server: self.settings.max_concurrent_per_server }
    }

    /// In which a day of the dashboard begins and ends.
    #[must_use]
    pub fn time_zone(&self) -> jiff::tz::TimeZone {
        jiff::tz::TimeZone::get(&self.settings.scheduler_time_zone).unwrap_or(jiff::tz::TimeZone::UTC)
    }

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
