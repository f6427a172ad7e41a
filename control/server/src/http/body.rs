//! JSON bodies: bounded, and refused with the path of the field that does not fit.

use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::errors::{ApiError, codes};

/// The largest body of a request, where its route says nothing else.
pub const LIMIT_BYTES: usize = 1024 * 1024;

/// A request's body, read from JSON whatever `Content-Type` says: browsers' forms cannot pass for it, since the
/// token of the session is a header.
#[derive(Debug, Clone)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let bytes = Bytes::from_request(request, state).await.map_err(refusal)?;
        parse(&bytes).map(Self)
    }
}

fn refusal(rejection: BytesRejection) -> ApiError {
    use axum::response::IntoResponse;
    if rejection.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
        return ApiError::new(&codes::TOO_LARGE).with("limit", LIMIT_BYTES);
    }
    let _ = rejection.into_response();
    ApiError::new(&codes::BROKEN_BODY)
}

/// Reads a value; the error names the field.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        if inner.is_data() {
            let refused = ApiError::new(&codes::WRONG_TYPE).with("detail", detail(&inner));
            if path == "." { refused } else { refused.field(path) }
        } else {
            ApiError::new(&codes::NOT_JSON).with("detail", detail(&inner))
        }
    })?;
    reader.end().map_err(|error| ApiError::new(&codes::NOT_JSON).with("detail", detail(&error)))?;
    Ok(value)
}

/// What a library says, as the end of a sentence: without its own full stop, and not longer than a line or two.
#[must_use]
pub fn detail(error: &dyn std::error::Error) -> String {
    let text: String = error.to_string().chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect();
    text.trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[allow(dead_code)]
    struct Outer {
        inner: Inner,
    }
    #[derive(Debug, serde::Deserialize)]
    #[allow(dead_code)]
    struct Inner {
        port: u16,
    }

    #[test]
    fn what_does_not_fit_is_named_by_its_path() {
        let error = parse::<Outer>(br#"{"inner":{"port":"x"}}"#).unwrap_err();
        assert_eq!(error.code().id, "request.wrong_type");
        assert_eq!(error.body(crate::api::types::Language::En).field.as_deref(), Some("inner.port"));
        for broken in [&b"{"[..], b"", b"\xff", br#"{"inner":{"port":1}} more"#] {
            assert_eq!(parse::<Outer>(broken).unwrap_err().code().id, "request.not_json", "{broken:?}");
        }
        assert!(parse::<Outer>(br#"{"inner":{"port":1}}"#).is_ok());
    }
}
