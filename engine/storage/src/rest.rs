//! restic's REST protocol, version 2, as rest-server, rclone and others serve it.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use rempart_model::Id;
use reqwest::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, RANGE};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, Url};
use serde::Deserialize;

use crate::error::{past_the_end, taken};
use crate::http;
use crate::options::{OpenOptions, Timeouts};
use crate::runtime::{Failure, Runtime, within};
use crate::{ErrorKind, Listed, ObjectKind, ObjectName, ObjectStore, Result, Secret, StorageError};

const LIST_V2: &str = "application/vnd.x.restic.rest.v2";

struct RestStore {
    runtime: Runtime,
    inner: Arc<Inner>,
}

/// What the futures on the runtime share.
struct Inner {
    client: Client,
    url: Url,
    location: String,
    user: Option<String>,
    password: Option<Secret>,
    timeouts: Timeouts,
    /// Names of uploads of this process that broke. Servers exist (rclone) that then keep what had come.
    broken: Mutex<HashSet<ObjectName>>,
}

pub(crate) fn open(
    location: String,
    url: &str,
    user: Option<&String>,
    password: Option<&Secret>,
    options: &OpenOptions,
) -> Result<Arc<dyn ObjectStore>> {
    let refuse = |why: String| StorageError::new(ErrorKind::Other, "open", "the repository", &location, why);
    http::install_crypto();
    let mut builder = Client::builder()
        .connect_timeout(options.timeouts.connect)
        .pool_idle_timeout(Duration::from_secs(60))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .http1_only();
    if let Some(pem) = http::ca_file(&location, options)? {
        let certificates = reqwest::Certificate::from_pem_bundle(&pem)
            .map_err(|error| refuse(format!("the certificates to trust are not valid: {}", http::told(&error))))?;
        builder = builder.tls_certs_merge(certificates);
    }
    if let Some(proxy_url) = options.proxy.url_for(url) {
        let proxy =
            reqwest::Proxy::all(proxy_url).map_err(|error| refuse(format!("the proxy: {}", http::told(&error))))?;
        let not_for = options.proxy.not_for.as_deref().and_then(reqwest::NoProxy::from_string);
        builder = builder.proxy(proxy.no_proxy(not_for));
    }
    let client = builder.build().map_err(|error| refuse(http::told(&error)))?;
    let url = Url::parse(url).map_err(|error| refuse(format!("the address is not valid: {error}")))?;
    let inner = Inner {
        client,
        url,
        user: user.or(options.rest.user.as_ref()).cloned(),
        password: password.or(options.rest.password.as_ref()).cloned(),
        timeouts: options.timeouts,
        location: location.clone(),
        broken: Mutex::default(),
    };
    Ok(Arc::new(RestStore { runtime: Runtime::new(&location)?, inner: Arc::new(inner) }))
}

/// Version 2 of a listing; version 1 has bare names.
#[derive(Deserialize)]
#[serde(untagged)]
enum ListEntry {
    Sized { name: String, size: u64 },
    Bare(String),
}

impl Inner {
    /// `<repository>/<path>`. The protocol spreads packs over no folders: that is the server's affair.
    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let mut url = self.url.clone();
        let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        url.set_path(&format!("{}{path}", self.url.path()));
        url.set_query(query);
        let request = self.client.request(method, url);
        match &self.user {
            Some(user) => request.basic_auth(user, self.password.as_ref().map(Secret::expose)),
            None => request,
        }
    }

    /// The response, if its status is a success; what else it says as a failure.
    async fn answer(&self, request: RequestBuilder, limit: Duration) -> Result<Response, Failure> {
        within(limit, async {
            let response = request.send().await.map_err(|error| transport(&error))?;
            let status = response.status();
            if status.is_success() {
                return Ok(response);
            }
            // A few words at most: a proxy may answer with a page.
            let body = response.bytes().await.unwrap_or_default();
            let said = String::from_utf8_lossy(&body[..body.len().min(200)]).trim().to_owned();
            Err(self.refusal(status, &said))
        })
        .await
    }

    fn refusal(&self, status: StatusCode, said: &str) -> Failure {
        let kind = match status.as_u16() {
            401 | 403 => ErrorKind::Denied,
            404 | 410 => ErrorKind::NotFound,
            408 => ErrorKind::Timeout,
            413 | 507 => ErrorKind::Full,
            416 => ErrorKind::Damaged,
            405 | 501 => ErrorKind::Unsupported,
            429 | 500 | 502..=504 => ErrorKind::Network,
            _ => ErrorKind::Other,
        };
        let said = match &self.password {
            Some(password) => said.replace(password.expose(), "…"),
            None => said.to_owned(),
        };
        let quoted = if said.is_empty() || said.starts_with('<') { String::new() } else { format!(": {said}") };
        let answered = format!("the server answered {status}{quoted}");
        Failure::new(
            kind,
            match status.as_u16() {
                401 => format!("the user or password is wrong ({answered})"),
                403 => format!(
                    "the server does not allow it; it may be append-only, or the folder another user's ({answered})"
                ),
                404 => format!("there is no such object ({answered})"),
                _ => answered,
            },
        )
    }

    /// A whole body. A connection that breaks meanwhile is an error of the transport.
    async fn body(&self, response: Response) -> Result<Bytes, Failure> {
        let size = response.content_length().unwrap_or(0);
        within(self.timeouts.transfer(size), async { response.bytes().await.map_err(|error| transport(&error)) }).await
    }

    async fn list(&self, kind: ObjectKind) -> Result<Vec<Listed>, Failure> {
        let request = self.request(Method::GET, &format!("{}/", kind.folder())).header(ACCEPT, LIST_V2);
        let response = match self.answer(request, self.timeouts.answer).await {
            Err(failure) if failure.kind == ErrorKind::NotFound => return Ok(Vec::new()),
            outcome => outcome?,
        };
        let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        tracing::trace!(?content_type, "listing");
        let body = self.body(response).await?;
        // Some servers answer an empty folder with `null`.
        let entries: Option<Vec<ListEntry>> = serde_json::from_slice(&body).map_err(|error| {
            let why = format!("the server's list cannot be read ({error}); is this a restic REST server?");
            Failure::new(ErrorKind::Other, why)
        })?;
        let mut found = Vec::new();
        for entry in entries.unwrap_or_default() {
            let (name, size) = match entry {
                ListEntry::Sized { name, size } => (name, Some(size)),
                ListEntry::Bare(name) => (name, None),
            };
            let Ok(id) = Id::from_hex(name.as_bytes()) else {
                tracing::warn!(name, folder = kind.folder(), "passing over what is no object of a repository");
                continue;
            };
            let size_bytes = match size {
                Some(size) => size,
                None => match self.size(ObjectName::Named(kind, id)).await {
                    Err(failure) if failure.kind == ErrorKind::NotFound => continue,
                    outcome => outcome?,
                },
            };
            found.push(Listed { id, size_bytes });
        }
        Ok(found)
    }

    async fn size(&self, name: ObjectName) -> Result<u64, Failure> {
        let response = self.answer(self.request(Method::HEAD, &path(name)), self.timeouts.answer).await?;
        // Not `content_length()`: the body of an answer to HEAD is empty.
        let length = response.headers().get(CONTENT_LENGTH);
        length
            .and_then(|value| value.to_str().ok()?.parse().ok())
            .ok_or_else(|| Failure::new(ErrorKind::Other, "the server does not tell the object's size"))
    }

    async fn read(&self, name: ObjectName) -> Result<Bytes, Failure> {
        let response = self.answer(self.request(Method::GET, &path(name)), self.timeouts.answer).await?;
        self.body(response).await
    }

    async fn read_range(&self, name: ObjectName, start: u64, end: u64) -> Result<Bytes, Failure> {
        let request = self.request(Method::GET, &path(name)).header(RANGE, format!("bytes={start}-{}", end - 1));
        let response = self.answer(request, self.timeouts.answer).await?;
        let status = response.status();
        let body = self.body(response).await?;
        let len = (end - start) as usize;
        match status {
            StatusCode::PARTIAL_CONTENT if body.len() == len => Ok(body),
            // The server knows no ranges, and sent all.
            StatusCode::OK if body.len() as u64 >= end => Ok(body.slice(start as usize..end as usize)),
            _ => Err(Failure::new(ErrorKind::Damaged, "the answer is shorter than the range")),
        }
    }

    /// Looks first: servers differ in what they do with a name that is taken (overwrite, refuse, or check the hash).
    async fn write(&self, name: ObjectName, data: Bytes) -> Result<(), Failure> {
        match self.size(name).await {
            Ok(size) => match self.compare(name, size, &data).await {
                Err(failure) if failure.kind == ErrorKind::AlreadyExists && self.broken.lock().contains(&name) => {
                    self.remove(name).await?;
                }
                outcome => return outcome,
            },
            Err(failure) if failure.kind == ErrorKind::NotFound => {}
            Err(failure) => return Err(failure),
        }
        let limit = self.timeouts.transfer(data.len() as u64);
        let request = self
            .request(Method::POST, &path(name))
            .header(CONTENT_TYPE, "application/octet-stream")
            .header(CONTENT_LENGTH, data.len())
            .body(data.clone());
        match self.answer(request, limit).await {
            Ok(_) => {
                self.broken.lock().remove(&name);
                Ok(())
            }
            // An append-only server, and somebody was faster.
            Err(failure) if failure.kind == ErrorKind::Denied => match self.size(name).await {
                Ok(size) => self.compare(name, size, &data).await,
                Err(_) => Err(failure),
            },
            Err(failure) => {
                if matches!(failure.kind, ErrorKind::Network | ErrorKind::Timeout) {
                    self.broken.lock().insert(name);
                }
                Err(failure)
            }
        }
    }

    async fn remove(&self, name: ObjectName) -> Result<(), Failure> {
        let request = self.request(Method::DELETE, &path(name));
        self.answer(request, self.timeouts.answer).await.map(|_| ())
    }

    async fn compare(&self, name: ObjectName, size: u64, data: &Bytes) -> Result<(), Failure> {
        if size == data.len() as u64 && self.read(name).await? == *data {
            return Ok(());
        }
        Err(Failure::new(ErrorKind::AlreadyExists, ""))
    }
}

fn path(name: ObjectName) -> String {
    match name {
        ObjectName::Config => "config".to_owned(),
        ObjectName::Named(kind, id) => format!("{}/{id}", kind.folder()),
    }
}

fn transport(error: &reqwest::Error) -> Failure {
    let kind = match error {
        error if error.is_timeout() => ErrorKind::Timeout,
        error if http::is_certificate_error(error) => ErrorKind::Denied,
        error if error.is_builder() => ErrorKind::Other,
        _ => ErrorKind::Network,
    };
    Failure::new(kind, http::told(error))
}

impl RestStore {
    fn run<T, F>(
        &self,
        operation: &'static str,
        object: impl std::fmt::Display,
        action: impl FnOnce(Arc<Inner>) -> F + Send + 'static,
    ) -> Result<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Failure>> + Send,
    {
        let inner = self.inner.clone();
        let outcome = self.runtime.wait(async move { action(inner).await });
        let location = &self.inner.location;
        match outcome.unwrap_or_else(|| Err(Failure::new(ErrorKind::Other, "the request ended without a result"))) {
            Ok(value) => Ok(value),
            Err(failure) if failure.kind == ErrorKind::AlreadyExists => Err(taken(operation, object, location)),
            Err(failure) => Err(failure.at(operation, object, location)),
        }
    }
}

impl ObjectStore for RestStore {
    fn location(&self) -> &str {
        &self.inner.location
    }

    fn create(&self) -> Result<()> {
        self.run("create", "the repository", |inner| async move {
            let request = inner.request(Method::POST, "?create=true");
            inner.answer(request, inner.timeouts.answer).await.map(|_| ())
        })
    }

    fn list(&self, kind: ObjectKind) -> Result<Vec<Listed>> {
        self.run("list", kind.folder(), move |inner| async move { inner.list(kind).await })
    }

    fn size(&self, name: ObjectName) -> Result<u64> {
        self.run("read", name, move |inner| async move { inner.size(name).await })
    }

    fn read(&self, name: ObjectName) -> Result<Bytes> {
        self.run("read", name, move |inner| async move { inner.read(name).await })
    }

    fn read_range(&self, name: ObjectName, offset_bytes: u64, len_bytes: usize) -> Result<Bytes> {
        let past = || past_the_end(name, self.location(), offset_bytes, len_bytes, None);
        if len_bytes == 0 {
            return Ok(Bytes::new());
        }
        let end = offset_bytes.checked_add(len_bytes as u64).ok_or_else(past)?;
        self.run("read", name, move |inner| async move { inner.read_range(name, offset_bytes, end).await })
            .map_err(|error| if error.kind == ErrorKind::Damaged { past() } else { error })
    }

    fn write(&self, name: ObjectName, data: Bytes) -> Result<()> {
        self.run("write", name, move |inner| async move { inner.write(name, data).await })
    }

    /// The protocol promises that an answered write is durable.
    fn sync(&self) -> Result<()> {
        Ok(())
    }

    fn remove(&self, name: ObjectName) -> Result<()> {
        self.run("remove", name, move |inner| async move { inner.remove(name).await })
    }
}
