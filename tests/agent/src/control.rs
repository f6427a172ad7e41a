//! The control channel's server end.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{SinkExt as _, StreamExt as _};
use jiff::Timestamp;
use rempart_protocol::control::{Answer, ServerControl, ServerEvent};
use rempart_protocol::handshake::{AgentReady, ChannelBinding, Visitor};
use rempart_protocol::job::DeskEvent;
use rempart_protocol::{Refusal, RefusalCode};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use crate::server::{Command, Room, State};

/// Until either side ends it.
pub async fn serve(room: Arc<Room>, mut socket: WebSocketStream<TcpStream>) {
    let begun = Instant::now();
    let mut control = ServerControl::new(Arc::clone(&room.identity), ChannelBinding::None, begun.elapsed());
    let (line, mut commands) = mpsc::unbounded_channel();
    let mut waiting: HashMap<u64, oneshot::Sender<Answer>> = HashMap::new();
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    let mut was_in = false;
    loop {
        while let Some(text) = control.next_message() {
            if socket.send(Message::text(text)).await.is_err() {
                break;
            }
        }
        let done = tokio::select! {
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) if control.is_ready() => {
                    hear(&room, &mut control, begun.elapsed(), &text, &mut waiting)
                }
                Some(Ok(Message::Text(text))) => meet(&room, &mut control, begun.elapsed(), &text, &line),
                Some(Ok(_)) => Ok(()),
                Some(Err(_)) | None => break,
            },
            command = commands.recv() => match command {
                Some(Command::Cut) | None => break,
                Some(command) => obey(&room, &mut control, command, &mut waiting),
            },
            _ = ticks.tick() => control.tick(begun.elapsed(), &mut room.state.lock().desk),
        };
        was_in |= control.is_ready();
        if done.is_err() {
            while let Some(text) = control.next_message() {
                let _ = socket.send(Message::text(text)).await;
            }
            break;
        }
    }
    if was_in {
        let mut state = room.state.lock();
        // A newer connection may have taken over.
        if state.line.as_ref().is_some_and(|open| open.same_channel(&line)) {
            state.line = None;
            state.desk.line_down();
        }
    }
}

fn meet(
    room: &Room,
    control: &mut ServerControl,
    now: Duration,
    text: &str,
    line: &mpsc::UnboundedSender<Command>,
) -> rempart_protocol::Result<()> {
    let Some(visitor) = control.receive_visitor(text)? else { return Ok(()) };
    let mut state = room.state.lock();
    admit(&mut state, &visitor).inspect_err(|refusal| control.refuse(refusal))?;
    control.admit(now, AgentReady::default(), &mut state.desk)?;
    state.line = Some(line.clone());
    state.seen.control_connections += 1;
    Ok(())
}

/// Whether a key is the agent's, or comes with a good token.
pub fn admit(state: &mut State, visitor: &Visitor) -> rempart_protocol::Result<()> {
    if let Some(token) = &visitor.token {
        let unknown = || Refusal::new(RefusalCode::TokenUnknown, "");
        let enrolment = state.tokens.iter_mut().find(|known| known.hash == token.hash()).ok_or_else(unknown)?;
        enrolment.admit(token, &visitor.key, Timestamp::now())?;
        enrolment.used_by = Some(visitor.key);
        state.agent = Some(visitor.key);
    }
    match state.agent {
        Some(known) if known == visitor.key => Ok(()),
        _ => Err(Refusal::new(RefusalCode::UnknownAgent, "")),
    }
}

fn hear(
    room: &Room,
    control: &mut ServerControl,
    now: Duration,
    text: &str,
    waiting: &mut HashMap<u64, oneshot::Sender<Answer>>,
) -> rempart_protocol::Result<()> {
    let mut state = room.state.lock();
    let state = &mut *state;
    for event in control.receive(now, text, &mut state.desk)? {
        match event {
            ServerEvent::About(about) => state.seen.about = Some(about),
            ServerEvent::Answered { number, answer } => {
                if let Some(tell) = waiting.remove(&number) {
                    let _ = tell.send(answer);
                }
            }
            ServerEvent::Job(DeskEvent::Accepted(lease)) => state.seen.accepted.push(lease),
            ServerEvent::Job(DeskEvent::Adopted(_)) => {}
            ServerEvent::Job(DeskEvent::Progress { .. }) => state.seen.progress += 1,
            ServerEvent::Job(DeskEvent::Declined { lease, .. } | DeskEvent::Gone(lease)) => state.seen.gone.push(lease),
            ServerEvent::Job(DeskEvent::Ended(result)) => {
                let lease = result.lease;
                state.sessions.end(lease);
                state.live.remove(&lease);
                assert!(state.seen.ended.insert(lease, result).is_none(), "{lease:?} ended twice");
                if let Some(message) = state.desk.stored(lease) {
                    control.say(message)?;
                }
            }
        }
    }
    Ok(())
}

fn obey(
    room: &Room,
    control: &mut ServerControl,
    command: Command,
    waiting: &mut HashMap<u64, oneshot::Sender<Answer>>,
) -> rempart_protocol::Result<()> {
    let mut state = room.state.lock();
    let said = match command {
        Command::Offer(offer) => state.desk.assign(offer)?,
        Command::Stop(lease, reason) => state.desk.stop(lease, reason),
        Command::Ask(question, tell) => {
            waiting.insert(control.ask(question)?, tell);
            None
        }
        Command::Cut => None,
    };
    said.map_or(Ok(()), |message| control.say(message))
}
