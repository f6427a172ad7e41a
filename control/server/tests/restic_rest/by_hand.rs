//! Requests that restic never sends, or whose answers it does not look at closely.

use std::time::{Duration, Instant};

use rempart_model::ClientMode;
use rempart_server::restic_rest::ClientPassword;
use reqwest::{Method, Response, StatusCode};
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncWriteExt as _;

use crate::lab::{Lab, noise};

const V1: &str = "application/vnd.x.restic.rest.v1";
const V2: &str = "application/vnd.x.restic.rest.v2";

struct Hand<'a> {
    lab: &'a Lab,
    user: &'static str,
    password: ClientPassword,
    http: reqwest::Client,
}

impl<'a> Hand<'a> {
    fn new(lab: &'a Lab, user: &'static str, mode: ClientMode) -> Self {
        Self { lab, user, password: lab.client(user, mode, None), http: reqwest::Client::new() }
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, self.lab.http(path)).basic_auth(self.user, Some(self.password.expose()))
    }

    async fn send(&self, method: Method, path: &str, body: &[u8]) -> Response {
        self.request(method, path).body(body.to_vec()).send().await.expect("an answer")
    }

    async fn status(&self, method: Method, path: &str, body: &[u8]) -> u16 {
        self.send(method, path, body).await.status().as_u16()
    }

    async fn created(self) -> Self {
        assert_eq!(self.status(Method::POST, "?create=true", b"").await, 200);
        self
    }
}

fn name_of(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn header(response: &Response, name: &str) -> String {
    response.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_tell_sizes_to_those_who_ask_and_names_to_the_others() {
    let lab = Lab::start().await;
    let hand = Hand::new(&lab, "full", ClientMode::Full).created().await;
    let key = noise(300, 1);
    let name = name_of(&key);
    for kind in ["data", "keys", "locks", "snapshots", "index"] {
        let empty = hand.request(Method::GET, &format!("{kind}/")).header("Accept", V2).send().await.unwrap();
        assert_eq!(
            (header(&empty, "content-type").as_str(), empty.text().await.unwrap().as_str()),
            (V2, "[]"),
            "{kind}"
        );
        assert_eq!(hand.status(Method::POST, &format!("{kind}/{name}"), &key).await, 200, "{kind}");

        let sized = hand.request(Method::GET, &format!("{kind}/")).header("Accept", V2).send().await.unwrap();
        assert_eq!(header(&sized, "content-type"), V2);
        assert_eq!(sized.text().await.unwrap(), format!(r#"[{{"name":"{name}","size":300}}]"#));

        let bare = hand.send(Method::GET, &format!("{kind}/"), b"").await;
        assert_eq!(header(&bare, "content-type"), V1);
        assert_eq!(bare.text().await.unwrap(), format!(r#"["{name}"]"#));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sizes_and_ranges_are_exact() {
    let lab = Lab::start().await;
    let hand = Hand::new(&lab, "full", ClientMode::Full).created().await;
    // Longer than one portion on its way in and out.
    let content = noise(3_000_001, 5);
    let path = format!("data/{}", name_of(&content));
    assert_eq!(hand.status(Method::HEAD, &path, b"").await, 404);
    assert_eq!(hand.status(Method::POST, &path, &content).await, 200);

    let head = hand.send(Method::HEAD, &path, b"").await;
    assert_eq!((head.status().as_u16(), header(&head, "content-length").as_str()), (200, "3000001"));
    let whole = hand.send(Method::GET, &path, b"").await;
    assert_eq!((whole.status().as_u16(), header(&whole, "content-type").as_str()), (200, "application/octet-stream"));
    assert!(whole.bytes().await.unwrap() == content);

    for (range, start, end) in [
        ("bytes=0-0", 0, 1),
        ("bytes=1000-2999999", 1000, 3_000_000),
        ("bytes=3000000-", 3_000_000, 3_000_001),
        ("bytes=-5", 2_999_996, 3_000_001),
        ("bytes=2999999-9999999", 2_999_999, 3_000_001),
    ] {
        let part = hand.request(Method::GET, &path).header("Range", range).send().await.unwrap();
        assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT, "{range}");
        assert_eq!(header(&part, "content-length"), (end - start).to_string(), "{range}");
        assert_eq!(header(&part, "content-range"), format!("bytes {start}-{}/3000001", end - 1), "{range}");
        assert!(part.bytes().await.unwrap() == content[start..end], "{range}");
    }
    let outside = hand.request(Method::GET, &path).header("Range", "bytes=3000001-").send().await.unwrap();
    assert_eq!((outside.status().as_u16(), header(&outside, "content-range").as_str()), (416, "bytes */3000001"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_is_not_what_its_name_says_is_refused() {
    let lab = Lab::start().await;
    let hand = Hand::new(&lab, "full", ClientMode::Full).created().await;
    let (content, other) = (noise(2_000_000, 1), noise(2_000_000, 2));
    for kind in ["data", "index", "snapshots", "keys", "locks"] {
        let content = if matches!(kind, "data" | "index" | "snapshots") { &content[..] } else { &content[..1000] };
        let path = format!("{kind}/{}", name_of(content));
        assert_eq!(
            hand.status(Method::POST, &path, &other).await,
            if other.len() > 1 << 20 && matches!(kind, "keys" | "locks") { 413 } else { 400 },
            "{kind}"
        );
        assert_eq!(hand.status(Method::HEAD, &path, b"").await, 404, "{kind}");
        assert_eq!(hand.status(Method::POST, &path, content).await, 200, "{kind}");
    }
    assert_eq!(lab.leftovers(), [] as [std::path::PathBuf; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_upload_again_succeeds_and_another_content_is_refused() {
    let lab = Lab::start().await;
    for (user, mode) in [("full", ClientMode::Full), ("writer", ClientMode::AppendOnly)] {
        let hand = Hand::new(&lab, user, mode).created().await;
        let content = noise(100_000, user.len() as u64);
        let name = name_of(&content);
        for kind in ["data", "index", "snapshots", "keys", "locks"] {
            let path = format!("{kind}/{name}");
            assert_eq!(hand.status(Method::POST, &path, &content).await, 200, "{user} {kind}");
            assert_eq!(
                hand.status(Method::POST, &path, &content).await,
                200,
                "{user} {kind}: a lost answer is repeated"
            );
            // What lies there was damaged: its name is another's, and it is not for a client to replace it.
            let file =
                crate::lab::files(&lab.folder().join(kind)).into_iter().find(|path| path.ends_with(&name)).unwrap();
            std::fs::remove_file(&file).unwrap();
            std::fs::write(&file, b"damaged").unwrap();
            assert_eq!(hand.status(Method::POST, &path, &content).await, 403, "{user} {kind}");
            assert_eq!(std::fs::read(&file).unwrap(), b"damaged");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_config_is_written_once() {
    let lab = Lab::start().await;
    let hand = Hand::new(&lab, "writer", ClientMode::AppendOnly).created().await;
    assert_eq!(hand.status(Method::GET, "config", b"").await, 404);
    assert_eq!(hand.status(Method::POST, "config", b"first").await, 200);
    assert_eq!(hand.status(Method::POST, "config", b"first").await, 200);
    assert_eq!(hand.status(Method::POST, "config", b"other").await, 403);
    assert_eq!(hand.status(Method::DELETE, "config", b"").await, 403);
    assert_eq!(hand.send(Method::GET, "config", b"").await.text().await.unwrap(), "first");
    let full = Hand::new(&lab, "full", ClientMode::Full);
    assert_eq!(full.status(Method::DELETE, "config", b"").await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_only_client_deletes_locks_and_nothing_else() {
    let lab = Lab::start().await;
    let hand = Hand::new(&lab, "writer", ClientMode::AppendOnly).created().await;
    let content = noise(1000, 3);
    for (kind, status) in [("data", 403), ("keys", 403), ("snapshots", 403), ("index", 403), ("locks", 200)] {
        let path = format!("{kind}/{}", name_of(&content));
        assert_eq!(hand.status(Method::POST, &path, &content).await, 200, "{kind}");
        assert_eq!(hand.status(Method::DELETE, &path, b"").await, status, "{kind}");
        assert_eq!(hand.status(Method::HEAD, &path, b"").await, if status == 200 { 404 } else { 200 }, "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_is_refused_clearly() {
    let lab = Lab::start().await;
    let hand = Hand::new(&lab, "full", ClientMode::Full).created().await;
    let name = "ab".repeat(32);
    for (method, path, status) in [
        (Method::POST, "".to_owned(), 400),
        (Method::POST, "?create=maybe".to_owned(), 400),
        (Method::GET, "data/short".to_owned(), 400),
        (Method::GET, format!("data/{}", "AB".repeat(32)), 400),
        (Method::GET, format!("data/{name}"), 404),
        (Method::DELETE, format!("data/{name}"), 404),
        (Method::GET, format!("secrets/{name}"), 404),
        (Method::GET, "secrets/".to_owned(), 404),
        (Method::GET, format!("data/ab/{name}"), 404),
        (Method::GET, "data/..%2f..%2fetc%2fpasswd".to_owned(), 400),
        (Method::PUT, format!("data/{name}"), 405),
    ] {
        assert_eq!(hand.status(method.clone(), &path, b"").await, status, "{method} {path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_learn_nothing() {
    let lab = Lab::start().await;
    let hand = Hand::new(&lab, "full", ClientMode::Full).created().await;
    let answers = [
        hand.http.get(lab.http("config")).send().await.unwrap(),
        hand.http.get(lab.http("config")).basic_auth("full", Some("guess")).send().await.unwrap(),
        hand.http.get(lab.http("config")).basic_auth("nobody", Some("guess")).send().await.unwrap(),
        hand.http
            .get(format!("http://{}/restic/8/config", lab.address))
            .basic_auth("full", Some(hand.password.expose()))
            .send()
            .await
            .unwrap(),
        hand.http.get(format!("http://{}/restic/x/config", lab.address)).send().await.unwrap(),
        hand.http.get(format!("http://{}/restic/x/y/z/config", lab.address)).send().await.unwrap(),
    ];
    let mut bodies = Vec::new();
    for answer in answers {
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        assert!(header(&answer, "www-authenticate").starts_with("Basic realm="));
        bodies.push(answer.text().await.unwrap());
    }
    assert!(bodies.windows(2).all(|pair| pair[0] == pair[1]), "{bodies:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_upload_leaves_nothing() {
    // Given an upload of which half has come.
    let lab = Lab::start().await;
    let hand = Hand::new(&lab, "full", ClientMode::Full).created().await;
    let content = noise(6 << 20, 9);
    for kind in ["data", "snapshots"] {
        let path = format!("{kind}/{}", name_of(&content));
        let request = hand.request(Method::POST, &path).build().unwrap();
        let authorization = request.headers()["authorization"].to_str().unwrap().to_owned();
        let mut line = tokio::net::TcpStream::connect(lab.address).await.unwrap();
        let head = format!(
            "POST /restic/7/{path} HTTP/1.1\r\nHost: lab\r\nAuthorization: {authorization}\r\nContent-Length: {}\r\n\r\n",
            content.len()
        );
        line.write_all(head.as_bytes()).await.unwrap();
        line.write_all(&content[..3 << 20]).await.unwrap();
        if kind == "data" {
            until("the upload is under way", || !lab.leftovers().is_empty()).await;
        }

        // When the line breaks.
        drop(line);

        // Then nothing is left of it, and the same upload goes through.
        until("the temporary file is gone", || lab.leftovers().is_empty()).await;
        assert_eq!(hand.status(Method::HEAD, &path, b"").await, 404, "{kind}");
        assert_eq!(hand.status(Method::POST, &path, &content).await, 200, "{kind}");
    }
}

/// Waits for a condition, with a bound far above what it needs.
async fn until(what: &str, condition: impl Fn() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < Duration::from_secs(30), "never: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
