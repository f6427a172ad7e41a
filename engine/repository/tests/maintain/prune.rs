//! What prune removes, keeps and refuses.

use rempart_repository::{
    ErrorKind, Limit, LockMode, MaintenanceObserver, NoObserver, PruneOptions, Step, WriterOptions,
};

use crate::lab::{Files, Lab, joined, noise, read, some_files, store, writer};

const TIGHT: PruneOptions = PruneOptions {
    max_unused: Limit::Bytes(0),
    max_repack_bytes: None,
    repack_small: false,
    pack_target_bytes: 16 << 20,
    time_limit: None,
};

#[test]
fn with_nothing_forgotten_there_is_nothing_to_do() {
    let lab = Lab::new();
    lab.backup(&some_files(1, 20, 5000));
    let before = lab.objects("");
    let stats = lab.prune(&TIGHT);
    assert_eq!((stats.packs_removed, stats.packs_repacked, stats.bytes_freed), (0, 0, 0), "{stats:?}");
    assert_eq!(lab.objects(""), before);
}

#[test]
fn what_only_forgotten_snapshots_used_is_gone_and_the_rest_stays() {
    let lab = Lab::new();
    // One pack that both snapshots use in part, and one that only the forgotten one uses.
    let mut old = some_files(1, 40, 100_000);
    let new: Files = old.iter().take(20).map(|(name, chunks)| (name.clone(), chunks.clone())).collect();
    let first = lab.backup(&old);
    let second = lab.backup(&new);
    old.extend(some_files(7, 5, 2_000_000).into_iter().map(|(name, chunks)| (format!("z{name}"), chunks)));
    let third = lab.backup(&old);
    lab.forget(&[first, third]);

    let stats = lab.prune(&TIGHT);
    assert!(stats.packs_repacked > 0 && stats.packs_removed > 0, "{stats:?}");
    assert_eq!(stats.bytes_unused_after, 0);
    let stored: u64 = lab.objects("data").iter().map(|path| path.metadata().unwrap().len()).sum();
    assert!((2_000_000..2_100_000).contains(&stored), "20 files of 100 kB stay, {stored} bytes are stored");
    lab.assert_sound("after the prune");
    assert_eq!(read(&lab.reopened(), second).unwrap(), joined(&new));
}

#[test]
fn limits_bound_what_stays_unused_and_what_is_copied() {
    let lab = Lab::new();
    let files = some_files(1, 40, 100_000);
    let first = lab.backup(&files);
    lab.backup(&files.iter().skip(1).map(|(name, chunks)| (name.clone(), chunks.clone())).collect());
    lab.forget(&[first]);
    // 1 of 40 files is unused: 2.5 %.
    for (options, repacked) in [
        (PruneOptions { max_unused: Limit::BasisPoints(500), ..TIGHT }, false),
        (PruneOptions { max_unused: Limit::Unlimited, ..TIGHT }, false),
        (PruneOptions { max_unused: Limit::BasisPoints(100), max_repack_bytes: Some(1000), ..TIGHT }, false),
        (PruneOptions { max_unused: Limit::BasisPoints(100), ..TIGHT }, true),
    ] {
        let plan = lab.reopened().plan_prune(&options, &NoObserver).unwrap();
        assert_eq!(plan.stats.bytes_repacked > 3_000_000, repacked, "{options:?}: {:?}", plan.stats);
        if repacked {
            lab.prune(&options);
        }
    }
    lab.assert_sound("after the prune");
}

#[test]
fn small_packs_are_joined_on_request() {
    let lab = Lab::new();
    let kept: Vec<_> = (0..6).map(|seed| (lab.backup(&some_files(seed, 3, 1000)), some_files(seed, 3, 1000))).collect();
    let before = lab.objects("data").len();
    let stats = lab.prune(&PruneOptions { repack_small: true, ..TIGHT });
    assert!(stats.packs_repacked as usize == before && before >= 12, "{stats:?}");
    assert!(lab.objects("data").len() <= 4, "{} packs are left", lab.objects("data").len());
    lab.assert_sound("after the prune");
    for (id, files) in kept {
        assert_eq!(read(&lab.reopened(), id).unwrap(), joined(&files));
    }
}

#[test]
fn of_blobs_stored_twice_one_copy_stays() {
    let lab = Lab::new();
    // Two processes that began before either had committed store the same blobs.
    let (a, b) = (lab.reopened(), lab.reopened());
    let (a, b) = (writer(&a), writer(&b));
    assert!(a.repository().index().unwrap().is_empty() && b.repository().index().unwrap().is_empty());
    let files = some_files(3, 10, 50_000);
    let ids = [store(&a, &files), store(&b, &files)];
    drop((a, b));
    let stored = |lab: &Lab| lab.objects("data").iter().map(|path| path.metadata().unwrap().len()).sum::<u64>();
    assert!(stored(&lab) > 1_000_000, "the blobs are there twice");
    let stats = lab.prune(&TIGHT);
    assert!(stats.blobs_duplicate >= 10, "{stats:?}");
    assert!(stored(&lab) < 600_000, "{} bytes are left", stored(&lab));
    lab.assert_sound("after the prune");
    for id in ids {
        assert_eq!(read(&lab.reopened(), id).unwrap(), joined(&files));
    }
}

#[test]
fn a_repository_with_a_missing_blob_is_not_pruned() {
    let lab = Lab::new();
    let kept = lab.backup(&some_files(1, 4, 10_000));
    let gone = lab.backup(&some_files(2, 4, 10_000));
    lab.forget(&[gone]);
    for pack in lab.objects("data") {
        let aside = pack.with_extension("aside");
        std::fs::rename(&pack, &aside).unwrap();
        let before = lab.objects("");
        if let Err(error) = lab.reopened().plan_prune(&TIGHT, &NoObserver) {
            assert_eq!(error.kind(), ErrorKind::Damaged, "{error}");
        }
        assert_eq!(lab.objects(""), before, "a plan removes nothing");
        std::fs::rename(&aside, &pack).unwrap();
    }
    lab.prune(&TIGHT);
    assert_eq!(read(&lab.reopened(), kept).unwrap(), joined(&some_files(1, 4, 10_000)));
}

#[test]
fn when_the_time_is_up_the_rest_is_left_for_the_next_prune() {
    let lab = Lab::new();
    let files = some_files(1, 40, 50_000);
    let half: Files = files.iter().step_by(2).map(|(name, chunks)| (name.clone(), chunks.clone())).collect();
    let first = lab.backup(&files);
    let second = lab.backup(&half);
    lab.forget(&[first]);
    let stats = lab.prune(&PruneOptions { time_limit: Some(std::time::Duration::ZERO), ..TIGHT });
    assert_eq!((stats.packs_repacked, stats.bytes_repacked), (0, 0), "{stats:?}");
    assert!(stats.bytes_unused_after > 0, "{stats:?}");
    lab.assert_sound("after the first prune");
    assert_eq!(lab.prune(&TIGHT).bytes_unused_after, 0);
    lab.assert_sound("after the second prune");
    assert_eq!(read(&lab.reopened(), second).unwrap(), joined(&half));
}

#[test]
fn a_plan_made_before_snapshots_are_forgotten_equals_one_made_after() {
    let lab = Lab::new();
    let files = some_files(1, 40, 50_000);
    let half: Files = files.iter().step_by(2).map(|(name, chunks)| (name.clone(), chunks.clone())).collect();
    let first = lab.backup(&files);
    let second = lab.backup(&half);
    // Given a plan that takes a snapshot for forgotten
    let repository = lab.reopened();
    let early = repository.plan_prune_without(&[first], &TIGHT, &NoObserver).unwrap();
    // When the snapshot is still there, then it is refused
    assert!(early.is_current(&repository).unwrap());
    let refused = repository.prune(&lab.exclusive(), early, WriterOptions::default(), &NoObserver);
    assert_eq!(refused.map_err(|error| error.kind()), Err(ErrorKind::Refused));
    // When it is gone, then the plan says and does what a later one would
    let early = repository.plan_prune_without(&[first], &TIGHT, &NoObserver).unwrap();
    lab.forget(&[first]);
    assert_eq!(early.stats, lab.reopened().plan_prune(&TIGHT, &NoObserver).unwrap().stats);
    assert!(early.is_current(&repository).unwrap());
    repository.prune(&lab.exclusive(), early, WriterOptions::default(), &NoObserver).unwrap();
    lab.assert_sound("after the prune");
    assert_eq!(read(&lab.reopened(), second).unwrap(), joined(&half));
}

#[test]
fn a_plan_is_refused_once_somebody_wrote_to_the_repository() {
    let lab = Lab::new();
    let gone = lab.backup(&some_files(1, 20, 50_000));
    let repository = lab.reopened();
    let outdated = |plan: &rempart_repository::PrunePlan| !plan.is_current(&repository).unwrap();
    // Given a plan whose orphans, were it carried out later, could be packs of a backup that ended meanwhile
    let before_backup = repository.plan_prune_without(&[gone], &TIGHT, &NoObserver).unwrap();
    let kept = lab.backup(&some_files(2, 20, 50_000));
    assert!(outdated(&before_backup), "a backup that ended after the plan");
    // ...or which others have carried out already
    let before_prune = repository.plan_prune_without(&[gone], &TIGHT, &NoObserver).unwrap();
    lab.forget(&[gone]);
    assert!(!outdated(&before_prune), "what the plan takes for forgotten may go at any time");
    lab.prune(&TIGHT);
    assert!(outdated(&before_prune), "a prune after the plan");
    // Then neither is carried out
    for plan in [before_backup, before_prune] {
        let before = lab.objects("data");
        let refused = repository.prune(&lab.exclusive(), plan, WriterOptions::default(), &NoObserver);
        assert_eq!(refused.map_err(|error| error.kind()), Err(ErrorKind::Refused));
        assert_eq!(lab.objects("data"), before);
    }
    assert_eq!(read(&lab.reopened(), kept).unwrap(), joined(&some_files(2, 20, 50_000)));
}

struct CancelAt(Step, std::sync::atomic::AtomicBool);

impl MaintenanceObserver for CancelAt {
    fn begin(&self, step: Step, _: Option<u64>) {
        if step == self.0 {
            self.1.store(true, std::sync::atomic::Ordering::Relaxed);
        }
    }
    fn is_canceled(&self) -> bool {
        self.1.load(std::sync::atomic::Ordering::Relaxed)
    }
}

#[test]
fn canceled_at_any_step_nothing_is_lost_and_the_next_prune_completes() {
    for step in [Step::ReadIndexes, Step::WalkTrees, Step::RepackBlobs, Step::WriteIndexes, Step::RemovePacks] {
        let lab = Lab::new();
        let files = some_files(1, 40, 50_000);
        let half: Files = files.iter().step_by(2).map(|(name, chunks)| (name.clone(), chunks.clone())).collect();
        let first = lab.backup(&files);
        let second = lab.backup(&half);
        lab.forget(&[first]);
        let observer = CancelAt(step, false.into());
        let exclusive = lab.exclusive();
        let repository = lab.reopened();
        let result = repository
            .plan_prune(&TIGHT, &observer)
            .and_then(|plan| repository.prune(&exclusive, plan, WriterOptions::default(), &observer));
        if step != Step::RemovePacks {
            assert_eq!(result.map_err(|error| error.kind()), Err(ErrorKind::Canceled), "{step:?}");
        }
        drop(exclusive);
        assert!(!lab.check().is_damaged(), "canceled at {step:?}: {:?}", lab.check().problems);
        lab.prune(&TIGHT);
        lab.assert_sound("after the second prune");
        assert_eq!(read(&lab.reopened(), second).unwrap(), joined(&half), "canceled at {step:?}");
    }
}

#[test]
fn prune_needs_an_exclusive_lock_and_a_running_backup_keeps_it_from_one() {
    let lab = Lab::new();
    lab.backup(&some_files(1, 2, noise(0, 100).len()));
    let shared = std::sync::Arc::new(lab.repository.lock(LockMode::Shared, None).unwrap());
    let plan = lab.repository.plan_prune(&TIGHT, &NoObserver).unwrap();
    let refused = lab.repository.prune(&shared, plan, WriterOptions::default(), &NoObserver);
    assert_eq!(refused.map_err(|error| error.kind()), Err(ErrorKind::Refused));
    let locked = lab.repository.lock(LockMode::Exclusive, None).map(drop);
    assert_eq!(locked.map_err(|error| error.kind()), Err(ErrorKind::Locked));
}
