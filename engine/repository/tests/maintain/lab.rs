//! A repository in a temporary folder, and snapshots of made-up trees: name → content, in one directory below the root.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rempart_crypto::{KdfParams, sha256};
use rempart_format::{BlobKind, LocalZone, Node, NodeKind, Snapshot, TreeEncoder, TreeReader, WallTime};
use rempart_model::{BlobId, SnapshotId};
use rempart_repository::{
    BlobSink, BlobSource, CheckOptions, CheckReport, Clock, InitOptions, LockGuard, LockMode, NoObserver, OpenOptions,
    PreparedBlob, PruneOptions, PruneStats, ReadData, Repository, WriterLock, WriterOptions,
};
use rempart_storage::LocalStore;

pub const PASSWORD: &[u8] = b"a password of the lab";
/// Any irreducible polynomial of degree 53 does; these tests cut by themselves.
const POLYNOMIAL: u64 = 0x3D_A335_8B4D_C173;

/// What a snapshot holds: file name → content, cut into the given chunks.
pub type Files = BTreeMap<String, Vec<Vec<u8>>>;

pub struct Lab {
    pub repository: Repository,
    folder: tempfile::TempDir,
}

/// The machine's clock, without the waiting: only this process takes locks here, so nobody has to be waited for.
struct NoWaiting;

impl Clock for NoWaiting {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
    fn sleep(&self, _: Duration) {}
}

fn open_options(folder: &Path) -> OpenOptions {
    OpenOptions { cache_dir: Some(folder.join("cache")), clock: Arc::new(NoWaiting), ..OpenOptions::default() }
}

impl Lab {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = Arc::new(LocalStore::new(folder.path().join("repository")));
        let init = InitOptions { chunker_polynomial: POLYNOMIAL, kdf: KdfParams::INSECURE_FOR_TESTS };
        let repository = Repository::init(store, PASSWORD, &init, open_options(folder.path())).expect("init");
        Self { repository, folder }
    }

    /// The same repository, opened anew: nothing remembered but what is on disk.
    pub fn reopened(&self) -> Repository {
        let store = Arc::new(LocalStore::new(self.path()));
        Repository::open(store, PASSWORD, open_options(self.folder.path())).expect("open")
    }

    /// Same, where time stands still, and something happens whenever somebody waits.
    pub fn reopened_with_sleep(&self, happens: impl Fn() + Send + Sync + 'static) -> Repository {
        struct Meanwhile<F>(F, Timestamp);
        impl<F: Fn() + Send + Sync> Clock for Meanwhile<F> {
            fn now(&self) -> Timestamp {
                self.1
            }
            fn sleep(&self, _: Duration) {
                (self.0)();
            }
        }
        let store = Arc::new(LocalStore::new(self.path()));
        let options =
            OpenOptions { clock: Arc::new(Meanwhile(happens, Timestamp::now())), ..open_options(self.folder.path()) };
        Repository::open(store, PASSWORD, options).expect("open")
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("repository")
    }

    /// Every file below a folder of the repository, sorted.
    pub fn objects(&self, folder: &str) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut pending = vec![self.path().join(folder)];
        while let Some(path) = pending.pop() {
            if path.is_dir() {
                pending.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            } else if path.exists() {
                found.push(path);
            }
        }
        found.sort();
        found
    }

    pub fn exclusive(&self) -> Arc<LockGuard> {
        Arc::new(self.repository.lock(LockMode::Exclusive, Some(Duration::from_secs(10))).expect("an exclusive lock"))
    }

    pub fn prune(&self, options: &PruneOptions) -> PruneStats {
        let exclusive = self.exclusive();
        let repository = self.reopened();
        let plan = repository.plan_prune(options, &NoObserver).expect("a plan");
        repository.prune(&exclusive, plan, WriterOptions::default(), &NoObserver).expect("a prune")
    }

    pub fn check(&self) -> CheckReport {
        self.reopened().check(&CheckOptions { read_data: ReadData::All }, &NoObserver).expect("a check")
    }

    /// A check of everything that must find nothing at all.
    pub fn assert_sound(&self, when: &str) {
        let report = self.check();
        assert!(report.problems.is_empty(), "{when}: {:?}", report.problems);
    }

    pub fn forget(&self, ids: &[SnapshotId]) {
        self.repository.remove_snapshots(&self.exclusive(), ids).expect("forget");
    }

    pub fn backup(&self, files: &Files) -> SnapshotId {
        backup(&self.repository, files)
    }
}

pub fn writer(repository: &Repository) -> rempart_repository::Writer {
    let lock = repository.lock(LockMode::Shared, Some(Duration::from_secs(10))).expect("a shared lock");
    repository.writer(WriterLock::Held(Arc::new(lock)), WriterOptions::default()).expect("a writer")
}

/// Stores the files as `/files/<name>` and commits a snapshot.
pub fn backup(repository: &Repository, files: &Files) -> SnapshotId {
    store(&writer(repository), files)
}

/// Same, by a writer that is open already.
pub fn store(sink: &rempart_repository::Writer, files: &Files) -> SnapshotId {
    let mut inner = TreeEncoder::new(LocalZone::utc());
    for (name, chunks) in files {
        let ids: Vec<BlobId> = chunks.iter().map(|chunk| put(sink, BlobKind::Data, chunk)).collect();
        let mut node = Node::new(name.as_str(), NodeKind::File);
        node.size = chunks.iter().map(|chunk| chunk.len() as u64).sum();
        node.content = Some(ids);
        inner.push(&node).expect("names ascend");
    }
    let inner = put(sink, BlobKind::Tree, &inner.into_bytes());
    let mut root = TreeEncoder::new(LocalZone::utc());
    let mut node = Node::new("files", NodeKind::Dir);
    node.subtree = Some(inner);
    root.push(&node).expect("one name");
    let tree = put(sink, BlobKind::Tree, &root.into_bytes());
    sink.commit(&snapshot(tree)).expect("a commit")
}

/// A snapshot of this tree, not committed.
pub fn snapshot(tree: BlobId) -> Snapshot {
    Snapshot {
        paths: vec!["/files".to_owned()],
        hostname: "lab".to_owned(),
        username: "tester".to_owned(),
        ..Snapshot::new(tree, WallTime::now(&LocalZone::utc()))
    }
}

/// Stores a blob as it is, if it is new.
pub fn put(sink: &impl BlobSink, kind: BlobKind, plaintext: &[u8]) -> BlobId {
    let id = BlobId::new(sha256(plaintext));
    let mut wanted = Vec::new();
    sink.claim(kind, &[id], &mut wanted).expect("a claim");
    if wanted[0] {
        sink.put(kind, &[PreparedBlob { id, payload: plaintext, uncompressed_bytes: None }]).expect("a put");
    }
    id
}

/// What a snapshot gives back, or the first thing that is missing or damaged.
pub fn read(repository: &Repository, id: SnapshotId) -> Result<BTreeMap<String, Vec<u8>>, String> {
    let text = |error: &dyn std::error::Error| error.to_string();
    let stored = repository.snapshot(id).map_err(|error| text(&error))?;
    let tree = |id: &BlobId| repository.read_blob(BlobKind::Tree, id).map_err(|error| text(&error));
    let mut files = BTreeMap::new();
    for directory in TreeReader::new(&tree(&stored.snapshot.tree)?) {
        let subtree = directory.map_err(|error| text(&error))?.subtree.ok_or("a directory without a tree")?;
        for node in TreeReader::new(&tree(&subtree)?) {
            let node = node.map_err(|error| text(&error))?;
            let mut content = Vec::new();
            for chunk in node.content() {
                content.extend(repository.read_blob(BlobKind::Data, chunk).map_err(|error| text(&error))?);
            }
            files.insert(String::from_utf8(node.name).map_err(|error| text(&error))?, content);
        }
    }
    Ok(files)
}

/// The files as [`read`] should give them back.
pub fn joined(files: &Files) -> BTreeMap<String, Vec<u8>> {
    files.iter().map(|(name, chunks)| (name.clone(), chunks.concat())).collect()
}

/// Bytes that differ for every seed and do not compress.
pub fn noise(seed: u64, len: usize) -> Vec<u8> {
    let block = |at: usize| sha256(&[seed.to_le_bytes(), (at as u64).to_le_bytes()].concat());
    (0..len.div_ceil(32)).flat_map(block).take(len).collect()
}

/// `count` files of one chunk each.
pub fn some_files(seed: u64, count: u64, len: usize) -> Files {
    (0..count).map(|n| (format!("file-{n:04}"), vec![noise(seed * 1000 + n, len)])).collect()
}
