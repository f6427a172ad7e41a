//! Locks as others see them: reading, staleness, conflicts.

use std::fmt;

use jiff::Timestamp;
use rempart_format::Lock;
use rempart_model::{Id, LockId};
use rempart_storage::ObjectKind;

use super::STALE_AFTER;
use crate::identity::is_dead;
use crate::{Repository, RepositoryError, Result, files};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockMode {
    /// Beside other shared locks: backup, restore, listing.
    Shared,
    /// Alone: whatever deletes.
    Exclusive,
}

/// Which locks `unlock` removes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnlockScope {
    /// Older than 30 minutes, or of a process of this host that no longer runs.
    Stale,
    All,
}

/// Who holds a lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockInfo {
    pub id: LockId,
    pub mode: LockMode,
    /// When it was written or last refreshed.
    pub since: Timestamp,
    pub hostname: String,
    pub username: String,
    pub pid: i64,
    /// Older than 30 minutes, or its process is gone.
    pub stale: bool,
    /// Its process ran on this host and certainly does not any more.
    pub holder_is_dead: bool,
}

impl fmt::Display for LockInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mode = match self.mode {
            LockMode::Shared => "locked",
            LockMode::Exclusive => "locked exclusively",
        };
        let Self { hostname, username, pid, since, id, .. } = self;
        write!(f, "the repository is {mode} by process {pid} of {username} on {hostname} since {since:.0}")?;
        write!(f, " (lock {id:.8}{})", if self.stale { ", stale" } else { "" })
    }
}

/// `None`: it was removed meanwhile.
pub(super) fn read(repo: &Repository, id: Id) -> Result<Option<LockInfo>> {
    let json = match files::read(repo, ObjectKind::Lock, id) {
        Err(RepositoryError::NoSuchFile { .. }) => return Ok(None),
        read => read?.0,
    };
    let lock = Lock::decode(&json).map_err(|error| files::damaged(ObjectKind::Lock, id, error))?;
    let age = repo.clock().now().duration_since(lock.time.instant);
    let holder_is_dead = lock.hostname == repo.inner.identity.hostname && is_dead(lock.pid);
    Ok(Some(LockInfo {
        id: LockId(id),
        mode: if lock.exclusive { LockMode::Exclusive } else { LockMode::Shared },
        since: lock.time.instant,
        hostname: lock.hostname,
        username: lock.username,
        pid: lock.pid,
        stale: holder_is_dead || age > STALE_AFTER,
        holder_is_dead,
    }))
}

/// Fails where another's lock excludes `mode`. A lock whose holder is dead for certain is removed instead: it protects
/// nothing. One that is merely old still counts, since its holder may be a machine that was asleep.
pub(super) fn refuse_contrary(repo: &Repository, mode: LockMode, own: Option<LockId>) -> Result<()> {
    for listed in repo.store().list(ObjectKind::Lock)? {
        if own == Some(LockId(listed.id)) {
            continue;
        }
        let Some(lock) = read(repo, listed.id)? else { continue };
        if lock.holder_is_dead {
            // Whether that works does not matter to us.
            let _ = super::held::remove(&**repo.store(), lock.id);
        } else if mode == LockMode::Exclusive || lock.mode == LockMode::Exclusive {
            return Err(RepositoryError::Locked { holder: Box::new(lock) });
        }
    }
    Ok(())
}
