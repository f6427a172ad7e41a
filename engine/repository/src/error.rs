//! What can go wrong with a repository, and what the person can do about it.

use rempart_format::BlobKind;
use rempart_model::{BlobId, Id, IdPrefix, KeyId, PackId};
use rempart_storage::{ObjectKind, StorageError};

use crate::LockInfo;

pub type Result<T, E = RepositoryError> = std::result::Result<T, E>;

/// Classes of failure, as exit codes and retries need to tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// There is no repository at the place.
    NoRepository,
    /// There is one already, or parts of one.
    AlreadyExists,
    WrongPassword,
    /// The repository is of a version that this program does not write, or not know.
    Version,
    /// Another process holds a lock that excludes this work.
    Locked,
    /// Our own lock is gone or too old: the work must stop.
    LockLost,
    /// Bytes of the repository are not what they should be.
    Damaged,
    /// Something named is not in the repository.
    NotFound,
    /// The request contradicts itself or the repository's state.
    Refused,
    /// The place is full.
    Full,
    /// The place does not let us read or write.
    Denied,
    /// Network and time-out failures that outlived the retries.
    Network,
    /// Any other failure of the storage.
    Storage,
    /// Stopped on request.
    Canceled,
    /// A fault in this program that was noticed before it did harm.
    Internal,
}

/// A failure of a repository operation.
#[derive(Debug, thiserror::Error)]
pub enum RepositoryError {
    #[error(
        "there is no repository at {location}: check the place, or create one with `rempart init --repo {location}`"
    )]
    NotARepository { location: String },
    #[error(
        "the keys of a repository are at {location} and its config is not: restore {location}/config from a copy, or if its \
         init was interrupted, remove {location}/keys and run `rempart init` again"
    )]
    ConfigMissing { location: String },
    #[error("{location} already holds {found}: use that repository, or choose an empty place for a new one")]
    AlreadyInitialised { location: String, found: &'static str },
    #[error("wrong password: it opens none of the {tried} keys of the repository")]
    WrongPassword { tried: usize },
    #[error("no key file of the repository can be read; restore {location}/keys from a copy")]
    NoKeys { location: String },
    #[error("the repository has format version {version}, this program knows versions 1 and 2: use a newer rempart")]
    NewerVersion { version: u64 },
    #[error(
        "the repository has format version 1, which this program only reads: run `restic migrate upgrade_repo_v2` to write to it"
    )]
    OldVersionReadOnly,
    #[error("the config of the repository is damaged ({reason}): restore {location}/config from a copy")]
    DamagedConfig { location: String, reason: String },
    #[error("key file {id} is damaged ({reason}): use another key, or restore the file from a copy")]
    DamagedKey { id: KeyId, reason: String },
    #[error("the key in use cannot be removed: open the repository with another password first")]
    KeyInUse,
    #[error("the last key of a repository cannot be removed: nobody could open it again")]
    LastKey,
    #[error("{holder}; wait for it to end, or if it no longer runs: `rempart unlock`")]
    Locked { holder: Box<LockInfo> },
    #[error(
        "the lock on the repository was lost (last refreshed {minutes} minutes ago, or removed by an unlock): nothing more was committed or deleted; run again"
    )]
    LockLost { minutes: u64 },
    #[error(
        "the repository was pruned just as this run began, and what it would build upon may be gone: nothing was committed; run again"
    )]
    PrunedMeanwhile,
    #[error("the lock given to {operation} is one of another repository")]
    ForeignLock { operation: &'static str },
    #[error("an exclusive lock is needed to {operation}")]
    NotExclusive { operation: &'static str },
    #[error("no {kind:?} blob {id} is in the index: run `rempart check`, then `rempart repair`")]
    BlobMissing { kind: BlobKind, id: BlobId },
    #[error("blob {id} in pack {pack} is damaged ({reason}): run `rempart check --read-data`, then `rempart repair`")]
    BlobDamaged { id: BlobId, pack: PackId, reason: String },
    #[error("pack {pack}, which holds blob {id}, is missing: run `rempart check`, then `rempart repair index`")]
    PackMissing { pack: PackId, id: BlobId },
    #[error("pack {pack} is damaged ({reason}): run `rempart check --read-data`, then `rempart repair`")]
    PackDamaged { pack: PackId, reason: String },
    #[error("{kind:?} file {id} is damaged ({reason}): {advice}")]
    FileDamaged { kind: ObjectKind, id: Id, reason: String, advice: &'static str },
    #[error("there is no {what} {prefix}")]
    NoSuchFile { what: &'static str, prefix: String },
    #[error("{prefix} is the beginning of several {what}s: type more digits", prefix = .prefix.as_str())]
    Ambiguous { what: &'static str, prefix: IdPrefix },
    #[error("the repository holds no snapshot yet: make one with `rempart backup`")]
    NoSnapshots,
    #[error("{claimed} blobs were asked for and {stored} came: the snapshot would be incomplete and was not written")]
    ClaimsUnmet { claimed: u64, stored: u64 },
    #[error("an earlier error stopped this writer; nothing was committed")]
    WriterStopped,
    #[error("{what} of {len_bytes} bytes does not fit into a pack")]
    TooLarge { what: &'static str, len_bytes: u64 },
    #[error("{reason}")]
    Invariant { reason: String },
    #[error("pack size {mebibytes} MiB is refused: 4 to 128 MiB")]
    PackSize { mebibytes: u64 },
    #[error("prune would lose data: {reason}; nothing was deleted: run `rempart check`")]
    PruneRefused { reason: String },
    #[error("the plan for a prune does not fit any more: {reason}; nothing was deleted")]
    PlanOutdated { reason: String },
    #[error("canceled")]
    Canceled,
    #[error(transparent)]
    Format(#[from] rempart_format::FormatError),
    #[error("cannot use the key derivation parameters")]
    Kdf(#[source] rempart_crypto::CryptoError),
    #[error("cannot start a thread")]
    Thread(#[source] std::io::Error),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl RepositoryError {
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        use rempart_storage::ErrorKind as Storage;
        match self {
            Self::NotARepository { .. } | Self::ConfigMissing { .. } => ErrorKind::NoRepository,
            Self::AlreadyInitialised { .. } => ErrorKind::AlreadyExists,
            Self::WrongPassword { .. } => ErrorKind::WrongPassword,
            Self::NewerVersion { .. } | Self::OldVersionReadOnly => ErrorKind::Version,
            Self::Canceled => ErrorKind::Canceled,
            Self::Locked { .. } => ErrorKind::Locked,
            Self::LockLost { .. } | Self::PrunedMeanwhile => ErrorKind::LockLost,
            Self::NoKeys { .. }
            | Self::DamagedConfig { .. }
            | Self::DamagedKey { .. }
            | Self::BlobDamaged { .. }
            | Self::BlobMissing { .. }
            | Self::PackMissing { .. }
            | Self::PackDamaged { .. }
            | Self::PruneRefused { .. }
            | Self::Format(_)
            | Self::FileDamaged { .. } => ErrorKind::Damaged,
            Self::NoSuchFile { .. } | Self::Ambiguous { .. } | Self::NoSnapshots => ErrorKind::NotFound,
            Self::KeyInUse
            | Self::LastKey
            | Self::NotExclusive { .. }
            | Self::PlanOutdated { .. }
            | Self::ForeignLock { .. }
            | Self::TooLarge { .. }
            | Self::PackSize { .. }
            | Self::Kdf(_) => ErrorKind::Refused,
            Self::ClaimsUnmet { .. } | Self::WriterStopped | Self::Invariant { .. } | Self::Thread(_) => {
                ErrorKind::Internal
            }
            Self::Storage(error) => match error.kind() {
                Storage::Full => ErrorKind::Full,
                Storage::Denied | Storage::ReadOnly => ErrorKind::Denied,
                Storage::Network | Storage::Timeout => ErrorKind::Network,
                Storage::Damaged => ErrorKind::Damaged,
                Storage::NotFound | Storage::AlreadyExists | Storage::Unsupported | Storage::Other => {
                    ErrorKind::Storage
                }
            },
        }
    }
}
