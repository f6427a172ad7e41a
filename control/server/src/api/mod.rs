//! What the server answers to.

pub mod types;
