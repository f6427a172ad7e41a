//! Reading snapshots: walk, list, find, compare, dump and count what a tree holds.
//!
//! - **Owns**: the order in which trees are visited, look-ahead in reading them, sub-paths (`snapshot:sub/path`).
//! - **Invariants**: nothing prints; no tree is held as a list of nodes, one node at a time is decoded; depth is bounded
//!   by memory, not by the stack; names that could lead out of their directory (`..`, `a/b`) are reported, never followed.
//!
//! ```ignore
//! let root = resolve(&source, snapshot.tree, b"/etc")?;
//! let mut walk = Walk::of(&source, &root);
//! while let Some(entry) = walk.next_entry() {
//!     let entry = entry?;              // an unreadable subtree is one error; the walk goes on after it
//!     use_it(entry.path, entry.node);
//! }
//! ```

mod diff;
mod dump;
mod error;
mod fetch;
mod find;
mod ls;
mod resolve;
mod stats;
mod walk;

pub use diff::{Change, ChangeKind, DiffOptions, DiffStats, SideStats, diff};
pub use dump::{ArchiveFormat, DumpStats, dump_archive, dump_file};
pub use error::BrowseError;
pub use find::{Criteria, Find, Found};
pub use ls::{List, ListOptions};
pub use resolve::{Place, resolve, split_spec};
pub use stats::{CountMode, SizeStats, size_stats};
pub use walk::{Entry, Event, Walk};

pub(crate) use error::shown;
