//! Prune: reclaim the space of what no snapshot uses.
//!
//! [`Repository::plan_prune`] looks and decides, deleting nothing; [`Repository::prune`] carries the plan out:
//!
//! 1. blobs still in use are copied out of the packs that are repacked, as they are sealed, after their MAC was checked
//!    ([`PrunePlan::begin`] does the first of it while the lock settles, out of everybody's sight);
//! 2. the new packs are made durable and indexed;
//! 3. the index files that mention packs about to go are written anew without them, then the old ones are removed;
//! 4. the packs are removed.
//!
//! A crash after any step leaves a repository that `check` accepts: at worst blobs that are stored twice, or packs that
//! no index mentions, and the next prune removes both. The exclusive lock keeps backups out meanwhile: a running backup
//! makes prune wait, and a running prune makes backups wait.

mod execute;
mod limit;
mod plan;
mod repack;

pub use limit::{Limit, ParseLimitError};
pub use plan::{PruneOptions, PrunePlan, PruneStats};
