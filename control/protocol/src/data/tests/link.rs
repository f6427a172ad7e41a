//! Items over a link: exactly once, within credit, never again after an acknowledgement.

use proptest::prelude::*;

use super::world::{Side, Step, World, side, step};
use crate::data::frame::Order;
use crate::data::link::Link;
use crate::limits::SMALLEST_WINDOW_BYTES;

#[derive(Debug, Clone, Copy)]
enum Act {
    Push { from: Side, length: usize, last: bool },
    Take { at: Side, items: usize },
    World(Step),
}

fn act() -> impl Strategy<Value = Act> {
    // Short items, and ones of which a few fill the window.
    let length = prop_oneof![3 => 0..100_usize, 1 => Just(300_000_usize), 1 => Just(1_900_000_usize)];
    prop_oneof![
        4 => (side(), length, any::<bool>()).prop_map(|(from, length, last)| Act::Push { from, length, last }),
        3 => (side(), 1..5_usize).prop_map(|(at, items)| Act::Take { at, items }),
        12 => step().prop_map(Act::World),
    ]
}

/// What one side pushed, and the other took: numbers, and whether an item was to come after all before it.
#[derive(Default)]
struct Stream {
    pushed: Vec<bool>,
    taken: Vec<usize>,
}

impl Stream {
    fn push(&mut self, link: &mut Link, length: usize, last: bool) {
        let mut body = vec![0; length + 8];
        body[..8].copy_from_slice(&(self.pushed.len() as u64).to_le_bytes());
        self.pushed.push(last);
        link.push_blobs(if last { Order::AfterAllBefore } else { Order::Any }, 1, body);
    }

    fn take(&mut self, link: &mut Link) -> bool {
        let Some(body) = link.take() else { return false };
        self.taken.push(u64::from_le_bytes(body[..8].try_into().unwrap()) as usize);
        true
    }

    fn check(&self) {
        let mut sorted = self.taken.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..self.pushed.len()).collect::<Vec<_>>(), "each item exactly once");
        for (at, &item) in self.taken.iter().enumerate().filter(|(_, item)| self.pushed[**item]) {
            let before = self.taken[..at].iter().filter(|other| **other < item).count();
            assert_eq!(before, item, "item {item} came before one that was sent before it: {:?}", self.taken);
        }
    }
}

struct Ends {
    agent: Link,
    server: Link,
    up: Stream,
    down: Stream,
}

impl Ends {
    fn new() -> Self {
        let link = || Link::new(SMALLEST_WINDOW_BYTES);
        Self { agent: link(), server: link(), up: Stream::default(), down: Stream::default() }
    }

    fn act(&mut self, act: Act, world: &mut World) {
        match act {
            Act::Push { from: Side::Agent, length, last } => self.up.push(&mut self.agent, length, last),
            Act::Push { from: Side::Server, length, last } => self.down.push(&mut self.server, length, last),
            Act::Take { at, items } => {
                for _ in 0..items {
                    match at {
                        Side::Agent => self.down.take(&mut self.agent),
                        Side::Server => self.up.take(&mut self.server),
                    };
                }
            }
            Act::World(step) => world.step(step, &mut self.agent, &mut self.server),
        }
    }

    fn finish(&mut self, world: &mut World) {
        world.heal(
            self,
            |ends| (&mut ends.agent, &mut ends.server),
            |ends| ends.up.take(&mut ends.server) | ends.down.take(&mut ends.agent),
        );
        self.up.check();
        self.down.check();
        assert_eq!((self.agent.waiting_bytes(), self.server.waiting_bytes()), (0, 0), "everything was sent");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn everything_arrives_once_whatever_the_network_does(acts in prop::collection::vec(act(), 1..160)) {
        let (mut ends, mut world) = (Ends::new(), World::new());
        for act in acts {
            ends.act(act, &mut world);
        }
        ends.finish(&mut world);
    }
}

/// Two connections, of which one is cut: what the server has, also beyond a gap, is not sent again.
#[test]
fn after_a_cut_only_what_did_not_arrive_goes_again() {
    let (mut ends, mut world) = (Ends::new(), World::new());
    let run = |acts: &[Act], ends: &mut Ends, world: &mut World| acts.iter().for_each(|act| ends.act(*act, world));
    let (send, deliver) = (
        |wire, frames| Act::World(Step::Send { from: Side::Agent, wire, frames }),
        |wire, frames| Act::World(Step::Deliver { to: Side::Server, wire, frames }),
    );
    // The acknowledgements with which both connections begin.
    run(&[Act::World(Step::Connect), Act::World(Step::Connect), send(0, 9), send(1, 9)], &mut ends, &mut world);
    run(&[deliver(0, 9), deliver(1, 9)], &mut ends, &mut world);
    for _ in 0..6 {
        run(&[Act::Push { from: Side::Agent, length: 10, last: false }], &mut ends, &mut world);
    }
    // Items 0 to 2 by the first, 3 to 5 by the second; of the first only one arrives.
    run(&[send(0, 3), send(1, 3), deliver(0, 1), deliver(1, 3)], &mut ends, &mut world);
    let cut = Act::World(Step::Cut { wire: 0, noticed_by: Side::Agent });
    run(&[cut, Act::World(Step::Notice { wire: 0 }), Act::World(Step::Connect)], &mut ends, &mut world);
    ends.finish(&mut world);
    assert_eq!(world.sent_again(), 2, "items 1 and 2 were lost, and nothing else goes again");
}

/// Two connections, of which one takes the acknowledgement with it: the other says it again, and the sender goes on.
#[test]
fn credit_that_is_lost_with_a_connection_is_given_again_by_another() {
    let (mut ends, mut world) = (Ends::new(), World::new());
    let run = |acts: &[Act], ends: &mut Ends, world: &mut World| acts.iter().for_each(|act| ends.act(*act, world));
    let carry = |from, wire| {
        [
            Act::World(Step::Send { from, wire, frames: 9 }),
            Act::World(Step::Deliver { to: other(from), wire, frames: 9 }),
        ]
    };
    run(&[Act::World(Step::Connect), Act::World(Step::Connect)], &mut ends, &mut world);
    let push = Act::Push { from: Side::Agent, length: 1_900_000, last: false };
    run(&[push; 6], &mut ends, &mut world);
    run(&carry(Side::Agent, 1), &mut ends, &mut world);
    assert!(ends.agent.waiting_bytes() > 0, "the window is full");
    // Everything is taken, and the credit for it dies on its way.
    run(&[Act::Take { at: Side::Server, items: 9 }], &mut ends, &mut world);
    run(&[Act::World(Step::Send { from: Side::Server, wire: 0, frames: 9 })], &mut ends, &mut world);
    run(&[Act::World(Step::Cut { wire: 0, noticed_by: Side::Server })], &mut ends, &mut world);
    run(&[Act::World(Step::Notice { wire: 0 })], &mut ends, &mut world);
    ends.finish(&mut world);
    assert_eq!(world.sent_again(), 0, "what went by the other connection was not lost");
}

/// What an opening says is not said if the opening never arrives.
#[test]
fn credit_in_an_opening_that_is_lost_is_given_again_by_another_connection() {
    let (mut ends, mut world) = (Ends::new(), World::new());
    let push = Act::Push { from: Side::Server, length: 1_900_000, last: false };
    for act in [Act::World(Step::Connect), push, push, push, push] {
        ends.act(act, &mut world);
    }
    for step in
        [Step::Send { from: Side::Server, wire: 0, frames: 9 }, Step::Deliver { to: Side::Agent, wire: 0, frames: 9 }]
    {
        ends.act(Act::World(step), &mut world);
    }
    assert!(ends.server.waiting_bytes() > 0, "the window is full");
    ends.act(Act::Take { at: Side::Agent, items: 9 }, &mut world);
    // For a connection that does not come about.
    ends.agent.received();
    ends.finish(&mut world);
}

fn other(side: Side) -> Side {
    match side {
        Side::Agent => Side::Server,
        Side::Server => Side::Agent,
    }
}
