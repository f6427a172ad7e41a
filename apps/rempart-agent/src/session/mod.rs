//! A job's data: what the engine's threads ask of the server, carried by several connections that may break.
//!
//! The machines of the protocol say what is sent and what came means. Around them: one state behind a lock, threads of the
//! engine that wait for answers in it, and one task for each connection that carries frames and comes back when it broke.

mod connection;
mod fault;
mod lengths;
mod machine;
mod sink;
mod source;
mod state;

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use parking_lot::{Condvar, Mutex};
use rempart_model::{CancelToken, IndexId, SnapshotId};
use rempart_protocol::data::{Incarnation, Pace};
use rempart_protocol::job::JobLease;
use rempart_protocol::order::{CommitRequest, Limits};
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

pub use connection::chain;
pub use fault::SessionFault;
pub use machine::Machine;
pub use sink::RemoteSink;
pub use source::RemoteSource;

use crate::settings::Home;
use state::State;

/// Connections of a session: beside one whose packet was lost, the others go on.
const CONNECTIONS: usize = 3;

/// How long the end of a session is waited for: what was said last may be lost with the line, and harms nobody.
const FAREWELL: Duration = Duration::from_secs(10);
/// The same where it was given up: the server hears of it by the job's result, too.
const SHORT_FAREWELL: Duration = Duration::from_secs(2);

/// Open as long as it lives. Used from the engine's threads; never from a task.
pub struct Session {
    shared: Arc<Shared>,
    tasks: Vec<JoinHandle<()>>,
    handle: Handle,
}

/// Between the engine's threads and the connections' tasks.
struct Shared {
    state: Mutex<State>,
    /// Something came, or was acknowledged: threads look again.
    changed: Condvar,
    /// There is something to send: connections look again.
    wake: Notify,
    pace: Mutex<Pace>,
    began: Instant,
    cancel: CancelToken,
    home: Arc<Home>,
    lease: JobLease,
    incarnation: Incarnation,
}

impl Session {
    /// Begins to connect. Failures show where something is asked.
    pub fn open(
        home: Arc<Home>,
        lease: JobLease,
        machine: Machine,
        limits: Limits,
        cancel: CancelToken,
        handle: &Handle,
    ) -> Self {
        let shared = Arc::new(Shared {
            state: Mutex::new(State::new(machine)),
            changed: Condvar::new(),
            wake: Notify::new(),
            pace: Mutex::new(Pace::new(limits.pace)),
            began: Instant::now(),
            cancel,
            home,
            lease,
            incarnation: Incarnation::draw(),
        });
        let tasks = (0..CONNECTIONS).map(|_| handle.spawn(connection::keep(Arc::clone(&shared)))).collect();
        Self { shared, tasks, handle: handle.clone() }
    }

    /// Where new blobs go.
    pub fn sink(&self) -> RemoteSink<'_> {
        RemoteSink::new(&self.shared)
    }

    /// Where blobs come from.
    pub fn source(&self) -> RemoteSource<'_> {
        RemoteSource::new(&self.shared)
    }

    /// Why the session ended, if it did not end well.
    pub fn fault(&self) -> Option<SessionFault> {
        self.shared.state.lock().fault.clone()
    }

    /// Asks for the snapshot, after everything that was stored. Waits until it is in the repository; returns its name and the
    /// repository's index files.
    pub fn commit(&self, request: &CommitRequest) -> Result<(SnapshotId, Vec<IndexId>), SessionFault> {
        let request = request.encode()?;
        self.shared.state.lock().machine.commit(request)?;
        self.shared.wake.notify_waiters();
        self.shared.wait(|state| Ok(state.committed.take()))
    }

    /// Nothing more will be read; waits until the server knows.
    pub fn finish(&self) -> Result<(), SessionFault> {
        self.shared.state.lock().machine.finish()?;
        self.shared.wake.notify_waiters();
        self.shared.wait(|state| Ok(state.is_finished.then_some(())))
    }

    /// Gives up: nothing of it is committed. Waits until that is said, or cannot be.
    pub fn abort(self, reason: &str) {
        self.shared.state.lock().machine.abort(reason);
        self.end(SHORT_FAREWELL);
    }

    /// Waits until the server has everything that was said, or cannot be reached for a while.
    pub fn close(self) {
        self.end(FAREWELL);
    }

    fn end(mut self, patience: Duration) {
        self.shared.state.lock().is_closing = true;
        self.shared.wake.notify_waiters();
        let tasks = std::mem::take(&mut self.tasks);
        self.handle.block_on(async move {
            let aborts: Vec<_> = tasks.iter().map(JoinHandle::abort_handle).collect();
            let all = async {
                for task in tasks {
                    // One that panicked has ended, too.
                    let _ = task.await;
                }
            };
            if tokio::time::timeout(patience, all).await.is_err() {
                aborts.iter().for_each(tokio::task::AbortHandle::abort);
            }
        });
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl Shared {
    /// Waits until `look` finds something. What it pushes is sent.
    fn wait<T>(
        &self,
        mut look: impl FnMut(&mut State) -> rempart_protocol::Result<Option<T>>,
    ) -> Result<T, SessionFault> {
        let mut state = self.state.lock();
        loop {
            let took = state.take_what_came();
            if let Some(fault) = &state.fault {
                return Err(fault.clone());
            }
            if self.cancel.is_canceled() {
                return Err(SessionFault::Canceled);
            }
            let found = look(&mut state)?;
            // What was taken out makes room, what was asked wants to be sent. Otherwise nobody is woken: they would wake us.
            if took || found.is_some() {
                self.wake.notify_waiters();
            }
            if let Some(found) = found {
                return Ok(found);
            }
            // A request to stop is noticed soon, whatever comes.
            self.changed.wait_for(&mut state, Duration::from_millis(500));
        }
    }

    /// When so many bytes may go; `None`: at once.
    fn turn(&self, bytes: usize) -> Option<Duration> {
        let wait = self.pace.lock().turn(bytes, self.began.elapsed(), Timestamp::now());
        (!wait.is_zero()).then_some(wait)
    }

    /// The session has failed; the first reason counts.
    fn fail(&self, fault: SessionFault) {
        self.state.lock().fault.get_or_insert(fault);
        self.changed.notify_all();
        self.wake.notify_waiters();
    }
}
