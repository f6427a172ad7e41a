//! Any history of jobs, cuts and restarts: no lease runs twice, and every end is told.

use std::collections::BTreeMap;

use proptest::prelude::*;
use rempart_protocol::job::{JobLease, Withdrawal};

use crate::pair::{Pair, lease};

#[derive(Debug, Clone, Copy)]
enum Act {
    Connect,
    Cut,
    Carry(usize),
    /// A lease of one of a few jobs; the generation counts up.
    Assign(i64),
    Stop(usize),
    Finish,
    Store,
    RestartAgent,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => Just(Act::Connect),
        2 => Just(Act::Cut),
        8 => (1..4_usize).prop_map(Act::Carry),
        3 => (1..4_i64).prop_map(Act::Assign),
        1 => (0..8_usize).prop_map(Act::Stop),
        2 => Just(Act::Finish),
        2 => Just(Act::Store),
        1 => Just(Act::RestartAgent),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_lease_runs_twice_and_every_end_is_told(acts in prop::collection::vec(act(), 1..120)) {
        let mut pair = Pair::new();
        let mut generations = BTreeMap::new();
        let mut assigned = Vec::new();
        for act in acts {
            match act {
                Act::Connect => pair.connect(),
                Act::Cut => pair.cut(),
                Act::Carry(count) => {
                    pair.carry(count);
                }
                Act::Assign(job) => {
                    let generation = generations.entry(job).and_modify(|generation| *generation += 1).or_insert(1);
                    let next = lease(job, *generation);
                    // The queue gives a job out anew when its lease is over: the older one is withdrawn.
                    for older in assigned.iter().filter(|older: &&JobLease| older.job == next.job) {
                        pair.stop(*older, Withdrawal::LeaseLost);
                    }
                    pair.assign(next);
                    assigned.push(next);
                }
                Act::Stop(which) => {
                    if let Some(lease) = assigned.get(which) {
                        pair.stop(*lease, Withdrawal::Canceled);
                    }
                }
                Act::Finish => {
                    pair.finish_one();
                }
                Act::Store => {
                    pair.store_one();
                }
                Act::RestartAgent => pair.restart_agent(),
            }
        }
        pair.settle();
        for lease in &assigned {
            let ended = pair.ended.contains_key(lease);
            let off = pair.off_the_desk.contains(lease);
            prop_assert!(ended || off, "nobody was told what became of {:?}", lease);
        }
        prop_assert_eq!(pair.desk.leases().count(), 0);
        let report = serde_json::to_string(&pair.book.report()).unwrap();
        prop_assert!(report.contains("\"running\":[]") && report.contains("\"finished\":[]"), "left in the book: {}", report);
    }
}
