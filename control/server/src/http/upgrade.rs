//! Requests that want to become WebSockets: one that does not ask for it as it should is refused in our own words.

use axum::extract::FromRequestParts;
use axum::extract::ws::WebSocketUpgrade;
use axum::http::request::Parts;

use super::errors::{ApiError, codes};

/// The connection of a request, to be taken over as a WebSocket.
pub struct Upgrade(pub WebSocketUpgrade);

impl<S: Send + Sync> FromRequestParts<S> for Upgrade {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match WebSocketUpgrade::from_request_parts(parts, state).await {
            Ok(upgrade) => Ok(Self(upgrade)),
            Err(rejection) => Err(ApiError::new(&codes::NOT_A_WEBSOCKET).because(rejection)),
        }
    }
}
