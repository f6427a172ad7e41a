//! This room against real stores, a real restic, and both catalogs.

mod agents;
mod common;
mod jobs;
#[path = "../../../../engine/storage/tests/servers/lab.rs"]
mod lab;
mod pools;
mod repositories;
