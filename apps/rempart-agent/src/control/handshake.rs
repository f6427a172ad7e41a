//! The handshake on a socket that was just opened: the first four messages.

use futures_util::{SinkExt as _, StreamExt as _};
use rempart_protocol::handshake::{AgentHandshake, AgentReady, ChannelBinding, Purpose, Welcomed};
use rempart_protocol::{EnrolmentToken, Refusal};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use super::HANDSHAKE;
use crate::settings::Home;
use crate::wire::{Socket, WireError};

/// Why the agent is not in.
#[derive(Debug, thiserror::Error)]
pub enum NotIn {
    #[error(transparent)]
    Wire(#[from] WireError),
    /// By the server, or because it is not the right one.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// Shows who the agent is, and finds out whether the server is the one that it was enrolled with.
pub async fn show(
    socket: &mut Socket,
    home: &Home,
    token: Option<EnrolmentToken>,
    purpose: Purpose,
) -> Result<AgentReady, NotIn> {
    let identity = std::sync::Arc::clone(&home.identity);
    let version = env!("CARGO_PKG_VERSION");
    let (mut handshake, hello) =
        AgentHandshake::begin(identity, home.server_key, token, purpose, ChannelBinding::None, version)?;
    say(socket, hello).await?;
    loop {
        let message = timeout(HANDSHAKE, socket.next()).await.map_err(|_| WireError::Late(HANDSHAKE))?;
        let said = match WireError::next(message)? {
            Message::Text(text) => text,
            Message::Ping(_) | Message::Pong(_) => continue,
            _ => return Err(Refusal::unexpected("something that is no text during the handshake").into()),
        };
        match handshake.receive(&said) {
            Ok(Welcomed::Prove(prove)) => say(socket, prove).await?,
            Ok(Welcomed::Ready { terms, .. }) => return Ok(terms),
            Err(refusal) => {
                // The server is told why, if it still listens.
                if let Ok(text) = AgentHandshake::refuse(&refusal) {
                    let _ = say(socket, text).await;
                }
                return Err(refusal.into());
            }
        }
    }
}

/// Sends one text message.
pub async fn say(socket: &mut Socket, text: String) -> Result<(), WireError> {
    let sent = timeout(HANDSHAKE, socket.send(Message::text(text))).await.map_err(|_| WireError::Late(HANDSHAKE))?;
    sent.map_err(|error| WireError::Broken(Box::new(error)))
}
