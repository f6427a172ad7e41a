//! A network in a box: some connections, each of which keeps its order, cut at any moment, noticed by the ends at different
//! times. It looks at every frame as it is sent and checks what must hold of all of them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use bytes::Bytes;
use proptest::prelude::*;

use crate::data::Received;
use crate::data::frame::Frame;
use crate::data::link::{ConnectionNumber, Link};
use crate::data::opening::{Direction, Incarnation, Opened, Opening, SessionId};
use crate::data::outbox::cost_bytes;
use crate::job::JobLease;
use crate::limits::ITEMS_IN_FLIGHT;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Agent,
    Server,
}

/// What happens next. Indices are taken modulo what there is.
#[derive(Debug, Clone, Copy)]
pub enum Step {
    Send {
        from: Side,
        wire: usize,
        frames: usize,
    },
    Deliver {
        to: Side,
        wire: usize,
        frames: usize,
    },
    /// The connection dies with what is under way; one side sees it at once.
    Cut {
        wire: usize,
        noticed_by: Side,
    },
    /// The other side sees that a connection is dead.
    Notice {
        wire: usize,
    },
    Connect,
    /// The server's answer to the opening is lost: it believes in a connection that the agent gave up.
    ConnectInVain,
    Flush {
        side: Side,
    },
}

pub fn side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Agent), Just(Side::Server)]
}

pub fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (side(), 0..4_usize, 1..6_usize).prop_map(|(from, wire, frames)| Step::Send { from, wire, frames }),
        8 => (side(), 0..4_usize, 1..6_usize).prop_map(|(to, wire, frames)| Step::Deliver { to, wire, frames }),
        1 => (0..4_usize, side()).prop_map(|(wire, noticed_by)| Step::Cut { wire, noticed_by }),
        2 => (0..4_usize).prop_map(|wire| Step::Notice { wire }),
        2 => Just(Step::Connect),
        1 => Just(Step::ConnectInVain),
        1 => side().prop_map(|side| Step::Flush { side }),
    ]
}

#[derive(Default)]
struct Wire {
    to_server: VecDeque<Bytes>,
    to_agent: VecDeque<Bytes>,
    /// Whether the ends believe in it. It carries while both do.
    agent: bool,
    server: bool,
}

/// What one side has sent, and has been told by the other.
#[derive(Default)]
struct Witness {
    sent: BTreeMap<u64, u64>,
    below: u64,
    beyond: BTreeSet<u64>,
    limit_bytes: u64,
    sent_again: usize,
}

impl Witness {
    fn sends(&mut self, side: Side, seq: u64, body: &Bytes) {
        assert!(
            seq >= self.below && !self.beyond.contains(&seq),
            "{side:?} sends item {seq} again, acknowledged before"
        );
        if self.sent.insert(seq, cost_bytes(body)).is_some() {
            self.sent_again += 1;
            return;
        }
        let spent: u64 = self.sent.values().sum();
        assert!(spent <= self.limit_bytes, "{side:?} has sent {spent} bytes and may send {}", self.limit_bytes);
        assert!(seq - self.below < ITEMS_IN_FLIGHT, "{side:?} has {} items under way", seq - self.below);
    }

    fn told(&mut self, received: &Received) {
        self.below = self.below.max(received.below);
        self.limit_bytes = self.limit_bytes.max(received.limit_bytes);
        self.beyond.extend(received.beyond.iter().flat_map(|(first, behind)| *first..*behind));
    }
}

pub struct World {
    wires: BTreeMap<ConnectionNumber, Wire>,
    next: ConnectionNumber,
    incarnation: Incarnation,
    agent: Witness,
    server: Witness,
}

impl World {
    pub fn new() -> Self {
        let incarnation = Incarnation([5; 16]);
        Self { wires: BTreeMap::new(), next: 1, incarnation, agent: Witness::default(), server: Witness::default() }
    }

    /// Items that went more than once, of both sides.
    pub fn sent_again(&self) -> usize {
        self.agent.sent_again + self.server.sent_again
    }

    pub fn step(&mut self, step: Step, agent: &mut Link, server: &mut Link) {
        match step {
            Step::Connect | Step::ConnectInVain => {
                if self.wires.len() < 6 {
                    self.connect(agent, server, matches!(step, Step::Connect));
                }
            }
            Step::Flush { side: Side::Agent } => agent.flush(),
            Step::Flush { side: Side::Server } => server.flush(),
            Step::Send { from, wire, frames } => {
                if let Some(number) = self.pick(wire) {
                    self.send(from, number, frames, agent, server);
                }
            }
            Step::Deliver { to, wire, frames } => {
                if let Some(number) = self.pick(wire) {
                    self.deliver(to, number, frames, agent, server);
                }
            }
            Step::Cut { wire, noticed_by } => {
                if let Some(number) = self.pick(wire) {
                    let wire = self.wires.get_mut(&number).expect("picked");
                    (wire.to_server, wire.to_agent) = Default::default();
                    self.notice(noticed_by, number, agent, server);
                }
            }
            Step::Notice { wire } => {
                let Some(number) = self.pick(wire) else { return };
                match (self.wires[&number].agent, self.wires[&number].server) {
                    (true, true) => {}
                    (true, false) => self.notice(Side::Agent, number, agent, server),
                    (false, _) => self.notice(Side::Server, number, agent, server),
                }
            }
        }
    }

    fn pick(&self, index: usize) -> Option<ConnectionNumber> {
        let at = index.checked_rem(self.wires.len())?;
        self.wires.keys().copied().nth(at)
    }

    fn connect(&mut self, agent: &mut Link, server: &mut Link, answered: bool) {
        let number = self.next;
        self.next += 1;
        let lease = JobLease { job: rempart_model::JobId::new(1), generation: 1 };
        let opening = Opening {
            lease,
            direction: Direction::Backup,
            incarnation: self.incarnation,
            connection: number,
            received: agent.received(),
        };
        let opening = Opening::decode(opening.encode().into()).expect("an opening reads what it writes");
        self.server.told(&opening.received);
        server.connect(opening.connection, &opening.received).expect("a good opening");
        let opened = Opened { session: SessionId(1), parent: None, received: server.received() };
        if answered {
            let opened = Opened::decode(opened.encode().into()).expect("an answer reads what it writes");
            self.agent.told(&opened.received);
            agent.connect(number, &opened.received).expect("a good answer");
        }
        self.wires.insert(number, Wire { agent: answered, server: true, ..Wire::default() });
    }

    fn notice(&mut self, side: Side, number: ConnectionNumber, agent: &mut Link, server: &mut Link) {
        let wire = self.wires.get_mut(&number).expect("noticed once");
        match side {
            Side::Agent => {
                agent.cut(number);
                wire.agent = false;
            }
            Side::Server => {
                server.cut(number);
                wire.server = false;
            }
        }
        // Nothing arrives any more, although the other side may go on sending into it.
        if !wire.agent && !wire.server {
            self.wires.remove(&number);
        }
    }

    fn send(&mut self, from: Side, number: ConnectionNumber, frames: usize, agent: &mut Link, server: &mut Link) {
        let wire = self.wires.get_mut(&number).expect("picked");
        let whole = wire.agent && wire.server;
        let (link, queue, witness) = match from {
            Side::Agent => (agent, &mut wire.to_server, &mut self.agent),
            Side::Server => (server, &mut wire.to_agent, &mut self.server),
        };
        for _ in 0..frames {
            let Some(bytes) = link.next_frame(number) else { return };
            if let Frame::Item { seq, body, .. } = decoded(&bytes) {
                witness.sends(from, seq, &body);
            }
            if whole {
                queue.push_back(bytes);
            }
        }
    }

    fn deliver(&mut self, to: Side, number: ConnectionNumber, frames: usize, agent: &mut Link, server: &mut Link) {
        let wire = self.wires.get_mut(&number).expect("picked");
        let (link, queue, witness, there) = match to {
            Side::Agent => (agent, &mut wire.to_agent, &mut self.agent, wire.agent),
            Side::Server => (server, &mut wire.to_server, &mut self.server, wire.server),
        };
        for _ in 0..frames {
            let Some(bytes) = queue.pop_front().filter(|_| there) else { return };
            if let Frame::Acknowledge { below, limit_bytes } = decoded(&bytes) {
                witness.told(&Received { below, beyond: Vec::new(), limit_bytes });
            }
            link.receive(number, bytes).expect("what the other side sends is good");
        }
    }

    /// Both sides see which connections are dead, and those that live, or a new one, carry everything that is left, as long
    /// as `work` says that something changed.
    pub fn heal<W>(
        &mut self,
        ends: &mut W,
        links: fn(&mut W) -> (&mut Link, &mut Link),
        mut work: impl FnMut(&mut W) -> bool,
    ) {
        let (agent, server) = links(ends);
        self.wires.retain(|&number, wire| {
            let whole = wire.agent && wire.server;
            if !whole {
                agent.cut(number);
                server.cut(number);
            }
            whole
        });
        if self.wires.is_empty() {
            self.connect(agent, server, true);
        }
        let numbers: Vec<ConnectionNumber> = self.wires.keys().copied().collect();
        for round in 0.. {
            assert!(round < 100_000, "the two sides keep talking and come to no end");
            let mut moved = false;
            for &number in &numbers {
                let (agent, server) = links(ends);
                for (from, to) in [(Side::Agent, Side::Server), (Side::Server, Side::Agent)] {
                    self.send(from, number, 64, agent, server);
                    let wire = &self.wires[&number];
                    moved |= !wire.to_agent.is_empty() || !wire.to_server.is_empty();
                    self.deliver(to, number, 64, agent, server);
                }
            }
            if !(work(ends) | moved) {
                return;
            }
        }
    }
}

/// Of whatever number it is.
fn decoded(bytes: &Bytes) -> Frame {
    let number = u64::from_le_bytes(bytes[1..9].try_into().expect("eight bytes"));
    Frame::decode(bytes.clone(), number).expect("a frame reads what it writes")
}
