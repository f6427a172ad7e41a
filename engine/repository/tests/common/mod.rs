//! What the tests of this crate share: small repositories on disk, and the real restic.
#![allow(dead_code, reason = "each test file uses a part")]

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use rempart_crypto::{KdfParams, sha256};
use rempart_format::{BlobKind, Compression, Compressor, LocalZone, Node, NodeKind, Snapshot, TreeEncoder, WallTime};
use rempart_model::{BlobId, SnapshotId};
use rempart_repository::{
    BlobError, BlobSink, InitOptions, LockMode, OpenOptions, PreparedBlob, Repository, RepositoryError, Writer,
    WriterLock, WriterOptions,
};
use rempart_storage::{LocalStore, ObjectKind, ObjectName, ObjectStore};

pub const PASSWORD: &str = "correct horse";
/// An irreducible polynomial of degree 53, from restic's own tests.
pub const POLYNOMIAL: u64 = 0x003D_A335_8B4D_C173;

pub fn init_options() -> InitOptions {
    InitOptions { chunker_polynomial: POLYNOMIAL, kdf: KdfParams { n: 1024, r: 8, p: 1 } }
}

/// A repository in a temporary folder, with a folder for its cache beside it.
pub struct Place {
    pub folder: tempfile::TempDir,
}

impl Place {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }
    pub fn repo_path(&self) -> PathBuf {
        self.folder.path().join("repo")
    }
    pub fn cache_path(&self) -> PathBuf {
        self.folder.path().join("cache")
    }
    pub fn store(&self) -> Arc<dyn ObjectStore> {
        Arc::new(LocalStore::new(self.repo_path()))
    }
    pub fn with_cache(&self) -> OpenOptions {
        OpenOptions { cache_dir: Some(self.cache_path()), ..OpenOptions::default() }
    }
    pub fn init(&self) -> Repository {
        Repository::init(self.store(), PASSWORD.as_bytes(), &init_options(), OpenOptions::default()).expect("init")
    }
    pub fn open(&self) -> Repository {
        Repository::open(self.store(), PASSWORD.as_bytes(), OpenOptions::default()).expect("open")
    }
    pub fn open_cached(&self) -> Repository {
        Repository::open(self.store(), PASSWORD.as_bytes(), self.with_cache()).expect("open with cache")
    }
    pub fn restic(&self, arguments: &[&str]) -> Output {
        restic(&self.repo_path(), arguments)
    }
    pub fn restic_ok(&self, arguments: &[&str]) -> Vec<u8> {
        let output = self.restic(arguments);
        let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(
            output.status.success(),
            "restic {arguments:?} failed:\n{}\n{}",
            shown(&output.stdout),
            shown(&output.stderr)
        );
        output.stdout
    }
}

/// The real restic. Missing, the test fails: `apt-get install restic`.
pub fn restic(repo: &Path, arguments: &[&str]) -> Output {
    Command::new("restic")
        .args(["--no-cache", "-r"])
        .arg(repo)
        .args(arguments)
        .env("RESTIC_PASSWORD", PASSWORD)
        .output()
        .expect("the program `restic` is needed for this test: apt-get install restic")
}

/// A clock that does not wait: what sleeps on it goes on at once.
pub struct Hasty;

impl rempart_repository::Clock for Hasty {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::now()
    }
    fn sleep(&self, _: std::time::Duration) {}
}

/// Bytes that do not repeat and do not compress.
pub fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(len + 8);
    while bytes.len() < len {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.wrapping_mul(0x2545_f491_4f6c_dd1d).to_le_bytes());
    }
    bytes.truncate(len);
    bytes
}

pub fn id_of(plaintext: &[u8]) -> BlobId {
    BlobId::new(sha256(plaintext))
}

/// Stores one blob if it is new, compressed or not.
pub fn store(writer: &Writer, kind: BlobKind, plaintext: &[u8], compressed: bool) -> Result<BlobId, BlobError> {
    let id = id_of(plaintext);
    let mut wanted = Vec::new();
    writer.claim(kind, &[id], &mut wanted)?;
    if wanted[0] {
        let mut payload = Vec::new();
        let blob = if compressed {
            Compressor::new(Compression::Auto).unwrap().compress(plaintext, &mut payload).unwrap();
            PreparedBlob { id, payload: &payload, uncompressed_bytes: NonZeroU32::new(plaintext.len() as u32) }
        } else {
            PreparedBlob { id, payload: plaintext, uncompressed_bytes: None }
        };
        writer.put(kind, &[blob])?;
    }
    Ok(id)
}

/// Stores a tree with these files, each of one blob, and returns a snapshot of it, not committed.
pub fn snapshot_of(writer: &Writer, files: &[(&str, &[u8])]) -> Result<Snapshot, BlobError> {
    let mut tree = TreeEncoder::new(LocalZone::utc());
    let mut files = files.to_vec();
    files.sort_unstable();
    for (name, content) in files {
        let mut node = Node::new(name, NodeKind::File);
        node.mode = 0o644;
        node.size = content.len() as u64;
        node.links = 1;
        node.content = Some(if content.is_empty() {
            Vec::new()
        } else {
            vec![store(writer, BlobKind::Data, content, content.len().is_multiple_of(2))?]
        });
        tree.push(&node).expect("a node");
    }
    let root = store(writer, BlobKind::Tree, &tree.into_bytes(), true)?;
    let mut snapshot = Snapshot::new(root, WallTime::now(&LocalZone::utc()));
    snapshot.paths = vec!["/test".to_owned()];
    snapshot.hostname = "host".to_owned();
    Ok(snapshot)
}

pub fn writer(repo: &Repository) -> Result<Writer, RepositoryError> {
    let lock = repo.lock_async(LockMode::Shared, None)?;
    repo.writer(WriterLock::Pending(lock), WriterOptions::default())
}

/// A whole backup of files given by name and content.
pub fn back_up(repo: &Repository, files: &[(&str, &[u8])]) -> Result<SnapshotId, BlobError> {
    let writer = writer(repo)?;
    let snapshot = snapshot_of(&writer, files)?;
    writer.commit(&snapshot)
}

/// The master key, as whoever knows the password can have it.
pub fn master_key(store: &dyn ObjectStore) -> rempart_crypto::MasterKey {
    let id = store.list(ObjectKind::Key).unwrap()[0].id;
    let file = rempart_format::KeyFile::decode(&store.read(ObjectName::Named(ObjectKind::Key, id)).unwrap()).unwrap();
    let kdf = KdfParams { n: file.n, r: file.r, p: file.p };
    let user_key = rempart_crypto::derive_key(PASSWORD.as_bytes(), &file.salt, kdf).unwrap();
    let parts = rempart_format::decode_master_key(&user_key.open(&file.data).unwrap()).unwrap();
    rempart_crypto::MasterKey::from_parts(parts)
}

/// Replaces the config of a repository by other JSON, sealed with its own key.
pub fn write_config(place: &Place, json: &[u8]) {
    let sealed = master_key(&*place.store()).seal(json);
    let config = place.repo_path().join("config");
    std::fs::remove_file(&config).unwrap();
    std::fs::write(config, sealed).unwrap();
}

/// Plants a lock as another process would.
pub fn write_lock(store: &dyn ObjectStore, lock: &rempart_format::Lock) {
    let sealed = master_key(store).seal(&lock.encode());
    let id = rempart_model::Id::new(sha256(&sealed));
    store.write(ObjectName::Named(ObjectKind::Lock, id), sealed.into()).unwrap();
}
