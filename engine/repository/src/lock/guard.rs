//! What a holder has in hand: first a pending lock, then a guard.

use std::time::Duration;

use rempart_model::LockId;

use super::held::Held;
use super::info::refuse_contrary;
use super::{LockMode, SETTLE};
use crate::{Repository, RepositoryError, Result};

/// A lock whose file is written, and whose second look at the others is still to come.
#[must_use = "a lock is released when dropped"]
pub struct PendingLock {
    held: Held,
}

impl PendingLock {
    pub(super) fn new(held: Held) -> Self {
        Self { held }
    }

    #[must_use]
    pub fn mode(&self) -> LockMode {
        self.held.mode()
    }

    pub(crate) fn ensure_for(&self, repo: &Repository, operation: &'static str) -> Result<()> {
        ensure_for(&self.held, repo, operation)
    }

    /// Waits out what remains of the 200 ms since the file was written and looks again for a contrary lock.
    pub fn confirm(self) -> Result<LockGuard> {
        let repo = self.held.repo();
        let passed = repo.clock().now().duration_since(self.held.written());
        // A clock that was set back counts as no time passed.
        let passed = Duration::try_from(passed).unwrap_or_default();
        if let Some(rest) = SETTLE.checked_sub(passed) {
            repo.clock().sleep(rest);
        }
        refuse_contrary(repo, self.held.mode(), Some(self.held.id()))?;
        let guard = LockGuard { held: self.held };
        guard.ensure_held()?;
        Ok(guard)
    }
}

/// A lock held. Refreshed by a thread of its own; removed when dropped.
#[must_use = "a lock is released when dropped"]
pub struct LockGuard {
    held: Held,
}

impl LockGuard {
    #[must_use]
    pub fn mode(&self) -> LockMode {
        self.held.mode()
    }
    #[must_use]
    pub fn id(&self) -> LockId {
        self.held.id()
    }
    /// Not refreshed for 22 minutes, or its file is gone: others may believe that it is stale. Once true, always true.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.held.is_lost()
    }

    /// An error where the lock is lost: to be called before every commit and every deletion. Asks the store whether the
    /// lock file is still there.
    pub fn ensure_held(&self) -> Result<()> {
        if !self.is_lost() {
            self.held.look_for_file()?;
        }
        if self.is_lost() {
            return Err(RepositoryError::LockLost { minutes: self.held.minutes_unrefreshed() });
        }
        Ok(())
    }

    /// An error where the lock is lost or not exclusive.
    pub fn ensure_exclusive(&self, operation: &'static str) -> Result<()> {
        if self.mode() != LockMode::Exclusive {
            return Err(RepositoryError::NotExclusive { operation });
        }
        self.ensure_held()
    }

    /// The same, and that it locks this repository.
    pub(crate) fn ensure_exclusive_for(&self, repo: &Repository, operation: &'static str) -> Result<()> {
        self.ensure_for(repo, operation)?;
        self.ensure_exclusive(operation)
    }

    /// That it locks this repository and no other.
    pub(crate) fn ensure_for(&self, repo: &Repository, operation: &'static str) -> Result<()> {
        ensure_for(&self.held, repo, operation)
    }

    /// Writes the lock file anew where that is due. A thread does this all the time.
    pub fn refresh_if_due(&self) {
        self.held.refresh_if_due();
    }

    /// Removes the lock, telling whether that worked (dropping does the same, and only logs).
    pub fn release(mut self) -> Result<()> {
        self.held.release()
    }
}

fn ensure_for(held: &Held, repo: &Repository, operation: &'static str) -> Result<()> {
    if held.repo().id() == repo.id() { Ok(()) } else { Err(RepositoryError::ForeignLock { operation }) }
}
