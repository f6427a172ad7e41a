//! Refusals that are given before the body has come, to clients that send it whole before they listen.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rempart_model::ClientMode;
use rempart_server::http::incoming::THROWN_AWAY_BYTES;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use crate::lab::{Lab, noise};

const PIECE_BYTES: usize = 64 << 10;

/// A client that speaks HTTP by hand.
struct Line(BufReader<TcpStream>);

impl Line {
    async fn open(lab: &Lab) -> Self {
        Self(BufReader::new(TcpStream::connect(lab.address).await.expect("a connection")))
    }

    async fn head(&mut self, request: &str, user: &str, password: &str, length: usize) {
        let credentials = STANDARD.encode(format!("{user}:{password}"));
        let head = format!(
            "{request} HTTP/1.1\r\nHost: lab\r\nAuthorization: Basic {credentials}\r\nContent-Length: {length}\r\n\r\n"
        );
        self.0.write_all(head.as_bytes()).await.expect("the head is taken");
    }

    /// Piece by piece, and others get their turn between two of them: the answer is long there when the last one is sent.
    async fn slowly(&mut self, body: &[u8]) -> std::io::Result<()> {
        for piece in body.chunks(PIECE_BYTES) {
            self.0.write_all(piece).await?;
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
        Ok(())
    }

    /// The status of the next answer, read to its end.
    async fn answer(&mut self) -> u16 {
        let (mut status, mut length) = (0, 0);
        loop {
            let mut line = String::new();
            let read = self.0.read_line(&mut line).await.expect("an answer");
            assert!(read > 0, "the connection ended before the answer");
            let line = line.trim_end();
            if status == 0 {
                status = line.split(' ').nth(1).and_then(|word| word.parse().ok()).expect(line);
            } else if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().expect("a length");
            } else if line.is_empty() {
                break;
            }
        }
        self.0.read_exact(&mut vec![0; length]).await.expect("the body of the answer");
        status
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_reaches_a_client_that_sends_on() {
    let lab = Lab::start().await;
    let full = lab.client("full", ClientMode::Full, None);
    let small = lab.client("small", ClientMode::Full, Some(100_000));
    let name = "ab".repeat(32);
    let body = noise(2_000_000, 1);
    let mut line = Line::open(&lab).await;
    line.head("POST /restic/7/?create=true", "full", full.expose(), 0).await;
    assert_eq!(line.answer().await, 200);
    for (request, user, password, status) in [
        (format!("POST /restic/7/data/{name}"), "full", "guess", 401),
        (format!("POST /restic/7/keys/{name}"), "full", full.expose(), 413),
        ("POST /restic/7/config".to_owned(), "full", full.expose(), 413),
        (format!("POST /restic/7/data/{name}"), "small", small.expose(), 507),
        (format!("POST /restic/7/secrets/{name}"), "full", full.expose(), 404),
        ("POST /restic/7/data/short".to_owned(), "full", full.expose(), 400),
        (format!("PUT /restic/7/data/{name}"), "full", full.expose(), 405),
    ] {
        // All of it is taken, the answer arrives, and the connection goes on with the next request.
        line.head(&request, user, password, body.len()).await;
        line.slowly(&body).await.unwrap_or_else(|error| panic!("{request} by {user}: {error}"));
        assert_eq!(line.answer().await, status, "{request} by {user}");
    }
    assert!(lab.leftovers().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_thrown_away_has_a_bound() {
    let lab = Lab::start().await;
    lab.client("full", ClientMode::Full, None);
    let mut line = Line::open(&lab).await;
    line.head(&format!("POST /restic/7/data/{}", "ab".repeat(32)), "full", "guess", 1 << 40).await;
    let piece = vec![0; 1 << 20];
    let mut taken_bytes = 0;
    while line.0.write_all(&piece).await.is_ok() {
        taken_bytes += piece.len();
        // The bound, and what the machine's own buffers hold.
        assert!(taken_bytes < THROWN_AWAY_BYTES + (64 << 20), "it takes all of it");
    }
    assert!(taken_bytes >= THROWN_AWAY_BYTES, "only {taken_bytes} bytes were taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_first_is_told_before_the_body_is_sent() {
    let lab = Lab::start().await;
    let mut line = Line::open(&lab).await;
    let head = format!(
        "POST /restic/7/data/{} HTTP/1.1\r\nHost: lab\r\nContent-Length: 2000000\r\nExpect: 100-continue\r\n\r\n",
        "ab".repeat(32)
    );
    line.0.write_all(head.as_bytes()).await.unwrap();
    assert_eq!(line.answer().await, 401, "not 100: the body is not wanted");
}
