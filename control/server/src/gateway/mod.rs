//! Where agents call: sockets between them and the protocol's machines, which are `work`'s.
//!
//! `/api/agent/control` is the one channel that an agent keeps, `/api/agent/data` a connection of a job's data session. Both
//! begin with the handshake, which is all that lets anybody in: sessions and tokens of people count for nothing here. One task
//! for each connection; a silent agent costs it, two small buffers and what the machine keeps.

mod control;
mod data;

use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use rempart_protocol::limits::NAME_BYTES;
use rempart_protocol::{Refusal, RefusalCode};
use std::time::Duration;

use crate::http::routes::Routes;

/// A peer that does not take a message for this long is gone.
const SEND_WITHIN: Duration = Duration::from_secs(20);
/// How often a machine looks at the clock.
const TICK: Duration = Duration::from_secs(1);

const HANDSHAKE: &str = "agents prove their key in the protocol's handshake";

pub fn routes() -> Routes {
    Routes::new()
        .own(HANDSHAKE, utoipa_axum::routes!(control::connect))
        .own(HANDSHAKE, utoipa_axum::routes!(data::connect))
}

/// Why a connection ends.
enum End {
    /// It is gone, or does not take what is sent.
    Gone,
    Refused(Refusal),
}

impl From<Refusal> for End {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// A text message, where one came.
fn text(message: Option<Result<Message, axum::Error>>) -> Result<Option<String>, End> {
    match message {
        Some(Ok(Message::Text(text))) => Ok(Some(text.to_string())),
        Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(None),
        Some(Ok(Message::Binary(_))) => Err(Refusal::malformed("text messages are expected here").into()),
        Some(Ok(Message::Close(_))) | Some(Err(_)) | None => Err(End::Gone),
    }
}

async fn send(socket: &mut WebSocket, message: Message) -> Result<(), End> {
    match tokio::time::timeout(SEND_WITHIN, socket.send(message)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(End::Gone),
    }
}

/// The last words of WebSocket, behind those of the protocol.
fn farewell(end: &End) -> Option<Message> {
    let End::Refused(refusal) = end else { return None };
    let code = if refusal.code == RefusalCode::SessionOver { close_code::AWAY } else { close_code::POLICY };
    let mut reason = refusal.code.to_string();
    // A close frame holds 123 bytes.
    reason.truncate((0..=NAME_BYTES.min(120)).rev().find(|end| reason.is_char_boundary(*end)).unwrap_or(0));
    Some(Message::Close(Some(CloseFrame { code, reason: reason.into() })))
}
