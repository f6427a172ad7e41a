//! `unlock`: removes locks that nobody holds any more.

use rempart_repository::{LockInfo, UnlockScope};
use serde::Serialize;

use crate::cli::maintain::Unlock;
use crate::exit_code::ExitCode;
use crate::output::human;
use crate::run::Run;

#[derive(Serialize)]
struct Removed<'a> {
    id: String,
    hostname: &'a str,
    username: &'a str,
    pid: i64,
    since: String,
    exclusive: bool,
    stale: bool,
}

#[derive(Serialize)]
struct Summary {
    removed: usize,
    left: usize,
}

pub fn unlock(run: &Run, args: &Unlock) -> anyhow::Result<ExitCode> {
    let repository = run.open()?;
    let scope = if args.remove_all { UnlockScope::All } else { UnlockScope::Stale };
    let removed = repository.unlock(scope)?;
    let left = repository.locks()?;
    if run.out.is_json() {
        for lock in &removed {
            run.out.message("removed_lock", line(lock))?;
        }
        run.out.message("summary", Summary { removed: removed.len(), left: left.len() })?;
        return Ok(ExitCode::Success);
    }
    for lock in &removed {
        run.out.note(format!("removed: {lock}"));
    }
    run.out.line(format!("removed {}", human::count(removed.len() as u64, "lock")))?;
    for lock in &left {
        run.out.note(format!("left alone, for its process may be at work: {lock}"));
    }
    Ok(ExitCode::Success)
}

fn line(lock: &LockInfo) -> Removed<'_> {
    Removed {
        id: lock.id.to_string(),
        hostname: &lock.hostname,
        username: &lock.username,
        pid: lock.pid,
        since: lock.since.to_string(),
        exclusive: lock.mode == rempart_repository::LockMode::Exclusive,
        stale: lock.stale,
    }
}
