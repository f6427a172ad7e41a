//! Identifiers in addresses, parameters behind them: what does not fit is refused in our own words.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use std::str::FromStr;

use super::errors::{ApiError, codes};

/// The first parameter of the path as an identifier. What is no number names nothing that exists: 404.
#[derive(Debug, Clone, Copy)]
pub struct PathId<T>(pub T);

impl<T: FromStr, S: Send + Sync> FromRequestParts<S> for PathId<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let params = RawPathParams::from_request_parts(parts, state).await.map_err(ApiError::internal)?;
        let first = params.iter().next().map(|(_, value)| value);
        first.and_then(|text| text.parse().ok()).map(Self).ok_or_else(ApiError::not_found)
    }
}

/// Two identifiers of the path: the thing and the part of it.
#[derive(Debug, Clone, Copy)]
pub struct PathIds<T, U>(pub T, pub U);

impl<T: FromStr, U: FromStr, S: Send + Sync> FromRequestParts<S> for PathIds<T, U> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let params = RawPathParams::from_request_parts(parts, state).await.map_err(ApiError::internal)?;
        let mut values = params.iter().map(|(_, value)| value);
        let first = values.next().and_then(|text| text.parse().ok()).ok_or_else(ApiError::not_found)?;
        let second = values.next().and_then(|text| text.parse().ok()).ok_or_else(ApiError::not_found)?;
        Ok(Self(first, second))
    }
}

/// The query string as a struct.
#[derive(Debug, Clone)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = axum::extract::Query::try_from_uri(&parts.uri);
        query
            .map(|axum::extract::Query(value)| Self(value))
            .map_err(|rejection| ApiError::new(&codes::BAD_QUERY).with("detail", super::body::detail(&rejection)))
    }
}
