//! A place as a user writes it. Parsing only; nothing is opened.

use std::ffi::OsStr;
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::Secret;

/// A place as a user writes it:
///
/// | written | means |
/// |---|---|
/// | `/path`, `path`, `local:path` | a folder |
/// | `s3:https://host:port/bucket/prefix`, `s3:host/bucket/prefix` | S3 or what speaks like it; `https` where not said |
/// | `gs:bucket:/prefix` | Google Cloud Storage |
/// | `azure:container:/prefix` | Azure Blob Storage |
/// | `sftp:user@host:/path`, `sftp://user@host:port//path` | SFTP; in the second form one slash means "from the login folder", two "from the root", as in restic |
/// | `rest:https://user:password@host:port/path/` | restic's REST protocol |
///
/// Shown (`Display`, `Debug`) without the password.
#[derive(Clone, PartialEq, Eq)]
pub struct Location(pub(crate) Place);

#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Place {
    Local(PathBuf),
    /// `endpoint` is scheme, host and port: `https://host:9000`.
    S3 {
        endpoint: String,
        bucket: String,
        prefix: String,
    },
    Gcs {
        bucket: String,
        prefix: String,
    },
    Azure {
        container: String,
        prefix: String,
    },
    Sftp {
        user: Option<String>,
        host: String,
        port: u16,
        path: String,
    },
    /// `url` has no user and no password, and ends in a slash.
    Rest {
        url: String,
        user: Option<String>,
        password: Option<Secret>,
    },
}

/// Text that names no place. The text itself is not repeated: it may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LocationError {
    #[error("the repository's location is empty; name a folder, or a place such as s3:https://host/bucket")]
    Empty,
    #[error(
        "`{scheme}:` is no kind of place known here (s3, gs, azure, sftp, rest, local are); for a folder of this name write `local:{scheme}:…` or `./{scheme}:…`"
    )]
    UnknownScheme { scheme: String },
    #[error("the location lacks {missing}; it is written as `{form}`")]
    Incomplete { missing: &'static str, form: &'static str },
    #[error("{part} of the location is not valid: {why}")]
    Invalid { part: &'static str, why: &'static str },
}

const S3_FORM: &str = "s3:https://host:port/bucket/prefix";
const GCS_FORM: &str = "gs:bucket:/prefix";
const AZURE_FORM: &str = "azure:container:/prefix";
const SFTP_FORM: &str = "sftp:user@host:/path";
const REST_FORM: &str = "rest:https://user:password@host:port/path/";

impl Location {
    /// A folder, whatever its name looks like.
    #[must_use]
    pub fn local(path: impl Into<PathBuf>) -> Self {
        Self(Place::Local(path.into()))
    }

    /// From a command line or an environment variable, where a folder's name need not be UTF-8.
    pub fn from_os_str(text: &OsStr) -> Result<Self, LocationError> {
        match text.to_str() {
            Some(text) => text.parse(),
            None => {
                Ok(Self::local(OsStr::from_bytes(text.as_bytes().strip_prefix(b"local:").unwrap_or(text.as_bytes()))))
            }
        }
    }

    /// The folder, where the place is one.
    #[must_use]
    pub fn local_path(&self) -> Option<&Path> {
        match &self.0 {
            Place::Local(path) => Some(path),
            _ => None,
        }
    }
}

impl FromStr for Location {
    type Err = LocationError;

    fn from_str(text: &str) -> Result<Self, LocationError> {
        if text.is_empty() {
            return Err(LocationError::Empty);
        }
        let place = match text.split_once(':') {
            Some(("local", "")) => return Err(LocationError::Empty),
            Some(("local", path)) => Place::Local(path.into()),
            Some(("s3", rest)) => s3(rest)?,
            Some(("gs", rest)) => {
                bucket_and_prefix(rest, "a bucket", GCS_FORM).map(|(bucket, prefix)| Place::Gcs { bucket, prefix })?
            }
            Some(("azure", rest)) => bucket_and_prefix(rest, "a container", AZURE_FORM)
                .map(|(container, prefix)| Place::Azure { container, prefix })?,
            Some(("sftp", rest)) => sftp(rest)?,
            Some(("rest", rest)) => rest_server(rest)?,
            Some((scheme, _)) if looks_like_a_scheme(scheme) => {
                return Err(LocationError::UnknownScheme { scheme: scheme.to_owned() });
            }
            _ => Place::Local(text.into()),
        };
        Ok(Self(place))
    }
}

/// `b2:` and `C:` are; `./a:b` and `my folder:` are not.
fn looks_like_a_scheme(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'+' || b == b'-')
}

fn s3(text: &str) -> Result<Place, LocationError> {
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme @ ("http" | "https"), rest)) => (scheme, rest),
        Some(("", rest)) => ("https", rest),
        Some(_) => return Err(LocationError::Invalid { part: "the scheme", why: "only http and https are spoken" }),
        None => ("https", text.strip_prefix("//").unwrap_or(text)),
    };
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    if host.is_empty() {
        return Err(LocationError::Incomplete { missing: "a host", form: S3_FORM });
    }
    if host.contains('@') {
        return Err(LocationError::Invalid {
            part: "the host",
            why: "keys do not belong into the location; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        });
    }
    authority(host)?;
    let path = clean(path)?;
    let (bucket, prefix) = path.split_once('/').unwrap_or((&path, ""));
    if bucket.is_empty() {
        return Err(LocationError::Incomplete { missing: "a bucket", form: S3_FORM });
    }
    Ok(Place::S3 { endpoint: format!("{scheme}://{host}"), bucket: bucket.to_owned(), prefix: prefix.to_owned() })
}

fn bucket_and_prefix(text: &str, missing: &'static str, form: &'static str) -> Result<(String, String), LocationError> {
    let (bucket, prefix) = text.split_once(':').unwrap_or((text, ""));
    if bucket.is_empty() {
        return Err(LocationError::Incomplete { missing, form });
    }
    if bucket.contains('/') {
        return Err(LocationError::Invalid {
            part: "the bucket",
            why: "a colon separates it from the prefix: `bucket:/prefix`",
        });
    }
    Ok((clean(bucket)?, clean(prefix)?))
}

fn sftp(text: &str) -> Result<Place, LocationError> {
    if let Some(rest) = text.strip_prefix("//") {
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (user, host) = user_and_host(host);
        let (host, port) = host_and_port(host, 22)?;
        return sftp_place(user, host, port, path);
    }
    // The last `@` before the host's colon ends the user, who may hold others (`name@domain`); one behind the colon
    // belongs to the path.
    let (user, rest) = match text[..text.find(':').unwrap_or(text.len())].rfind('@') {
        Some(at) => (Some(&text[..at]), &text[at + 1..]),
        None => (None, text),
    };
    let (host, path) = match rest.strip_prefix('[') {
        Some(rest) => rest.split_once("]:"),
        None => rest.split_once(':'),
    }
    .ok_or(LocationError::Incomplete { missing: "a path", form: SFTP_FORM })?;
    sftp_place(user, host, 22, path)
}

fn sftp_place(user: Option<&str>, host: &str, port: u16, path: &str) -> Result<Place, LocationError> {
    if host.is_empty() {
        return Err(LocationError::Incomplete { missing: "a host", form: SFTP_FORM });
    }
    if path.is_empty() {
        return Err(LocationError::Incomplete { missing: "a path", form: SFTP_FORM });
    }
    if user.is_some_and(|user| user.contains(':')) {
        return Err(LocationError::Invalid {
            part: "the user",
            why: "a password does not belong into the location; use a key, an agent or the password setting",
        });
    }
    if user.is_some_and(|user| user.contains(|c: char| c == '/' || c.is_whitespace() || c.is_control())) {
        return Err(LocationError::Invalid { part: "the user", why: "it is a login name" });
    }
    if host.contains(|c: char| c.is_whitespace() || c.is_control() || "/@[]".contains(c)) {
        return Err(LocationError::Invalid { part: "the host", why: "it is a name or an address" });
    }
    if path.contains('\0') {
        return Err(LocationError::Invalid { part: "the path", why: "it contains a zero byte" });
    }
    let trimmed = path.trim_end_matches('/');
    let path = if trimmed.is_empty() { "/" } else { trimmed }.to_owned();
    Ok(Place::Sftp { user: user.filter(|u| !u.is_empty()).map(str::to_owned), host: host.to_owned(), port, path })
}

fn rest_server(text: &str) -> Result<Place, LocationError> {
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme @ ("http" | "https"), rest)) => (scheme, rest),
        Some(_) => return Err(LocationError::Invalid { part: "the scheme", why: "only http and https are spoken" }),
        None => return Err(LocationError::Incomplete { missing: "http:// or https://", form: REST_FORM }),
    };
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (user, host) = user_and_host(host);
    if host.is_empty() {
        return Err(LocationError::Incomplete { missing: "a host", form: REST_FORM });
    }
    authority(host)?;
    let (user, password) = match user.map(|user| user.split_once(':').unwrap_or((user, ""))) {
        None => (None, None),
        Some((user, "")) => (Some(percent_decoded(user)?), None),
        Some((user, password)) => (Some(percent_decoded(user)?), Some(Secret::new(percent_decoded(password)?))),
    };
    let path = clean(path)?;
    let slash = if path.is_empty() { "" } else { "/" };
    Ok(Place::Rest { url: format!("{scheme}://{host}/{path}{slash}"), user, password })
}

/// Splits at the last `@`, since passwords hold some.
fn user_and_host(text: &str) -> (Option<&str>, &str) {
    match text.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, text),
    }
}

fn host_and_port(text: &str, default_port: u16) -> Result<(&str, u16), LocationError> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest
                .split_once(']')
                .ok_or(LocationError::Invalid { part: "the host", why: "the closing bracket is missing" })?;
            match after.strip_prefix(':') {
                Some(port) => (host, Some(port)),
                None if after.is_empty() => (host, None),
                None => {
                    return Err(LocationError::Invalid { part: "the host", why: "only a port may follow the bracket" });
                }
            }
        }
        None => match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    match port {
        None => Ok((host, default_port)),
        Some(port) => match port.parse() {
            Ok(0) | Err(_) => Err(LocationError::Invalid { part: "the port", why: "it is a number from 1 to 65535" }),
            Ok(port) => Ok((host, port)),
        },
    }
}

fn authority(text: &str) -> Result<(), LocationError> {
    host_and_port(text, 443)?;
    if text.contains(|c: char| c.is_whitespace() || c.is_control() || "\\?#@%<>\"{}|^`".contains(c)) {
        return Err(LocationError::Invalid {
            part: "the host",
            why: "it is a name or an address, with a port where needed",
        });
    }
    Ok(())
}

/// Without empty parts; `.` and `..` are refused, since stores disagree on what they mean.
fn clean(path: &str) -> Result<String, LocationError> {
    let mut cleaned = String::with_capacity(path.len());
    for part in path.split('/').filter(|part| !part.is_empty()) {
        if part == "." || part == ".." {
            return Err(LocationError::Invalid { part: "the path", why: "`.` and `..` have no meaning there" });
        }
        if part.contains(|c: char| c.is_control() || c == '?' || c == '#') {
            return Err(LocationError::Invalid {
                part: "the path",
                why: "it contains `?`, `#` or a control character",
            });
        }
        if !cleaned.is_empty() {
            cleaned.push('/');
        }
        cleaned.push_str(part);
    }
    Ok(cleaned)
}

/// `%40` is `@`; a percent sign that begins no such code stands for itself.
pub(crate) fn percent_decoded(text: &str) -> Result<String, LocationError> {
    let hex = |b: u8| char::from(b).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        if let (b'%', Some(high), Some(low)) =
            (bytes[i], bytes.get(i + 1).copied().and_then(hex), bytes.get(i + 2).copied().and_then(hex))
        {
            decoded.push(high << 4 | low);
            i += 3;
        } else {
            decoded.push(bytes[i]);
            i += 1;
        }
    }
    String::from_utf8(decoded)
        .map_err(|_| LocationError::Invalid { part: "the user or password", why: "its percent codes are not UTF-8" })
}

/// What ends a user within a URL, as percent codes.
fn percent_encoded(user: &str) -> String {
    let mut encoded = String::with_capacity(user.len());
    for c in user.chars() {
        if c.is_ascii() && (c.is_ascii_control() || "%/:".contains(c)) {
            encoded.push_str(&format!("%{:02X}", u32::from(c)));
        } else {
            encoded.push(c);
        }
    }
    encoded
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let slash = |prefix: &str| if prefix.is_empty() { "" } else { "/" };
        match &self.0 {
            Place::Local(path) => write!(f, "{}", path.display()),
            Place::S3 { endpoint, bucket, prefix } => write!(f, "s3:{endpoint}/{bucket}{}{prefix}", slash(prefix)),
            Place::Gcs { bucket, prefix } => write!(f, "gs:{bucket}:/{prefix}"),
            Place::Azure { container, prefix } => write!(f, "azure:{container}:/{prefix}"),
            Place::Sftp { user, host, port, path } => {
                let user = user.as_ref().map(|user| format!("{user}@")).unwrap_or_default();
                match (port, host.contains(':')) {
                    (22, false) => write!(f, "sftp:{user}{host}:{path}"),
                    (port, false) => write!(f, "sftp://{user}{host}:{port}/{path}"),
                    (port, true) => write!(f, "sftp://{user}[{host}]:{port}/{path}"),
                }
            }
            Place::Rest { url, user, .. } => match (url.split_once("://"), user) {
                (Some((scheme, rest)), Some(user)) => write!(f, "rest:{scheme}://{}@{rest}", percent_encoded(user)),
                _ => write!(f, "rest:{url}"),
            },
        }
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Location({self})")
    }
}
