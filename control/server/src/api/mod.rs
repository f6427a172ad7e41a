//! What the server answers to: one file per area, each with its `routes()`.

pub mod audit;
pub mod auth;
pub mod pools;
pub mod repositories;
pub mod servers;
pub mod settings;
pub mod snapshots;
mod storage_words;
pub mod system;
pub mod tokens;
pub mod totp;
pub mod types;
pub mod users;
pub mod words;

use crate::events;
use crate::http::routes::Routes;

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
        .merge(pools::routes())
        .merge(repositories::routes())
        .merge(snapshots::routes())
        .merge(events::routes())
}
