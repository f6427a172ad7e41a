//! Locks: who works on the repository, and whether alone. Written always, so that restic cannot prune beside us.
//!
//! A lock is a file: created, and after 200 ms the others are listed again, so that of two who come at once at least
//! one sees the other. It is refreshed every 5 minutes, counts as stale for everybody after 30, and its holder stops
//! after 22 without a refresh: what waits through a suspended machine must not go on beside a prune that believed it dead.

mod guard;
mod held;
mod info;
#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;

use std::time::Duration;

use jiff::SignedDuration;
use rempart_storage::ObjectKind;

pub use guard::{LockGuard, PendingLock};
pub use info::{LockInfo, LockMode, UnlockScope};

use crate::{Repository, RepositoryError, Result};
use held::Held;

/// How long a fresh lock waits before it looks at the others again.
const SETTLE: Duration = Duration::from_millis(200);
const REFRESH_AFTER: SignedDuration = SignedDuration::from_mins(5);
const STALE_AFTER: SignedDuration = SignedDuration::from_mins(30);
/// Well before others may take it for stale.
const LOST_AFTER: SignedDuration = SignedDuration::from_mins(22);
/// Between two looks while waiting for others to end.
const WAIT_STEP: Duration = Duration::from_secs(2);

impl Repository {
    /// Takes the lock, waiting up to `wait` for contrary locks to go away (`None`: fails at once).
    pub fn lock(&self, mode: LockMode, wait: Option<Duration>) -> Result<LockGuard> {
        let until = self.deadline(wait);
        loop {
            match self.begin_lock(mode, until).and_then(PendingLock::confirm) {
                Err(RepositoryError::Locked { .. }) if self.clock().now() < until => self.clock().sleep(WAIT_STEP),
                outcome => return outcome,
            }
        }
    }

    /// Writes the lock file and leaves the second look (200 ms later) to [`PendingLock::confirm`], so that work which
    /// deletes and commits nothing can begin meanwhile.
    pub fn lock_async(&self, mode: LockMode, wait: Option<Duration>) -> Result<PendingLock> {
        self.begin_lock(mode, self.deadline(wait))
    }

    /// Every lock of the repository. One that cannot be read fails the call, naming it.
    pub fn locks(&self) -> Result<Vec<LockInfo>> {
        let mut locks = Vec::new();
        for listed in self.store().list(ObjectKind::Lock)? {
            locks.extend(info::read(self, listed.id)?);
        }
        locks.sort_by_key(|lock| (lock.since, lock.id));
        Ok(locks)
    }

    /// Removes locks and returns those that it could read. [`UnlockScope::All`] removes unreadable ones too.
    pub fn unlock(&self, scope: UnlockScope) -> Result<Vec<LockInfo>> {
        let mut removed = Vec::new();
        for listed in self.store().list(ObjectKind::Lock)? {
            let lock = match info::read(self, listed.id) {
                Err(RepositoryError::FileDamaged { .. }) => None,
                read => match read? {
                    None => continue,
                    some => some,
                },
            };
            let wanted = scope == UnlockScope::All || lock.as_ref().is_some_and(|lock| lock.stale);
            if wanted && held::remove(&**self.store(), listed.id.into())? {
                removed.extend(lock);
            }
        }
        Ok(removed)
    }

    fn deadline(&self, wait: Option<Duration>) -> jiff::Timestamp {
        let wait = SignedDuration::try_from(wait.unwrap_or_default()).unwrap_or(SignedDuration::MAX);
        self.clock().now().saturating_add(wait).unwrap_or(jiff::Timestamp::MAX)
    }

    fn begin_lock(&self, mode: LockMode, until: jiff::Timestamp) -> Result<PendingLock> {
        loop {
            match info::refuse_contrary(self, mode, None) {
                Ok(()) => break,
                Err(RepositoryError::Locked { .. }) if self.clock().now() < until => self.clock().sleep(WAIT_STEP),
                Err(error) => return Err(error),
            }
        }
        Held::create(self.clone(), mode).map(PendingLock::new)
    }
}
