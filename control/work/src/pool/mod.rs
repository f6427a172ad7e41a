//! Storage pools: places for repositories.

mod measure;
mod place;
mod probe;
mod service;

pub use measure::{Measure, measure, stored_bytes};
pub(crate) use place::local_path;
pub use place::{Patience, PoolPlace, PoolSecrets};
pub use probe::{Done, PoolTest, Step, test_pool};
pub use service::PoolChange;
