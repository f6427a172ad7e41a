//! The agent's end of the control channel.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use rempart_model::JobProgress;

use super::about::About;
use super::channel::{AgentSays, Channel, ServerSays};
use super::heartbeat::still_there;
use super::question::{Answer, AnswerFault, Question};
use crate::handshake::{AgentHandshake, AgentReady, ChannelBinding, Purpose, Welcomed};
use crate::identity::{Identity, PublicKey};
use crate::job::{BookEvent, Decline, FromAgent, JobBook, JobLease, JobResult};
use crate::limits::ASKED_AT_A_TIME;
use crate::refusal::{Refusal, RefusalCode, Result, within};
use crate::token::EnrolmentToken;
use crate::version::ProtocolVersion;

/// Who the agent is and whom it trusts.
#[derive(Clone)]
pub struct AgentParts {
    pub identity: Arc<Identity>,
    /// The key of the server that the agent was installed for.
    pub pinned: PublicKey,
    /// Until the server knows the agent's key.
    pub token: Option<EnrolmentToken>,
    pub binding: ChannelBinding,
    /// Of the program, for people.
    pub agent_version: String,
}

/// What the driver has to do.
#[derive(Debug, PartialEq)]
pub enum AgentEvent {
    /// The agent is in; its report is on the way.
    Ready(ProtocolVersion),
    Job(BookEvent),
    /// Call [`AgentControl::answer`], once, when it is known.
    Asked {
        number: u64,
        question: Question,
    },
    /// The answer to this question is of no interest any more: stop looking for it, and answer.
    Withdrawn(u64),
}

/// One connection. The [`JobBook`] outlives it.
pub struct AgentControl {
    phase: Phase,
    outgoing: VecDeque<String>,
    last_heard: Duration,
}

enum Phase {
    /// Boxed: it is large, and gone when the agent is in.
    Handshake(Box<AgentHandshake>),
    Ready {
        channel: Channel,
        terms: AgentReady,
        /// Questions without an answer.
        asked: BTreeSet<u64>,
    },
    Over,
}

/// How long the handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(20);

impl AgentControl {
    pub fn open(parts: AgentParts, now: Duration) -> Result<Self> {
        let AgentParts { identity, pinned, token, binding, agent_version } = parts;
        let (handshake, hello) =
            AgentHandshake::begin(identity, pinned, token, Purpose::Control, binding, &agent_version)?;
        Ok(Self { phase: Phase::Handshake(Box::new(handshake)), outgoing: VecDeque::from([hello]), last_heard: now })
    }

    /// What to send, oldest first.
    pub fn next_message(&mut self) -> Option<String> {
        self.outgoing.pop_front()
    }

    #[must_use]
    pub const fn is_ready(&self) -> bool {
        matches!(self.phase, Phase::Ready { .. })
    }

    /// Takes one text message.
    pub fn receive(&mut self, now: Duration, message: &str, book: &mut JobBook) -> Result<Option<AgentEvent>> {
        self.last_heard = now;
        let taken = self.take(message, book);
        taken.inspect_err(|refusal| self.close(refusal))
    }

    fn take(&mut self, message: &str, book: &mut JobBook) -> Result<Option<AgentEvent>> {
        match &mut self.phase {
            Phase::Handshake(handshake) => match handshake.receive(message)? {
                Welcomed::Prove(prove) => {
                    self.outgoing.push_back(prove);
                    Ok(None)
                }
                Welcomed::Ready { version, terms } => {
                    self.phase = Phase::Ready { channel: Channel::default(), terms, asked: BTreeSet::new() };
                    book.report().into_iter().try_for_each(|message| self.say(AgentSays::Job(message)))?;
                    Ok(Some(AgentEvent::Ready(version)))
                }
            },
            Phase::Ready { channel, asked, .. } => match channel.read(message)? {
                ServerSays::Question { number, question } => {
                    question.check()?;
                    within("questions at a time", asked.len() + 1, ASKED_AT_A_TIME)?;
                    if !asked.insert(number) {
                        return Err(Refusal::new(RefusalCode::OutOfOrder, format!("question {number} waits already")));
                    }
                    Ok(Some(AgentEvent::Asked { number, question }))
                }
                // It may have been answered meanwhile.
                ServerSays::Withdraw(number) => Ok(asked.contains(&number).then_some(AgentEvent::Withdrawn(number))),
                ServerSays::Ping(number) => self.say(AgentSays::Pong(number)).map(|()| None),
                ServerSays::Job(message) => {
                    let (reply, event) = book.receive(message);
                    reply.map_or(Ok(()), |reply| self.say(AgentSays::Job(reply)))?;
                    Ok(event.map(AgentEvent::Job))
                }
                ServerSays::Refused(refusal) => {
                    // The peer knows its own reason.
                    self.phase = Phase::Over;
                    Err(refusal)
                }
            },
            Phase::Over => Err(Refusal::unexpected("a message after the end")),
        }
    }

    /// About once a second: an error if the server is silent.
    pub fn tick(&mut self, now: Duration) -> Result<()> {
        let silence = match &self.phase {
            Phase::Handshake(_) => HANDSHAKE,
            Phase::Ready { terms, .. } => Duration::from_secs(terms.silence_seconds.into()),
            Phase::Over => return Ok(()),
        };
        still_there(self.last_heard, silence, now).inspect_err(|refusal| self.close(refusal))
    }

    /// How far a job is. Nothing is kept of it: without a connection it goes unsaid.
    pub fn progress(&mut self, book: &JobBook, lease: JobLease, progress: JobProgress) -> Result<()> {
        if self.is_ready() && book.runs(lease) {
            self.say(AgentSays::Job(FromAgent::Progress { lease, progress }))?;
        }
        Ok(())
    }

    /// Tells what the machine is, when the agent is in.
    pub fn about(&mut self, about: About) -> Result<()> {
        self.say(AgentSays::About(about.bounded()))
    }

    /// Answers a question. One of an earlier connection is passed over: who asked it has given up. An answer that is longer
    /// than a message may be becomes [`AnswerFault::TOO_LONG`].
    pub fn answer(&mut self, number: u64, answer: Answer) -> Result<()> {
        let Phase::Ready { channel, asked, .. } = &mut self.phase else { return Ok(()) };
        if !asked.remove(&number) {
            return Ok(());
        }
        answer.check()?;
        let said = match channel.write(AgentSays::Answer { number, answer }) {
            Err(refusal) if refusal.code == RefusalCode::TooLong => {
                let answer = Answer::Failed(AnswerFault::new(AnswerFault::TOO_LONG, refusal.to_string()));
                channel.write(AgentSays::Answer { number, answer })
            }
            said => said,
        };
        self.outgoing.push_back(said?);
        Ok(())
    }

    /// A job has ended: entered in the book, and said now or with the next report. Store the book after it.
    pub fn finish(&mut self, book: &mut JobBook, result: JobResult) -> Result<()> {
        match book.finish(result)? {
            Some(message) if self.is_ready() => self.say(AgentSays::Job(message)),
            _ => Ok(()),
        }
    }

    /// A job that was to be started is not for this agent.
    pub fn decline(&mut self, book: &mut JobBook, lease: JobLease, reason: Decline) -> Result<()> {
        let message = book.decline(lease, reason)?;
        if self.is_ready() { self.say(AgentSays::Job(message)) } else { Ok(()) }
    }

    fn say(&mut self, says: AgentSays) -> Result<()> {
        if let Phase::Ready { channel, .. } = &mut self.phase {
            self.outgoing.push_back(channel.write(says)?);
        }
        Ok(())
    }

    /// The reason goes out last.
    fn close(&mut self, refusal: &Refusal) {
        let said = match std::mem::replace(&mut self.phase, Phase::Over) {
            Phase::Handshake(_) => AgentHandshake::refuse(refusal).ok(),
            Phase::Ready { mut channel, .. } => channel.write(AgentSays::Refused(refusal.clone())).ok(),
            Phase::Over => None,
        };
        self.outgoing.extend(said);
    }
}
