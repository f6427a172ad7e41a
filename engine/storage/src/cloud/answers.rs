//! What a cloud's errors mean, and how they are told without addresses (which may carry signatures) and secrets.

use std::error::Error;
use std::sync::Arc;

use object_store::client::{HttpError, HttpErrorKind};
use object_store::{BackoffConfig, Certificate, ClientOptions, RetryConfig};

use crate::options::OpenOptions;
use crate::runtime::Failure;
use crate::{ErrorKind, Result, Secret, StorageError};

/// Reads errors for people. Knows the secrets of the store, to be sure that none is told.
pub(super) struct Answers {
    pub secrets: Vec<Secret>,
    /// As in "the bucket `photos`".
    pub holder: String,
    /// Where the credentials come from, for the advice when they are refused.
    pub credentials: &'static str,
}

impl Answers {
    pub fn understand(&self, error: object_store::Error) -> Failure {
        let answer = Answer::of(&error);
        let kind = match &error {
            object_store::Error::NotFound { .. } => ErrorKind::NotFound,
            object_store::Error::AlreadyExists { .. } => match &answer {
                // 409 says more than "already exists".
                Some(answer) if answer.says("ContainerBeingDeleted") || answer.says("OperationAborted") => {
                    ErrorKind::Network
                }
                _ => ErrorKind::AlreadyExists,
            },
            object_store::Error::Precondition { .. } => ErrorKind::AlreadyExists,
            object_store::Error::PermissionDenied { .. } | object_store::Error::Unauthenticated { .. } => {
                ErrorKind::Denied
            }
            object_store::Error::NotImplemented { .. } | object_store::Error::NotSupported { .. } => {
                ErrorKind::Unsupported
            }
            _ => match &answer {
                Some(answer) => answer.kind(),
                None => transport(&error).map_or(ErrorKind::Other, |(kind, _)| kind),
            },
        };
        Failure::new(kind, self.scrubbed(self.told(&error, kind, answer)))
    }

    fn told(&self, error: &object_store::Error, kind: ErrorKind, answer: Option<Answer>) -> String {
        let holder = &self.holder;
        if let Some(answer) = answer {
            if ["NoSuchBucket", "ContainerNotFound", "The specified bucket does not exist"]
                .iter()
                .any(|w| answer.says(w))
            {
                return format!("{holder} does not exist; make it first, or correct its name");
            }
            if ["AuthorizationHeaderMalformed", "PermanentRedirect", "IllegalLocationConstraint"]
                .iter()
                .any(|w| answer.says(w))
            {
                return format!("{holder} is in another region; set AWS_DEFAULT_REGION ({answer})");
            }
            if answer.says("RequestTimeTooSkewed") {
                return format!("this machine's clock is wrong, and signed requests need it right ({answer})");
            }
            return match kind {
                ErrorKind::Denied => {
                    format!("access was refused; check {} and the rights on {holder} ({answer})", self.credentials)
                }
                ErrorKind::NotFound => format!("there is no such object ({answer})"),
                _ => answer.to_string(),
            };
        }
        if let Some((_, told)) = transport(error) {
            return told;
        }
        match kind {
            ErrorKind::NotFound => "there is no such object".to_owned(),
            _ => error.to_string(),
        }
    }

    fn scrubbed(&self, mut text: String) -> String {
        for secret in self.secrets.iter().map(Secret::expose).filter(|secret| !secret.is_empty()) {
            text = text.replace(secret, "…");
        }
        text
    }
}

/// A response of failure: its status and what the body says.
#[derive(Debug)]
struct Answer {
    status: u16,
    reason: String,
    code: String,
    message: String,
}

impl Answer {
    /// The library keeps the type with the status to itself; what it prints is what there is to read.
    fn of(error: &(dyn Error + 'static)) -> Option<Self> {
        let mut cause = Some(error);
        while let Some(error) = cause {
            let text = error.to_string();
            let rest = text
                .strip_prefix("Server returned non-2xx status code: ")
                .or_else(|| text.strip_prefix("Server returned error response: "));
            if let Some(rest) = rest {
                let (status, body) = rest.split_once(": ").unwrap_or((rest, ""));
                return Some(Self {
                    status: status.get(..3).and_then(|digits| digits.parse().ok()).unwrap_or(0),
                    reason: status.chars().take(60).collect(),
                    code: between(body, "<Code>", "</Code>")
                        .or_else(|| between(body, "\"reason\": \"", "\""))
                        .unwrap_or_default(),
                    message: between(body, "<Message>", "</Message>")
                        .or_else(|| between(body, "\"message\": \"", "\""))
                        .unwrap_or_default(),
                });
            }
            cause = error.source();
        }
        None
    }

    fn says(&self, word: &str) -> bool {
        self.code == word || self.message.contains(word)
    }

    fn kind(&self) -> ErrorKind {
        match self.status {
            401 | 403 => ErrorKind::Denied,
            404 | 410 => ErrorKind::NotFound,
            408 => ErrorKind::Timeout,
            409 | 412 => ErrorKind::AlreadyExists,
            413 | 507 => ErrorKind::Full,
            416 => ErrorKind::Damaged,
            429 | 500 | 502..=504 => match self.says("QuotaExceeded") {
                true => ErrorKind::Full,
                false => ErrorKind::Network,
            },
            501 => ErrorKind::Unsupported,
            // S3 answers 400 to several things that pass or that are credentials.
            _ if self.says("RequestTimeout") => ErrorKind::Timeout,
            _ if self.says("InvalidToken")
                || self.says("ExpiredToken")
                || self.says("AuthorizationHeaderMalformed") =>
            {
                ErrorKind::Denied
            }
            _ if self.status == 200 => ErrorKind::Network,
            _ => ErrorKind::Other,
        }
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the server answered {}", self.reason)?;
        for text in [&self.code, &self.message] {
            if !text.is_empty() {
                write!(f, ", {}", text.trim().trim_end_matches('.'))?;
            }
        }
        Ok(())
    }
}

fn between(text: &str, from: &str, to: &str) -> Option<String> {
    let rest = &text[text.find(from)? + from.len()..];
    Some(rest[..rest.find(to)?].chars().take(300).collect())
}

/// An error below HTTP answers: the kind, and its causes without those that repeat the address.
fn transport(error: &(dyn Error + 'static)) -> Option<(ErrorKind, String)> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(http) = error.downcast_ref::<HttpError>() {
            let kind = match http.kind() {
                HttpErrorKind::Timeout => ErrorKind::Timeout,
                // A certificate that is not trusted will not be in a moment.
                HttpErrorKind::Connect if crate::http::is_certificate_error(http) => ErrorKind::Denied,
                _ => ErrorKind::Network,
            };
            return Some((kind, crate::http::told(http)));
        }
        cause = error.source();
    }
    // A range that the object does not have is refused by the library when the answer is shorter than asked for.
    let text = error.to_string();
    let past = text.contains("Requested") && text.contains("got")
        || text.contains("range") && text.contains("out of bounds")
        || text.contains("Wanted range starting at");
    past.then(|| (ErrorKind::Damaged, "the range reaches past the end".to_owned()))
}

/// What all clouds' HTTP clients share. Our own decorator retries, so the library does not.
pub(super) fn client_options(location: &str, endpoint: &str, options: &OpenOptions) -> Result<ClientOptions> {
    crate::http::install_crypto();
    let mut client = ClientOptions::new()
        .with_connect_timeout(options.timeouts.connect)
        .with_timeout_disabled()
        .with_pool_idle_timeout(std::time::Duration::from_secs(60))
        .with_http1_only()
        .with_allow_http(is_plain_http(endpoint));
    if let Some(url) = options.proxy.url_for(endpoint) {
        client = client.with_proxy_url(url).with_proxy_excludes(options.proxy.not_for.clone().unwrap_or_default());
    }
    if let Some(pem) = crate::http::ca_file(location, options)? {
        let certificates = Certificate::from_pem_bundle(&pem).map_err(|error| {
            StorageError::new(ErrorKind::Other, "use", "the certificates", location, error.to_string())
        })?;
        for certificate in certificates {
            client = client.with_root_certificate(certificate);
        }
    }
    Ok(client)
}

pub(super) fn no_retries() -> RetryConfig {
    RetryConfig { backoff: BackoffConfig::default(), max_retries: 0, retry_timeout: std::time::Duration::ZERO }
}

/// Refused before anything is sent: settings that cannot work.
pub(super) fn misconfigured(location: &str, error: object_store::Error, answers: &Answers) -> StorageError {
    let Failure { kind, source } = answers.understand(error);
    StorageError::new(kind, "open", "the repository", location, source)
}

/// Secrets go over plain HTTP only where the user wrote `http://` himself.
pub(super) fn is_plain_http(endpoint: &str) -> bool {
    endpoint.starts_with("http://")
}

pub(super) type Remote = Arc<dyn object_store::ObjectStore>;
