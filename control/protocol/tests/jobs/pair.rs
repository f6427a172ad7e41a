//! An agent and its server: their books of jobs, and at most one connection between them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use rempart_model::{JobId, JobKind, Outcome};
use rempart_protocol::Identity;
use rempart_protocol::control::{AgentControl, AgentEvent, AgentParts, ServerControl, ServerEvent};
use rempart_protocol::handshake::{AgentReady, ChannelBinding};
use rempart_protocol::job::{BookEvent, DeskEvent, JobBook, JobDesk, JobLease, JobOffer, JobResult, Withdrawal};

pub fn lease(job: i64, generation: i64) -> JobLease {
    JobLease { job: JobId::new(job), generation }
}

pub fn offer(lease: JobLease) -> JobOffer {
    JobOffer { lease, kind: JobKind::Backup, payload: serde_json::json!({ "paths": ["/etc"] }) }
}

/// An agent and its server, with at most one connection between them.
pub struct Pair {
    agent_identity: Arc<Identity>,
    server_identity: Arc<Identity>,
    pub book: JobBook,
    pub desk: JobDesk,
    pub line: Option<(AgentControl, ServerControl)>,
    pub now: Duration,
    pub started: Vec<JobLease>,
    running: BTreeSet<JobLease>,
    pub stops: BTreeSet<JobLease>,
    pub ended: BTreeMap<JobLease, Outcome>,
    pub off_the_desk: BTreeSet<JobLease>,
    pub adopted: Vec<JobLease>,
    /// Handed up, and not stored yet.
    storing: Vec<JobLease>,
}

impl Pair {
    pub fn new() -> Self {
        Self {
            agent_identity: Arc::new(Identity::generate()),
            server_identity: Arc::new(Identity::generate()),
            book: JobBook::new(),
            desk: JobDesk::new(),
            line: None,
            now: Duration::ZERO,
            started: Vec::new(),
            running: BTreeSet::new(),
            stops: BTreeSet::new(),
            ended: BTreeMap::new(),
            off_the_desk: BTreeSet::new(),
            adopted: Vec::new(),
            storing: Vec::new(),
        }
    }

    pub fn connect(&mut self) {
        let parts = AgentParts {
            identity: Arc::clone(&self.agent_identity),
            pinned: self.server_identity.public(),
            token: None,
            binding: ChannelBinding::None,
            agent_version: "1".into(),
        };
        let agent = AgentControl::open(parts, self.now).unwrap();
        let server = ServerControl::new(Arc::clone(&self.server_identity), ChannelBinding::None, self.now);
        self.desk.line_down();
        self.line = Some((agent, server));
    }

    pub fn cut(&mut self) {
        self.line = None;
        self.desk.line_down();
    }

    /// Carries up to `count` messages in each direction.
    pub fn carry(&mut self, count: usize) -> bool {
        let Some((agent, server)) = &mut self.line else { return false };
        let mut moved = false;
        for _ in 0..count {
            if let Some(message) = agent.next_message() {
                moved = true;
                if server.is_ready() {
                    for event in server.receive(self.now, &message, &mut self.desk).unwrap() {
                        let ServerEvent::Job(event) = event else { panic!("{event:?} of nobody's question") };
                        match event {
                            DeskEvent::Ended(result) => {
                                let twice = self.ended.insert(result.lease, result.outcome);
                                assert_eq!(twice, None, "the end of {:?} is handed up once", result.lease);
                                self.storing.push(result.lease);
                            }
                            DeskEvent::Declined { lease, .. } | DeskEvent::Gone(lease) => {
                                self.off_the_desk.insert(lease);
                            }
                            DeskEvent::Adopted(lease) => self.adopted.push(lease),
                            DeskEvent::Accepted(_) | DeskEvent::Progress { .. } => {}
                        }
                    }
                } else if let Some(visitor) = server.receive_visitor(&message).unwrap() {
                    assert_eq!(visitor.key, self.agent_identity.public());
                    server.admit(self.now, AgentReady::default(), &mut self.desk).unwrap();
                }
            }
            if let Some(message) = server.next_message() {
                moved = true;
                match agent.receive(self.now, &message, &mut self.book).unwrap() {
                    Some(AgentEvent::Job(BookEvent::Start(offer))) => {
                        assert!(!self.started.contains(&offer.lease), "{:?} is started twice", offer.lease);
                        let others = self.running.iter().any(|running| running.job == offer.lease.job);
                        assert!(!others, "{:?} is started beside another lease of its job", offer.lease);
                        self.started.push(offer.lease);
                        self.running.insert(offer.lease);
                    }
                    Some(AgentEvent::Job(BookEvent::Stop { lease, .. })) => {
                        self.stops.insert(lease);
                    }
                    Some(AgentEvent::Ready(_)) | None => {}
                    Some(asked @ (AgentEvent::Asked { .. } | AgentEvent::Withdrawn(_))) => {
                        panic!("{asked:?}, and nobody asked")
                    }
                }
            }
        }
        moved
    }

    pub fn assign(&mut self, lease: JobLease) {
        let message = self.desk.assign(offer(lease)).unwrap();
        if let (Some((_, server)), Some(message)) = (&mut self.line, message) {
            server.say(message).unwrap();
        }
    }

    pub fn stop(&mut self, lease: JobLease, reason: Withdrawal) {
        let message = self.desk.stop(lease, reason);
        if let (Some((_, server)), Some(message)) = (&mut self.line, message) {
            server.say(message).unwrap();
        }
    }

    /// The work of the first running job ends, or of one that was to stop.
    pub fn finish_one(&mut self) -> bool {
        let Some(lease) = self.running.pop_first() else { return false };
        let outcome = if self.stops.contains(&lease) { Outcome::Canceled } else { Outcome::Succeeded };
        let result = JobResult::new(lease, outcome);
        match &mut self.line {
            Some((agent, _)) => agent.finish(&mut self.book, result).unwrap(),
            None => {
                self.book.finish(result).unwrap();
            }
        }
        true
    }

    pub fn store_one(&mut self) -> bool {
        let Some(lease) = self.storing.pop() else { return false };
        let message = self.desk.stored(lease);
        if let (Some((_, server)), Some(message)) = (&mut self.line, message) {
            server.say(message).unwrap();
        }
        true
    }

    /// The agent's process dies and comes back with the book from its disk.
    pub fn restart_agent(&mut self) {
        let disk = serde_json::to_string(&self.book).unwrap();
        self.book = serde_json::from_str::<JobBook>(&disk).unwrap().after_restart();
        self.running.clear();
        self.cut();
    }

    pub fn settle(&mut self) {
        self.cut();
        self.connect();
        let mut rounds = 0;
        while self.carry(8) | self.finish_one() | self.store_one() {
            rounds += 1;
            assert!(rounds < 10_000, "no end");
        }
    }
}
