//! The server's end of the control channel.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::about::About;
use super::channel::{AgentSays, Channel, ServerSays};
use super::heartbeat::{Heartbeat, still_there};
use super::question::{Answer, Question};
use crate::handshake::{AgentReady, ChannelBinding, Greeted, Purpose, ServerHandshake, Visitor};
use crate::identity::Identity;
use crate::job::{DeskEvent, JobDesk, ToAgent};
use crate::limits::ASKED_AT_A_TIME;
use crate::refusal::{Refusal, RefusalCode, Result, within};

/// One connection. The agent's [`JobDesk`] outlives it.
pub struct ServerControl {
    phase: Phase,
    outgoing: VecDeque<String>,
    opened_at: Duration,
}

enum Phase {
    Handshake(Box<ServerHandshake>),
    Ready {
        channel: Channel,
        heartbeat: Heartbeat,
        /// Questions without an answer.
        asked: BTreeSet<u64>,
        next_question: u64,
    },
    Over,
}

/// What came of an agent that is in.
#[derive(Debug, Clone, PartialEq)]
pub enum ServerEvent {
    Job(DeskEvent),
    /// Comes once for each [`ServerControl::ask`], unless the connection ends before.
    Answered {
        number: u64,
        answer: Answer,
    },
    /// What the machine is. Of the agent's own telling.
    About(About),
}

/// How long the handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(20);

impl ServerControl {
    #[must_use]
    pub fn new(identity: Arc<Identity>, binding: ChannelBinding, now: Duration) -> Self {
        let handshake = Box::new(ServerHandshake::new(identity, binding));
        Self { phase: Phase::Handshake(handshake), outgoing: VecDeque::new(), opened_at: now }
    }

    /// What to send, oldest first.
    pub fn next_message(&mut self) -> Option<String> {
        self.outgoing.pop_front()
    }

    #[must_use]
    pub const fn is_ready(&self) -> bool {
        matches!(self.phase, Phase::Ready { .. })
    }

    /// Of the last heartbeat.
    #[must_use]
    pub const fn round_trip(&self) -> Option<Duration> {
        match &self.phase {
            Phase::Ready { heartbeat, .. } => heartbeat.round_trip(),
            Phase::Handshake(_) | Phase::Over => None,
        }
    }

    /// Takes one text message of an agent that is not in yet. A visitor has proved to hold its key: find out whether that
    /// key is known, or the token good, and call [`ServerControl::admit`] or [`ServerControl::refuse`].
    pub fn receive_visitor(&mut self, message: &str) -> Result<Option<Visitor>> {
        let taken = match &mut self.phase {
            Phase::Handshake(handshake) => handshake.receive(message),
            Phase::Ready { .. } | Phase::Over => Err(Refusal::unexpected("a visitor who is in, or gone")),
        };
        match taken.inspect_err(|refusal| self.refuse(refusal))? {
            Greeted::Send(welcome) => {
                self.outgoing.push_back(welcome);
                Ok(None)
            }
            Greeted::Judge(visitor) if visitor.purpose == Purpose::Control => Ok(Some(visitor)),
            Greeted::Judge(_) => {
                let refusal = Refusal::unexpected("a data connection where a control channel is");
                self.refuse(&refusal);
                Err(refusal)
            }
        }
    }

    /// Lets the visitor in. `desk`: the one of the agent with that key.
    pub fn admit(&mut self, now: Duration, terms: AgentReady, desk: &mut JobDesk) -> Result<()> {
        let Phase::Handshake(handshake) = &mut self.phase else {
            return Err(Refusal::unexpected("nobody waits to be let in"));
        };
        self.outgoing.push_back(handshake.admit(terms)?);
        self.phase = Phase::Ready {
            channel: Channel::default(),
            heartbeat: Heartbeat::new(terms, now),
            asked: BTreeSet::new(),
            next_question: 1,
        };
        desk.line_up();
        Ok(())
    }

    /// Takes one text message of an agent that is in.
    pub fn receive(&mut self, now: Duration, message: &str, desk: &mut JobDesk) -> Result<Vec<ServerEvent>> {
        let taken = self.take(now, message, desk);
        taken.inspect_err(|refusal| {
            self.refuse(refusal);
            desk.line_down();
        })
    }

    fn take(&mut self, now: Duration, message: &str, desk: &mut JobDesk) -> Result<Vec<ServerEvent>> {
        let Phase::Ready { channel, heartbeat, asked, .. } = &mut self.phase else {
            return Err(Refusal::unexpected("a message of an agent that is not in"));
        };
        heartbeat.heard(now);
        match channel.read(message)? {
            AgentSays::Pong(number) => heartbeat.answered(number, now).map(|()| Vec::new()),
            AgentSays::Job(message) => {
                let (events, replies) = desk.receive(message)?;
                replies.into_iter().try_for_each(|reply| self.say(reply))?;
                Ok(events.into_iter().map(ServerEvent::Job).collect())
            }
            AgentSays::Answer { number, answer } => {
                answer.check()?;
                if !asked.remove(&number) {
                    return Err(Refusal::new(RefusalCode::Foreign, format!("an answer to question {number}")));
                }
                Ok(vec![ServerEvent::Answered { number, answer }])
            }
            AgentSays::About(about) => {
                about.check()?;
                Ok(vec![ServerEvent::About(about)])
            }
            AgentSays::Refused(refusal) => {
                self.phase = Phase::Over;
                Err(refusal)
            }
        }
    }

    /// About once a second: asks for signs of life; an error if there are none.
    pub fn tick(&mut self, now: Duration, desk: &mut JobDesk) -> Result<()> {
        let ticked = match &mut self.phase {
            Phase::Handshake(_) => still_there(self.opened_at, HANDSHAKE, now),
            Phase::Ready { channel, heartbeat, .. } => heartbeat.tick(now).and_then(|number| {
                let ping = number.map(|number| channel.write(ServerSays::Ping(number))).transpose()?;
                self.outgoing.extend(ping);
                Ok(())
            }),
            Phase::Over => Ok(()),
        };
        ticked.inspect_err(|refusal| {
            self.refuse(refusal);
            desk.line_down();
        })
    }

    /// Says what a [`JobDesk`] wants said.
    pub fn say(&mut self, message: ToAgent) -> Result<()> {
        if let Phase::Ready { channel, .. } = &mut self.phase {
            self.outgoing.push_back(channel.write(ServerSays::Job(message))?);
        }
        Ok(())
    }

    /// Asks the agent; returns the question's number. Refused where the agent is not in, or has as many questions as it may:
    /// ask again when one is answered.
    pub fn ask(&mut self, question: Question) -> Result<u64> {
        let Phase::Ready { channel, asked, next_question, .. } = &mut self.phase else {
            return Err(Refusal::unexpected("a question to an agent that is not in"));
        };
        question.check()?;
        within("questions at a time", asked.len() + 1, ASKED_AT_A_TIME)?;
        let number = *next_question;
        let said = channel.write(ServerSays::Question { number, question })?;
        *next_question += 1;
        asked.insert(number);
        self.outgoing.push_back(said);
        Ok(number)
    }

    /// Nobody waits for the answer to a question any more. It comes all the same, soon.
    pub fn withdraw(&mut self, number: u64) -> Result<()> {
        if let Phase::Ready { channel, asked, .. } = &mut self.phase
            && asked.contains(&number)
        {
            self.outgoing.push_back(channel.write(ServerSays::Withdraw(number))?);
        }
        Ok(())
    }

    /// Ends the connection; the reason goes out last.
    pub fn refuse(&mut self, refusal: &Refusal) {
        let said = match std::mem::replace(&mut self.phase, Phase::Over) {
            Phase::Handshake(_) => ServerHandshake::refuse(refusal).ok(),
            Phase::Ready { mut channel, .. } => channel.write(ServerSays::Refused(refusal.clone())).ok(),
            Phase::Over => None,
        };
        self.outgoing.extend(said);
    }
}
