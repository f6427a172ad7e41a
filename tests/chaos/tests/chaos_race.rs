//! Several processes back up into one repository, beside prune: nobody fails for good, and nothing is lost.

use std::sync::atomic::{AtomicBool, Ordering};

use rempart_chaos_tests::init_with_cheap_key;
use rempart_chaos_tests::source::{self, Dice};
use rempart_tests_support::{Place, Program, Tool, strange, tree};

const WRITERS: u64 = 3;
const BACKUPS_EACH: u64 = 3;

fn on(place: &Place) -> Program {
    Tool::Rempart.on(place).args(["--retry-lock", "5m"])
}

#[test]
fn backups_of_several_processes_beside_prune() {
    // Given a repository, and as many sources as writers, partly with the same content
    let place = Place::new("race");
    init_with_cheap_key(&place);
    let source_of = |writer: u64| place.source().join(format!("writer-{writer}"));
    for writer in 0..WRITERS {
        std::fs::create_dir(source_of(writer)).expect("make a folder");
        source::make(&source_of(writer), 120, &mut Dice::new(7));
    }

    // When all back up several times, forgetting as they go, while one prunes without end
    let writing = AtomicBool::new(true);
    let prunes = std::thread::scope(|scope| {
        let pruner = scope.spawn(|| {
            let mut prunes = 0;
            while writing.load(Ordering::Acquire) || prunes == 0 {
                on(&place).args(["prune", "--max-unused", "0"]).succeed();
                prunes += 1;
            }
            prunes
        });
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let (place, source) = (&place, source_of(writer));
                scope.spawn(move || one_writer(place, &source, writer))
            })
            .collect();
        let results: Vec<_> = writers.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
        writing.store(false, Ordering::Release);
        let prunes = pruner.join();
        for result in results {
            result.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        }
        prunes.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    });
    assert!(prunes > 0, "nothing was pruned");

    // Then restic finds no error, and the last snapshot of each restores
    Tool::Restic.check(&place);
    Tool::Rempart.check(&place);
    for writer in 0..WRITERS {
        let host = format!("writer-{writer}");
        let target = place.path().join(format!("restored-{writer}"));
        Tool::Restic.on(&place).args(["restore", "latest", "--host", &host, "--target"]).arg(&target).succeed();
        let found = target.join(source_of(writer).strip_prefix("/").expect("absolute"));
        tree::assert_equal(&place.path().join(format!("copy-{writer}")), &found, tree::ALL, &host);
    }
}

/// Each keeps its last two snapshots; the copy is of what the last one holds.
fn one_writer(place: &Place, source: &std::path::Path, writer: u64) {
    let host = format!("writer-{writer}");
    let mut dice = Dice::new(100 + writer);
    for _ in 0..BACKUPS_EACH {
        source::change(source, 120, &mut dice);
        on(place).args(["backup", "--pack-size", "4", "--host", &host]).arg(source).succeed();
        on(place).args(["forget", "--keep-last", "2", "--host", &host]).succeed();
    }
    strange::copy(source, &place.path().join(format!("copy-{writer}")));
}

#[test]
fn two_first_backups_at_once_share_the_repository() {
    let place = Place::new("race");
    init_with_cheap_key(&place);
    source::make(&place.source(), 200, &mut Dice::new(9));
    std::thread::scope(|scope| {
        for host in ["a", "b"] {
            let place = &place;
            scope.spawn(move || on(place).args(["backup", "--host", host]).arg(place.source()).succeed());
        }
    });
    assert_eq!(Tool::snapshot_ids(&place).len(), 2, "each makes its snapshot");
    Tool::Restic.check(&place);
    for host in ["a", "b"] {
        let target = place.path().join(host);
        Tool::Restic.on(&place).args(["restore", "latest", "--host", host, "--target"]).arg(&target).succeed();
        let found = target.join(place.source().strip_prefix("/").expect("absolute"));
        tree::assert_equal(&place.source(), &found, tree::ALL, host);
    }
}
