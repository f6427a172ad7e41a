//! A lease given to an agent, until it comes to an end.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rempart_jobs::Job;
use rempart_model::Outcome;
use rempart_protocol::job::{Decline, DeskEvent, JobLease, JobOffer, JobResult, Withdrawal};
use tokio::sync::mpsc::UnboundedReceiver;

use super::line::{Agent, Heard, Inherited};
use crate::handler::Desk;
use crate::trouble::{Result, Trouble, log, table};

/// What became of it.
#[derive(Debug)]
pub enum End {
    Ended(Box<JobResult>),
    Declined(Decline),
    /// The agent knows nothing of it: its book was lost.
    Gone,
    /// Not heard of for too long.
    Lost,
    /// Asked to stop, and it did not say so in time.
    Canceled,
}

/// Watches one lease; what the agent says after this is dropped is thrown away.
pub struct Follower {
    agent: Arc<Agent>,
    offer: JobOffer,
    events: UnboundedReceiver<DeskEvent>,
}

/// How often it looks at what is no event.
const LOOK: Duration = Duration::from_millis(250);
/// An agent that still stops an older lease is asked again after this.
const OFFER_AGAIN: Duration = Duration::from_secs(2);
/// What an agent that has just connected has to say what it is at.
const REPORT_WITHIN: Duration = Duration::from_secs(10);
/// What an agent has to stop in.
const STOP_WITHIN: Duration = Duration::from_secs(20);
/// A job whose agent is away for longer fails: what it stored is found by the next attempt, which waits for the agent.
const AWAY_AT_MOST: Duration = Duration::from_secs(15 * 60);

/// How often one attempt of a job is begun on its agent: an agent that is started anew goes on under the same lease of the
/// queue. Not for ever: the job may be what ends the agent.
pub const TURNS: u8 = 5;

/// The queue's lease in the agent's words, for one of its turns: younger than every turn before, older than those of the
/// queue's next lease.
pub fn lease_of(job: &Job, turn: u8) -> JobLease {
    JobLease { job: job.id, generation: job.generation.saturating_mul(1 << 8).saturating_add(turn.into()) }
}

/// Whether the attempt goes on with another turn: the agent was started anew, or stopped to be.
pub fn goes_on(trouble: &Trouble, turn: u8, desk: &Desk) -> bool {
    let is_restart = trouble.code() == table::AGENT_RESTARTED.code;
    let goes_on = is_restart && turn + 1 < TURNS && !desk.gauge.cancel.is_canceled();
    if goes_on {
        desk.warn(&log::AGENT_GOES_ON.told());
    }
    goes_on
}

/// Whom a turn is given to. The agent was there when the job was taken, or in the turn before: it is waited for.
pub async fn heard(agent: &Agent, desk: &Desk) -> Result<Heard> {
    let begun = Instant::now();
    loop {
        if let Some((_, heard)) = agent.line() {
            return Ok(heard);
        }
        if desk.gauge.cancel.is_canceled() {
            return Err(Trouble::new(&table::JOB_CANCELED));
        }
        if begun.elapsed() > AWAY_AT_MOST {
            return Err(Trouble::new(&table::AGENT_OFFLINE));
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// What came of a lease that a server before this one gave the agent, and that it went on with by itself. None where there
/// is none, or nothing came of it: then the job is given to it anew.
pub async fn inherited(agent: &Agent, job: &Job, desk: &Desk) -> Option<JobResult> {
    let (begun, mut away, mut is_told) = (Instant::now(), None::<Instant>, false);
    let found = loop {
        match agent.inherited(job.id) {
            // Its report is the first that it says.
            None if !agent.has_reported() && begun.elapsed() < REPORT_WITHIN => {
                tokio::time::sleep(LOOK).await;
                continue;
            }
            None => break None,
            Some(Inherited::Ended(result)) => break Some(*result),
            Some(Inherited::Running(_)) => {}
        }
        if !std::mem::replace(&mut is_told, true) {
            desk.info(&log::AGENT_WENT_ON.told());
        }
        match agent.line() {
            Some(_) => away = None,
            None => _ = away.get_or_insert_with(Instant::now),
        }
        if desk.gauge.cancel.is_canceled() || away.is_some_and(|since| since.elapsed() > AWAY_AT_MOST) {
            break None;
        }
        tokio::time::sleep(LOOK).await;
    };
    agent.disown(job.id);
    found.filter(|result| matches!(result.outcome, Outcome::Succeeded | Outcome::Warning))
}

impl Follower {
    pub fn begin(agent: Arc<Agent>, offer: JobOffer) -> Result<Self> {
        let events = agent.assign(offer.clone())?;
        Ok(Self { agent, offer, events })
    }

    /// Waits for the end. Progress goes to `desk`, and its request to stop to the agent.
    pub async fn end(&mut self, desk: &Desk) -> End {
        let lease = self.offer.lease;
        let mut look = tokio::time::interval(LOOK);
        let (mut stopped, mut away, mut again) = (None::<Instant>, None::<Instant>, None::<Instant>);
        loop {
            tokio::select! {
                // While an offer waits to be made again, nothing comes of the one before.
                event = self.events.recv(), if again.is_none() => match event {
                    Some(DeskEvent::Accepted(_)) => desk.info(&log::AGENT_TOOK.told()),
                    // Of a lease that was not offered here.
                    Some(DeskEvent::Adopted(_)) => {}
                    Some(DeskEvent::Progress { progress, .. }) => desk.tells(progress),
                    Some(DeskEvent::Declined { reason: Decline::StillStopping, .. }) => {
                        again = Some(Instant::now() + OFFER_AGAIN);
                    }
                    Some(DeskEvent::Declined { reason, .. }) => return End::Declined(reason),
                    Some(DeskEvent::Ended(result)) => {
                        self.agent.stored(lease);
                        return End::Ended(Box::new(result));
                    }
                    Some(DeskEvent::Gone(_)) | None => return End::Gone,
                },
                _ = look.tick() => {
                    if desk.gauge.cancel.is_canceled() {
                        if stopped.is_none() {
                            self.agent.stop(lease, Withdrawal::Canceled);
                        }
                        let is_late = stopped.get_or_insert_with(Instant::now).elapsed() > STOP_WITHIN;
                        // One that is not there hears it when it is back.
                        if is_late || self.agent.line().is_none() {
                            return End::Canceled;
                        }
                    } else if again.is_some_and(|at| at <= Instant::now()) {
                        match self.agent.assign(self.offer.clone()) {
                            Ok(events) => (self.events, again) = (events, None),
                            Err(refusal) => {
                                tracing::warn!(%refusal, "a job was not offered again");
                                return End::Declined(Decline::StillStopping);
                            }
                        }
                    }
                    if self.is_away(&mut away, desk) {
                        return End::Lost;
                    }
                }
            }
        }
    }

    /// Whether the agent is away for too long.
    fn is_away(&self, since: &mut Option<Instant>, desk: &Desk) -> bool {
        if self.agent.line().is_some() {
            if since.take().is_some() {
                desk.info(&log::AGENT_BACK.told());
            }
            return false;
        }
        if since.is_none() {
            desk.warn(&log::AGENT_AWAY.told());
        }
        since.get_or_insert_with(Instant::now).elapsed() > AWAY_AT_MOST
    }

    /// The server does not want it any more.
    pub fn withdraw(&self) {
        self.agent.stop(self.offer.lease, Withdrawal::LeaseLost);
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.agent.unwatch(self.offer.lease);
    }
}

impl End {
    /// The result, or why there is none that is worth anything.
    pub fn result(self) -> Result<JobResult> {
        let lost = |detail: String| Err(Trouble::new(&table::AGENT_LOST).with("detail", detail));
        match self {
            Self::Ended(result) => match result.outcome {
                Outcome::Succeeded | Outcome::Warning => Ok(*result),
                Outcome::Canceled => Err(Trouble::new(&table::JOB_CANCELED)),
                Outcome::Failed => Err(failed(&result)),
            },
            Self::Declined(reason) => Err(Trouble::new(&table::AGENT_DECLINED).with("detail", decline(reason))),
            Self::Gone => lost("it knows nothing of the job any more".to_owned()),
            Self::Lost => lost(format!("not connected for {} minutes", AWAY_AT_MOST.as_secs() / 60)),
            Self::Canceled => Err(Trouble::new(&table::JOB_CANCELED)),
        }
    }
}

/// Under the agent's code where we have a sentence for it; its own words are the detail.
pub(super) fn failed(result: &JobResult) -> Trouble {
    let known = result.code.as_deref().and_then(|code| table::TABLE.iter().find(|sentence| sentence.code == code));
    let unknown = if result.may_retry { &table::AGENT_FAILED_FOR_NOW } else { &table::AGENT_FAILED };
    let detail = result.message.clone().unwrap_or_default();
    Trouble::new(known.copied().unwrap_or(unknown)).with("detail", detail)
}

const fn decline(reason: Decline) -> &'static str {
    match reason {
        Decline::Stale => "it knows of a younger lease of the job",
        Decline::StillStopping => "it still stops the job's attempt before",
        Decline::Full => "it holds as many jobs as it may",
        Decline::NotAble => "it does not do such work: upgrade it",
    }
}
