//! The test of a pool: it really connects, makes, writes, reads back, lists and deletes, and says what failed.

use std::time::{Duration, Instant};

use rempart_model::Id;
use rempart_storage::{ErrorKind, ObjectKind, ObjectName, ObjectStore, StorageError};

use super::{Patience, PoolPlace, PoolSecrets, local_path};
use crate::trouble::{Result, Trouble, table};

/// What is done, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Connect,
    Create,
    Write,
    Read,
    List,
    Delete,
}

impl Step {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Create => "create",
            Self::Write => "write",
            Self::Read => "read",
            Self::List => "list",
            Self::Delete => "delete",
        }
    }
}

/// One step that was done.
#[derive(Debug)]
pub struct Done {
    pub step: Step,
    pub duration: Duration,
    pub outcome: Result<()>,
}

/// What the test came to. The steps behind one that failed were not tried.
#[derive(Debug)]
pub struct PoolTest {
    pub steps: Vec<Done>,
    /// Of an SFTP server: what it showed.
    pub host_key_fingerprint: Option<String>,
}

impl PoolTest {
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.steps.iter().all(|done| done.outcome.is_ok())
    }

    /// What failed, for whoever wanted a pool that works.
    #[must_use]
    pub fn trouble(&self) -> Option<(Step, &Trouble)> {
        self.steps.iter().find_map(|done| done.outcome.as_ref().err().map(|trouble| (done.step, trouble)))
    }
}

/// The folder of the test. On SFTP, whose store keeps folders, it stays, empty.
const FOLDER: &str = ".rempart-test";
/// More than a place that only makes empty objects would take.
const PROBE_BYTES: usize = 64 * 1024;

/// Tests a place. Blocks; what it wrote is gone afterwards.
#[must_use]
pub fn test_pool(place: &PoolPlace, secrets: &PoolSecrets) -> PoolTest {
    let mut test = PoolTest { steps: Vec::new(), host_key_fingerprint: None };
    let made_root = match place {
        PoolPlace::Local { path } => first_missing(&local_path(path)),
        _ => None,
    };
    run(&mut test, place, secrets);
    if let PoolPlace::Local { path } = place {
        let root = &*local_path(path);
        let folder = root.join(FOLDER);
        let _ = std::fs::remove_dir(folder.join(ObjectKind::Lock.folder()));
        let _ = std::fs::remove_dir(&folder);
        // Folders that the test made go with it; nothing that holds anything does.
        if let Some(first) = made_root {
            let mut folder = root;
            while folder.starts_with(&first) && std::fs::remove_dir(folder).is_ok() {
                let Some(parent) = folder.parent() else { break };
                folder = parent;
            }
        }
    }
    test
}

/// The highest folder of a path that is not there yet.
fn first_missing(path: &std::path::Path) -> Option<std::path::PathBuf> {
    path.ancestors().take_while(|path| !path.exists()).last().map(ToOwned::to_owned)
}

fn run(test: &mut PoolTest, place: &PoolPlace, secrets: &PoolSecrets) {
    let options = place.options(secrets, Patience::Person);
    let mut connected = None;
    let fingerprint = &mut test.host_key_fingerprint;
    let connect = timed(Step::Connect, || {
        let location = place.location(FOLDER)?;
        if let Some(shown) = rempart_storage::sftp_host_key(&location, &options)? {
            *fingerprint = Some(shown.clone());
            if options.sftp.host_key_fingerprint.is_none() {
                return Err(Trouble::new(&table::POOL_HOST_KEY)
                    .with("fingerprint", shown)
                    .field("place.hostKeyFingerprint"));
            }
        }
        let store = rempart_storage::open(&location, &options)?;
        // The first question that needs credentials. What has no folder yet is reached all the same.
        match store.size(ObjectName::Config) {
            Err(error) if !is_absent(&error) => return Err(error.into()),
            _ => {}
        }
        connected = Some(store);
        Ok(())
    });
    if !note(test, connect) {
        return;
    }
    let Some(store) = connected else { return };
    let store = &*store;
    let id = Id::new(rempart_crypto::random_bytes());
    let name = ObjectName::Named(ObjectKind::Lock, id);
    let content: Vec<u8> = id.as_bytes().iter().copied().cycle().take(PROBE_BYTES).collect();
    let wrote = note(test, timed(Step::Create, || Ok(store.create_root()?)))
        && note(test, timed(Step::Write, || write(store, name, &content)));
    if !wrote {
        return;
    }
    let read = note(test, timed(Step::Read, || read_back(store, name, &content)))
        && note(test, timed(Step::List, || listed(store, id)));
    let deleted = timed(Step::Delete, || deleted(store, name));
    // Where reading failed, what was written goes all the same, and the failure that is told is the first.
    if read {
        note(test, deleted);
    }
}

fn is_absent(error: &StorageError) -> bool {
    error.kind() == ErrorKind::NotFound
}

fn timed(step: Step, work: impl FnOnce() -> Result<()>) -> Done {
    let begun = Instant::now();
    let outcome = work();
    Done { step, duration: begun.elapsed(), outcome }
}

fn note(test: &mut PoolTest, done: Done) -> bool {
    let ok = done.outcome.is_ok();
    test.steps.push(done);
    ok
}

fn write(store: &dyn ObjectStore, name: ObjectName, content: &[u8]) -> Result<()> {
    store.write(name, content.to_vec().into())?;
    Ok(store.sync()?)
}

fn unlike(why: &str) -> Trouble {
    Trouble::new(&table::STORAGE_FAILED).with("detail", why)
}

fn read_back(store: &dyn ObjectStore, name: ObjectName, content: &[u8]) -> Result<()> {
    if store.read(name)? == content { Ok(()) } else { Err(unlike("what was written reads back differently")) }
}

fn listed(store: &dyn ObjectStore, id: Id) -> Result<()> {
    let found = store.list(ObjectKind::Lock)?;
    match found.iter().find(|listed| listed.id == id) {
        Some(listed) if listed.size_bytes == PROBE_BYTES as u64 => Ok(()),
        Some(_) => Err(unlike("the listing gives another size than was written")),
        None => Err(unlike("what was written is missing in the listing")),
    }
}

fn deleted(store: &dyn ObjectStore, name: ObjectName) -> Result<()> {
    store.remove(name)?;
    match store.size(name) {
        Err(error) if is_absent(&error) => Ok(()),
        Err(error) => Err(error.into()),
        Ok(_) => Err(unlike("what was deleted is still there (versions or a retention of the bucket may keep it)")),
    }
}
