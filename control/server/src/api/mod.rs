//! What the server answers to: one file per area, each with its `routes()`.

pub mod auth;
pub mod settings;
pub mod types;
pub mod users;
pub mod words;

use crate::http::routes::Routes;

/// Every route of the API.
#[must_use]
pub fn routes() -> Routes {
    Routes::new().merge(auth::routes()).merge(users::routes())
}
