//! Repair: make a damaged repository whole again, losing only what is lost already.
//!
//! `repair index` rebuilds what the index files say from the packs themselves. `repair packs` copies what is sound out of
//! damaged packs. `repair snapshots` writes snapshots anew without what cannot be had any more. In this order, with a
//! new backup before the last one: it brings back what the source still has.

mod index;
mod long_tree;
mod packs;
mod snapshots;

pub use index::IndexRepairPlan;
pub use packs::PackRepair;
pub use snapshots::SnapshotRepair;
