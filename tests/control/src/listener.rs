//! A browser that listens to events.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// What is asked for comes within this, or the test fails.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct Listener {
    runtime: Runtime,
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Listener {
    /// Hears of these topics from now on.
    pub(crate) fn new(base: &str, cookie: &str, topics: &[&str]) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let mut request = format!("{}/ws", base.replacen("http", "ws", 1)).into_client_request().expect("an address");
        request.headers_mut().insert("cookie", cookie.parse().expect("a cookie"));
        let socket = runtime.block_on(async {
            let (mut socket, _) = tokio_tungstenite::connect_async(request).await.expect("a WebSocket");
            let asked = json!({ "subscribe": topics, "after": null });
            socket.send(Message::text(asked.to_string())).await.expect("the server hears");
            socket
        });
        let mut listener = Self { runtime, socket };
        let hello = listener.hear(|_| true, "the greeting");
        assert!(hello["hello"]["seq"].is_i64(), "no greeting: {hello}");
        listener
    }

    /// The next message that is meant; those before it are dropped.
    pub fn hear(&mut self, is_meant: impl Fn(&Value) -> bool, what: &str) -> Value {
        let socket = &mut self.socket;
        let meant = async {
            loop {
                let message = socket.next().await.expect("the connection ended").expect("a message");
                let Message::Text(text) = message else { continue };
                let message: Value = serde_json::from_str(&text).expect("JSON");
                if is_meant(&message) {
                    return message;
                }
            }
        };
        let found = self.runtime.block_on(async { tokio::time::timeout(PATIENCE, meant).await });
        found.unwrap_or_else(|_| panic!("never within {} s: {what}", PATIENCE.as_secs()))
    }
}
