//! What cannot be read, vanishes or changes is named; the rest is kept. What ends the run ends it cleanly.

use std::num::NonZeroUsize;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use rempart_chunker::{Chunker, Polynomial};
use rempart_format::{BlobKind, Snapshot};
use rempart_model::{BlobId, Outcome, SnapshotId};
use rempart_repository::{BlobError, BlobSink, ErrorKind, PreparedBlob};

use super::super::{Backup, BackupError, Item, Observer, Options, ProblemKind, Progress, Report, Result, run};
use super::corpus;
use super::memory::Memory;
use crate::cancel::CancelToken;

/// Does something when the item of this name is done, once.
struct When<F> {
    name: &'static str,
    act: F,
}

impl<F: Fn() + Sync> Observer for When<F> {
    fn wants_items(&self) -> bool {
        true
    }
    fn item(&self, item: &Item<'_>) {
        if item.name == self.name.as_bytes() {
            (self.act)();
        }
    }
}

/// Does something before the first blobs are stored.
pub(super) struct BeforeFirstPut<'m, F> {
    pub(super) memory: &'m Memory,
    pub(super) did: AtomicBool,
    pub(super) act: F,
}

impl<F: Fn() -> std::result::Result<(), BlobError> + Sync + Send> BlobSink for BeforeFirstPut<'_, F> {
    fn claim(&self, kind: BlobKind, ids: &[BlobId], wanted: &mut Vec<bool>) -> std::result::Result<(), BlobError> {
        self.memory.claim(kind, ids, wanted)
    }
    fn put(&self, kind: BlobKind, blobs: &[PreparedBlob<'_>]) -> std::result::Result<u64, BlobError> {
        if !self.did.swap(true, Ordering::Relaxed) {
            (self.act)()?;
        }
        self.memory.put(kind, blobs)
    }
    fn commit(&self, snapshot: &Snapshot) -> std::result::Result<SnapshotId, BlobError> {
        self.memory.commit(snapshot)
    }
}

/// One worker, so that the order of things is known.
fn backup(sink: &dyn BlobSink, observer: &dyn Observer, cancel: &CancelToken, sources: &[PathBuf]) -> Result<Report> {
    let chunker = Chunker::new(Polynomial::new(super::memory::POLYNOMIAL).unwrap());
    let options = Options { read_concurrency: NonZeroUsize::new(1), ..Options::default() };
    let progress = Progress::new();
    run(
        Backup {
            sink,
            source: None,
            parent_tree: None,
            cache: None,
            chunker: &chunker,
            options: &options,
            progress: &progress,
            observer,
            cancel,
        },
        sources,
    )
}

fn problems(report: &Report, top: &std::path::Path) -> Vec<(String, ProblemKind)> {
    assert_eq!(report.problems.len() as u64, report.problems_count);
    assert_eq!(report.outcome(), if report.problems.is_empty() { Outcome::Succeeded } else { Outcome::Warning });
    let relative = |path: &[u8]| {
        let path = String::from_utf8(path.to_vec()).unwrap();
        path.strip_prefix(top.to_str().unwrap()).map_or(path.clone(), |rest| rest.trim_start_matches('/').to_owned())
    };
    report.problems.iter().map(|problem| (relative(&problem.path), problem.kind.clone())).collect()
}

#[test]
fn what_is_denied_is_named_and_the_rest_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    for file in ["open", "closed", "shut/inside", "ajar/inside"] {
        corpus::write(&dir.path().join(file), b"x");
    }
    for (path, mode) in [("closed", 0), ("shut", 0), ("ajar", 0o744)] {
        std::fs::set_permissions(dir.path().join(path), std::fs::Permissions::from_mode(mode)).unwrap();
    }
    let memory = Memory::default();
    // As nobody, on this thread and those it starts.
    let (nobody, root) = (rustix::fs::Uid::from_raw(65534), rustix::fs::Uid::ROOT);
    rustix::thread::set_thread_res_uid(root, nobody, root).unwrap();
    let report = memory.backup(&[dir.path().to_owned()], &Options::default());
    rustix::thread::set_thread_res_uid(root, root, root).unwrap();
    let report = report.unwrap();
    let denied = |operation| ProblemKind::Unreadable { operation, errno: rustix::io::Errno::ACCESS.raw_os_error() };
    let mut found = problems(&report, dir.path());
    found.sort_by(|a, b| a.0.cmp(&b.0));
    let expected = [("ajar/inside", denied("stat")), ("closed", denied("open")), ("shut", denied("open"))];
    assert_eq!(found, expected.map(|(path, kind)| (path.to_owned(), kind)));
    assert_eq!(memory.paths(memory.subtree(report.tree, dir.path())), ["ajar/", "open"]);
}

#[test]
fn a_file_that_gives_errors_is_named() {
    let memory = Memory::default();
    // Address 0 of a process is never mapped.
    let report = memory.backup(&["/proc/self/mem".into(), "/etc/hostname".into()], &Options::default()).unwrap();
    let errno = rustix::io::Errno::IO.raw_os_error();
    assert_eq!(report.problems.len(), 1, "{:?}", report.problems);
    assert_eq!(report.problems[0].kind, ProblemKind::Unreadable { operation: "read", errno });
    assert!(memory.node(report.tree, "/etc/hostname".as_ref()).is_some());
}

#[test]
fn what_vanishes_or_turns_into_something_else_is_named() {
    let dir = tempfile::tempdir().unwrap();
    for file in ["b gone", "c linked", "d folder/x"] {
        corpus::write(&dir.path().join(file), b"x");
    }
    corpus::write(&dir.path().join("a first"), b"");
    let at = |name: &str| dir.path().join(name);
    // The empty file is done before the next one is opened.
    let meddle = When {
        name: "a first",
        act: || {
            std::fs::remove_file(at("b gone")).unwrap();
            std::fs::remove_file(at("c linked")).unwrap();
            std::os::unix::fs::symlink("a first", at("c linked")).unwrap();
        },
    };
    let memory = Memory::default();
    let report = backup(&memory, &meddle, &CancelToken::new(), &[dir.path().to_owned()]).unwrap();
    let expected = [("b gone", ProblemKind::Vanished), ("c linked", ProblemKind::ChangedType)];
    assert_eq!(problems(&report, dir.path()), expected.map(|(path, kind)| (path.to_owned(), kind)));
    assert_eq!(memory.paths(memory.subtree(report.tree, dir.path())), ["a first", "d folder/", "d folder/x"]);
}

#[test]
fn a_file_that_changes_before_it_is_opened_is_stored_as_it_is_then() {
    let dir = tempfile::tempdir().unwrap();
    corpus::write(&dir.path().join("a first"), b"");
    for file in ["grows", "shrinks", "swaps"] {
        corpus::write(&dir.path().join(file), b"0123456789");
    }
    let at = |name: &str| dir.path().join(name);
    let meddle = When {
        name: "a first",
        act: || {
            corpus::write(&at("grows"), &corpus::noise(5, 3_000_000));
            corpus::write(&at("shrinks"), b"01");
            corpus::write(&at("new"), b"9876543210");
            std::fs::rename(at("new"), at("swaps")).unwrap();
        },
    };
    let memory = Memory::default();
    let report = backup(&memory, &meddle, &CancelToken::new(), &[dir.path().to_owned()]).unwrap();
    assert_eq!(problems(&report, dir.path()), []);
    for name in ["grows", "shrinks", "swaps"] {
        let node = memory.node(report.tree, &at(name)).unwrap();
        let now = std::fs::read(at(name)).unwrap();
        assert_eq!((memory.content(&node), node.size), (now.clone(), now.len() as u64), "{name}");
    }
}

#[test]
fn a_file_that_changes_while_it_is_read_is_named_and_kept() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("log");
    corpus::write(&file, &corpus::noise(6, 40_000_000));
    let memory = Memory::default();
    let act = || {
        use std::io::Write as _;
        std::fs::OpenOptions::new().append(true).open(&file).unwrap().write_all(b"one more line\n").unwrap();
        Ok(())
    };
    let sink = BeforeFirstPut { memory: &memory, did: AtomicBool::new(false), act };
    let report = backup(&sink, &super::super::NoObserver, &CancelToken::new(), std::slice::from_ref(&file)).unwrap();
    assert_eq!(report.problems.len(), 1, "{:?}", report.problems);
    assert_eq!(report.problems[0].kind, ProblemKind::ChangedWhileRead);
    let node = memory.node(report.tree, &file).unwrap();
    assert_eq!(memory.content(&node).len() as u64, node.size);
    assert!(node.size >= 40_000_000);
}

#[test]
fn another_name_is_read_where_the_first_one_failed() {
    let dir = tempfile::tempdir().unwrap();
    corpus::write(&dir.path().join("a first"), b"");
    corpus::write(&dir.path().join("b"), b"linked");
    for name in ["c", "sub/d"] {
        std::fs::create_dir_all(dir.path().join(name).parent().unwrap()).unwrap();
        std::fs::hard_link(dir.path().join("b"), dir.path().join(name)).unwrap();
    }
    let at = |name: &str| dir.path().join(name);
    let meddle = When { name: "a first", act: || drop(std::fs::remove_file(at("b"))) };
    let memory = Memory::default();
    let report = backup(&memory, &meddle, &CancelToken::new(), &[dir.path().to_owned()]).unwrap();
    for name in ["c", "sub/d"] {
        let node = memory.node(report.tree, &at(name)).unwrap_or_else(|| panic!("{name}: {:?}", report.problems));
        assert_eq!(memory.content(&node), b"linked", "{name}");
    }
}

#[test]
fn a_canceled_run_and_a_failing_sink_end_without_a_tree() {
    let dir = tempfile::tempdir().unwrap();
    corpus::write(&dir.path().join("large"), &corpus::noise(7, 30_000_000));
    let (memory, cancel) = (Memory::default(), CancelToken::new());
    let act = || {
        cancel.cancel();
        Ok(())
    };
    let sink = BeforeFirstPut { memory: &memory, did: AtomicBool::new(false), act };
    let ended = backup(&sink, &super::super::NoObserver, &cancel, &[dir.path().to_owned()]);
    assert!(matches!(ended, Err(BackupError::Canceled)), "{ended:?}");

    let act = || Err(BlobError::Session { kind: ErrorKind::Full, source: "no space".into() });
    let sink = BeforeFirstPut { memory: &memory, did: AtomicBool::new(false), act };
    let ended = backup(&sink, &super::super::NoObserver, &CancelToken::new(), &[dir.path().to_owned()]);
    assert!(matches!(&ended, Err(BackupError::Sink(error)) if error.kind() == ErrorKind::Full), "{ended:?}");
}

#[test]
fn nothing_to_back_up_is_an_error() {
    let memory = Memory::default();
    let none = memory.backup(&[], &Options::default());
    assert!(matches!(none, Err(BackupError::NoTargets)), "{none:?}");
    let missing = memory.backup(&["/nowhere-at-all".into()], &Options::default());
    assert!(matches!(missing, Err(BackupError::Empty)), "{missing:?}");
    // The folders above a source that is gone are no backup of it
    let dir = tempfile::tempdir().unwrap();
    let gone = [dir.path().join("gone"), dir.path().join("away/below")];
    let missing = memory.backup(&gone, &Options::default());
    assert!(matches!(missing, Err(BackupError::Empty)), "{missing:?}");
    let there = dir.path().join("there");
    std::fs::create_dir(&there).unwrap();
    let report = memory.backup(&[gone[0].clone(), gone[1].clone(), there], &Options::default()).unwrap();
    assert_eq!(report.problems_count, 2, "{:?}", report.problems);
}
