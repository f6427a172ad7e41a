//! `/api/agent/control`: an agent's channel.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::ws::{Message, WebSocket};
use axum::response::Response;
use parking_lot::Mutex;
use rempart_model::ServerId;
use rempart_protocol::control::{About, ServerControl};
use rempart_protocol::handshake::{ChannelBinding, Visitor};
use rempart_protocol::limits::CONTROL_MESSAGE_BYTES;
use rempart_protocol::{Refusal, RefusalCode};
use rempart_work::agent::{Agent, Heard};
use tokio::time::{Interval, interval};

use super::{End, TICK, farewell, send, text};
use crate::api::types::ErrorBody;
use crate::http::errors::ApiResult;
use crate::http::upgrade::Upgrade;
use crate::state::AppState;

/// Most messages are a line.
const BUFFER_BYTES: usize = 4 << 10;

/// An agent's control channel: a WebSocket of the agents' protocol, which begins with its handshake.
#[utoipa::path(get, path = "/api/agent/control", operation_id = "agents.control", tag = "agents",
    responses((status = 101, description = "A WebSocket"), (status = "4XX", body = ErrorBody)))]
pub async fn connect(State(state): State<AppState>, Upgrade(upgrade): Upgrade) -> ApiResult<Response> {
    let identity = state.work.agent_identity().await?;
    let control = ServerControl::new(identity, ChannelBinding::None, state.work.agents.now());
    let channel = Channel { state, control: Arc::new(Mutex::new(control)), tick: interval(TICK) };
    Ok(upgrade
        .max_message_size(CONTROL_MESSAGE_BYTES)
        .max_frame_size(CONTROL_MESSAGE_BYTES)
        .read_buffer_size(BUFFER_BYTES)
        .write_buffer_size(0)
        .on_upgrade(|socket| channel.run(socket)))
}

struct Channel {
    state: AppState,
    control: Arc<Mutex<ServerControl>>,
    tick: Interval,
}

impl Channel {
    async fn run(mut self, mut socket: WebSocket) {
        let end = match self.greet(&mut socket).await {
            Ok((server, visitor)) => self.serve(&mut socket, server, &visitor).await,
            Err(end) => end,
        };
        if let End::Refused(refusal) = &end {
            tracing::info!(%refusal, "an agent's channel ends");
        }
        // The machine's own last words, then WebSocket's.
        let _ = self.say(&mut socket).await;
        if let Some(farewell) = farewell(&end) {
            let _ = send(&mut socket, farewell).await;
        }
    }

    /// The handshake, up to knowing whose agent it is.
    async fn greet(&mut self, socket: &mut WebSocket) -> Result<(ServerId, Visitor), End> {
        loop {
            self.say(socket).await?;
            tokio::select! {
                () = self.state.stop.cancelled() => return Err(stops().into()),
                message = socket.recv() => {
                    let Some(text) = text(message)? else { continue };
                    let visitor = self.control.lock().receive_visitor(&text)?;
                    let Some(visitor) = visitor else { continue };
                    return match self.state.work.recognise_agent(&visitor).await {
                        Ok(server) => Ok((server, visitor)),
                        Err(refusal) => {
                            self.control.lock().refuse(&refusal);
                            Err(refusal.into())
                        }
                    };
                }
                _ = self.tick.tick() => {
                    let now = self.state.work.agents.now();
                    // Nobody's jobs are told of: the agent is not in.
                    self.control.lock().tick(now, &mut rempart_protocol::job::JobDesk::new())?;
                }
            }
        }
    }

    /// From the agent's coming to its going.
    async fn serve(&mut self, socket: &mut WebSocket, server: ServerId, visitor: &Visitor) -> End {
        let work = self.state.work.clone();
        let agent = work.agents.of(server);
        if let Err(trouble) = work.expect_of_agent(&agent).await {
            tracing::warn!(server = server.get(), "what the agent was given before is not known: {trouble}");
        }
        let (number, wake) = match agent.open(&self.control, Heard::from(visitor), work.agents.now()) {
            Ok(opened) => opened,
            Err(refusal) => return refusal.into(),
        };
        self.publish(&agent).await;
        let end = loop {
            if let Err(end) = self.say(socket).await {
                break end;
            }
            let step = tokio::select! {
                () = self.state.stop.cancelled() => Err(stops().into()),
                message = socket.recv() => match text(message) {
                    Ok(Some(text)) => match agent.receive(number, work.agents.now(), &text) {
                        Ok(None) => Ok(()),
                        Ok(Some(about)) => {
                            self.describe(&agent, about).await;
                            Ok(())
                        }
                        Err(refusal) => Err(refusal.into()),
                    },
                    Ok(None) => Ok(()),
                    Err(end) => Err(end),
                },
                // Something is to be said, or the channel is another's.
                () = wake.notified() => Ok(()),
                _ = self.tick.tick() => agent.tick(number, work.agents.now()).map_err(End::from),
            };
            if let Err(end) = step {
                break end;
            }
        };
        if let End::Refused(refusal) = &end {
            self.control.lock().refuse(refusal);
        }
        agent.close(number);
        self.publish(&agent).await;
        end
    }

    /// What the agent's coming or going means for others is in the catalog.
    async fn publish(&self, agent: &Agent) {
        if let Err(trouble) = self.state.work.publish_agent(agent, &self.state.process.id).await {
            tracing::warn!(server = agent.server.get(), "an agent's connection is not written down: {trouble}");
        }
    }

    async fn describe(&self, agent: &Agent, about: About) {
        if let Err(trouble) = self.state.work.describe_agent(agent.server, about).await {
            tracing::warn!(
                server = agent.server.get(),
                "what an agent says of its machine is not written down: {trouble}"
            );
        }
    }

    /// Sends what the machine has to say.
    async fn say(&self, socket: &mut WebSocket) -> Result<(), End> {
        loop {
            let Some(message) = self.control.lock().next_message() else { return Ok(()) };
            send(socket, Message::Text(message.into())).await?;
        }
    }
}

fn stops() -> Refusal {
    Refusal::new(RefusalCode::SessionOver, "the server stops")
}
