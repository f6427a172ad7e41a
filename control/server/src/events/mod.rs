//! Events on their way to browsers: read once from the catalog, written as text once, sent to all.

mod hub;
mod socket;
mod topics;

pub use hub::{Hub, Missed, Published, Signal, pump};
pub use socket::routes;
pub use topics::Topics;
