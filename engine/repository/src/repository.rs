//! The open repository: what every other room of this crate hangs on.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::RwLock;
use rempart_crypto::{KdfParams, MasterKey};
use rempart_format::Config;
use rempart_model::{CancelToken, IndexId, KeyId, RepositoryId};
use rempart_storage::{ObjectKind, ObjectStore};

use crate::cache::CacheDir;
use crate::identity::Identity;
use crate::{Clock, Index, RepositoryError, Result, SystemClock};

/// How a repository is made.
#[derive(Debug, Clone)]
pub struct InitOptions {
    /// Bits of an irreducible polynomial of degree 53, as the crate `chunker` draws it.
    pub chunker_polynomial: u64,
    pub kdf: KdfParams,
}

/// How a repository is opened.
#[derive(Clone)]
pub struct OpenOptions {
    /// Where index segments and snapshots are kept between runs, in a folder per repository. `None`: nowhere.
    pub cache_dir: Option<PathBuf>,
    /// The key file to try first.
    pub key_hint: Option<KeyId>,
    /// Threads that read and decode; 0: as many as the machine has cores.
    pub read_threads: usize,
    pub clock: Arc<dyn Clock>,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self { cache_dir: None, key_hint: None, read_threads: 0, clock: Arc::new(SystemClock) }
    }
}

pub(crate) struct Inner {
    pub key: MasterKey,
    pub key_id: RwLock<KeyId>,
    pub config: Config,
    pub cache: Option<CacheDir>,
    pub read_threads: usize,
    pub clock: Arc<dyn Clock>,
    pub identity: Identity,
    pub index: RwLock<Option<Arc<Index>>>,
}

/// An open repository. Cheap to clone; every clone is the same repository.
#[derive(Clone)]
pub struct Repository {
    pub(crate) inner: Arc<Inner>,
    store: Arc<dyn ObjectStore>,
}

impl fmt::Debug for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Repository({:.8} at {})", self.id(), self.location())
    }
}

impl Repository {
    pub(crate) fn assemble(
        store: Arc<dyn ObjectStore>,
        key: MasterKey,
        key_id: KeyId,
        config: Config,
        options: OpenOptions,
    ) -> Self {
        let cache = options.cache_dir.and_then(|caches| CacheDir::open(&caches, config.id));
        if let Some(cache) = &cache {
            cache.sweep();
        }
        let cores = || std::thread::available_parallelism().map_or(2, usize::from);
        let read_threads = if options.read_threads == 0 { cores() } else { options.read_threads };
        Self {
            store,
            inner: Arc::new(Inner {
                key,
                key_id: RwLock::new(key_id),
                config,
                cache,
                read_threads,
                clock: options.clock,
                identity: Identity::of_this_process(),
                index: RwLock::new(None),
            }),
        }
    }

    /// The same repository for work that somebody may cancel: what waits for its storage then fails soon, instead of trying
    /// for minutes. The index and the cache are shared.
    #[must_use]
    pub fn canceled_by(&self, cancel: &CancelToken) -> Self {
        let store = self.store.canceled_by(cancel).unwrap_or_else(|| Arc::clone(&self.store));
        Self { inner: Arc::clone(&self.inner), store }
    }

    /// Drawn at `init`; the same for every copy of the repository's files.
    #[must_use]
    pub fn id(&self) -> RepositoryId {
        self.inner.config.id
    }
    /// 1 (read only) or 2.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.inner.config.version
    }
    /// Bits of the polynomial that cuts this repository's files.
    #[must_use]
    pub fn chunker_polynomial(&self) -> u64 {
        self.inner.config.chunker_polynomial
    }
    /// Where it is, without secrets.
    #[must_use]
    pub fn location(&self) -> &str {
        self.store.location()
    }
    /// The key file whose password is in use.
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        *self.inner.key_id.read()
    }
    #[must_use]
    pub fn store(&self) -> &Arc<dyn ObjectStore> {
        &self.store
    }
    /// The folder of this repository below the cache folder that was given to open.
    #[must_use]
    pub fn cache_dir(&self) -> Option<&Path> {
        self.inner.cache.as_ref().map(CacheDir::path)
    }

    /// The index, loaded at the first call and kept up with what this process writes.
    pub fn index(&self) -> Result<Arc<Index>> {
        if let Some(index) = &*self.inner.index.read() {
            return Ok(Arc::clone(index));
        }
        let mut loaded = self.inner.index.write();
        if let Some(index) = &*loaded {
            return Ok(Arc::clone(index));
        }
        let index = Arc::new(crate::index::load(self)?);
        *loaded = Some(Arc::clone(&index));
        Ok(index)
    }

    /// The index as it is now, for when another process may have moved blobs: loaded anew if the index files are not the
    /// same any more. Holders of the former one keep it.
    pub fn reload_index(&self) -> Result<Arc<Index>> {
        let now = self.index_ids()?;
        let mut loaded = self.inner.index.write();
        if let Some(index) = loaded.as_ref().filter(|index| index.sources() == now) {
            return Ok(Arc::clone(index));
        }
        let index = Arc::new(crate::index::load(self)?);
        *loaded = Some(Arc::clone(&index));
        Ok(index)
    }

    /// Drops what another process made untrue: an index that was loaded before the lock was taken may name packs that a
    /// prune has removed since (restic #1115). Where none is loaded yet, nothing is read.
    pub(crate) fn refresh_index(&self) -> Result<()> {
        let is_loaded = self.inner.index.read().is_some();
        if is_loaded { self.reload_index().map(drop) } else { Ok(()) }
    }

    /// The ids of the index files that are in the repository now, ascending: one listing. While none of a former set has
    /// vanished, what was stored then is stored still.
    pub fn index_ids(&self) -> Result<Vec<IndexId>> {
        let mut ids: Vec<IndexId> =
            self.store.list(ObjectKind::Index)?.into_iter().map(|listed| IndexId(listed.id)).collect();
        ids.sort_unstable();
        Ok(ids)
    }

    pub(crate) fn master_key(&self) -> &MasterKey {
        &self.inner.key
    }
    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.inner.clock
    }
    pub(crate) fn read_threads(&self) -> usize {
        self.inner.read_threads
    }
    /// Refuses to write to a repository of version 1.
    pub(crate) fn ensure_writable(&self) -> Result<()> {
        if self.version() == 1 { Err(RepositoryError::OldVersionReadOnly) } else { Ok(()) }
    }
}
