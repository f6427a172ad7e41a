//! The file of a lock that we hold, and the thread that keeps it fresh.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use jiff::Timestamp;
use parking_lot::{Condvar, Mutex};
use rempart_format::{LocalZone, Lock, WallTime};
use rempart_model::LockId;
use rempart_storage::{ObjectKind, ObjectName, ObjectStore};

use super::{LOST_AFTER, LockMode, REFRESH_AFTER};
use crate::{Repository, RepositoryError, Result, files};

/// How often the thread looks at the clock: a machine that wakes up notices soon how long it slept.
const LOOK_EVERY: Duration = Duration::from_secs(15);

/// Removes the file of a lock. `false`: it was not there.
pub(super) fn remove(store: &dyn ObjectStore, id: LockId) -> Result<bool> {
    match store.remove(ObjectName::Named(ObjectKind::Lock, id.0)) {
        Ok(()) => Ok(true),
        Err(error) if error.is_not_found() => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[derive(Clone, Copy)]
struct LockFile {
    id: LockId,
    written: Timestamp,
}

struct State {
    repo: Repository,
    mode: LockMode,
    file: Mutex<LockFile>,
    lost: AtomicBool,
    stop: Mutex<bool>,
    stopped: Condvar,
}

/// A lock file with its refreshing thread. Dropped, both end.
pub(super) struct Held {
    state: Arc<State>,
    thread: Option<JoinHandle<()>>,
    removed: bool,
}

impl Held {
    pub(super) fn create(repo: Repository, mode: LockMode) -> Result<Self> {
        let file = write(&repo, mode)?;
        let state = Arc::new(State {
            repo,
            mode,
            file: Mutex::new(file),
            lost: AtomicBool::new(false),
            stop: Mutex::new(false),
            stopped: Condvar::new(),
        });
        // Made before the thread, so that a thread that does not start leaves no file.
        let mut held = Self { state, thread: None, removed: false };
        let state = Arc::clone(&held.state);
        let thread = std::thread::Builder::new().name("lock".into()).spawn(move || state.keep_fresh());
        held.thread = Some(thread.map_err(RepositoryError::Thread)?);
        Ok(held)
    }

    pub(super) fn repo(&self) -> &Repository {
        &self.state.repo
    }
    pub(super) fn mode(&self) -> LockMode {
        self.state.mode
    }
    pub(super) fn id(&self) -> LockId {
        self.state.file.lock().id
    }
    pub(super) fn written(&self) -> Timestamp {
        self.state.file.lock().written
    }
    pub(super) fn refresh_if_due(&self) {
        self.state.refresh_if_due();
    }
    pub(super) fn is_lost(&self) -> bool {
        self.state.is_lost()
    }
    pub(super) fn minutes_unrefreshed(&self) -> u64 {
        self.state.age().as_mins().unsigned_abs()
    }

    /// Whether the file is still there. Its absence means that somebody unlocked, and loses the lock for good.
    pub(super) fn look_for_file(&self) -> Result<()> {
        // Held while looking, so that a refresh does not replace the file meanwhile.
        let file = self.state.file.lock();
        match self.repo().store().size(ObjectName::Named(ObjectKind::Lock, file.id.0)) {
            Ok(_) => Ok(()),
            Err(error) if error.is_not_found() => {
                self.state.lost.store(true, Ordering::Relaxed);
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Ends the thread and removes the file.
    pub(super) fn release(&mut self) -> Result<()> {
        if std::mem::replace(&mut self.removed, true) {
            return Ok(());
        }
        if let Some(thread) = self.thread.take() {
            *self.state.stop.lock() = true;
            self.state.stopped.notify_all();
            let _ = thread.join();
        }
        remove(&**self.repo().store(), self.id()).map(drop)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Err(error) = self.release() {
            tracing::warn!(%error, "a lock file stays behind; it becomes stale in 30 minutes");
        }
    }
}

fn write(repo: &Repository, mode: LockMode) -> Result<LockFile> {
    let me = &repo.inner.identity;
    let written = repo.clock().now();
    let lock = Lock {
        time: WallTime::new(written, &LocalZone::system()),
        exclusive: mode == LockMode::Exclusive,
        hostname: me.hostname.clone(),
        username: me.username.clone(),
        pid: me.pid,
        uid: me.uid,
        gid: me.gid,
    };
    let id = files::write(repo, ObjectKind::Lock, &lock.encode())?;
    Ok(LockFile { id: LockId(id), written })
}

impl State {
    fn keep_fresh(&self) {
        let mut stop = self.stop.lock();
        while !*stop {
            self.stopped.wait_for(&mut stop, LOOK_EVERY);
            if !*stop {
                parking_lot::MutexGuard::unlocked(&mut stop, || self.refresh_if_due());
            }
        }
    }

    fn age(&self) -> jiff::SignedDuration {
        self.repo.clock().now().duration_since(self.file.lock().written)
    }

    fn is_lost(&self) -> bool {
        if self.age() > LOST_AFTER {
            self.lost.store(true, Ordering::Relaxed);
        }
        self.lost.load(Ordering::Relaxed)
    }

    /// A new file first, then the old one goes: at no moment is there none.
    fn refresh_if_due(&self) {
        if self.is_lost() || self.age() < REFRESH_AFTER {
            return;
        }
        let mut file = self.file.lock();
        let old = *file;
        match write(&self.repo, self.mode) {
            Ok(new) => *file = new,
            Err(error) => {
                tracing::warn!(%error, "cannot refresh the lock, trying again");
                return;
            }
        }
        // A machine may sleep, or a request wait, between the look at the clock above and the new file's arrival. The old
        // file may then have been taken away for stale, and a failed removal below would not tell.
        if self.repo.clock().now().duration_since(old.written) > LOST_AFTER {
            self.lost.store(true, Ordering::Relaxed);
        }
        match remove(&**self.repo.store(), old.id) {
            Ok(true) => {}
            // Somebody took our lock away and may have deleted what we rely on.
            Ok(false) => self.lost.store(true, Ordering::Relaxed),
            Err(error) => tracing::warn!(%error, "cannot remove the former lock file"),
        }
    }
}
