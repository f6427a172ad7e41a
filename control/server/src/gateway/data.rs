//! `/api/agent/data`: one connection of a job's data session.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::{Message, WebSocket};
use axum::response::Response;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use rempart_protocol::Refusal;
use rempart_protocol::data::{ConnectionNumber, Opened, Opening, closing};
use rempart_protocol::handshake::{AgentReady, ChannelBinding, Purpose, ServerHandshake, Visitor};
use rempart_protocol::limits::FRAME_BYTES;
use rempart_work::agent::session::Connections;
use tokio::time::{interval, timeout};

use super::{End, SEND_WITHIN, farewell, send, text};
use crate::api::types::ErrorBody;
use crate::http::errors::ApiResult;
use crate::http::upgrade::Upgrade;
use crate::state::AppState;

/// How long the handshake and the opening may take.
const OPEN_WITHIN: Duration = Duration::from_secs(20);
/// How often what is not worth a frame of its own is acknowledged.
const FLUSH: Duration = Duration::from_millis(250);
/// A connection on which nothing came for this long is dead: agents ask for signs of life.
const SILENCE: Duration = Duration::from_secs(90);
const BUFFER_BYTES: usize = 64 << 10;

/// A connection of a data session: a WebSocket of the agents' protocol, which begins with its handshake.
#[utoipa::path(get, path = "/api/agent/data", operation_id = "agents.data", tag = "agents",
    responses((status = 101, description = "A WebSocket"), (status = "4XX", body = ErrorBody)))]
pub async fn connect(State(state): State<AppState>, Upgrade(upgrade): Upgrade) -> ApiResult<Response> {
    let identity = state.work.agent_identity().await?;
    let handshake = ServerHandshake::new(identity, ChannelBinding::None);
    Ok(upgrade
        .max_message_size(FRAME_BYTES)
        .max_frame_size(FRAME_BYTES)
        .read_buffer_size(BUFFER_BYTES)
        .write_buffer_size(0)
        .on_upgrade(|socket| run(state, handshake, socket)))
}

async fn run(state: AppState, handshake: ServerHandshake, mut socket: WebSocket) {
    let opened = timeout(OPEN_WITHIN, open(&state, handshake, &mut socket)).await;
    let (session, number) = match opened {
        Ok(Ok(opened)) => opened,
        Ok(Err(end)) => {
            if let Some(farewell) = farewell(&end) {
                let _ = send(&mut socket, farewell).await;
            }
            return;
        }
        Err(_) => return,
    };
    let (sink, stream) = socket.split();
    // Each way by itself: neither waits for the other.
    let end = tokio::select! {
        end = take(&*session, number, stream) => end,
        end = give(&state, &*session, number, sink) => end,
    };
    if let End::Refused(refusal) = end {
        tracing::debug!(%refusal, "a data connection ends");
    }
    session.cut(number);
}

/// The handshake, then the opening: whose connection it is, and of which session.
async fn open(
    state: &AppState,
    mut handshake: ServerHandshake,
    socket: &mut WebSocket,
) -> Result<(Arc<dyn Connections>, ConnectionNumber), End> {
    let visitor = match greet(state, &mut handshake, socket).await {
        Ok(visitor) => visitor,
        Err(End::Refused(refusal)) => {
            if let Ok(words) = ServerHandshake::refuse(&refusal) {
                send(socket, Message::Text(words.into())).await?;
            }
            return Err(refusal.into());
        }
        Err(end) => return Err(end),
    };
    let opening = loop {
        match socket.recv().await {
            Some(Ok(Message::Binary(frame))) => break Opening::decode(frame),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Ok(Message::Text(_))) => break Err(Refusal::malformed("an opening is expected here")),
            Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(End::Gone),
        }
    };
    let joined = opening.and_then(|opening| {
        let (admitted, session) = state.work.agents.open(&visitor.key, &opening)?;
        let received = session.connect(opening.connection, &opening.received)?;
        let opened = Opened { session: admitted.session, parent: admitted.parent, received };
        Ok((session, opening.connection, opened))
    });
    match joined {
        Ok((session, number, opened)) => match send(socket, Message::Binary(opened.encode().into())).await {
            Ok(()) => Ok((session, number)),
            Err(end) => {
                session.cut(number);
                Err(end)
            }
        },
        Err(refusal) => {
            send(socket, Message::Binary(closing(&refusal).into())).await?;
            Err(refusal.into())
        }
    }
}

async fn greet(state: &AppState, handshake: &mut ServerHandshake, socket: &mut WebSocket) -> Result<Visitor, End> {
    let welcome = handshake.welcome(&next_text(socket).await?)?;
    send(socket, Message::Text(welcome.into())).await?;
    let visitor = handshake.visitor(&next_text(socket).await?)?;
    if visitor.purpose != Purpose::Data {
        return Err(Refusal::unexpected("a control channel where a data connection is").into());
    }
    state.work.recognise_agent(&visitor).await?;
    let ready = handshake.admit(AgentReady::default())?;
    send(socket, Message::Text(ready.into())).await?;
    Ok(visitor)
}

async fn next_text(socket: &mut WebSocket) -> Result<String, End> {
    loop {
        if let Some(text) = text(socket.recv().await)? {
            return Ok(text);
        }
    }
}

/// Frames of the agent, into the session.
async fn take(session: &dyn Connections, number: ConnectionNumber, mut stream: SplitStream<WebSocket>) -> End {
    loop {
        match timeout(SILENCE, stream.next()).await {
            Ok(Some(Ok(Message::Binary(frame)))) => {
                if let Err(refusal) = session.receive(number, frame) {
                    // The giving side says it: the session is over.
                    tracing::info!(%refusal, "a data session ends");
                    std::future::pending::<()>().await;
                }
            }
            Ok(Some(Ok(Message::Ping(_) | Message::Pong(_)))) => {}
            Ok(Some(Ok(Message::Text(_)))) => session.end(&Refusal::malformed("a text message in a data session")),
            Ok(Some(Ok(Message::Close(_)) | Err(_)) | None) | Err(_) => return End::Gone,
        }
    }
}

/// Frames of the session, to the agent.
async fn give(
    state: &AppState,
    session: &dyn Connections,
    number: ConnectionNumber,
    mut sink: SplitSink<WebSocket, Message>,
) -> End {
    let mut changes = session.changes();
    let mut flush = interval(FLUSH);
    let mut say = async |message: Message| matches!(timeout(SEND_WITHIN, sink.send(message)).await, Ok(Ok(())));
    loop {
        changes.mark_unchanged();
        while let Some(frame) = session.next_frame(number) {
            let wait = session.turn(&frame);
            if !wait.is_zero() {
                tokio::select! {
                    () = state.stop.cancelled() => return End::Gone,
                    () = tokio::time::sleep(wait) => {}
                }
            }
            if !say(Message::Binary(frame)).await {
                return End::Gone;
            }
        }
        if let Some(refusal) = session.over() {
            if let Some(frame) = session.closing(number, &refusal) {
                say(Message::Binary(frame)).await;
            }
            let end = End::Refused(refusal);
            if let Some(farewell) = farewell(&end) {
                say(farewell).await;
            }
            return end;
        }
        tokio::select! {
            () = state.stop.cancelled() => return End::Gone,
            changed = changes.changed() => if changed.is_err() { return End::Gone },
            _ = flush.tick() => session.flush(),
        }
    }
}
