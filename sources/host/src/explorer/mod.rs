//! The folders of a machine: listed page by page, measured on demand.
//!
//! A folder is opened component by component, and no link is followed in any of them; its entries are looked at through that
//! handle. What is swapped for a link meanwhile leads nowhere.

mod list;
mod open;
mod size;

pub use list::{Entry, EntryKind, Page, list};
pub use size::{TreeSize, tree_size};
