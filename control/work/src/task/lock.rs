//! Locks of a repository, waited for in a way that a person can stop.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rempart_archive::cancel::CancelToken;
use rempart_repository::{LockGuard, LockMode, Repository, RepositoryError};

use crate::trouble::{Result, Trouble, table};

/// Our own jobs stand in line by the queue; a lock in the way is another program's, and is waited for this long.
const WAIT: Duration = Duration::from_secs(60);
const STEP: Duration = Duration::from_millis(500);

fn patiently<T>(cancel: &CancelToken, mut take: impl FnMut() -> Result<T, RepositoryError>) -> Result<T> {
    let begun = Instant::now();
    loop {
        if cancel.is_canceled() {
            return Err(Trouble::new(&table::JOB_CANCELED));
        }
        match take() {
            Err(RepositoryError::Locked { .. }) if begun.elapsed() < WAIT => std::thread::sleep(STEP),
            outcome => return Ok(outcome?),
        }
    }
}

/// Beside others who share. The lock is certain, its second look at the others included: whoever comes in the same 200 ms and
/// wants the repository alone is waited for, too. An uncertain one would save those 200 ms, and end as "locked" what had
/// read for hours.
pub fn shared(repository: &Repository, cancel: &CancelToken) -> Result<Arc<LockGuard>> {
    patiently(cancel, || repository.lock(LockMode::Shared, None)).map(Arc::new)
}

/// Alone.
pub fn exclusive(repository: &Repository, cancel: &CancelToken) -> Result<LockGuard> {
    patiently(cancel, || repository.lock(LockMode::Exclusive, None))
}
