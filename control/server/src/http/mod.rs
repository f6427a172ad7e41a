//! What every request passes through, and what handlers are written with.

pub mod audit;
pub mod body;
pub mod caller;
pub mod check;
pub mod context;
pub mod errors;
pub mod etag;
pub mod guard;
pub mod headers;
pub mod incoming;
pub mod language;
pub mod list;
pub mod origin;
pub mod path;
pub mod routes;
pub mod upgrade;
