//! A whole server on a free port over a fresh catalog, and people who talk to it.

#![allow(dead_code)] // each test file uses a part of it

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use rempart_catalog::{AuditFilter, AuditRow, Catalog, PageRequest};
use rempart_model::Role;
use rempart_server::admin::{self, NewUser};
use rempart_server::settings::{Settings, Sources};
use rempart_server::state::AppState;
use rempart_server::{app, events, serve};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

pub const PASSWORD: &str = "un chat sur le toit";

/// Stops when it is dropped.
pub struct Server {
    pub url: String,
    pub address: SocketAddr,
    pub state: AppState,
    stop: CancellationToken,
    folder: Arc<TempDir>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// The settings of a server in this folder.
pub fn settings(folder: &TempDir, flags: &[(&str, &str)]) -> Settings {
    let dir = folder.path().display().to_string();
    let mut all: Vec<(&str, &str)> = vec![("backups_dir", &dir), ("port", "0")];
    all.extend(flags);
    let flags = all.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    Sources { flags, ..Sources::default() }.settings().expect("settings of a test")
}

impl Server {
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// With these settings.
    pub async fn with(flags: &[(&str, &str)]) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self::over(Arc::new(tempfile::tempdir().expect("a temporary folder")), flags).await
    }

    /// A second process, as far as the first can tell: it shares nothing but the folder.
    pub async fn another(&self) -> Self {
        Self::over(self.folder.clone(), &[]).await
    }

    async fn over(folder: Arc<TempDir>, flags: &[(&str, &str)]) -> Self {
        let stop = CancellationToken::new();
        let state = serve::open(settings(&folder, flags), stop.clone()).await.expect("the server opens");
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(events::pump(state.events.clone(), state.catalog.clone(), stop.clone()));
        let service = app::router(state.clone()).into_make_service_with_connect_info::<SocketAddr>();
        let stopped = stop.clone();
        tokio::spawn(
            async move { axum::serve(listener, service).with_graceful_shutdown(stopped.cancelled_owned()).await },
        );
        Self { url: format!("http://{address}"), address, state, stop, folder }
    }

    /// Where its data lies.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn catalog(&self) -> &Catalog {
        &self.state.catalog
    }

    /// Makes a user of this role, named after it.
    pub async fn user(&self, role: Role) -> String {
        let name = role.as_str().to_owned();
        let user = NewUser { name: name.clone(), role, password: PASSWORD.to_owned().into(), reset: false };
        admin::create_user(&self.state, &user).await.expect("a user is made");
        name
    }

    /// Somebody without a credential.
    pub fn nobody(&self) -> Person {
        let client = Client::builder().cookie_store(true).build().expect("a client");
        Person { client, url: self.url.clone(), csrf: None, language: "en" }
    }

    /// A user of this role, made and signed in.
    pub async fn signed_in(&self, role: Role) -> Person {
        let name = self.user(role).await;
        let mut person = self.nobody();
        person.sign_in(&name, PASSWORD, None).await;
        person
    }

    /// The audit log, the newest line first.
    pub async fn audit(&self) -> Vec<AuditRow> {
        self.catalog().audit(&AuditFilter::default(), &PageRequest::first(500)).await.expect("the audit log").items
    }
}

/// A browser.
pub struct Person {
    pub client: Client,
    pub url: String,
    pub csrf: Option<String>,
    pub language: &'static str,
}

/// An answer, read.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
    pub text: String,
}

impl Answer {
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or("")
    }

    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self
    }

    /// A refusal with this code, whole.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Self {
        assert_eq!((self.status.as_u16(), self.code()), (status, code), "{}", self.text);
        assert!(self.body["message"].as_str().is_some_and(|text| text.len() > 10), "no sentence: {}", self.text);
        self
    }

    pub fn etag(&self) -> String {
        self.headers["etag"].to_str().expect("an ETag is text").to_owned()
    }
}

impl Person {
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let mut request =
            self.client.request(method, format!("{}{path}", self.url)).header("accept-language", self.language);
        if let Some(csrf) = &self.csrf {
            request = request.header("x-rempart-csrf", csrf);
        }
        request
    }

    pub async fn send(&self, request: RequestBuilder) -> Answer {
        read(request.send().await.expect("the server answers")).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::POST, path).json(&body)).await
    }

    /// Over whatever is there; tests of stale writes say what they have seen.
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::PUT, path).header("if-match", "*").json(&body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::PATCH, path).header("if-match", "*").json(&body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path).header("if-match", "*")).await
    }

    pub async fn try_sign_in(&self, name: &str, password: &str, totp: Option<&str>) -> Answer {
        self.post("/api/auth/login", json!({ "name": name, "password": password, "totp": totp })).await
    }

    pub async fn sign_in(&mut self, name: &str, password: &str, totp: Option<&str>) {
        self.try_sign_in(name, password, totp).await.expect(200);
        let me = self.get("/api/auth/me").await.expect(200);
        self.csrf = me.body["csrfToken"].as_str().map(str::to_owned);
    }
}

pub async fn read(response: Response) -> Answer {
    let (status, headers) = (response.status(), response.headers().clone());
    let text = response.text().await.unwrap_or_default();
    let body = serde_json::from_str(&text).unwrap_or(Value::Null);
    Answer { status, headers, body, text }
}
