//! One connection of the control channel, from its opening to its end.

use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use rempart_host::stats::{System, addresses};
use rempart_protocol::control::{About, AgentControl, AgentEvent, AgentParts};
use rempart_protocol::handshake::ChannelBinding;
use rempart_protocol::job::{BookEvent, Decline};
use rempart_protocol::{Refusal, Result};
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::Message;

use super::handshake::{NotIn, say};
use super::jobs::Jobs;
use super::questions::Questions;
use crate::program::own_sha256;
use crate::settings::Home;
use crate::wire::{Frames, Socket, WireError};

/// Why a connection ended.
pub enum Ended {
    /// The agent is to end.
    Stopped,
    NotIn(NotIn),
}

/// How often progress is told, and silence noticed.
const TICK: Duration = Duration::from_millis(500);

/// Talks until the connection breaks or the agent is to end. `connected` is called when the agent is in.
pub async fn talk(home: &Home, jobs: &mut Jobs, stop: &mut watch::Receiver<bool>, connected: impl FnOnce()) -> Ended {
    let opened = tokio::select! {
        opened = home.dialer.open(Frames::Control) => opened,
        _ = stop.changed() => return Ended::Stopped,
    };
    let socket = match opened {
        Ok(socket) => socket,
        Err(error) => return Ended::NotIn(error.into()),
    };
    let begun = Instant::now();
    let parts = AgentParts {
        identity: std::sync::Arc::clone(&home.identity),
        pinned: home.server_key,
        token: None,
        binding: ChannelBinding::None,
        agent_version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let control = match AgentControl::open(parts, begun.elapsed()) {
        Ok(control) => control,
        Err(refusal) => return Ended::NotIn(refusal.into()),
    };
    let mut line = Line { socket, control, begun, jobs, questions: Questions::new() };
    let ended = line.talk(stop, connected).await;
    // The reason for the server is the last that waits.
    let _ = line.send().await;
    ended
}

struct Line<'j> {
    socket: Socket,
    control: AgentControl,
    begun: Instant,
    jobs: &'j mut Jobs,
    questions: Questions,
}

/// What happened next.
enum Next {
    Said(String),
    Nothing,
    JobEnded(rempart_protocol::job::JobResult),
    Answered(u64, rempart_protocol::control::Answer),
    Tick,
    Stop,
}

impl Line<'_> {
    async fn talk(&mut self, stop: &mut watch::Receiver<bool>, connected: impl FnOnce()) -> Ended {
        let mut connected = Some(connected);
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            if let Err(error) = self.send().await {
                return Ended::NotIn(error.into());
            }
            let next = tokio::select! {
                message = self.socket.next() => match WireError::next(message) {
                    Ok(Message::Text(text)) => Next::Said(text.to_string()),
                    Ok(Message::Ping(_) | Message::Pong(_)) => Next::Nothing,
                    Ok(_) => return Ended::NotIn(Refusal::unexpected("bytes on the control channel").into()),
                    Err(error) => return Ended::NotIn(error.into()),
                },
                result = self.jobs.next_end() => Next::JobEnded(result),
                (number, answer) = self.questions.next_answer() => Next::Answered(number, answer),
                _ = ticks.tick() => Next::Tick,
                _ = stop.changed() => Next::Stop,
            };
            let done = match next {
                Next::Said(text) => self.hear(&text, &mut connected),
                Next::Nothing => Ok(()),
                Next::JobEnded(result) => self.jobs.finish(result, Some(&mut self.control)),
                Next::Answered(number, answer) => self.control.answer(number, answer),
                Next::Tick => self.tick(),
                Next::Stop => return Ended::Stopped,
            };
            if let Err(refusal) = done {
                return Ended::NotIn(refusal.into());
            }
        }
    }

    fn hear(&mut self, text: &str, connected: &mut Option<impl FnOnce()>) -> Result<()> {
        let event = self.control.receive(self.begun.elapsed(), text, &mut self.jobs.book)?;
        let stored = self.jobs.store();
        match event {
            None => {}
            Some(AgentEvent::Ready(_)) => {
                if let Some(connected) = connected.take() {
                    connected();
                }
                self.control.about(about())?;
            }
            Some(AgentEvent::Asked { number, question }) => self.questions.ask(number, question),
            Some(AgentEvent::Withdrawn(number)) => self.questions.withdraw(number),
            Some(AgentEvent::Job(BookEvent::Stop { lease, reason })) => self.jobs.stop(lease, reason),
            Some(AgentEvent::Job(BookEvent::Start(offer))) => {
                let begun = stored.and_then(|()| self.jobs.begin(&offer));
                if let Err(error) = begun {
                    tracing::error!(job = %offer.lease.job, "a job is given back: {error:#}");
                    self.control.decline(&mut self.jobs.book, offer.lease, Decline::NotAble)?;
                }
                return Ok(());
            }
        }
        // Without a job that begins, the book of before is as good: what it lacks is told again.
        if let Err(error) = stored {
            tracing::error!("{error:#}");
        }
        Ok(())
    }

    fn tick(&mut self) -> Result<()> {
        self.control.tick(self.begun.elapsed())?;
        for (lease, progress) in self.jobs.progress() {
            self.control.progress(&self.jobs.book, lease, progress)?;
        }
        Ok(())
    }

    async fn send(&mut self) -> Result<(), WireError> {
        while let Some(text) = self.control.next_message() {
            say(&mut self.socket, text).await?;
        }
        Ok(())
    }
}

/// What is told of the machine without being asked.
fn about() -> About {
    let System { host_name, os, kernel, architecture, .. } = System::read();
    let addresses = addresses().unwrap_or_else(|error| {
        tracing::warn!(%error, "the machine's addresses are not known");
        Vec::new()
    });
    let addresses = addresses.into_iter().map(|address| address.address.to_string());
    let addresses = addresses.collect();
    About { host_name, os, kernel, arch: architecture, addresses, program_sha256: own_sha256() }
}
