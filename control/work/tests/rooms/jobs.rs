//! Each kind of job, from its row in the queue to what stands afterwards; looked at with the real restic.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use jiff::Timestamp;
use rempart_catalog::testing::{Scratch, run};
use rempart_catalog::{Dialect, JobFilter, NewPlan, PageRequest, PlanRow, RepositoryRow, SnapshotFilter, SnapshotRow};
use rempart_jobs::{Job, JobOutcome, NewJob};
use rempart_model::{JobKind, Outcome, PlanSpec, RetentionSpec, Sources};
use rempart_repository::LockMode;
use rempart_work::handler::{Desk, plan_tag};
use rempart_work::task::backup::{BackupTask, FileProblem, run as back_up};
use rempart_work::task::gauge::Gauge;
use rempart_work::{Tongue, Work, localised};
use serde_json::json;

use crate::common::{Room, make_source, restic_ok};

struct Plan {
    room: Room,
    row: PlanRow,
    repository: RepositoryRow,
    place: PathBuf,
    password: String,
    source: PathBuf,
}

impl Plan {
    /// A source of a few files, a repository, a plan.
    async fn new(scratch: &Scratch, change: impl FnOnce(&mut PlanSpec)) -> Self {
        let room = Room::new(scratch).await;
        let pool = room.pool("pool").await;
        let repository = room.repository(pool, "files").await;
        let kit = room.work.recovery_kit(repository.id, Tongue::English).await.unwrap();
        let source = room.folder.join("source");
        make_source(&source, 30);
        let folders = vec![source.display().to_string()];
        let mut spec = PlanSpec { sources: Sources { folders, ..Sources::default() }, ..PlanSpec::default() };
        change(&mut spec);
        let plan =
            NewPlan { name: "p".into(), server_id: room.server.id, repository_id: repository.id, spec, enabled: true };
        let mut tx = room.work.catalog.begin().await.unwrap();
        let row = tx.insert_plan(&plan, Timestamp::now()).await.unwrap();
        tx.commit().await.unwrap();
        let place = room.folder.join("pool/lab-1/files");
        let password = kit.password.expose().to_owned();
        Self { room, row, repository, place, password, source }
    }

    fn work(&self) -> &Arc<Work> {
        &self.room.work
    }

    async fn job(&self, kind: JobKind, payload: serde_json::Value) -> Job {
        let new = NewJob {
            repository_id: Some(self.repository.id),
            plan_id: Some(self.row.id),
            pool_id: Some(self.repository.pool_id),
            payload,
            ..NewJob::new(kind)
        };
        let mut tx = self.work().catalog.begin().await.unwrap();
        let id = tx.enqueue_job(&new, Timestamp::now()).await.unwrap();
        tx.commit().await.unwrap();
        self.work().catalog.job(id).await.unwrap()
    }

    async fn run(&self, kind: JobKind, payload: serde_json::Value) -> JobOutcome {
        let job = self.job(kind, payload).await;
        self.work().perform(&job, &Desk::new(|_, _| ())).await
    }

    async fn backup(&self) -> JobOutcome {
        self.run(JobKind::Backup, json!({ "planId": self.row.id })).await
    }

    async fn snapshots(&self) -> Vec<SnapshotRow> {
        let page = self.work().catalog.snapshots(&SnapshotFilter::default(), &PageRequest::first(100)).await;
        page.unwrap().items
    }

    fn restic(&self, arguments: &[&str]) -> String {
        restic_ok(&self.place, &self.password, arguments)
    }
}

/// Every file below a folder with its content.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(at) = folders.pop() {
        for entry in std::fs::read_dir(&at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.is_symlink() {
                folders.push(path);
            } else {
                let content = if path.is_symlink() { b"link".to_vec() } else { std::fs::read(&path).unwrap() };
                found.insert(path.strip_prefix(folder).unwrap().to_owned(), content);
            }
        }
    }
    found
}

#[track_caller]
fn assert_done(outcome: &JobOutcome) {
    assert_eq!(outcome.outcome, Outcome::Succeeded, "{:?} {:?}", outcome.code, outcome.message);
}

rempart_catalog::on_both_dialects! {
    async fn a_backup_is_restored_by_restic_and_by_us(scratch: Scratch) {
        let plan = Plan::new(&scratch, |spec| spec.verify_after_run = true).await;
        assert_done(&plan.backup().await);
        // restic finds it sound, and gives back what was there
        plan.restic(&["check", "--read-data"]);
        let theirs = plan.room.folder.join("theirs");
        plan.restic(&["restore", "latest", "--target", theirs.to_str().unwrap()]);
        let below = plan.source.strip_prefix("/").unwrap();
        assert_eq!(contents(&theirs.join(below)), contents(&plan.source));
        // The catalog knows it, and the verification stands in the queue
        let rows = plan.snapshots().await;
        assert_eq!(rows.len(), 1);
        assert_eq!((rows[0].plan_name.as_deref(), rows[0].is_incomplete), (Some("p"), false));
        assert!(rows[0].tags.is_empty(), "internal tags are shown: {:?}", rows[0].tags);
        let queued = plan.work().catalog.jobs(&JobFilter::default(), &PageRequest::first(50)).await.unwrap();
        assert!(queued.items.iter().any(|job| job.kind == JobKind::Verify), "no verification was asked for");
        // We give it back, too
        let ours = plan.room.folder.join("ours");
        let asked = json!({ "snapshotId": rows[0].id, "paths": [], "target": ours, "verify": true });
        assert_done(&plan.run(JobKind::Restore, asked).await);
        assert_eq!(contents(&ours.join(below)), contents(&plan.source));
        // Verified, it says when
        assert_done(&plan.run(JobKind::Verify, json!({ "snapshotId": rows[0].id })).await);
        assert!(plan.snapshots().await[0].verified_at.is_some());
    }

    async fn an_attempt_after_a_death_behind_the_commit_doubles_nothing(scratch: Scratch) {
        let plan = Plan::new(&scratch, |_| ()).await;
        // Given a worker that died between the commit and the record of it
        let job = plan.job(JobKind::Backup, json!({ "planId": plan.row.id })).await;
        let task = BackupTask {
            sources: plan.row.spec.sources.clone(),
            compression: plan.row.spec.compression,
            host_name: "lab-1".to_owned(),
            tags: vec![plan_tag(plan.row.id), format!("rempart-job-{}-{}", job.id, job.queued_at.as_millisecond())],
            parent_tag: plan_tag(plan.row.id),
            cache_scope: "x".to_owned(),
            read_everything: false,
        };
        let repository = plan.work().open_repository(plan.repository.id).await.unwrap();
        let done = tokio::task::spawn_blocking(move || back_up(&repository, &task, &Gauge::default(), &|_| Ok(())));
        let committed = done.await.unwrap().unwrap().snapshot.id.to_string();
        assert!(plan.snapshots().await.is_empty());
        // When the job is worked at again, twice
        for _ in 0..2 {
            assert_done(&plan.work().perform(&job, &Desk::new(|_, _| ())).await);
        }
        // Then there is one snapshot, and it is that one
        let hashes: Vec<String> = plan.snapshots().await.into_iter().map(|row| row.hash).collect();
        assert_eq!(hashes, [committed]);
        assert_eq!(plan.work().catalog.repository(plan.repository.id).await.unwrap().snapshot_count, 1);
    }
}

#[test]
fn what_cannot_be_read_makes_a_warning_and_is_named() {
    run(async {
        let scratch = Scratch::new(Dialect::Sqlite);
        // Address 0 of a process is never mapped: reading it fails for everybody.
        let plan = Plan::new(&scratch, |spec| spec.sources.folders.push("/proc/self/mem".to_owned())).await;
        let outcome = plan.backup().await;
        assert_eq!((outcome.outcome, outcome.code.as_deref()), (Outcome::Warning, Some("backup.incomplete")));
        let rows = plan.snapshots().await;
        assert!(rows.len() == 1 && rows[0].is_incomplete);
        plan.restic(&["check"]);
    });
}

#[test]
fn a_problem_is_told_in_the_readers_language_with_what_the_system_says() {
    run(async {
        let scratch = Scratch::new(Dialect::Sqlite);
        let plan = Plan::new(&scratch, |_| ()).await;
        let repository = plan.work().open_repository(plan.repository.id).await.unwrap();
        let task = BackupTask {
            sources: Sources { folders: vec!["/proc/self/mem".to_owned()], ..Sources::default() },
            compression: plan.row.spec.compression,
            host_name: "lab-1".to_owned(),
            tags: Vec::new(),
            parent_tag: "none".to_owned(),
            cache_scope: "x".to_owned(),
            read_everything: false,
        };
        let told = tokio::task::spawn_blocking(move || {
            let told = std::cell::RefCell::new(Vec::new());
            let keep = |problems: &[FileProblem]| {
                told.borrow_mut().extend(problems.to_vec());
                Ok(())
            };
            // Whether a recovery point comes of it or not.
            let _ = back_up(&repository, &task, &Gauge::default(), &keep);
            told.into_inner()
        });
        let told = told.await.unwrap();
        assert_eq!((told[0].path.as_str(), &*told[0].kind), ("/proc/self/mem", "unreadable"));
        let said = |tongue| localised(&told[0].message, tongue).0;
        assert_eq!(said(Tongue::English), "Could not be read: Input/output error (os error 5).");
        assert_eq!(said(Tongue::French), "N'a pas pu être lu : erreur d'entrée-sortie du disque (erreur système 5).");
    });
}

/// Two that come within the same 200 ms see each other only at their second look.
#[test]
fn a_job_waits_for_who_locked_its_repository_at_the_same_moment() {
    run(async {
        let scratch = Scratch::new(Dialect::Sqlite);
        let plan = Plan::new(&scratch, |_| ()).await;
        // Given the lock file of somebody who wants the repository alone, as it was written
        let locks = plan.place.join("locks");
        let repository = plan.work().open_repository(plan.repository.id).await.unwrap();
        let there = locks.clone();
        let blocking = tokio::task::spawn_blocking(move || {
            let held = repository.lock(LockMode::Exclusive, None).unwrap();
            let file = std::fs::read_dir(&there).unwrap().next().unwrap().unwrap().path();
            let content = std::fs::read(&file).unwrap();
            held.release().unwrap();
            (file, content)
        });
        let (theirs, content) = blocking.await.unwrap();
        // When it appears as soon as the job has written its own, and goes once the job has stepped back
        let others = move |theirs: &Path| {
            let names = std::fs::read_dir(&locks).unwrap().map(|entry| entry.unwrap().path());
            names.filter(|path| path != theirs).count()
        };
        let meeting = tokio::task::spawn_blocking(move || {
            let until = |done: &dyn Fn() -> bool| {
                let begun = std::time::Instant::now();
                while !done() {
                    assert!(begun.elapsed().as_secs() < 60, "the job neither comes nor steps back");
                    std::thread::sleep(std::time::Duration::from_millis(1));
                }
            };
            until(&|| others(&theirs) > 0);
            std::fs::write(&theirs, content).unwrap();
            until(&|| others(&theirs) == 0);
            std::fs::remove_file(&theirs).unwrap();
        });
        // Then it is done all the same, and costs none of the job's attempts
        assert_done(&plan.backup().await);
        meeting.await.unwrap();
        assert_eq!(plan.snapshots().await.len(), 1);
    });
}

#[test]
fn a_full_pool_fails_with_a_hint_and_the_next_run_works() {
    run(async {
        let scratch = Scratch::new(Dialect::Sqlite);
        let plan = Plan::new(&scratch, |_| ()).await;
        assert_done(&plan.backup().await);
        // Given a pool on a disk with no room for what is new
        let disk = plan.room.folder.join("pool");
        let kept = plan.room.folder.join("kept");
        std::fs::rename(&disk, &kept).unwrap();
        std::fs::create_dir(&disk).unwrap();
        let mount = |words: &[&str]| assert!(Command::new("mount").args(words).arg(&disk).status().unwrap().success());
        mount(&["-t", "tmpfs", "-o", "size=8m", "tmpfs"]);
        assert!(Command::new("cp").arg("-a").arg(kept.join(".")).arg(&disk).status().unwrap().success());
        // Noise that neither repeats nor compresses.
        let mut state = 1_u64;
        let mut byte = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        };
        let noise: Vec<u8> = (0..24_000_000).map(|_| byte()).collect();
        std::fs::write(plan.source.join("large"), &noise).unwrap();
        // When it runs
        let outcome = plan.backup().await;
        assert_eq!((outcome.outcome, outcome.code.as_deref()), (Outcome::Failed, Some("storage.full")));
        let (message, hint) = rempart_work::localised(&outcome.message.unwrap(), Tongue::French);
        assert!(message.contains("plein") && hint.is_some(), "{message}");
        assert_eq!(plan.snapshots().await.len(), 1);
        // Then, with room, the next run works and nothing is damaged
        mount(&["-o", "remount,size=200m"]);
        assert_done(&plan.backup().await);
        plan.restic(&["check", "--read-data"]);
        assert!(Command::new("umount").arg("--lazy").arg(&disk).status().unwrap().success());
    });
}

#[test]
fn a_canceled_backup_leaves_no_snapshot_and_a_sound_repository() {
    run(async {
        let scratch = Scratch::new(Dialect::Sqlite);
        let plan = Plan::new(&scratch, |_| ()).await;
        let job = plan.job(JobKind::Backup, json!({ "planId": plan.row.id })).await;
        let desk = Desk::new(|_, _| ());
        desk.gauge.cancel.cancel();
        let outcome = plan.work().perform(&job, &desk).await;
        assert_eq!(outcome.outcome, Outcome::Canceled);
        assert!(plan.snapshots().await.is_empty());
        plan.restic(&["check"]);
    });
}

#[test]
fn retention_keeps_what_its_rules_say_and_gives_the_reasons() {
    run(async {
        let scratch = Scratch::new(Dialect::Sqlite);
        let retention = Some(RetentionSpec { last: 2, ..RetentionSpec::default() });
        let plan = Plan::new(&scratch, |spec| spec.retention = retention).await;
        // Given three of the plan, and one of another program in the same repository
        for round in 0..3 {
            std::fs::write(plan.source.join("round"), format!("{round}")).unwrap();
            assert_done(&plan.backup().await);
        }
        plan.restic(&["backup", plan.source.to_str().unwrap()]);
        // When it is forgotten by policy
        let outcome = plan.run(JobKind::Forget, json!(null)).await;
        assert_done(&outcome);
        // Then two of the plan stay with their reasons, and the other program's is left alone
        let result = outcome.result.unwrap();
        assert_eq!(result["kept"].as_array().map(Vec::len), Some(2), "{result}");
        assert_eq!(result["kept"][0]["reasons"][0], "last snapshot");
        assert_eq!(result["removed"].as_array().map(Vec::len), Some(1));
        assert_eq!(plan.snapshots().await.len(), 2);
        assert_done(&plan.run(JobKind::RepositoryRefresh, json!(null)).await);
        assert_eq!(plan.snapshots().await.len(), 3, "the other program's is adopted");
        assert_done(&plan.run(JobKind::Prune, json!(null)).await);
        assert_done(&plan.run(JobKind::Check, json!({ "readData": true })).await);
        assert!(plan.snapshots().await.iter().all(|row| row.verified_at.is_some()));
        plan.restic(&["check", "--read-data"]);
    });
}

#[test]
fn a_refresh_adopts_what_is_new_and_marks_what_is_gone_or_damaged() {
    run(async {
        let scratch = Scratch::new(Dialect::Sqlite);
        let plan = Plan::new(&scratch, |_| ()).await;
        for _ in 0..2 {
            assert_done(&plan.backup().await);
        }
        let rows = plan.snapshots().await;
        let file = |hash: &str| plan.place.join("snapshots").join(hash);
        std::fs::remove_file(file(&rows[0].hash)).unwrap();
        std::fs::remove_dir_all(plan.room.folder.join("cache")).unwrap();
        let mut bytes = std::fs::read(file(&rows[1].hash)).unwrap();
        bytes[20] ^= 1;
        Command::new("chmod").arg("u+w").arg(file(&rows[1].hash)).status().unwrap();
        std::fs::write(file(&rows[1].hash), bytes).unwrap();
        let result = plan.run(JobKind::RepositoryRefresh, json!(null)).await.result.unwrap();
        assert_eq!((&result["vanished"], &result["damaged"]), (&json!(1), &json!(1)), "{result}");
        let rows = plan.snapshots().await;
        assert!(rows[0].vanished_at.is_some() && rows[1].is_damaged, "{rows:?}");
    });
}

#[test]
fn a_check_names_the_damage_and_a_verification_does_not_pass_over_it() {
    run(async {
        let scratch = Scratch::new(Dialect::Sqlite);
        let plan = Plan::new(&scratch, |_| ()).await;
        assert_done(&plan.backup().await);
        let row = plan.snapshots().await.remove(0);
        // Given a bit of each pack flipped in its middle
        for entry in std::fs::read_dir(plan.place.join("data")).unwrap() {
            for pack in std::fs::read_dir(entry.unwrap().path()).unwrap() {
                let pack = pack.unwrap().path();
                let mut bytes = std::fs::read(&pack).unwrap();
                let middle = bytes.len() / 2;
                bytes[middle] ^= 1;
                Command::new("chmod").arg("u+w").arg(&pack).status().unwrap();
                std::fs::write(&pack, bytes).unwrap();
            }
        }
        let outcome = plan.run(JobKind::Check, json!({ "readData": true })).await;
        assert_eq!((outcome.outcome, outcome.code.as_deref()), (Outcome::Failed, Some("check.damaged")));
        let known = plan.work().catalog.repository(plan.repository.id).await.unwrap();
        assert_eq!(known.check_ok, Some(false));
        let outcome = plan.run(JobKind::Verify, json!({ "snapshotId": row.id })).await;
        assert_eq!(outcome.outcome, Outcome::Failed, "{:?}", outcome.code);
        assert!(plan.snapshots().await[0].verified_at.is_none());
    });
}

#[test]
fn what_a_run_stored_is_counted_at_once() {
    run(async {
        let scratch = Scratch::new(Dialect::Sqlite);
        let plan = Plan::new(&scratch, |_| ()).await;
        let stored = async || plan.work().catalog.repository(plan.repository.id).await.unwrap().stored_bytes;
        let on_disk = || contents(&plan.place).values().map(|content| content.len() as u64).sum::<u64>();
        // Given a first run: the repository is measured right after it, not at the next quarter of an hour.
        assert_done(&plan.backup().await);
        let queued = plan.work().catalog.jobs(&JobFilter::default(), &PageRequest::first(50)).await.unwrap().items;
        let analyses: Vec<_> = queued.into_iter().filter(|job| job.kind == JobKind::PoolAnalysis).collect();
        assert_eq!(analyses.len(), 1, "the pool's own and the run's are one");
        assert_done(&plan.work().perform(&analyses[0], &Desk::new(|_, _| ())).await);
        assert_eq!(stored().await, on_disk());
        // And a second one: what it stored is added.
        let before = stored().await;
        std::fs::write(plan.source.join("new"), vec![7; 100_000]).unwrap();
        assert_done(&plan.backup().await);
        let after = stored().await;
        assert!(after > before && after <= on_disk(), "{before} {after} {}", on_disk());
    });
}

#[test]
fn a_run_may_read_everything_and_compress_otherwise_than_its_plan() {
    run(async {
        let scratch = Scratch::new(Dialect::Sqlite);
        let plan = Plan::new(&scratch, |_| ()).await;
        let counted = async |options: serde_json::Value| {
            let outcome = plan.run(JobKind::Backup, json!({ "planId": plan.row.id, "options": options })).await;
            assert_done(&outcome);
            outcome.result.unwrap()["counters"].clone()
        };
        let first = counted(json!({})).await;
        let files = first["filesNew"].as_u64().unwrap();
        let second = counted(json!({})).await;
        assert_eq!((&second["filesNew"], &second["filesUnmodified"]), (&json!(0), &json!(files)));
        // Everything: nothing counts as unchanged, and nothing is stored twice.
        let third = counted(json!({ "readEverything": true })).await;
        assert_eq!((&third["filesNew"], &third["filesUnmodified"]), (&json!(files), &json!(0)));
        // But for a folder above the source: others make files beside it.
        assert!(third["addedBytes"].as_u64() < Some(4096) && first["addedBytes"].as_u64() > Some(4096), "{third}");
        // Without compression, what is new lies there as it is.
        std::fs::write(plan.source.join("new"), vec![b'7'; 300_000]).unwrap();
        let fourth = counted(json!({ "compression": "off" })).await;
        assert!(fourth["storedBytes"].as_u64() > Some(300_000), "{fourth}");
    });
}

#[test]
fn a_plan_may_name_a_folder_that_is_no_utf8() {
    use std::os::unix::ffi::OsStrExt as _;
    run(async {
        let scratch = Scratch::new(Dialect::Sqlite);
        let mut folder = String::new();
        let plan = Plan::new(&scratch, |spec| {
            let source = Path::new(&spec.sources.folders[0]).join(std::ffi::OsStr::from_bytes(b"caf\xe9"));
            std::fs::create_dir(&source).unwrap();
            std::fs::write(source.join("menu"), "soup").unwrap();
            folder = rempart_work::browse::readable_path(source.as_os_str().as_bytes());
            spec.sources.folders = vec![folder.clone()];
        })
        .await;
        assert!(folder.ends_with("/caf%E9"), "{folder}");
        assert_done(&plan.backup().await);
        let row = plan.snapshots().await.remove(0);
        let page = plan.work().list_snapshot(row.id, &folder, None, 10).await.unwrap();
        assert_eq!((page.total, page.entries[0].name.as_str()), (1, "menu"));
    });
}

#[test]
fn a_pool_is_measured_and_an_unreachable_one_says_so() {
    run(async {
        let scratch = Scratch::new(Dialect::Sqlite);
        let plan = Plan::new(&scratch, |_| ()).await;
        assert_done(&plan.backup().await);
        assert_done(&plan.run(JobKind::PoolAnalysis, json!(null)).await);
        let pool = plan.work().catalog.pool(plan.repository.pool_id).await.unwrap();
        let on_disk: u64 = contents(&plan.place).values().map(|content| content.len() as u64).sum();
        assert_eq!(pool.used_bytes, on_disk);
        assert!(pool.capacity_bytes > pool.free_bytes && pool.free_bytes > Some(0));
        let samples = plan.work().catalog.pool_samples(pool.id, Timestamp::UNIX_EPOCH).await.unwrap();
        assert_eq!(samples.len(), 1, "one measurement a quarter of an hour");
    });
}

#[test]
fn folders_are_browsed_page_by_page_and_files_come_as_streams() {
    run(async {
        let scratch = Scratch::new(Dialect::Sqlite);
        let plan = Plan::new(&scratch, |_| ()).await;
        assert_done(&plan.backup().await);
        let row = plan.snapshots().await.remove(0);
        let folder = rempart_work::browse::path_text(plan.source.join("part 0").to_str().unwrap().as_bytes());
        let (mut names, mut after) = (Vec::new(), None);
        let total = std::fs::read_dir(plan.source.join("part 0")).unwrap().count() as u64;
        loop {
            let page = plan.work().list_snapshot(row.id, &folder, after.as_deref(), 3).await.unwrap();
            assert_eq!(page.total, total, "on every page");
            names.extend(page.entries.into_iter().map(|entry| entry.name));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let mut there: Vec<String> = std::fs::read_dir(plan.source.join("part 0"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        there.sort();
        assert_eq!(names, there);
        let found = plan.work().find_in_snapshot(row.id, "FILE-12", 10).await.unwrap();
        assert_eq!(found.entries.len(), 1);
        let path = found.entries[0].path.clone();
        let mut download = plan.work().download(row.id, &path, None).await.unwrap();
        let mut content = Vec::new();
        while let Some(piece) = download.pieces.recv().await {
            content.extend(piece.unwrap());
        }
        assert_eq!(content, std::fs::read(plan.source.join("part 0/file-12.txt")).unwrap());
        let missing = plan.work().list_snapshot(row.id, "/no/such", None, 3).await.err();
        assert_eq!(missing.map(|trouble| trouble.code()), Some("snapshot.path_missing"));
    });
}
