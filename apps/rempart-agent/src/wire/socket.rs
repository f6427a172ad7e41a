//! Opens WebSockets to the server.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rempart_protocol::limits::{CONTROL_MESSAGE_BYTES, FRAME_BYTES};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message};

use super::address::Address;
use super::proxy;
use super::tls::{self, Trust};

/// Plain, or TLS.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

pub type Socket = WebSocketStream<Box<dyn Stream>>;

/// What travels by a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frames {
    Control,
    Data,
}

#[derive(Debug, thiserror::Error)]
pub enum WireError {
    #[error("cannot reach {peer}")]
    Connect { peer: String, source: io::Error },
    #[error("no way through the proxy {peer}")]
    Proxy { peer: String, source: io::Error },
    #[error(
        "the TLS certificate of {peer} cannot be trusted, or it speaks no TLS: enrol with --certificate or --ca if it has its own"
    )]
    Tls { peer: String, source: io::Error },
    #[error("{peer} opens no channel for agents: is that the address of the Rempart server?")]
    Upgrade { peer: String, source: Box<tungstenite::Error> },
    #[error("the connection broke")]
    Broken(#[from] Box<tungstenite::Error>),
    #[error("the server closed the connection")]
    Closed,
    #[error("no answer within {} s", .0.as_secs())]
    Late(Duration),
}

/// Opens connections to one server.
pub struct Dialer {
    server: Address,
    tls: Arc<ClientConfig>,
}

/// For the way to the server and through it, without the handshake.
const PATIENCE: Duration = Duration::from_secs(30);

impl Dialer {
    pub fn new(server: Address, trust: &Trust) -> anyhow::Result<Self> {
        Ok(Self { server, tls: tls::config(trust)? })
    }

    pub const fn server(&self) -> &Address {
        &self.server
    }

    pub async fn open(&self, frames: Frames) -> Result<Socket, WireError> {
        tokio::time::timeout(PATIENCE, self.open_in_time(frames)).await.unwrap_or(Err(WireError::Late(PATIENCE)))
    }

    async fn open_in_time(&self, frames: Frames) -> Result<Socket, WireError> {
        let peer = self.server.authority();
        let stream = self.reach(&peer).await?;
        let (path, config) = match frames {
            Frames::Control => ("/api/agent/control", bounded(CONTROL_MESSAGE_BYTES, 16 << 10)),
            Frames::Data => ("/api/agent/data", bounded(FRAME_BYTES, 128 << 10)),
        };
        let scheme = if self.server.is_tls { "wss" } else { "ws" };
        let url = format!("{scheme}://{peer}{}{path}", self.server.path);
        let refused = |source| WireError::Upgrade { peer: peer.clone(), source: Box::new(source) };
        let request = url.into_client_request().map_err(refused)?;
        let opened = tokio_tungstenite::client_async_with_config(request, stream, Some(config)).await;
        opened.map(|(socket, _)| socket).map_err(refused)
    }

    async fn reach(&self, peer: &str) -> Result<Box<dyn Stream>, WireError> {
        let unreachable = |peer: &str| {
            let peer = peer.to_owned();
            move |source| WireError::Connect { peer, source }
        };
        let chosen = proxy::proxy_for(&self.server, |name| std::env::var(name).ok());
        let chosen = chosen.map_err(|source| WireError::Proxy { peer: "of the environment".to_owned(), source })?;
        let first = chosen.as_ref().unwrap_or(&self.server);
        let connected = TcpStream::connect((first.host.as_str(), first.port)).await;
        let mut stream = connected.map_err(unreachable(&first.authority()))?;
        // Frames are written whole.
        stream.set_nodelay(true).map_err(unreachable(peer))?;
        if let Some(proxy) = &chosen {
            let failed = |source| WireError::Proxy { peer: proxy.authority(), source };
            proxy::connect(&mut stream, &self.server).await.map_err(failed)?;
        }
        if !self.server.is_tls {
            return Ok(Box::new(stream));
        }
        let failed = |source| WireError::Tls { peer: peer.to_owned(), source };
        let name = ServerName::try_from(self.server.host.clone()).map_err(|error| failed(io::Error::other(error)))?;
        let stream = TlsConnector::from(Arc::clone(&self.tls)).connect(name, stream).await.map_err(failed)?;
        Ok(Box::new(stream))
    }
}

fn bounded(message_bytes: usize, buffer_bytes: usize) -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(buffer_bytes)
        .write_buffer_size(buffer_bytes)
        .max_message_size(Some(message_bytes))
        .max_frame_size(Some(message_bytes))
}

impl WireError {
    /// What a socket said next; `Err` where it has ended.
    pub fn next(message: Option<Result<Message, tungstenite::Error>>) -> Result<Message, Self> {
        match message {
            Some(Ok(Message::Close(_))) | None => Err(Self::Closed),
            Some(Ok(message)) => Ok(message),
            Some(Err(error)) => Err(Self::Broken(Box::new(error))),
        }
    }
}
