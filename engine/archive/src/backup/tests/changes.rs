//! Whatever changes between two runs, a run with cache or parent gives the tree that a fresh one gives.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use rempart_format::FileTime;
use rempart_model::BlobId;

use super::super::{ChangeDetection, Options, Report};
use super::corpus;
use super::memory::{Memory, cache_at, ids};

/// A source directory, what was stored of it, and the cache of its last run.
pub(super) struct Scene {
    dir: tempfile::TempDir,
    caches: tempfile::TempDir,
    pub(super) memory: Memory,
    last: Option<Report>,
}

impl Scene {
    pub(super) fn new() -> Self {
        let (dir, caches) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        Self { dir, caches, memory: Memory::default(), last: None }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn source(&self) -> Vec<PathBuf> {
        vec![self.dir.path().to_owned()]
    }

    /// A run with the cache of the last one, published after it.
    pub(super) fn cached(&mut self) -> Report {
        let cache = cache_at(self.caches.path(), &[1]);
        let parent = self.last.as_ref().map(|last| last.tree);
        let mut report = self.memory.backup_after(&self.source(), &Options::default(), parent, Some(cache)).unwrap();
        report.cache.take().expect("a cache for the next run").publish(&ids(&[1])).unwrap();
        self.last = Some(Report { cache: None, problems: Vec::new(), ..report });
        report
    }

    /// The same, leaving the cache of the last run in its place.
    pub(super) fn cached_unpublished(&self) -> Report {
        let cache = cache_at(self.caches.path(), &[1]);
        let parent = self.last.as_ref().map(|last| last.tree);
        self.memory.backup_after(&self.source(), &Options::default(), parent, Some(cache)).unwrap()
    }

    /// The file of the last run's records.
    pub(super) fn cache_body(&self) -> PathBuf {
        let files = std::fs::read_dir(self.caches.path()).unwrap().map(|entry| entry.unwrap().path());
        files.into_iter().find(|path| path.extension().is_some_and(|extension| extension == "body")).expect("a body")
    }

    /// The tree of the source itself: the directories above it are shared with other tests.
    pub(super) fn tree(&self, report: &Report) -> BlobId {
        self.memory.subtree(report.tree, self.dir.path())
    }

    /// A run with nothing but the last one's snapshot.
    pub(super) fn by_parent(&self) -> Report {
        let parent = self.last.as_ref().map(|last| last.tree);
        self.memory.backup_after(&self.source(), &Options::default(), parent, None).unwrap()
    }

    /// A run that knows nothing.
    pub(super) fn fresh_tree(&self) -> BlobId {
        let memory = Memory::default();
        let report = memory.backup(&self.source(), &Options::default()).unwrap();
        memory.subtree(report.tree, self.dir.path())
    }

    /// Lets what exists be older than the cache's mistrust of young files, without waiting for it.
    pub(super) fn age(&self) {
        for entry in std::fs::read_dir(self.caches.path()).unwrap().flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|extension| extension == "head") {
                super::super::cache::trust_everything_for_tests(&path);
            }
        }
    }
}

#[test]
fn an_unchanged_tree_is_not_read_and_nothing_is_stored() {
    let mut scene = Scene::new();
    corpus::make(scene.dir.path());
    let first = scene.cached();
    scene.age();
    let second = scene.cached();
    assert_eq!(scene.tree(&second), scene.tree(&first));
    assert_eq!(second.summary.bytes_read, 0, "files were read again");
    assert_eq!(second.summary.data_blobs, 0);
    assert_eq!(second.summary.files_unmodified, first.summary.files_new);
    assert_eq!((second.summary.files_new, second.summary.files_changed), (0, 0));
    // The directories above the source are other tests' too.
    let above = scene.dir.path().components().count() as u64 - 1;
    assert!(second.summary.dirs_unmodified >= first.summary.dirs_new - above);
    let third = scene.by_parent();
    assert_eq!((scene.tree(&third), third.summary.bytes_read), (scene.tree(&first), 0), "by the parent snapshot");
    assert_eq!(third.summary.files_unmodified, first.summary.files_new, "by the parent snapshot");
}

#[test]
fn young_files_are_read_again() {
    let mut scene = Scene::new();
    corpus::write(&scene.path("young"), b"written just now");
    scene.cached();
    let second = scene.cached();
    assert_eq!(second.summary.bytes_read, 16, "a file as young as the last backup was trusted");
    assert_eq!(second.summary.files_unmodified, 1);
}

#[test]
fn a_change_that_keeps_size_and_mtime_is_seen() {
    let mut scene = Scene::new();
    let file = scene.path("file");
    corpus::write(&file, b"before");
    corpus::set_times(&file, 1_000_000, 5);
    scene.cached();
    scene.age();
    corpus::write(&file, b"after!");
    corpus::set_times(&file, 1_000_000, 5);
    let second = scene.cached();
    assert_eq!(scene.tree(&second), scene.fresh_tree());
    assert_eq!(second.summary.files_changed, 1);
}

#[test]
fn each_way_of_detecting_changes_sees_what_it_should() {
    for (changes, reads_after_chmod, reads_after_copy) in [
        (ChangeDetection::Full, true, true),
        (ChangeDetection::IgnoreCtime, false, true),
        (ChangeDetection::IgnoreInode, false, false),
        (ChangeDetection::Force, true, true),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let (file, copy) = (dir.path().join("file"), dir.path().join("copy"));
        corpus::write(&file, b"content");
        corpus::set_times(&file, 1_000_000, 7);
        let (memory, sources) = (Memory::default(), vec![file.clone()]);
        let options = Options { changes, ..Options::default() };
        let first = memory.backup(&sources, &options).unwrap();
        let again = || memory.backup_after(&sources, &options, Some(first.tree), None).unwrap().summary.bytes_read > 0;
        assert_eq!(again(), changes == ChangeDetection::Force, "{changes:?}: unchanged");
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(again(), reads_after_chmod, "{changes:?}: another ctime");
        std::fs::copy(&file, &copy).unwrap();
        corpus::set_times(&copy, 1_000_000, 7);
        std::fs::rename(&copy, &file).unwrap();
        assert_eq!(again(), reads_after_copy, "{changes:?}: another inode");
    }
}

#[test]
fn a_parent_that_began_later_than_a_change_is_not_trusted() {
    let dir = tempfile::tempdir().unwrap();
    corpus::write(&dir.path().join("file"), b"content");
    let (memory, sources) = (Memory::default(), vec![dir.path().to_owned()]);
    let first = memory.backup(&sources, &Options::default()).unwrap();
    let long_ago = FileTime { seconds: 1, nanoseconds: 0 };
    let options = Options { parent_started: Some(long_ago), ..Options::default() };
    let second = memory.backup_after(&sources, &options, Some(first.tree), None).unwrap();
    assert_eq!(second.summary.bytes_read, 7);
}

#[test]
fn a_damaged_cache_is_as_good_as_none() {
    let mut scene = Scene::new();
    corpus::make(scene.dir.path());
    let first = scene.cached();
    scene.age();
    let expected = scene.tree(&first);
    let files: Vec<PathBuf> =
        std::fs::read_dir(scene.caches.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 2, "{files:?}");
    let kept: Vec<Vec<u8>> = files.iter().map(|file| std::fs::read(file).unwrap()).collect();
    for (file, whole) in files.iter().zip(&kept) {
        let step = (whole.len() / 60).max(1);
        let damages = (0..whole.len()).step_by(step).map(|at| {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x40;
            (format!("byte {at} flipped"), damaged)
        });
        let cuts = [0, 1, whole.len() / 2, whole.len() - 1].map(|at| (format!("cut at {at}"), whole[..at].to_vec()));
        for (what, damaged) in damages.chain(cuts) {
            std::fs::write(file, damaged).unwrap();
            let cache = cache_at(scene.caches.path(), &[1]);
            let report = scene
                .memory
                .backup_after(&scene.source(), &Options::default(), Some(first.tree), Some(cache))
                .unwrap_or_else(|error| panic!("{}: {what}: {error}", file.display()));
            assert_eq!(scene.tree(&report), expected, "{}: {what}", file.display());
        }
        std::fs::write(file, whole).unwrap();
    }
}

#[test]
fn a_cache_of_other_index_files_is_verified() {
    let mut scene = Scene::new();
    corpus::make(scene.dir.path());
    let first = scene.cached();
    scene.age();
    let expected = scene.tree(&first);
    // More index files: everything is there still.
    let more = cache_at(scene.caches.path(), &[0, 1, 2]);
    let report = scene.memory.backup_after(&scene.source(), &Options::default(), None, Some(more)).unwrap();
    assert_eq!((scene.tree(&report), report.summary.bytes_read), (expected, 0), "with more index files");
    // Other index files, the same blobs: nothing is read.
    let other = || cache_at(scene.caches.path(), &[7]);
    let report = scene.memory.backup_after(&scene.source(), &Options::default(), None, Some(other())).unwrap();
    assert_eq!((scene.tree(&report), report.summary.bytes_read), (expected, 0), "with other index files");
    // Other index files, and the blobs are gone: everything is read and stored again.
    scene.memory.forget_all();
    let report = scene.memory.backup_after(&scene.source(), &Options::default(), None, Some(other())).unwrap();
    assert_eq!(scene.tree(&report), expected, "after the blobs were lost");
    assert_eq!(report.summary.tree_blobs, first.summary.tree_blobs, "trees stored after the blobs were lost");
    assert_eq!(report.summary.data_blobs, first.summary.data_blobs, "data stored after the blobs were lost");
}

/// One thing that happens to a tree.
#[derive(Debug, Clone)]
enum Action {
    Write { path: usize, len: usize, seed: u64 },
    Remove { path: usize },
    Move { from: usize, to: usize },
    Link { from: usize, to: usize },
    Chmod { path: usize, mode: u32 },
    Touch { path: usize, seconds: i64 },
    Symlink { path: usize, target: usize },
    MakeDir { path: usize },
    Swap { a: usize, b: usize },
}

const PATHS: [&str; 16] = [
    "a",
    "b",
    "d/a",
    "d/b",
    "d/e/a",
    "d/e/b",
    "d/e/f/a",
    "d/e/f/b",
    "g/a",
    "g/h/a",
    "g/h/b",
    "g/h/i/j/k",
    "d/e",
    "g/h",
    "l",
    "m/n",
];

fn action() -> impl Strategy<Value = Action> {
    let path = || 0..PATHS.len();
    prop_oneof![
        4 => (path(), prop_oneof![0..50_usize, Just(600_000_usize)], 0..4_u64)
            .prop_map(|(path, len, seed)| Action::Write { path, len, seed }),
        2 => path().prop_map(|path| Action::Remove { path }),
        1 => (path(), path()).prop_map(|(from, to)| Action::Move { from, to }),
        1 => (path(), path()).prop_map(|(from, to)| Action::Link { from, to }),
        1 => (path(), 0..0o777_u32).prop_map(|(path, mode)| Action::Chmod { path, mode: mode | 0o100 }),
        1 => (path(), 0..5_i64).prop_map(|(path, seconds)| Action::Touch { path, seconds }),
        1 => (path(), path()).prop_map(|(path, target)| Action::Symlink { path, target }),
        1 => path().prop_map(|path| Action::MakeDir { path }),
        1 => (path(), path()).prop_map(|(a, b)| Action::Swap { a, b }),
    ]
}

/// Does it where it is possible; what is impossible (a directory over a file) changes nothing.
fn act(top: &Path, action: &Action) {
    let at = |index: usize| top.join(PATHS[index]);
    let parent = |index: usize| _ = std::fs::create_dir_all(at(index).parent().unwrap());
    match *action {
        Action::Write { path, len, seed } => {
            parent(path);
            let _ = std::fs::write(at(path), corpus::noise(seed, len));
        }
        Action::Remove { path } => {
            if std::fs::remove_file(at(path)).is_err() {
                let _ = std::fs::remove_dir_all(at(path));
            }
        }
        Action::Move { from, to } => {
            parent(to);
            let _ = std::fs::rename(at(from), at(to));
        }
        Action::Link { from, to } => {
            parent(to);
            let _ = std::fs::hard_link(at(from), at(to));
        }
        Action::Chmod { path, mode } => {
            let _ = std::fs::set_permissions(at(path), std::fs::Permissions::from_mode(mode));
        }
        Action::Touch { path, seconds } => {
            if at(path).symlink_metadata().is_ok() {
                corpus::set_times(&at(path), seconds, 0);
            }
        }
        Action::Symlink { path, target } => {
            parent(path);
            let _ = std::os::unix::fs::symlink(PATHS[target], at(path));
        }
        Action::MakeDir { path } => {
            let _ = std::fs::create_dir_all(at(path));
        }
        Action::Swap { a, b } => {
            use rustix::fs::{CWD, RenameFlags, renameat_with};
            let _ = renameat_with(CWD, at(a), CWD, at(b), RenameFlags::EXCHANGE);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn random_histories_give_the_trees_of_fresh_backups(
        history in proptest::collection::vec((proptest::collection::vec(action(), 0..8), any::<bool>()), 1..6)
    ) {
        let mut scene = Scene::new();
        corpus::write(&scene.path("always"), b"here");
        for (round, (actions, aged)) in history.iter().enumerate() {
            for action in actions {
                act(scene.dir.path(), action);
            }
            if *aged {
                scene.age();
            }
            let fresh = scene.fresh_tree();
            let by_parent = scene.by_parent();
            let cached = scene.cached();
            let paths: BTreeMap<_, _> = [("cached", scene.tree(&cached)), ("by parent", scene.tree(&by_parent))].into();
            for (how, tree) in paths {
                prop_assert_eq!(tree, fresh, "round {}, {}: {:?}", round, how, scene.memory.paths(tree));
            }
            prop_assert_eq!(cached.problems_count, 0);
        }
    }
}
