//! Where the async libraries run, seen from blocking callers (docs/decisions/0001-blocking-storage.md).

use std::future::Future;
use std::sync::mpsc;
use std::time::Duration;

use crate::{ErrorKind, Result, StorageError};

/// One store's own small runtime.
pub(crate) struct Runtime(Option<tokio::runtime::Runtime>);

impl Runtime {
    pub fn new(location: &str) -> Result<Self> {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("storage")
            .enable_all()
            .build()
            .map(|runtime| Self(Some(runtime)))
            .map_err(|error| StorageError::of_io("open", "the repository", location, error))
    }

    /// Runs a future to its end and waits for it. Works on any thread, those of another runtime included. `None`: the
    /// future panicked, which is a bug.
    pub fn wait<T: Send + 'static>(&self, future: impl Future<Output = T> + Send + 'static) -> Option<T> {
        let (tell, told) = mpsc::sync_channel(1);
        let runtime = self.0.as_ref().expect("the runtime leaves only when dropped");
        runtime.spawn(async move {
            // Nobody listens any more when the waiting thread panicked.
            let _ = tell.send(future.await);
        });
        told.recv().ok()
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        // Not the blocking way, which panics when a store is dropped on a thread of another runtime.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// What a backend's future comes to before place and object are known.
#[derive(Debug)]
pub(crate) struct Failure {
    pub kind: ErrorKind,
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

impl Failure {
    pub fn new(kind: ErrorKind, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { kind, source: source.into() }
    }

    pub fn at(self, operation: &'static str, object: impl std::fmt::Display, location: &str) -> StorageError {
        StorageError::new(self.kind, operation, object, location, self.source)
    }
}

/// The future's result, or a `Timeout` that says how long was waited.
pub(crate) async fn within<T>(limit: Duration, future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::time::timeout(limit, future).await.unwrap_or_else(|_| {
        let why = format!("no complete answer within {} seconds", limit.as_secs());
        Err(Failure::new(ErrorKind::Timeout, why))
    })
}
