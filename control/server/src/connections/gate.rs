//! Lets connections in, as many as there may be.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum_server::accept::Accept;
use futures_util::future::{BoxFuture, FutureExt as _};
use parking_lot::Mutex;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use super::Limits;
use super::watched::Watched;

/// Stands around the acceptor of TLS, or of nothing: a handshake takes one of the places too.
#[derive(Clone)]
pub(super) struct Gate<A> {
    inner: A,
    limits: Limits,
    places: Arc<Semaphore>,
    told: Arc<Mutex<Option<Instant>>>,
}

/// A full house is logged this often.
const TELL_EVERY: Duration = Duration::from_secs(60);

impl<A> Gate<A> {
    pub fn new(inner: A, limits: Limits) -> Self {
        let places = (limits.max_connections as usize).min(Semaphore::MAX_PERMITS);
        Self { inner, limits, places: Arc::new(Semaphore::new(places)), told: Arc::default() }
    }

    fn tell(&self) {
        let mut told = self.told.lock();
        if told.is_none_or(|at| at.elapsed() >= TELL_EVERY) {
            *told = Some(Instant::now());
            tracing::warn!(
                "all {} connections are taken: new ones are closed at once; raise max_connections if they are wanted",
                self.limits.max_connections
            );
        }
    }
}

impl<A, S> Accept<TcpStream, S> for Gate<A>
where
    A: Accept<TcpStream, S> + Clone + Send + Sync + 'static,
    A::Stream: Send + 'static,
    A::Service: Send + 'static,
    A::Future: Send + 'static,
    S: Send + 'static,
{
    type Stream = Watched<A::Stream>;
    type Service = A::Service;
    type Future = BoxFuture<'static, io::Result<(Self::Stream, Self::Service)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        // Closed, not kept waiting: a client that cannot be served is told so by the only means there is.
        let Ok(place) = self.places.clone().try_acquire_owned() else {
            self.tell();
            return std::future::ready(Err(io::ErrorKind::ConnectionRefused.into())).boxed();
        };
        let limits = self.limits;
        let accepted = self.inner.accept(stream, service);
        async move {
            let (stream, service) = accepted.await?;
            Ok((Watched::new(stream, limits, place), service))
        }
        .boxed()
    }
}
