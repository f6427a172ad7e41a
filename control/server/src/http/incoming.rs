//! Bodies on their way in: who stops sending is not waited for, and what a handler leaves unread is read and thrown away.
//!
//! An upload may be refused before its body has come: a wrong password, a quota, a size. A server that answers and closes
//! while the client still sends resets the connection, and the reset may overtake the answer: the client then sees a broken
//! line instead of what is wrong. So the answer goes out at once, and the rest of the body is taken for a while.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes, HttpBody as _};
use axum::extract::Request;
use axum::http::header;
use axum::middleware::Next;
use axum::response::Response;
use futures_util::{Stream, StreamExt as _};
use tokio::runtime::Handle;
use tokio::time::{Sleep, sleep, timeout};

/// Of a refused body so much is read before the connection is closed after all: two of restic's usual packs.
pub const THROWN_AWAY_BYTES: usize = 32 << 20;
/// And for no longer than this.
const THROWN_AWAY_WITHIN: Duration = Duration::from_secs(30);

/// A layer for every route that takes bodies. `patience`: how long a sender may pause.
pub async fn watch(patience: Duration, request: Request, next: Next) -> Response {
    // Who asks first whether the body is wanted does not send one that is refused.
    let asks_first = request.headers().contains_key(header::EXPECT);
    let request = request.map(|body| {
        if body.is_end_stream() {
            return body;
        }
        let body = Some(body.into_data_stream());
        Body::from_stream(Incoming { body, patience, pause: None, is_awaited: !asks_first })
    });
    next.run(request).await
}

struct Incoming {
    /// `None` once it has ended.
    body: Option<BodyDataStream>,
    patience: Duration,
    /// Runs while nothing comes.
    pause: Option<Pin<Box<Sleep>>>,
    /// Whether the sender sends, or was asked to.
    is_awaited: bool,
}

impl Stream for Incoming {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        this.is_awaited = true;
        let Some(body) = &mut this.body else { return Poll::Ready(None) };
        if let Poll::Ready(piece) = body.poll_next_unpin(context) {
            this.pause = None;
            if !matches!(piece, Some(Ok(_))) {
                this.body = None;
            }
            return Poll::Ready(piece);
        }
        let patience = this.patience;
        let pause = this.pause.get_or_insert_with(|| Box::pin(sleep(patience)));
        ready!(pause.as_mut().poll(context));
        this.body = None;
        let stopped = io::Error::new(io::ErrorKind::TimedOut, "the sender stopped within the body");
        Poll::Ready(Some(Err(axum::Error::new(stopped))))
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        let Some(rest) = self.body.take().filter(|_| self.is_awaited) else { return };
        // Outside of a runtime there is no connection either.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(throw_away(rest, self.patience));
        }
    }
}

/// Reads to the end, or to the bounds; then the body is dropped, and with it the connection is closed.
async fn throw_away(mut rest: BodyDataStream, patience: Duration) {
    let mut left = THROWN_AWAY_BYTES;
    let read = async {
        while let Ok(Some(Ok(piece))) = timeout(patience, rest.next()).await {
            match left.checked_sub(piece.len()) {
                Some(less) => left = less,
                None => return,
            }
        }
    };
    let _ = timeout(THROWN_AWAY_WITHIN, read).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// A body of so many pieces of 1 MiB that counts what is taken of it.
    fn body(pieces: usize, taken: &Arc<AtomicUsize>) -> BodyDataStream {
        let taken = taken.clone();
        let piece = Bytes::from(vec![0; 1 << 20]);
        let pieces = futures_util::stream::iter(0..pieces).map(move |_| {
            taken.fetch_add(1, Ordering::Relaxed);
            Ok::<_, io::Error>(piece.clone())
        });
        Body::from_stream(pieces).into_data_stream()
    }

    fn incoming(body: BodyDataStream, is_awaited: bool) -> Incoming {
        Incoming { body: Some(body), patience: Duration::from_secs(60), pause: None, is_awaited }
    }

    async fn settled(taken: &AtomicUsize, expected: usize) {
        for _ in 0..1000 {
            if taken.load(Ordering::Relaxed) >= expected {
                break;
            }
            tokio::task::yield_now().await;
        }
        // What would be read beyond that is read now.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert_eq!(taken.load(Ordering::Relaxed), expected);
    }

    #[tokio::test]
    async fn what_is_left_unread_is_read_up_to_a_bound() {
        for (pieces, expected) in [(3, 3), (100, THROWN_AWAY_BYTES / (1 << 20) + 1)] {
            let taken = Arc::default();
            drop(incoming(body(pieces, &taken), true));
            settled(&taken, expected).await;
        }
    }

    #[tokio::test]
    async fn who_asks_first_is_not_asked_to_send_what_is_thrown_away() {
        let taken = Arc::default();
        drop(incoming(body(3, &taken), false));
        settled(&taken, 0).await;
        let mut asked = incoming(body(3, &taken), false);
        asked.next().await.unwrap().unwrap();
        drop(asked);
        settled(&taken, 3).await;
    }

    #[tokio::test]
    async fn a_sender_that_stops_is_not_waited_for() {
        let silent = Body::from_stream(futures_util::stream::pending::<io::Result<Bytes>>()).into_data_stream();
        let mut incoming =
            Incoming { body: Some(silent), patience: Duration::from_millis(1), pause: None, is_awaited: true };
        assert!(incoming.next().await.unwrap().unwrap_err().to_string().contains("stopped"));
        assert!(incoming.next().await.is_none());
    }
}
