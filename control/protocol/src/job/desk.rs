//! The server's desk for one agent: which leases are its, and what became of them. Kept over connections. A server that was
//! started anew is told by its queue what the agent may still have ([`JobDesk::expect`]) before the agent is let in.

use std::collections::{BTreeMap, BTreeSet};

use rempart_model::{JobId, JobProgress};

use super::words::{Decline, FromAgent, JobLease, JobOffer, JobReport, JobResult, ToAgent, Withdrawal};
use crate::limits::{JOB_DETAILS_BYTES, JOBS_PER_AGENT};
use crate::refusal::{Refusal, Result, within};

#[derive(Debug, Default)]
pub struct JobDesk {
    assigned: BTreeMap<JobLease, Assigned>,
    /// Jobs of which the next report may bring a lease of a process before this one.
    expected: BTreeSet<JobId>,
    line: Line,
}

#[derive(Debug)]
struct Assigned {
    stage: Stage,
    stop: Option<Withdrawal>,
}

#[derive(Debug)]
enum Stage {
    /// Not accepted yet; said, if there is a line.
    Offered(JobOffer),
    Running,
    /// Its result was handed up and is being stored.
    Ended,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Line {
    #[default]
    Down,
    /// The agent is there and has not reported.
    Fresh,
    Reported,
}

/// What became of a lease.
#[derive(Debug, Clone, PartialEq)]
pub enum DeskEvent {
    Accepted(JobLease),
    /// The agent has a lease of a job that was expected: it runs it, or its result follows. It is on the desk now.
    Adopted(JobLease),
    /// Not taken. The lease is off the desk.
    Declined {
        lease: JobLease,
        reason: Decline,
    },
    Progress {
        lease: JobLease,
        progress: JobProgress,
    },
    /// Store it, then call [`JobDesk::stored`]. Comes once for each lease, while this desk lives.
    Ended(JobResult),
    /// The agent neither runs it nor has its result, and never will. The lease is off the desk.
    Gone(JobLease),
}

impl JobDesk {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The agent came in over a new connection. Any older one is no more.
    pub fn line_up(&mut self) {
        self.line = Line::Fresh;
    }

    pub fn line_down(&mut self) {
        self.line = Line::Down;
    }

    /// Whether the agent is there and has said what it has.
    #[must_use]
    pub fn has_reported(&self) -> bool {
        self.line == Line::Reported
    }

    /// Gives the agent a job. Returns what to say now; if nothing, it is said when the agent has reported.
    pub fn assign(&mut self, offer: JobOffer) -> Result<Option<ToAgent>> {
        within("a job's payload, in bytes of JSON", offer.payload.to_string().len(), JOB_DETAILS_BYTES)?;
        within("jobs of one agent", self.assigned.len() + 1, JOBS_PER_AGENT)?;
        let lease = offer.lease;
        if self.assigned.contains_key(&lease) {
            return Err(Refusal::unexpected(format!("job {} is on the desk under this lease", lease.job)));
        }
        let said = (self.line == Line::Reported).then(|| ToAgent::Offer(offer.clone()));
        self.assigned.insert(lease, Assigned { stage: Stage::Offered(offer), stop: None });
        Ok(said)
    }

    /// The queue says that this agent was given these jobs, by a process that is no more, and that they have not ended. What
    /// it reports of them first is adopted; of other leases that are not on the desk, it is told to stop.
    pub fn expect(&mut self, jobs: impl IntoIterator<Item = JobId>) {
        self.expected.extend(jobs);
    }

    /// Asks the agent to stop. Returns what to say now; if there is no line, it is said when the agent has reported. The
    /// end comes as [`DeskEvent::Ended`], [`DeskEvent::Declined`] or [`DeskEvent::Gone`].
    pub fn stop(&mut self, lease: JobLease, reason: Withdrawal) -> Option<ToAgent> {
        let assigned = self.assigned.get_mut(&lease)?;
        assigned.stop = Some(reason);
        (self.line == Line::Reported).then_some(ToAgent::Stop { lease, reason })
    }

    /// A result is safe. Returns what to say.
    pub fn stored(&mut self, lease: JobLease) -> Option<ToAgent> {
        if !matches!(self.assigned.get(&lease)?.stage, Stage::Ended) {
            return None;
        }
        self.assigned.remove(&lease);
        // Without a line, the agent tells it again, and is answered then.
        (self.line == Line::Reported).then_some(ToAgent::ResultTaken { lease, kept: true })
    }

    /// Leases that are on the desk.
    pub fn leases(&self) -> impl Iterator<Item = JobLease> {
        self.assigned.keys().copied()
    }

    /// Takes a message of the agent: what became of leases, and what to say.
    pub fn receive(&mut self, message: FromAgent) -> Result<(Vec<DeskEvent>, Vec<ToAgent>)> {
        message.check()?;
        match (&self.line, message) {
            (Line::Fresh, FromAgent::Report(report)) => {
                self.line = Line::Reported;
                Ok(self.reported(&report))
            }
            (Line::Reported, FromAgent::Report(_)) => Err(Refusal::unexpected("a second report")),
            (Line::Reported, message) => self.told(message),
            (Line::Fresh | Line::Down, _) => Err(Refusal::unexpected("a job's message before the report")),
        }
    }

    fn reported(&mut self, report: &JobReport) -> (Vec<DeskEvent>, Vec<ToAgent>) {
        let (mut events, mut replies) = (Vec::new(), Vec::new());
        let expected = std::mem::take(&mut self.expected);
        for lease in report.running.iter().chain(&report.finished) {
            if expected.contains(&lease.job) && !self.assigned.keys().any(|held| held.job == lease.job) {
                self.assigned.insert(*lease, Assigned { stage: Stage::Running, stop: None });
                events.push(DeskEvent::Adopted(*lease));
            }
        }
        for lease in report.running.iter().filter(|lease| !self.assigned.contains_key(*lease)) {
            replies.push(ToAgent::Stop { lease: *lease, reason: Withdrawal::LeaseLost });
        }
        self.assigned.retain(|&lease, assigned| {
            let runs = report.running.contains(&lease);
            if runs || report.finished.contains(&lease) {
                if matches!(assigned.stage, Stage::Offered(_)) {
                    assigned.stage = Stage::Running;
                    events.push(DeskEvent::Accepted(lease));
                }
                if let (true, Some(reason)) = (runs, assigned.stop) {
                    replies.push(ToAgent::Stop { lease, reason });
                }
                return true;
            }
            match (&assigned.stage, assigned.stop) {
                (Stage::Offered(offer), None) => {
                    replies.push(ToAgent::Offer(offer.clone()));
                    true
                }
                (Stage::Offered(_), Some(_)) | (Stage::Running, _) => {
                    events.push(DeskEvent::Gone(lease));
                    false
                }
                // Being stored; the agent may have been answered on a line that died.
                (Stage::Ended, _) => true,
            }
        });
        (events, replies)
    }

    fn told(&mut self, message: FromAgent) -> Result<(Vec<DeskEvent>, Vec<ToAgent>)> {
        let lost = |lease| (Vec::new(), vec![ToAgent::Stop { lease, reason: Withdrawal::LeaseLost }]);
        let event = |event| (vec![event], Vec::new());
        Ok(match message {
            FromAgent::Accept { lease } => match self.assigned.get_mut(&lease) {
                None => lost(lease),
                Some(assigned) if matches!(assigned.stage, Stage::Offered(_)) => {
                    assigned.stage = Stage::Running;
                    event(DeskEvent::Accepted(lease))
                }
                Some(_) => Default::default(),
            },
            FromAgent::Decline { lease, reason } => match self.assigned.get(&lease).map(|assigned| &assigned.stage) {
                Some(Stage::Offered(_)) => {
                    self.assigned.remove(&lease);
                    event(DeskEvent::Declined { lease, reason })
                }
                // It accepted before, and now was asked to stop, or cannot do it after all.
                Some(Stage::Running) => {
                    self.assigned.remove(&lease);
                    event(DeskEvent::Gone(lease))
                }
                Some(Stage::Ended) | None => Default::default(),
            },
            FromAgent::Progress { lease, progress } => {
                match self.assigned.get(&lease).map(|assigned| &assigned.stage) {
                    None => lost(lease),
                    Some(Stage::Running) => event(DeskEvent::Progress { lease, progress }),
                    Some(Stage::Offered(_)) => {
                        return Err(Refusal::unexpected("progress of a job that was not accepted"));
                    }
                    Some(Stage::Ended) => return Err(Refusal::unexpected("progress of a job that has ended")),
                }
            }
            FromAgent::Result(result) => match self.assigned.get_mut(&result.lease) {
                None => (Vec::new(), vec![ToAgent::ResultTaken { lease: result.lease, kept: false }]),
                Some(assigned) => match assigned.stage {
                    Stage::Ended => Default::default(),
                    Stage::Running => {
                        assigned.stage = Stage::Ended;
                        event(DeskEvent::Ended(result))
                    }
                    Stage::Offered(_) => return Err(Refusal::unexpected("a result of a job that was not accepted")),
                },
            },
            FromAgent::Report(_) => return Err(Refusal::unexpected("a second report")),
        })
    }
}
