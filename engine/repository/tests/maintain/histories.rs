//! Random histories: backups of changing trees, forgets, prunes and reopenings in any order. After each step every
//! snapshot that should be there reads back as a naive model (a map in memory) says, and a full check finds nothing.

use std::collections::BTreeMap;

use proptest::prelude::*;
use rempart_model::SnapshotId;
use rempart_repository::{Limit, PruneOptions};

use crate::lab::{Files, Lab, joined, noise, read};

#[derive(Debug, Clone)]
enum Event {
    /// Change some files: (which, new content seed, chunks).
    Change(Vec<(u8, u64, u8)>),
    Delete(u8),
    Backup,
    Forget(prop::sample::Index),
    Prune {
        max_unused_percent: u8,
        repack_small: bool,
    },
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => prop::collection::vec((0u8..12, 0u64..6, 1u8..4), 1..5).prop_map(Event::Change),
        1 => (0u8..12).prop_map(Event::Delete),
        5 => Just(Event::Backup),
        3 => any::<prop::sample::Index>().prop_map(Event::Forget),
        2 => (0u8..30, any::<bool>())
            .prop_map(|(max_unused_percent, repack_small)| Event::Prune { max_unused_percent, repack_small }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn any_history_reads_back_as_the_model_says(events in prop::collection::vec(event(), 1..25)) {
        let lab = Lab::new();
        let mut source = Files::new();
        let mut model: BTreeMap<SnapshotId, Files> = BTreeMap::new();
        for event in events {
            match &event {
                Event::Change(changes) => {
                    for &(file, seed, chunks) in changes {
                        let chunk = |n: u8| noise(seed * 10 + u64::from(n), 5000 + usize::from(n) * 3000);
                        source.insert(format!("f{file:02}"), (0..chunks).map(chunk).collect());
                    }
                }
                Event::Delete(file) => _ = source.remove(&format!("f{file:02}")),
                Event::Backup => _ = model.insert(lab.backup(&source), source.clone()),
                Event::Forget(which) => {
                    if !model.is_empty() {
                        let id = *model.keys().nth(which.index(model.len())).unwrap();
                        model.remove(&id);
                        lab.forget(&[id]);
                    }
                }
                Event::Prune { max_unused_percent, repack_small } => {
                    let max_unused = Limit::BasisPoints(u32::from(*max_unused_percent) * 100);
                    lab.prune(&PruneOptions { max_unused, repack_small: *repack_small, ..PruneOptions::default() });
                }
            }
            let report = lab.check();
            prop_assert!(!report.is_damaged(), "after {:?}: {:?}", event, report.problems);
            let repository = lab.reopened();
            let there: Vec<SnapshotId> = repository.snapshots().unwrap().iter().map(|stored| stored.id).collect();
            prop_assert_eq!(there.len(), model.len(), "after {:?}", event);
            for (id, files) in &model {
                prop_assert_eq!(read(&repository, *id), Ok(joined(files)), "snapshot {} after {:?}", id, event);
            }
        }
    }
}
