//! `/ws`: one WebSocket per browser.
//!
//! The browser says `{"subscribe":["jobs","runs"],"after":seq|null}`, as often as it likes; the server answers
//! `{"hello":{"seq":n}}`, then what was missed, then events as they come, and `{"reset":true,"seq":n}` where too much was
//! missed.
//!
//! A connection ends with the credential it was opened by: every change of its user is an event, and each one is a reason to
//! look, whatever the browser subscribed to. A credential that runs out by itself is noticed at the next ping.

use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use axum::http::header::{self, HeaderMap, HeaderValue};
use axum::response::Response;
use futures_util::future::BoxFuture;
use rempart_catalog::Topic;
use rempart_model::Permission;
use serde::Deserialize;
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio::time::Instant;
use utoipa_axum::routes;

use super::{Missed, Signal, Topics};
use crate::api::types::ErrorBody;
use crate::auth;
use crate::http::caller::Caller;
use crate::http::errors::ApiResult;
use crate::http::origin;
use crate::http::routes::Routes;
use crate::http::upgrade::Upgrade;
use crate::state::AppState;

/// A browser says no more than a list of topics.
const LONGEST_MESSAGE_BYTES: usize = 16 * 1024;
/// What is read at once, and kept for each browser while it is there. Usually 128 KiB, which is written over with zeros before
/// each read: a thousand browsers that say next to nothing would cost 128 MB.
const READ_BYTES: usize = 512;
/// How often the server asks whether the browser is still there, and whether its session is.
const PING_EVERY: Duration = Duration::from_secs(30);
/// A browser that has not said anything, nor answered a ping, for this long is gone.
const SILENCE: Duration = Duration::from_secs(75);
/// A browser that does not take a message for this long is gone.
const SEND_WITHIN: Duration = Duration::from_secs(20);

pub fn routes() -> Routes {
    Routes::new().needs(Permission::Read, routes!(connect))
}

#[derive(Deserialize)]
struct Subscribe {
    subscribe: Vec<Topic>,
    #[serde(default)]
    after: Option<i64>,
}

/// Events, as they happen: a WebSocket.
#[utoipa::path(get, path = "/ws", operation_id = "events.connect", tag = "events",
    responses((status = 101, description = "A WebSocket"), (status = "4XX", body = ErrorBody)))]
async fn connect(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    Upgrade(upgrade): Upgrade,
) -> ApiResult<Response> {
    // A browser sends cookies with a WebSocket of any page: only our own may open one.
    origin::same_origin(&headers)?;
    // From here on no change of the user is missed; the browser hears nothing of it before it asks for topics.
    let (events, ..) = state.events.subscribe(None);
    let credential = credential_of(&headers);
    let listener = Listener { state, caller, credential, topics: Topics::default(), events, heard: Instant::now() };
    Ok(upgrade
        .max_message_size(LONGEST_MESSAGE_BYTES)
        .max_frame_size(LONGEST_MESSAGE_BYTES)
        .read_buffer_size(READ_BYTES)
        .write_buffer_size(0)
        .on_upgrade(|socket| async move { listener.run(socket).await }))
}

/// The headers by which the caller was recognised, copied: those of a request are parts of the buffer that it was read
/// into, which would stay as long as they do.
fn credential_of(headers: &HeaderMap) -> HeaderMap {
    let mut copies = HeaderMap::new();
    for name in [header::COOKIE, header::AUTHORIZATION] {
        for value in headers.get_all(&name).iter().filter_map(|value| HeaderValue::from_bytes(value.as_bytes()).ok()) {
            copies.append(name.clone(), value);
        }
    }
    copies
}

struct Listener {
    state: AppState,
    caller: Caller,
    /// To see whether the session still stands.
    credential: HeaderMap,
    topics: Topics,
    events: Receiver<Signal>,
    heard: Instant,
}

/// Why the connection ends, as a close code.
struct End(u16, &'static str);

impl Listener {
    async fn run(mut self, mut socket: WebSocket) {
        let End(code, reason) = self.listen(&mut socket).await;
        let frame = CloseFrame { code, reason: reason.into() };
        let _ = tokio::time::timeout(SEND_WITHIN, socket.send(Message::Close(Some(frame)))).await;
    }

    async fn listen(&mut self, socket: &mut WebSocket) -> End {
        // It may have ended between the request and the look at events.
        if let Err(end) = self.must_stand().await {
            return end;
        }
        let stop = self.state.stop.clone();
        let mut ping = tokio::time::interval_at(Instant::now() + PING_EVERY, PING_EVERY);
        loop {
            let step = tokio::select! {
                () = stop.cancelled() => Err(End(close_code::AWAY, "the server stops")),
                message = socket.recv() => self.hear(socket, message).await,
                event = self.events.recv() => self.tell(socket, event).await,
                _ = ping.tick() => self.ping(socket).await,
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    async fn hear(&mut self, socket: &mut WebSocket, message: Option<Result<Message, axum::Error>>) -> Result<(), End> {
        let message = match message {
            Some(Ok(message)) => message,
            Some(Err(_)) => return Err(End(close_code::PROTOCOL, "not understood")),
            None => return Err(End(close_code::NORMAL, "")),
        };
        self.heard = Instant::now();
        match message {
            Message::Text(text) => match serde_json::from_str::<Subscribe>(&text) {
                Ok(asked) => self.subscribe(socket, &asked).await,
                Err(_) => Err(End(close_code::POLICY, "expected {\"subscribe\":[topics],\"after\":number or null}")),
            },
            Message::Binary(_) => Err(End(close_code::UNSUPPORTED, "text only")),
            Message::Ping(_) | Message::Pong(_) => Ok(()),
            Message::Close(_) => Err(End(close_code::NORMAL, "")),
        }
    }

    async fn subscribe(&mut self, socket: &mut WebSocket, asked: &Subscribe) -> Result<(), End> {
        self.topics = Topics::allowed(&asked.subscribe, &self.caller);
        let (events, seq, missed) = self.state.events.subscribe(asked.after);
        self.events = events;
        send(socket, Message::text(format!(r#"{{"hello":{{"seq":{seq}}}}}"#))).await?;
        match missed {
            Missed::TooMuch => send(socket, reset(seq)).await,
            Missed::Events(events) => {
                for event in events.iter().filter(|event| self.topics.contains(event.topic)) {
                    send(socket, Message::Text(event.text.clone())).await?;
                }
                Ok(())
            }
        }
    }

    async fn tell(&mut self, socket: &mut WebSocket, event: Result<Signal, RecvError>) -> Result<(), End> {
        match event {
            Ok(Signal::Event(event)) => {
                if event.topic == Topic::Users && event.id == self.caller.user.get() {
                    self.must_stand().await?;
                }
                if self.topics.contains(event.topic) {
                    send(socket, Message::Text(event.text.clone())).await?;
                }
                Ok(())
            }
            Ok(Signal::Reset(seq)) => self.start_anew(socket, seq).await,
            Err(RecvError::Lagged(_)) => {
                let (events, seq, _) = self.state.events.subscribe(None);
                self.events = events;
                self.start_anew(socket, seq).await
            }
            Err(RecvError::Closed) => Err(End(close_code::AWAY, "the server stops")),
        }
    }

    /// Events were lost, and what became of the user may be among them.
    async fn start_anew(&mut self, socket: &mut WebSocket, seq: i64) -> Result<(), End> {
        self.must_stand().await?;
        if self.topics == Topics::default() {
            // Nothing was asked for yet, so nothing was lost.
            return Ok(());
        }
        send(socket, reset(seq)).await
    }

    /// Asks whether the browser is there, and looks whether its session is.
    async fn ping(&mut self, socket: &mut WebSocket) -> Result<(), End> {
        if self.heard.elapsed() > SILENCE {
            return Err(End(close_code::AWAY, "no answer"));
        }
        self.must_stand().await?;
        send(socket, Message::Ping(axum::body::Bytes::new())).await
    }

    /// A credential that was revoked hears nothing more, nor does one whose role is another now. A look into the catalog
    /// takes more memory than all else of a browser: it is there while it is asked for, and no part of the task.
    fn must_stand(&self) -> BoxFuture<'_, Result<(), End>> {
        Box::pin(async {
            match auth::recognise(&self.state, &self.credential, self.caller.address).await {
                Ok(Some(caller)) if caller.user == self.caller.user => {
                    if caller.role == self.caller.role {
                        Ok(())
                    } else {
                        Err(End(close_code::POLICY, "the role has changed"))
                    }
                }
                // The catalog does not answer: that is no reason to sign anybody out.
                Err(error) if error.status().is_server_error() => Ok(()),
                _ => Err(End(close_code::POLICY, "signed out")),
            }
        })
    }
}

fn reset(seq: i64) -> Message {
    Message::text(format!(r#"{{"reset":true,"seq":{seq}}}"#))
}

async fn send(socket: &mut WebSocket, message: Message) -> Result<(), End> {
    match tokio::time::timeout(SEND_WITHIN, socket.send(message)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(End(close_code::AWAY, "not taken")),
    }
}
