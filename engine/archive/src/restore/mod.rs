//! A snapshot becomes a tree again: plan, show, execute.
//!
//! - **Owns**: what is done to each entry of the target, the order of writes, what counts as restored.
//! - **Invariants**:
//!   - Nothing outside of the target is touched. Every entry is reached from its directory's handle, name by name, and
//!     no symbolic link is followed below the target. Names that could lead elsewhere are refused and reported.
//!   - A failure of one entry is recorded and the others go on; a run with failures never looks like one without.
//!   - A file's modification time is set last. A file without its final time is therefore incomplete: the next run
//!     compares it chunk by chunk and brings only what is wrong or missing, so an interrupted restore continues.
//!   - A new file is created with mode 0600 where its owner is not ours; owner, attributes, mode and times follow in
//!     this order, so a set-user-id bit is never on a file of the wrong owner, and secrets are never readable early.
//!   - An existing file is removed only when what replaces it is at hand. A file with several names is replaced, never
//!     written in place: its other names may lie outside of the target.
//!   - Directories get their owner, mode and times when all that lies in them is done.
//!
//! How it works: one thread walks the trees in order, makes directories, links and devices, and gathers files into
//! windows of bounded size; each window's chunks are read in the order of the packs, every chunk once, and small files
//! are created, written, described and closed in one go on the thread that decoded them.
//!
//! ```ignore
//! let place = browse::resolve(&source, snapshot.tree, b"/etc")?;
//! let report = restore(&source, &place, Path::new("/srv/back"), &RestoreOptions::default(), &observer, &cancel)?;
//! for problem in &report.problems { … }
//! ```

mod attributes;
mod compare;
mod delete;
mod directory;
mod entry;
mod execute;
mod existing;
mod file;
mod filter;
mod identity;
mod links;
mod options;
mod plan;
mod report;
mod session;
mod sparse;
mod special;
mod verify;
mod window;

pub use filter::Filter;
pub use options::{Overwrite, Ownership, RestoreOptions, RunMode};
pub use report::{Action, Cause, NoObserver, Problem, RestoreError, RestoreObserver, RestoreReport, RestoreSummary};
pub use session::restore;
pub use verify::verify;
