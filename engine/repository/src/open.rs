//! Making and opening a repository: the config, and the search for the key that the password opens.

use std::sync::Arc;

use bytes::Bytes;
use rempart_crypto::{MasterKey, random_bytes};
use rempart_format::{Config, FormatError, REPOSITORY_VERSION};
use rempart_model::{KeyId, RepositoryId};
use rempart_storage::{ObjectKind, ObjectName, ObjectStore};

use crate::keys::{self, Attempt};
use crate::{InitOptions, OpenOptions, Repository, RepositoryError, Result};

/// Key files tried before giving up, as in restic: each costs a key derivation.
const MAX_KEYS_TRIED: usize = 20;

impl Repository {
    /// Makes a repository in an empty place: key first, config last, both durable, and opens it.
    pub fn init(
        store: Arc<dyn ObjectStore>,
        password: &[u8],
        init: &InitOptions,
        options: OpenOptions,
    ) -> Result<Self> {
        refuse_used_place(&*store)?;
        store.create()?;
        let key = MasterKey::generate();
        let config = Config {
            version: REPOSITORY_VERSION,
            id: RepositoryId::new(random_bytes()),
            chunker_polynomial: init.chunker_polynomial,
        };
        let key_id = keys::write(&*store, &key, password, init.kdf, &*options.clock)?;
        // A config without a key is a repository that nobody opens, a key without a config is none yet.
        store.sync()?;
        store.write(ObjectName::Config, Bytes::from(key.seal(&config.encode())))?;
        store.sync()?;
        Ok(Self::assemble(store, key, key_id, config, options))
    }

    /// Opens one by trying its keys.
    pub fn open(store: Arc<dyn ObjectStore>, password: &[u8], options: OpenOptions) -> Result<Self> {
        let (key, key_id) = find_key(&*store, password, options.key_hint)?;
        let config = read_config(&*store, &key)?;
        Ok(Self::assemble(store, key, key_id, config, options))
    }
}

fn refuse_used_place(store: &dyn ObjectStore) -> Result<()> {
    let refuse = |found| Err(RepositoryError::AlreadyInitialised { location: store.location().to_owned(), found });
    match store.size(ObjectName::Config) {
        Ok(_) => return refuse("a repository"),
        Err(error) if error.is_not_found() => {}
        Err(error) => return Err(error.into()),
    }
    for (kind, found) in [(ObjectKind::Key, "keys without a config"), (ObjectKind::Snapshot, "snapshots")] {
        match store.list(kind) {
            Ok(objects) if objects.is_empty() => {}
            Ok(_) => return refuse(found),
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn find_key(store: &dyn ObjectStore, password: &[u8], hint: Option<KeyId>) -> Result<(MasterKey, KeyId)> {
    let location = || store.location().to_owned();
    let mut ids: Vec<KeyId> = match store.list(ObjectKind::Key) {
        Ok(listed) => listed.into_iter().map(|listed| KeyId(listed.id)).collect(),
        Err(error) if error.is_not_found() => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    if ids.is_empty() {
        return match store.size(ObjectName::Config) {
            Ok(_) => Err(RepositoryError::NoKeys { location: location() }),
            Err(error) if error.is_not_found() => Err(RepositoryError::NotARepository { location: location() }),
            Err(error) => Err(error.into()),
        };
    }
    ids.sort_unstable_by_key(|id| (hint != Some(*id), *id));
    let (mut tried, mut damage) = (0, None);
    for id in ids.into_iter().take(MAX_KEYS_TRIED) {
        match keys::try_open(store, id, password)? {
            Attempt::Opened(key) => return Ok((*key, id)),
            Attempt::WrongPassword => tried += 1,
            Attempt::Vanished => {}
            Attempt::Damaged(error) => {
                tracing::warn!(%error, "passing over a key file");
                damage.get_or_insert(error);
            }
        }
    }
    match damage {
        Some(error) if tried == 0 => Err(error),
        _ => Err(RepositoryError::WrongPassword { tried }),
    }
}

fn read_config(store: &dyn ObjectStore, key: &MasterKey) -> Result<Config> {
    let location = || store.location().to_owned();
    let sealed = match store.read(ObjectName::Config) {
        Err(error) if error.is_not_found() => return Err(RepositoryError::ConfigMissing { location: location() }),
        read => read?,
    };
    let damaged = |reason: String| RepositoryError::DamagedConfig { location: location(), reason };
    let json = key.open(&sealed).map_err(|error| damaged(error.to_string()))?;
    Config::decode(&json).map_err(|error| match error {
        FormatError::UnsupportedVersion { version } => RepositoryError::NewerVersion { version },
        error => damaged(error.to_string()),
    })
}
