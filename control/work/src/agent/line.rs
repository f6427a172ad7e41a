//! One agent: the jobs it has, its control channel while there is one, what was asked of it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use parking_lot::Mutex;
use rempart_model::{JobId, ServerId};
use rempart_protocol::control::{About, Answer, Question, ServerControl, ServerEvent};
use rempart_protocol::handshake::{AgentReady, Visitor};
use rempart_protocol::job::{DeskEvent, JobDesk, JobLease, JobOffer, JobResult, ToAgent, Withdrawal};
use rempart_protocol::{PublicKey, Refusal, RefusalCode, Result};
use tokio::sync::{Notify, mpsc, oneshot};

/// Counts an agent's connections since the process began.
pub type LineNumber = u64;

/// What is known of one agent.
pub struct Agent {
    pub server: ServerId,
    state: Mutex<State>,
    /// One who writes into the catalog whether it is there, at a time.
    pub(super) publishing: tokio::sync::Mutex<Option<LineNumber>>,
}

struct State {
    jobs: JobDesk,
    watched: HashMap<JobLease, mpsc::UnboundedSender<DeskEvent>>,
    /// What the agent still has of jobs that a process before this one gave it.
    inherited: HashMap<JobId, Inherited>,
    line: Option<Line>,
    lines: LineNumber,
    seen_at: Option<Timestamp>,
    pulse_at: Option<Timestamp>,
}

/// A lease of a job that is older than this process knows.
#[derive(Debug, Clone)]
pub(super) enum Inherited {
    Running(JobLease),
    Ended(Box<JobResult>),
}

struct Line {
    number: LineNumber,
    heard: Heard,
    /// Shared with the task of the connection, which sends what it has to say also after it was replaced.
    control: Arc<Mutex<ServerControl>>,
    /// There is something to send, or the line is another's.
    wake: Arc<Notify>,
    asked: HashMap<u64, oneshot::Sender<Answer>>,
}

/// Whom a line is to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    pub key: PublicKey,
    pub protocol: u16,
    pub agent_version: String,
}

impl From<&Visitor> for Heard {
    fn from(visitor: &Visitor) -> Self {
        Self { key: visitor.key, protocol: visitor.version.0, agent_version: visitor.agent_version.clone() }
    }
}

impl Agent {
    pub(super) fn new(server: ServerId) -> Self {
        let state = State {
            jobs: JobDesk::new(),
            watched: HashMap::new(),
            inherited: HashMap::new(),
            line: None,
            lines: 0,
            seen_at: None,
            pulse_at: None,
        };
        Self { server, state: Mutex::new(state), publishing: tokio::sync::Mutex::new(None) }
    }

    /// Whether it was never there since this process began: what it was given before is not known here.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.state.lock().lines == 0
    }

    /// Jobs that a process before this one gave it, and that have not ended: what it has of them is taken up.
    pub fn expect(&self, jobs: impl IntoIterator<Item = JobId>) {
        self.state.lock().jobs.expect(jobs);
    }

    /// Whether it is there and has said what it has.
    pub(super) fn has_reported(&self) -> bool {
        self.state.lock().jobs.has_reported()
    }

    /// What it has of such a job.
    pub(super) fn inherited(&self, job: JobId) -> Option<Inherited> {
        self.state.lock().inherited.get(&job).cloned()
    }

    pub(super) fn inherited_jobs(&self) -> Vec<JobId> {
        self.state.lock().inherited.keys().copied().collect()
    }

    /// Nobody waits for what it has of such a job any more.
    pub(super) fn disown(&self, job: JobId) {
        let state = &mut *self.state.lock();
        let said = match state.inherited.remove(&job) {
            Some(Inherited::Running(lease)) => state.jobs.stop(lease, Withdrawal::LeaseLost),
            Some(Inherited::Ended(result)) => state.jobs.stored(result.lease),
            None => None,
        };
        state.say_or_drop(said);
    }

    /// Lets a visitor in whose key is this agent's. An older line ends.
    pub fn open(
        &self,
        control: &Arc<Mutex<ServerControl>>,
        heard: Heard,
        now: Duration,
    ) -> Result<(LineNumber, Arc<Notify>)> {
        let state = &mut *self.state.lock();
        if let Some(older) = state.line.take() {
            let refusal = Refusal::new(RefusalCode::SessionOver, "the agent connected again");
            older.control.lock().refuse(&refusal);
            older.wake.notify_one();
        }
        control.lock().admit(now, AgentReady::default(), &mut state.jobs)?;
        state.lines += 1;
        state.seen_at = Some(Timestamp::now());
        state.pulse_at = None;
        let wake = Arc::new(Notify::new());
        let (number, control) = (state.lines, Arc::clone(control));
        state.line = Some(Line { number, heard, control, wake: Arc::clone(&wake), asked: HashMap::new() });
        Ok((number, wake))
    }

    /// Takes a text message; what the agent says of its machine is handed up. An error ends the connection, once what waits
    /// is sent.
    pub fn receive(&self, number: LineNumber, now: Duration, message: &str) -> Result<Option<About>> {
        let state = &mut *self.state.lock();
        let line = current(&mut state.line, number)?;
        let events = line.control.lock().receive(now, message, &mut state.jobs)?;
        state.seen_at = Some(Timestamp::now());
        let mut said = None;
        for event in events {
            match event {
                ServerEvent::About(about) => said = Some(about),
                ServerEvent::Job(event) => state.tell(event)?,
                ServerEvent::Answered { number, answer } => {
                    let asked = state.line.as_mut().and_then(|line| line.asked.remove(&number));
                    if let Some(asked) = asked {
                        // Whoever asked may have gone.
                        let _ = asked.send(answer);
                    }
                }
            }
        }
        Ok(said)
    }

    /// About once a second. An error where nothing was heard for too long, or the line is another's.
    pub fn tick(&self, number: LineNumber, now: Duration) -> Result<()> {
        let state = &mut *self.state.lock();
        let line = current(&mut state.line, number)?;
        line.control.lock().tick(now, &mut state.jobs)
    }

    /// The connection is no more.
    pub fn close(&self, number: LineNumber) {
        let state = &mut *self.state.lock();
        if state.line.as_ref().is_some_and(|line| line.number == number) {
            // Its questions go with it: who asked hears that.
            state.line = None;
            state.jobs.line_down();
        }
    }

    /// Ends the line, with a reason.
    pub(super) fn refuse(&self, refusal: &Refusal) {
        let state = &mut *self.state.lock();
        if let Some(line) = state.line.take() {
            line.control.lock().refuse(refusal);
            line.wake.notify_one();
            state.jobs.line_down();
        }
    }

    /// Whom the line is to, where there is one.
    #[must_use]
    pub fn line(&self) -> Option<(LineNumber, Heard)> {
        self.state.lock().line.as_ref().map(|line| (line.number, line.heard.clone()))
    }

    /// Of the last sign of life.
    #[must_use]
    pub fn round_trip(&self) -> Option<Duration> {
        self.state.lock().line.as_ref().and_then(|line| line.control.lock().round_trip())
    }

    #[must_use]
    pub fn seen_at(&self) -> Option<Timestamp> {
        self.state.lock().seen_at
    }

    /// Its round trip and when it was heard of, once in `every` while it is there.
    pub(super) fn pulse(&self, now: Timestamp, every: Duration) -> Option<(Timestamp, Duration)> {
        let state = &mut *self.state.lock();
        let round_trip = state.line.as_ref()?.control.lock().round_trip()?;
        let due = state.pulse_at.and_then(|at| at.checked_add(every).ok());
        if due.is_some_and(|due| now < due) {
            return None;
        }
        state.pulse_at = Some(now);
        Some((state.seen_at?, round_trip))
    }

    /// Gives it a job; what becomes of the lease comes out of the receiver.
    pub(super) fn assign(&self, offer: JobOffer) -> Result<mpsc::UnboundedReceiver<DeskEvent>> {
        let state = &mut *self.state.lock();
        let (tell, told) = mpsc::unbounded_channel();
        let lease = offer.lease;
        let said = state.jobs.assign(offer)?;
        state.watched.insert(lease, tell);
        state.say(said)?;
        Ok(told)
    }

    pub(super) fn stop(&self, lease: JobLease, reason: Withdrawal) {
        let state = &mut *self.state.lock();
        let said = state.jobs.stop(lease, reason);
        state.say_or_drop(said);
    }

    /// The result of a lease is safe.
    pub(super) fn stored(&self, lease: JobLease) {
        let state = &mut *self.state.lock();
        let said = state.jobs.stored(lease);
        state.say_or_drop(said);
    }

    /// Nobody waits for this lease any more: what its agent still says of it is taken and thrown away.
    pub(super) fn unwatch(&self, lease: JobLease) {
        let state = &mut *self.state.lock();
        state.watched.remove(&lease);
        let said = state.jobs.stored(lease);
        state.say_or_drop(said);
    }

    /// None where it is not there.
    pub(super) fn ask(&self, question: Question) -> Result<Option<oneshot::Receiver<Answer>>> {
        let state = &mut *self.state.lock();
        let Some(line) = &mut state.line else { return Ok(None) };
        let number = line.control.lock().ask(question)?;
        let (tell, told) = oneshot::channel();
        line.asked.insert(number, tell);
        line.wake.notify_one();
        Ok(Some(told))
    }
}

fn current(line: &mut Option<Line>, number: LineNumber) -> Result<&mut Line> {
    let gone = || Refusal::new(RefusalCode::SessionOver, "the agent connected again, or its key was revoked");
    line.as_mut().filter(|line| line.number == number).ok_or_else(gone)
}

impl State {
    fn tell(&mut self, event: DeskEvent) -> Result<()> {
        let lease = match &event {
            DeskEvent::Accepted(lease) | DeskEvent::Adopted(lease) | DeskEvent::Gone(lease) => *lease,
            DeskEvent::Declined { lease, .. } | DeskEvent::Progress { lease, .. } => *lease,
            DeskEvent::Ended(result) => result.lease,
        };
        if let DeskEvent::Adopted(lease) = event {
            self.inherited.insert(lease.job, Inherited::Running(lease));
            return Ok(());
        }
        if matches!(self.inherited.get(&lease.job), Some(Inherited::Running(held)) if *held == lease) {
            match event {
                DeskEvent::Ended(result) => {
                    self.inherited.insert(lease.job, Inherited::Ended(Box::new(result)));
                }
                DeskEvent::Gone(_) | DeskEvent::Declined { .. } => _ = self.inherited.remove(&lease.job),
                _ => {}
            }
            return Ok(());
        }
        let is_end = matches!(event, DeskEvent::Ended(_));
        let is_heard = self.watched.get(&lease).is_some_and(|watch| watch.send(event).is_ok());
        if is_end && !is_heard {
            // The job has ended without it.
            let said = self.jobs.stored(lease);
            self.say(said)?;
        }
        Ok(())
    }

    fn say(&mut self, said: Option<ToAgent>) -> Result<()> {
        let (Some(message), Some(line)) = (said, &self.line) else { return Ok(()) };
        line.control.lock().say(message)?;
        line.wake.notify_one();
        Ok(())
    }

    /// A message that cannot be written is one that is said again after the next connection.
    fn say_or_drop(&mut self, said: Option<ToAgent>) {
        if let Err(refusal) = self.say(said) {
            tracing::warn!(%refusal, "a message to an agent was not written");
        }
    }
}
