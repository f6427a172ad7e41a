//! Servers looked at now and then: figures kept over time, alerts where they ask for a person, abilities kept with their age.
//!
//! - `look`: one look at a machine, kept.
//! - `judge`: which alerts follow from it.
//! - `keep`: looks at every machine that is there, about every quarter of an hour.

mod judge;
mod keep;
mod look;

pub use keep::EVERY;
pub use look::THRESHOLDS;
