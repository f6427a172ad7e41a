//! What a machine is, and what lies on it: figures, folders, abilities. The same code on the server and in every agent.
//!
//! - **Owns**: [`stats`] (processor, memory, disks, addresses, times), [`explorer`] (folders page by page, sizes of trees),
//!   [`capability`] (tools with their versions, folders of which an atomic snapshot can be made).
//! - **May use**: the kernel's files and calls, programs of the machine by argument vectors.
//! - **Must not know**: plans, jobs, repositories, networks, who asks.
//! - **Invariants**: names and paths are bytes; no link is followed out of the folder that was asked for; nothing is shown
//!   that this process may not read; a program that hangs is ended; a figure that is not known is absent, never zero.
//!
//! ```
//! use rempart_host::{HostPath, explorer, stats::StatsReader};
//! let stats = StatsReader::new().read()?;
//! assert!(stats.cpu.cores > 0 && stats.memory.total_bytes > 0);
//! let page = explorer::list(&HostPath::from("/"), None, 10)?;
//! assert!(page.entries.len() <= 10 && page.total >= page.entries.len() as u64);
//! # Ok::<(), rempart_host::HostError>(())
//! ```

pub mod capability;
mod error;
pub mod explorer;
mod mounts;
mod path;
mod program;
pub mod stats;

pub use error::{HostError, Result};
pub use mounts::Mount;
pub use path::HostPath;
