//! The agent's book of jobs: what it runs, what it has finished and not yet told. Kept over connections, and on disk over
//! restarts of the agent.

use std::collections::{BTreeMap, VecDeque};

use rempart_model::{JobId, Outcome};
use serde::{Deserialize, Serialize};

use super::words::{Decline, FromAgent, JobLease, JobOffer, JobReport, JobResult, ToAgent, Withdrawal};
use crate::limits::{JOBS_PER_AGENT, REMEMBERED_LEASES};
use crate::refusal::{Refusal, Result};

/// One lease of a job is held at a time: a younger one is not begun before the older has ended.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct JobBook {
    held: BTreeMap<JobId, Held>,
    /// Leases whose result was taken, oldest first.
    ended: VecDeque<JobLease>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Held {
    Running(i64),
    Finished(JobResult),
}

impl Held {
    const fn generation(&self) -> i64 {
        match self {
            Self::Running(generation) => *generation,
            Self::Finished(result) => result.lease.generation,
        }
    }
}

/// What the agent has to do.
#[derive(Debug, Clone, PartialEq)]
pub enum BookEvent {
    /// Store the book, then begin. Comes once for each lease.
    Start(JobOffer),
    /// Stop, then call [`JobBook::finish`]. May come more than once.
    Stop { lease: JobLease, reason: Withdrawal },
}

impl JobBook {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The book of an agent that was started anew: what ran then runs no more, and is told as failed.
    #[must_use]
    pub fn after_restart(mut self) -> Self {
        for (&job, held) in &mut self.held {
            if let Held::Running(generation) = *held {
                let mut result = JobResult::new(JobLease { job, generation }, Outcome::Failed);
                result.may_retry = true;
                result.code = Some("agent.restarted".to_owned());
                result.message = Some("the agent was started anew while the job ran".to_owned());
                *held = Held::Finished(result);
            }
        }
        self
    }

    /// What to say first on a new connection: the report, then the results that are not taken yet.
    #[must_use]
    pub fn report(&self) -> Vec<FromAgent> {
        let mut report = JobReport::default();
        let mut results = Vec::new();
        for (&job, held) in &self.held {
            let lease = JobLease { job, generation: held.generation() };
            match held {
                Held::Running(_) => report.running.push(lease),
                Held::Finished(result) => {
                    report.finished.push(lease);
                    results.push(FromAgent::Result(result.clone()));
                }
            }
        }
        results.insert(0, FromAgent::Report(report));
        results
    }

    #[must_use]
    pub fn runs(&self, lease: JobLease) -> bool {
        self.held.get(&lease.job) == Some(&Held::Running(lease.generation))
    }

    /// The work of a lease has ended. Returns what to say, if somebody listens; otherwise the next report says it. A lease
    /// that does not run changes nothing.
    pub fn finish(&mut self, result: JobResult) -> Result<Option<FromAgent>> {
        if !self.runs(result.lease) {
            return Ok(None);
        }
        let result = result.bounded()?;
        self.held.insert(result.lease.job, Held::Finished(result.clone()));
        Ok(Some(FromAgent::Result(result)))
    }

    /// Takes a message of the server: what to answer, and what to do.
    pub fn receive(&mut self, message: ToAgent) -> (Option<FromAgent>, Option<BookEvent>) {
        match message {
            ToAgent::Offer(offer) => self.offered(offer),
            ToAgent::Stop { lease, reason } => match self.held.get(&lease.job) {
                Some(Held::Running(generation)) if *generation == lease.generation => {
                    (None, Some(BookEvent::Stop { lease, reason }))
                }
                // Its result is under way and answers the question.
                Some(Held::Finished(result)) if result.lease == lease => (None, None),
                _ => (Some(FromAgent::Decline { lease, reason: Decline::Stale }), None),
            },
            ToAgent::ResultTaken { lease, .. } => {
                if matches!(self.held.get(&lease.job), Some(Held::Finished(result)) if result.lease == lease) {
                    self.held.remove(&lease.job);
                    self.remember(lease);
                }
                (None, None)
            }
        }
    }

    fn offered(&mut self, offer: JobOffer) -> (Option<FromAgent>, Option<BookEvent>) {
        let lease = offer.lease;
        let decline = |reason| (Some(FromAgent::Decline { lease, reason }), None);
        if self.ended.iter().any(|ended| ended.job == lease.job && ended.generation >= lease.generation) {
            return decline(Decline::Stale);
        }
        match self.held.get(&lease.job) {
            Some(held) if held.generation() > lease.generation => return decline(Decline::Stale),
            Some(Held::Running(generation)) if *generation == lease.generation => {
                return (Some(FromAgent::Accept { lease }), None);
            }
            Some(Held::Running(generation)) => {
                let older = JobLease { job: lease.job, generation: *generation };
                let stop = BookEvent::Stop { lease: older, reason: Withdrawal::LeaseLost };
                return (Some(FromAgent::Decline { lease, reason: Decline::StillStopping }), Some(stop));
            }
            Some(Held::Finished(result)) if result.lease == lease => {
                return (Some(FromAgent::Result(result.clone())), None);
            }
            // The server gave the job out anew: it does not wait for the older result.
            Some(Held::Finished(result)) => {
                let older = result.lease;
                self.remember(older);
            }
            None if self.held.len() >= JOBS_PER_AGENT => return decline(Decline::Full),
            None => {}
        }
        self.held.insert(lease.job, Held::Running(lease.generation));
        (Some(FromAgent::Accept { lease }), Some(BookEvent::Start(offer)))
    }

    fn remember(&mut self, lease: JobLease) {
        self.ended.retain(|ended| ended.job != lease.job);
        self.ended.push_back(lease);
        if self.ended.len() > REMEMBERED_LEASES {
            self.ended.pop_front();
        }
    }

    /// Gives a job back that was started by [`BookEvent::Start`] and that this agent cannot do. Nothing of it was begun.
    pub fn decline(&mut self, lease: JobLease, reason: Decline) -> Result<FromAgent> {
        if !self.runs(lease) {
            return Err(Refusal::unexpected(format!("job {} is not held under this lease", lease.job)));
        }
        self.held.remove(&lease.job);
        self.remember(lease);
        Ok(FromAgent::Decline { lease, reason })
    }
}
