//! Which data sessions may be opened, and by whom: the server gives a lease to an agent, and only that agent opens a session
//! under it, in the direction of the job, until the lease ends.

use std::collections::BTreeMap;

use rempart_model::SnapshotId;

use super::opening::{Direction, Incarnation, Opening, SessionId};
use crate::identity::PublicKey;
use crate::job::JobLease;
use crate::refusal::{Refusal, RefusalCode, Result};

/// Of one server process.
#[derive(Debug, Default)]
pub struct Sessions {
    granted: BTreeMap<JobLease, Granted>,
    last: u64,
}

#[derive(Debug)]
struct Granted {
    agent: PublicKey,
    direction: Direction,
    parent: Option<SnapshotId>,
    opened: Option<(SessionId, Incarnation)>,
}

/// An opening that is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Admitted {
    pub session: SessionId,
    pub parent: Option<SnapshotId>,
    /// The session begins with this connection: make its machine. Otherwise the connection joins it.
    pub is_new: bool,
}

impl Sessions {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The agent may open a session for this job. Older leases of the job end.
    pub fn grant(&mut self, agent: PublicKey, lease: JobLease, direction: Direction, parent: Option<SnapshotId>) {
        self.granted.retain(|held, _| held.job != lease.job || held.generation > lease.generation);
        self.granted.insert(lease, Granted { agent, direction, parent, opened: None });
    }

    /// The lease has ended, or its session: nothing is opened under it any more.
    pub fn end(&mut self, lease: JobLease) {
        self.granted.remove(&lease);
    }

    /// `agent`: who proved itself in this connection's handshake. What is not granted looks the same as what is another's:
    /// a stolen key learns nothing about other agents.
    pub fn open(&mut self, agent: &PublicKey, opening: &Opening) -> Result<Admitted> {
        let granted = self.granted.get_mut(&opening.lease).filter(|granted| granted.agent == *agent);
        let Some(granted) = granted else {
            return Err(Refusal::new(RefusalCode::Foreign, format!("job {}", opening.lease.job)));
        };
        if granted.direction != opening.direction {
            let detail = format!("a session of direction {:?} for a job of {:?}", opening.direction, granted.direction);
            return Err(Refusal::new(RefusalCode::Foreign, detail));
        }
        let parent = granted.parent;
        match granted.opened {
            Some((session, incarnation)) if incarnation == opening.incarnation => {
                Ok(Admitted { session, parent, is_new: false })
            }
            Some(_) => Err(Refusal::new(RefusalCode::SessionOver, "the agent was started anew since it was opened")),
            None if opening.received.below > 0 || !opening.received.beyond.is_empty() => {
                Err(Refusal::new(RefusalCode::SessionOver, "the server was started anew since it was opened"))
            }
            None => {
                self.last += 1;
                let session = SessionId(self.last);
                granted.opened = Some((session, opening.incarnation));
                Ok(Admitted { session, parent, is_new: true })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Identity;
    use crate::data::Received;
    use rempart_model::JobId;

    #[test]
    fn a_session_is_opened_by_the_agent_of_its_lease_and_by_nobody_else() {
        let (own, thief) = (Identity::generate().public(), Identity::generate().public());
        let lease = JobLease { job: JobId::new(7), generation: 2 };
        let parent = Some(SnapshotId::new([9; 32]));
        let mut sessions = Sessions::new();
        sessions.grant(own, lease, Direction::Backup, parent);
        let opening = Opening {
            lease,
            direction: Direction::Backup,
            incarnation: Incarnation::draw(),
            connection: 1,
            received: Received::default(),
        };
        let mut code = |agent, opening: &Opening| sessions.open(agent, opening).map_err(|refusal| refusal.code);
        assert_eq!(code(&thief, &opening), Err(RefusalCode::Foreign));
        assert_eq!(
            code(&own, &Opening { direction: Direction::Restore, ..opening.clone() }),
            Err(RefusalCode::Foreign)
        );
        for other in [
            JobLease { generation: 1, ..lease },
            JobLease { generation: 3, ..lease },
            JobLease { job: JobId::new(8), ..lease },
        ] {
            assert_eq!(code(&own, &Opening { lease: other, ..opening.clone() }), Err(RefusalCode::Foreign));
        }
        let resumed = Received { below: 3, ..Received::default() };
        let from_before = Opening { received: resumed.clone(), ..opening.clone() };
        assert_eq!(code(&own, &from_before), Err(RefusalCode::SessionOver), "of a server that is no more");
        let first = Admitted { session: SessionId(1), parent, is_new: true };
        assert_eq!(code(&own, &opening), Ok(first));
        let again = Opening { connection: 2, received: resumed, ..opening.clone() };
        assert_eq!(code(&own, &again), Ok(Admitted { is_new: false, ..first }));
        let restarted = Opening { incarnation: Incarnation::draw(), connection: 3, ..opening.clone() };
        assert_eq!(code(&own, &restarted), Err(RefusalCode::SessionOver));
        sessions.grant(thief, JobLease { generation: 3, ..lease }, Direction::Backup, None);
        assert_eq!(
            sessions.open(&own, &again).map_err(|refusal| refusal.code),
            Err(RefusalCode::Foreign),
            "lease moved on"
        );
    }
}
