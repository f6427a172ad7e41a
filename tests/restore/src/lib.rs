//! What the tests of reading back share: a place whose repository is open in this process, snapshots that no tool would
//! write, and a watcher that remembers what it was told.
//!
//! - **Owns**: [`Lab`], [`Hostile`], [`Watcher`].
//! - **May use**: the engine, the tests' support.
//! - **Must not know**: how a restore works inside.
//! - **Invariants**: repositories are made and filled by the real restic, or by the engine's own writer.

mod hostile;
mod lab;
mod watcher;

pub use hostile::Hostile;
pub use lab::{Lab, Opened, explain};
pub use watcher::Watcher;
