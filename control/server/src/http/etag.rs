//! Two people edit the same thing: the second learns that the first was there.
//!
//! Every change of something that has a version says which version was seen. That is required (RFC 6585, section 3): a client
//! that forgets the header would overwrite in silence, and nobody would notice before it happens. `*` says so on purpose.

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::errors::{ApiError, codes};

/// The version that the writer has seen; `None` for `*`: whatever is there is overwritten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IfMatch(pub Option<i64>);

impl IfMatch {
    /// Refuses the write when the version found is another one.
    pub fn check(self, version: i64) -> Result<(), ApiError> {
        match self.0 {
            Some(seen) if seen != version => Err(ApiError::new(&codes::STALE)),
            _ => Ok(()),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let value = parts.headers.get(header::IF_MATCH);
        let value = value.ok_or_else(|| ApiError::new(&codes::IF_MATCH_MISSING))?;
        parse(value).ok_or_else(|| ApiError::new(&codes::BAD_IF_MATCH))
    }
}

fn parse(value: &HeaderValue) -> Option<IfMatch> {
    let text = value.to_str().ok()?.trim();
    if text == "*" {
        return Some(IfMatch(None));
    }
    let text = text.strip_prefix("W/").unwrap_or(text);
    let version = text.strip_prefix('"')?.strip_suffix('"')?;
    version.parse().ok().map(|version| IfMatch(Some(version)))
}

/// A body with its version as `ETag`.
pub struct Versioned<T>(pub StatusCode, pub i64, pub T);

impl<T: Serialize> Versioned<T> {
    pub fn ok(version: i64, body: T) -> Self {
        Self(StatusCode::OK, version, body)
    }
    pub fn created(version: i64, body: T) -> Self {
        Self(StatusCode::CREATED, version, body)
    }
}

impl<T: Serialize> IntoResponse for Versioned<T> {
    fn into_response(self) -> Response {
        let Self(status, version, body) = self;
        (status, [(header::ETAG, format!("\"{version}\""))], Json(body)).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_read_as_it_was_given() {
        let cases = [
            ("\"3\"", Some(IfMatch(Some(3)))),
            ("W/\"3\"", Some(IfMatch(Some(3)))),
            ("*", Some(IfMatch(None))),
            ("3", None),
            ("\"x\"", None),
            ("\"\"", None),
            ("\"1\", \"2\"", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(&text.parse().unwrap()), expected, "{text}");
        }
    }

    #[tokio::test]
    async fn a_change_without_the_header_is_refused() {
        let (mut parts, ()) = axum::http::Request::new(()).into_parts();
        let error = IfMatch::from_request_parts(&mut parts, &()).await.unwrap_err();
        assert_eq!((error.status().as_u16(), error.code().id), (428, "request.if_match_missing"));
        parts.headers.insert(header::IF_MATCH, HeaderValue::from_static("\"7\""));
        assert_eq!(IfMatch::from_request_parts(&mut parts, &()).await.unwrap(), IfMatch(Some(7)));
    }

    #[test]
    fn a_stale_version_is_refused_and_any_version_is_not() {
        assert!(IfMatch(Some(2)).check(2).is_ok());
        assert!(IfMatch(None).check(2).is_ok());
        assert_eq!(IfMatch(Some(1)).check(2).unwrap_err().code().id, "request.stale");
    }
}
