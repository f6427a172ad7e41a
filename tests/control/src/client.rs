//! A client of the API: a signed-in administrator with a session.

use std::time::Duration;

use reqwest::Method;
use serde_json::Value;

use crate::listener::Listener;

/// What the server answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
    pub etag: Option<String>,
}

impl Answer {
    /// The body, where the request succeeded.
    pub fn ok(self) -> Value {
        assert!((200..300).contains(&self.status), "{} {}", self.status, self.body);
        self.body
    }

    /// The code of a refusal.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }
}

pub struct Client {
    runtime: tokio::runtime::Runtime,
    http: reqwest::Client,
    pub base: String,
    cookie: String,
    csrf: String,
}

impl Client {
    /// Nobody, so far.
    pub fn new(base: &str) -> Self {
        // Some other client of this process may have been first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        Self {
            runtime: runtime.expect("a runtime"),
            http: reqwest::Client::builder().timeout(Duration::from_secs(60)).build().expect("an HTTP client"),
            base: base.to_owned(),
            cookie: String::new(),
            csrf: String::new(),
        }
    }

    /// Makes the first administrator with the token of the setup link, who is signed in then.
    pub fn set_up(&mut self, token: &str) {
        let body = serde_json::json!({
            "token": token, "name": "admin", "password": "correct horse battery staple", "language": "en",
        });
        self.sign_in_by("/api/setup", &body);
    }

    pub fn log_in(&mut self) {
        let body = serde_json::json!({ "name": "admin", "password": "correct horse battery staple" });
        self.sign_in_by("/api/auth/login", &body);
    }

    fn sign_in_by(&mut self, path: &str, body: &Value) {
        let (answer, cookies) = self.send(Method::POST, path, Some(body), &[]);
        answer.ok();
        self.cookie = cookies.expect("a session cookie");
        self.csrf = self.get("/api/auth/me").ok()["csrfToken"].as_str().expect("a token").to_owned();
    }

    /// The same user at another server of the same catalog.
    pub fn at(&self, base: &str) -> Self {
        let mut other = Self::new(base);
        other.cookie.clone_from(&self.cookie);
        other.csrf.clone_from(&self.csrf);
        other
    }

    /// Hears of these topics from now on.
    pub fn listen(&self, topics: &[&str]) -> Listener {
        Listener::new(&self.base, &self.cookie, topics)
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None, &[]).0
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, Some(body), &[]).0
    }

    pub fn put(&self, path: &str, etag: &str, body: &Value) -> Answer {
        self.send(Method::PUT, path, Some(body), &[("If-Match", etag)]).0
    }

    pub fn delete(&self, path: &str, etag: Option<&str>) -> Answer {
        let headers: Vec<_> = etag.iter().map(|etag| ("If-Match", *etag)).collect();
        self.send(Method::DELETE, path, None, &headers).0
    }

    /// As `get`, for a server that may be gone by now.
    pub fn try_get(&self, path: &str) -> Option<Answer> {
        self.try_send(Method::GET, path, None, &[]).ok().map(|(answer, _)| answer)
    }

    /// As `post`, for a server that may be killed meanwhile.
    pub fn try_post(&self, path: &str, body: &Value) -> Option<Answer> {
        self.try_send(Method::POST, path, Some(body), &[]).ok().map(|(answer, _)| answer)
    }

    fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> (Answer, Option<String>) {
        let what = format!("{method} {path}");
        self.try_send(method, path, body, headers).unwrap_or_else(|error| panic!("{what}: {error:?}"))
    }

    fn try_send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> Result<(Answer, Option<String>), reqwest::Error> {
        let mut request = self.http.request(method, format!("{}{path}", self.base)).header("Accept-Language", "en");
        if !self.cookie.is_empty() {
            request = request.header("Cookie", &self.cookie).header("X-Rempart-Csrf", &self.csrf);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        self.runtime.block_on(async {
            let response = request.send().await?;
            let status = response.status().as_u16();
            let text = |name: &str| response.headers().get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
            let etag = text("etag");
            let cookie = text("set-cookie").map(|cookie| cookie.split(';').next().unwrap_or_default().to_owned());
            let bytes = response.bytes().await?;
            let body = serde_json::from_slice(&bytes)
                .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
            Ok((Answer { status, body, etag }, cookie))
        })
    }
}
