//! A connection that does not wait for ever.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Sleep, sleep};

use super::Limits;

/// What an HTTP/2 connection begins with (RFC 9113, section 3.4). Until it is known whether these bytes come, nobody but this
/// room counts the time; from then on the protocol does.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A stream of bytes whose peer must begin to speak, and take what is sent to it.
pub(super) struct Watched<S> {
    stream: S,
    begin: Option<Begin>,
    not_taken: NotTaken,
    /// Given back with the connection, upgraded ones included.
    _place: OwnedSemaphorePermit,
}

/// While it is open which protocol is spoken.
struct Begin {
    /// So many bytes have come, all of them those of [`PREFACE`].
    matched: usize,
    end: Pin<Box<Sleep>>,
}

/// Runs while something is to be sent and nothing can be.
struct NotTaken {
    within: Duration,
    end: Option<Pin<Box<Sleep>>>,
}

impl<S> Watched<S> {
    pub fn new(stream: S, limits: Limits, place: OwnedSemaphorePermit) -> Self {
        let begin = Begin { matched: 0, end: Box::pin(sleep(limits.header_timeout)) };
        let not_taken = NotTaken { within: limits.body_timeout, end: None };
        Self { stream, begin: Some(begin), not_taken, _place: place }
    }
}

impl Begin {
    /// Whether more is needed to know the protocol.
    fn is_open_after(&mut self, came: &[u8]) -> bool {
        let expected = &PREFACE[self.matched..];
        self.matched += came.len();
        came.len() < expected.len() && expected.starts_with(came)
    }
}

impl NotTaken {
    fn look<T>(&mut self, context: &mut Context<'_>, outcome: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if outcome.is_ready() {
            self.end = None;
            return outcome;
        }
        let within = self.within;
        let end = self.end.get_or_insert_with(|| Box::pin(sleep(within)));
        if end.as_mut().poll(context).is_ready() { Poll::Ready(Err(too_late())) } else { Poll::Pending }
    }
}

fn too_late() -> io::Error {
    io::ErrorKind::TimedOut.into()
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut this.stream).poll_read(context, buffer);
        let Some(begin) = &mut this.begin else { return outcome };
        if outcome.is_pending() {
            let is_late = begin.end.as_mut().poll(context).is_ready();
            return if is_late { Poll::Ready(Err(too_late())) } else { Poll::Pending };
        }
        if !begin.is_open_after(&buffer.filled()[before..]) {
            this.begin = None;
        }
        outcome
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.not_taken.look(context, outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.not_taken.look(context, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.stream).poll_flush(context);
        self.not_taken.look(context, outcome)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.stream).poll_shutdown(context);
        self.not_taken.look(context, outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
    use tokio::sync::Semaphore;

    fn watched<S>(stream: S, timeout: Duration) -> Watched<S> {
        let limits = Limits { header_timeout: timeout, body_timeout: timeout, max_connections: 1 };
        let place = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
        Watched::new(stream, limits, place)
    }

    const SHORT: Duration = Duration::from_millis(10);

    #[tokio::test]
    async fn a_peer_that_does_not_begin_is_not_waited_for() {
        for beginning in [&b""[..], b"P", b"PRI * HTTP/2.0\r\n"] {
            let (here, mut there) = duplex(100);
            let mut watched = watched(here, SHORT);
            there.write_all(beginning).await.unwrap();
            let mut read = Vec::new();
            let error = watched.read_to_end(&mut read).await.unwrap_err();
            assert_eq!((error.kind(), &read[..]), (io::ErrorKind::TimedOut, beginning));
        }
    }

    #[tokio::test]
    async fn once_the_protocol_is_known_the_protocol_counts() {
        for beginning in [&b"GET /"[..], b"PUT", b"PRX", PREFACE, b"GET / HTTP/1.0\r\n\r\n"] {
            let (here, mut there) = duplex(100);
            let mut watched = watched(here, SHORT);
            there.write_all(beginning).await.unwrap();
            let mut read = vec![0; beginning.len()];
            watched.read_exact(&mut read).await.unwrap();
            assert!(watched.begin.is_none(), "{beginning:?}");
        }
    }

    #[tokio::test]
    async fn a_peer_that_takes_nothing_is_not_waited_for() {
        let (here, _there) = duplex(100);
        let mut watched = watched(here, SHORT);
        watched.write_all(&[0; 100]).await.unwrap();
        assert_eq!(watched.write_all(&[0; 100]).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn a_peer_that_takes_slowly_is_served() {
        let (here, mut there) = duplex(10);
        let mut watched = watched(here, Duration::from_secs(60));
        let sent = tokio::spawn(async move { watched.write_all(&[7; 1000]).await });
        let mut taken = vec![0; 1000];
        there.read_exact(&mut taken).await.unwrap();
        sent.await.unwrap().unwrap();
        assert_eq!(taken, [7; 1000]);
    }
}
