//! One connection of a session: opened, carried, and opened again when it broke.

use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use rempart_protocol::control::Backoff;
use rempart_protocol::data::{ConnectionNumber, Opened, Opening};
use rempart_protocol::handshake::Purpose;
use rempart_protocol::{Refusal, RefusalCode};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::{Bytes, Message};

use super::Shared;
use super::fault::SessionFault;
use crate::control::handshake;
use crate::wire::{Frames, Socket, WireError};

/// Nothing was heard for so long: the connection is dead.
const SILENCE: Duration = Duration::from_secs(30);
/// How often the other side is asked for a sign of life.
const PING: Duration = Duration::from_secs(10);
/// How often small things are acknowledged.
const FLUSH: Duration = Duration::from_millis(200);
/// A session without any connection for so long is given up: the server will have given the job to somebody else.
const GIVE_UP: Duration = Duration::from_secs(10 * 60);

/// Why a connection ended.
enum End {
    /// Everything was said, or the session failed.
    Over,
    /// It may be opened again.
    Broken(String),
}

/// Carries frames until the session is over.
pub async fn keep(shared: Arc<Shared>) {
    let mut backoff = Backoff::new();
    loop {
        let why = match open(&shared).await {
            Ok((socket, number)) => {
                backoff.succeeded();
                let end = carry(&shared, socket, number).await;
                shared.state.lock().cut(number);
                shared.wake.notify_waiters();
                match end {
                    End::Over => return,
                    End::Broken(why) => why,
                }
            }
            Err(Unopened::Refused(refusal)) if is_final(&refusal) => return shared.fail(refusal.into()),
            Err(Unopened::Refused(refusal)) => refusal.to_string(),
            Err(Unopened::Wire(error)) => chain(&error),
        };
        tracing::debug!(job = %shared.lease.job, %why, "a data connection broke");
        let until = Instant::now() + backoff.next_wait(random());
        loop {
            // Enabled before the look: what changes from here on wakes it.
            let woken = shared.wake.notified();
            if shared.is_over(&why) {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep_until(until) => break,
                () = woken => {}
            }
        }
    }
}

/// A refusal after which the same session is never let in again.
const fn is_final(refusal: &Refusal) -> bool {
    matches!(refusal.code, RefusalCode::SessionOver | RefusalCode::Foreign) || !refusal.code.may_come_back()
}

enum Unopened {
    Wire(WireError),
    Refused(Refusal),
}

impl From<WireError> for Unopened {
    fn from(error: WireError) -> Self {
        Self::Wire(error)
    }
}

impl From<Refusal> for Unopened {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

async fn open(shared: &Shared) -> Result<(Socket, ConnectionNumber), Unopened> {
    let home = &shared.home;
    let mut socket = home.dialer.open(Frames::Data).await?;
    match handshake::show(&mut socket, home, None, Purpose::Data).await {
        Ok(_) => {}
        Err(handshake::NotIn::Wire(error)) => return Err(error.into()),
        Err(handshake::NotIn::Refused(refusal)) => return Err(refusal.into()),
    }
    let (opening, number) = {
        let mut state = shared.state.lock();
        let number = state.connection_number();
        let direction = state.machine.direction();
        let received = state.machine.link().received();
        let (lease, incarnation) = (shared.lease, shared.incarnation);
        (Opening { lease, direction, incarnation, connection: number, received }, number)
    };
    let send = socket.send(Message::Binary(opening.encode().into()));
    timeout(SILENCE, send).await.map_err(|_| WireError::Late(SILENCE))?.map_err(broken)?;
    let opened = loop {
        let message = timeout(SILENCE, socket.next()).await.map_err(|_| WireError::Late(SILENCE))?;
        match WireError::next(message)? {
            Message::Binary(frame) => break Opened::decode(frame)?,
            Message::Ping(_) | Message::Pong(_) => {}
            _ => return Err(Refusal::unexpected("text where a session is opened").into()),
        }
    };
    let mut state = shared.state.lock();
    state.machine.link().connect(number, &opened.received)?;
    state.connected();
    drop(state);
    shared.changed.notify_all();
    Ok((socket, number))
}

fn broken(error: tokio_tungstenite::tungstenite::Error) -> WireError {
    WireError::Broken(Box::new(error))
}

/// Both directions at once: who only wrote while the other side only wrote would wait for ever.
async fn carry(shared: &Shared, socket: Socket, number: ConnectionNumber) -> End {
    let (mut writer, reader) = socket.split();
    let end = tokio::select! {
        end = receive(shared, reader, number) => end,
        end = send(shared, &mut writer, number) => end,
    };
    match end {
        Ok(()) => {
            // The server knows already that it is over; this is politeness.
            let _ = timeout(Duration::from_secs(1), writer.close()).await;
            End::Over
        }
        Err(Unopened::Wire(error)) => End::Broken(chain(&error)),
        Err(Unopened::Refused(refusal)) => {
            let closing = shared.state.lock().machine.link().close(number, &refusal);
            if let Some(frame) = closing {
                let _ = timeout(Duration::from_secs(1), writer.send(Message::Binary(frame))).await;
            }
            shared.fail(refusal.into());
            End::Over
        }
    }
}

async fn receive(shared: &Shared, mut reader: SplitStream<Socket>, number: ConnectionNumber) -> Result<(), Unopened> {
    loop {
        let message = timeout(SILENCE, reader.next()).await.map_err(|_| WireError::Late(SILENCE))?;
        match WireError::next(message)? {
            Message::Binary(frame) => {
                let mut state = shared.state.lock();
                state.machine.link().receive(number, frame)?;
                state.take_what_came();
                if state.fault.is_some() {
                    return Ok(());
                }
                drop(state);
                shared.changed.notify_all();
                shared.wake.notify_waiters();
            }
            Message::Ping(_) | Message::Pong(_) => {}
            _ => return Err(Refusal::unexpected("text on a data connection").into()),
        }
    }
}

async fn send(
    shared: &Shared,
    writer: &mut SplitSink<Socket, Message>,
    number: ConnectionNumber,
) -> Result<(), Unopened> {
    let (mut next_ping, mut next_flush) = (Instant::now() + PING, Instant::now() + FLUSH);
    loop {
        let mut woken = std::pin::pin!(shared.wake.notified());
        // From here on it hears of changes: what is pushed while the last frame goes out is not missed.
        woken.as_mut().enable();
        let mut sent = false;
        loop {
            let frame = {
                let mut state = shared.state.lock();
                if state.is_closing {
                    // The server may wait for the acknowledgement of what it said last.
                    state.machine.link().flush();
                }
                state.machine.link().next_frame(number)
            };
            let Some(frame) = frame else { break };
            sent = true;
            if let Some(wait) = shared.turn(frame.len()) {
                // What was let go before does not wait with it.
                writer.flush().await.map_err(broken)?;
                wait_alive(writer, Instant::now() + wait, &mut next_ping).await?;
            }
            writer.feed(Message::Binary(frame)).await.map_err(broken)?;
        }
        writer.flush().await.map_err(broken)?;
        if sent {
            // There is room for more.
            shared.changed.notify_all();
        }
        {
            let mut state = shared.state.lock();
            if state.fault.is_some() || (state.is_closing && state.is_drained()) {
                return Ok(());
            }
        }
        tokio::select! {
            () = woken => {}
            () = tokio::time::sleep_until(next_flush) => {
                next_flush = Instant::now() + FLUSH;
                shared.state.lock().machine.link().flush();
            }
            () = tokio::time::sleep_until(next_ping) => {
                next_ping = Instant::now() + PING;
                writer.send(Message::Ping(Bytes::new())).await.map_err(broken)?;
            }
        }
    }
}

/// Waits for the line's turn: a slow line says that it is there.
async fn wait_alive(
    writer: &mut SplitSink<Socket, Message>,
    until: Instant,
    next_ping: &mut Instant,
) -> Result<(), Unopened> {
    while until > *next_ping {
        tokio::time::sleep_until(*next_ping).await;
        *next_ping += PING;
        writer.send(Message::Ping(Bytes::new())).await.map_err(broken)?;
    }
    tokio::time::sleep_until(until).await;
    Ok(())
}

impl Shared {
    /// Whether a connection need not be opened again. Gives the session up where none could be for too long.
    fn is_over(&self, why: &str) -> bool {
        let mut state = self.state.lock();
        if state.fault.is_none() && state.alone_since.is_some_and(|since| since.elapsed() > GIVE_UP) {
            let fault = SessionFault::Lost { minutes: GIVE_UP.as_secs() / 60, why: why.to_owned() };
            state.fault = Some(fault);
            self.changed.notify_all();
        }
        state.fault.is_some() || (state.is_closing && state.is_drained())
    }
}

fn random() -> u32 {
    u32::from_le_bytes(rempart_crypto::random_bytes())
}

/// An error and its causes on one line.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.ends_with(&said) {
            text = format!("{text}: {said}");
        }
        cause = error.source();
    }
    text
}
