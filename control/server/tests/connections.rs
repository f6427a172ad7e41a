//! Clients that keep the server waiting: none of them for long, and none of them keeps others out.

mod support;

use std::time::Duration;

use rempart_server::serve::{self, Ready};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

struct Running {
    ready: Ready,
    stop: CancellationToken,
    _folder: TempDir,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Running {
    /// Patience of a second, for what the test is about.
    async fn start(flags: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().unwrap();
        let (stop, (tell, told)) = (CancellationToken::new(), oneshot::channel());
        let settings = support::settings(&folder, flags);
        tokio::spawn(serve::serve(settings, stop.clone(), move |ready: &Ready| {
            let _ = tell.send(ready.clone());
        }));
        Self { ready: told.await.expect("the server is ready"), stop, _folder: folder }
    }

    async fn connect(&self) -> TcpStream {
        let port: u16 = self.ready.url.rsplit(':').next().unwrap().parse().unwrap();
        TcpStream::connect(("127.0.0.1", port)).await.unwrap()
    }

    async fn is_served(&self) -> bool {
        let answer = reqwest::Client::new().get(format!("{}/health/live", self.ready.url)).send().await;
        answer.is_ok_and(|answer| answer.status() == 200)
    }
}

/// What the server sends until it closes the connection, which it must.
async fn until_closed(line: &mut TcpStream) -> String {
    let mut said = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(30), line.read_to_end(&mut said)).await;
    // A reset is an end, too.
    let _ = read.expect("the connection is not closed");
    String::from_utf8_lossy(&said).into_owned()
}

#[tokio::test]
async fn a_header_that_does_not_come_is_not_waited_for() {
    let server = Running::start(&[("header_timeout", "1")]).await;
    let health = "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n";
    for said in ["", "P", "PRI * HTTP/2.0\r\n", "GET /health/live HTTP/1.1\r\nHost: x\r\nX-Slow: "] {
        let mut line = server.connect().await;
        line.write_all(said.as_bytes()).await.unwrap();
        let answer = until_closed(&mut line).await;
        assert!(!answer.contains(" 200 "), "{said:?}: {answer}");
    }
    // Between two requests as well.
    let mut line = server.connect().await;
    line.write_all(health.as_bytes()).await.unwrap();
    let answer = until_closed(&mut line).await;
    assert_eq!(answer.matches(" 200 ").count(), 1, "{answer}");
    assert!(server.is_served().await);
}

#[tokio::test]
async fn a_body_that_stops_is_not_waited_for() {
    let server = Running::start(&[("body_timeout", "1")]).await;
    for path in ["/api/auth/login", "/api/setup", "/restic/1/config"] {
        let mut line = server.connect().await;
        let head = format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{{");
        line.write_all(head.as_bytes()).await.unwrap();
        let answer = until_closed(&mut line).await;
        assert!(answer.starts_with("HTTP/1.1 4"), "{path}: {answer}");
    }
    assert!(server.is_served().await);
}

#[tokio::test]
async fn one_connection_too_many_is_closed_and_a_place_that_is_free_again_is_taken() {
    let server = Running::start(&[("max_connections", "2")]).await;
    let (one, two) = (server.connect().await, server.connect().await);
    let mut three = server.connect().await;
    assert_eq!(until_closed(&mut three).await, "");
    drop((one, two));
    // The server notices that they are gone as soon as it looks.
    let served = async {
        while !server.is_served().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), served).await.expect("the places stay taken");
}

#[tokio::test]
async fn a_refused_upload_is_told_so_over_the_whole_server() {
    let server = Running::start(&[]).await;
    let body = vec![b' '; 2_000_000];
    for (path, status) in
        [("/restic/1/config", 401), ("/api/plans", 401), ("/api/auth/login", 413), ("/api/nothing", 404)]
    {
        let mut line = server.connect().await;
        let head =
            format!("POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
        line.write_all(head.as_bytes()).await.unwrap();
        for piece in body.chunks(64 << 10) {
            line.write_all(piece).await.unwrap_or_else(|error| panic!("{path}: {error}"));
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let answer = until_closed(&mut line).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{path}: {answer}");
    }
}
