//! What the server answers to: one file per area, each with its `routes()`.

pub mod agents;
pub mod alerts;
pub mod audit;
pub mod auth;
pub mod dashboard;
pub mod deploy;
pub mod jobs;
pub mod legacy;
pub mod plans;
pub mod pools;
pub mod repositories;
mod run_options;
pub mod runs;
pub mod servers;
pub mod settings;
pub mod shown;
pub mod snapshots;
pub mod stats;
mod storage_words;
pub mod system;
pub mod thresholds;
pub mod tokens;
pub mod totp;
pub mod types;
pub mod users;
pub mod words;
pub mod workers;

use crate::http::routes::Routes;
use crate::{events, gateway};

/// Every route of the API.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .merge(auth::routes())
        .merge(totp::routes())
        .merge(users::routes())
        .merge(tokens::routes())
        .merge(audit::routes())
        .merge(settings::routes())
        .merge(system::routes())
        .merge(servers::routes())
        .merge(agents::routes())
        .merge(deploy::routes())
        .merge(stats::routes())
        .merge(thresholds::routes())
        .merge(pools::routes())
        .merge(repositories::routes())
        .merge(snapshots::routes())
        .merge(plans::routes())
        .merge(runs::routes())
        .merge(jobs::routes())
        .merge(workers::routes())
        .merge(dashboard::routes())
        .merge(legacy::routes())
        .merge(events::routes())
        .merge(gateway::routes())
}
