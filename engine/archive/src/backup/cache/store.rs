//! Finding the cache of these sources, judging how far it can be trusted, and leaving one for the next run.

use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use rempart_crypto::{Sha256Stream, random_bytes};
use rempart_format::FileTime;
use rempart_model::{Id, IndexId};
use rustix::fs::CWD;

use super::super::error::{BackupError, Result};
use super::super::options::Options;
use super::super::targets::absolute;
use super::body::{BodyReader, BodyWriter};
use super::head::Head;
use super::record::RecordRef;

/// Where the change cache of a repository is, and what the caller knows of the repository.
#[derive(Debug, Clone)]
pub struct ChangeCacheLocation {
    /// A folder for this repository alone, private to the user. Made where it is missing.
    pub directory: PathBuf,
    /// Keeps runs apart that share the folder: the host name, for one.
    pub scope: Vec<u8>,
    /// The index files in the repository now.
    pub index_ids: Vec<IndexId>,
}

/// How far what the cache says may be used unseen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trust {
    /// Everything: an unchanged directory keeps its tree.
    Full,
    /// Content only; trees are made anew, as names of owners, the time zone or an option changed.
    Content,
    /// Content of which the repository says that it has it; trees are made anew. (Index files were replaced.)
    Verify,
}

/// The cache during one run.
#[derive(Debug)]
pub(crate) struct CacheRun {
    pub(crate) old: Option<OldCache>,
    pub(crate) writer: BodyWriter,
    directory: PathBuf,
    key: String,
    token: [u8; 16],
    context: [u8; 32],
}

#[derive(Debug)]
pub(crate) struct OldCache {
    pub(crate) reader: BodyReader,
    pub(crate) trust: Trust,
    pub(crate) root: RecordRef,
    pub(crate) trusted_before: FileTime,
    token: [u8; 16],
}

/// Times as coarse as two seconds exist (FAT); what changed that shortly before the last run may have changed after it
/// was read without its times telling.
const COARSEST_CLOCK_SECONDS: i64 = 2;

impl CacheRun {
    /// Opens what the last run of the same sources and options left. Anything wrong with it means there is none.
    pub(crate) fn open(location: &ChangeCacheLocation, sources: &[PathBuf], options: &Options) -> Result<Self> {
        let directory = location.directory.clone();
        std::fs::create_dir_all(&directory).map_err(|source| BackupError::Cache { path: directory.clone(), source })?;
        let key = key(location, sources, options);
        let context = context(options);
        let token = random_bytes();
        let old = read_old(&directory, &key, &context, &location.index_ids);
        let writer = BodyWriter::new(directory.join(format!("{key}-{}.tmp", hex(&token))));
        Ok(Self { old, writer, directory, key, token, context })
    }

    /// Ends the run. `root` is `None` where the tree has no record, and nothing is left for the next run then.
    /// Where it is the record of the last run, the body stays.
    pub(crate) fn finish(mut self, root: Option<RecordRef>, started: FileTime) -> io::Result<Option<UnpublishedCache>> {
        let wrote = self.writer.finish()?;
        let temporary = wrote.then(|| self.writer.path().to_owned());
        let Some(root) = root else { return Ok(None) };
        let old_token = self.old.take().map(|old| old.token);
        let (token, temporary) = match (root.is_old, old_token) {
            (true, Some(token)) => (token, None),
            _ => (self.token, temporary),
        };
        let trusted_before =
            FileTime { seconds: started.seconds - COARSEST_CLOCK_SECONDS, nanoseconds: started.nanoseconds };
        let head = Head { context: self.context, body: token, root, trusted_before, index_ids: Vec::new() };
        Ok(Some(UnpublishedCache { directory: self.directory.clone(), key: self.key.clone(), temporary, head }))
    }
}

impl Drop for CacheRun {
    fn drop(&mut self) {
        // Published bodies have another name by then; an abandoned one is of no use to anybody.
        if self.writer.finish().unwrap_or(true) {
            let _ = std::fs::remove_file(self.writer.path());
        }
    }
}

fn read_old(directory: &Path, key: &str, context: &[u8; 32], index_ids: &[IndexId]) -> Option<OldCache> {
    let head = Head::decode(&std::fs::read(directory.join(format!("{key}.head"))).ok()?)?;
    let reader = BodyReader::open(&body_path(directory, key, &head.body)).ok()?;
    let mut now = index_ids.to_vec();
    now.sort_unstable();
    let all_there = head.index_ids.iter().all(|id| now.binary_search(id).is_ok());
    let trust = match (all_there, head.context == *context) {
        (false, _) => Trust::Verify,
        (true, false) => Trust::Content,
        (true, true) => Trust::Full,
    };
    Some(OldCache { reader, trust, root: head.root, trusted_before: head.trusted_before, token: head.body })
}

fn body_path(directory: &Path, key: &str, token: &[u8; 16]) -> PathBuf {
    directory.join(format!("{key}-{}.body", hex(token)))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A cache that waits for its snapshot. Dropped without [`UnpublishedCache::publish`], it leaves nothing behind.
#[derive(Debug)]
pub struct UnpublishedCache {
    directory: PathBuf,
    key: String,
    /// The new body; `None` where the old one still says it all.
    temporary: Option<PathBuf>,
    head: Head,
}

impl UnpublishedCache {
    /// Makes it the cache of the next run. Call it after the commit, with the repository's index files as they are
    /// then: everything that the backup refers to is listed in one of them.
    pub fn publish(mut self, index_ids: &[IndexId]) -> Result<()> {
        self.head.index_ids = index_ids.to_vec();
        self.head.index_ids.sort_unstable();
        let body = body_path(&self.directory, &self.key, &self.head.body);
        if let Some(temporary) = &self.temporary {
            rename(temporary, &body)?;
            self.temporary = None;
        }
        let head = self.directory.join(format!("{}.head", self.key));
        let unfinished = self.directory.join(format!("{}-{}.head.tmp", self.key, hex(&random_bytes::<8>())));
        std::fs::write(&unfinished, self.head.encode())
            .map_err(|source| BackupError::Cache { path: unfinished.clone(), source })?;
        rename(&unfinished, &head)?;
        self.remove_other_bodies(&body);
        Ok(())
    }

    /// Bodies that no head names any more. Not being able to remove them harms nothing but space.
    fn remove_other_bodies(&self, keep: &Path) {
        let prefix = format!("{}-", self.key);
        for entry in std::fs::read_dir(&self.directory).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let name = name.as_bytes();
            if name.starts_with(prefix.as_bytes()) && name.ends_with(b".body") && entry.path() != keep {
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }
}

impl Drop for UnpublishedCache {
    fn drop(&mut self) {
        if let Some(temporary) = &self.temporary {
            let _ = std::fs::remove_file(temporary);
        }
    }
}

fn rename(from: &Path, to: &Path) -> Result<()> {
    std::fs::rename(from, to).map_err(|source| BackupError::Cache { path: to.to_owned(), source })
}

/// Which cache it is: by what decides which files are looked at.
fn key(location: &ChangeCacheLocation, sources: &[PathBuf], options: &Options) -> String {
    let mut digest = Digest::new();
    digest.part(&location.scope);
    for source in sources {
        let path = source.as_os_str().as_bytes();
        digest.part(path);
        digest.part(&absolute(path));
    }
    let excludes = &options.excludes;
    digest.part(format!("{:?}", excludes.patterns).as_bytes());
    for tag in &excludes.tags {
        digest.part(tag.name());
        digest.part(tag.header());
    }
    digest.part(format!("{:?} {}", excludes.larger_than_bytes, excludes.one_file_system).as_bytes());
    Id::new(digest.finish()).to_string()[..32].to_owned()
}

/// What trees depend on beside the files.
fn context(options: &Options) -> [u8; 32] {
    let mut digest = Digest::new();
    for file in ["/etc/passwd", "/etc/group", "/etc/nsswitch.conf", "/etc/localtime"] {
        let stat = rustix::fs::statat(CWD, file, rustix::fs::AtFlags::empty());
        let facts = stat.map(|s| (s.st_ino, s.st_size, s.st_mtime, s.st_mtime_nsec, s.st_ctime, s.st_ctime_nsec));
        digest.part(format!("{facts:?}").as_bytes());
    }
    digest.part(std::env::var_os("TZ").unwrap_or_default().as_bytes());
    digest.part(format!("{} {:?}", options.with_atime, options.device_ids).as_bytes());
    digest.finish()
}

/// SHA-256 over parts that cannot run into each other.
struct Digest(Sha256Stream);

impl Digest {
    fn new() -> Self {
        Self(Sha256Stream::new())
    }
    fn part(&mut self, bytes: &[u8]) {
        self.0.update(&(bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
    }
    fn finish(self) -> [u8; 32] {
        self.0.finish()
    }
}

#[cfg(test)]
pub(super) fn trust_everything_for_tests(path: &Path) {
    let mut head = Head::decode(&std::fs::read(path).unwrap()).unwrap();
    head.trusted_before = FileTime { seconds: i64::MAX, nanoseconds: 0 };
    std::fs::write(path, head.encode()).unwrap();
}
