//! What goes wrong in this room: a code for programs, values that fill a sentence in the reader's language.

pub mod log;
mod sentence;
mod system;
pub mod table;
mod words;

use std::collections::BTreeMap;
use std::error::Error;

use rempart_archive::backup::BackupError;
use rempart_archive::browse::BrowseError;
use rempart_archive::restore::RestoreError;
use rempart_catalog::{CatalogError, CatalogErrorKind};
use rempart_protocol::Refusal;
use rempart_repository::{BlobError, ErrorKind as RepositoryKind, RepositoryError};
use rempart_storage::{ErrorKind as StorageKind, LocationError, StorageError};

use crate::agent::session::Stopped;
use crate::secret::SealError;
pub use rempart_jobs::Told;
pub use sentence::Sentence;

pub type Result<T, E = Trouble> = std::result::Result<T, E>;

/// A failure that people and programs are told. Its cause is kept for the log.
#[derive(Debug)]
pub struct Trouble {
    pub sentence: &'static Sentence,
    pub values: BTreeMap<&'static str, String>,
    /// The field of a request that is at fault.
    pub field: Option<&'static str>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// Which of the two languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tongue {
    French,
    English,
}

impl Trouble {
    #[must_use]
    pub fn new(sentence: &'static Sentence) -> Self {
        Self { sentence, values: BTreeMap::new(), field: None, source: None }
    }

    /// Fills `{key}`.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl ToString) -> Self {
        self.values.insert(key, value.to_string());
        self
    }

    #[must_use]
    pub fn field(mut self, field: &'static str) -> Self {
        self.field = Some(field);
        self
    }

    /// The cause, and what it says as `{detail}`.
    #[must_use]
    pub fn because(self, cause: impl Error + Send + Sync + 'static) -> Self {
        let detail = chain(&cause);
        let mut told = if self.values.contains_key("detail") { self } else { self.with("detail", detail) };
        told.source = Some(Box::new(cause));
        told
    }

    #[must_use]
    pub fn code(&self) -> &'static str {
        self.sentence.code
    }

    /// Whether trying again later may help, without anybody changing anything.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        let codes = [
            &table::STORAGE_UNREACHABLE,
            &table::REPOSITORY_LOCKED,
            &table::REPOSITORY_LOCK_LOST,
            &table::CATALOG_UNAVAILABLE,
            &table::AGENT_OFFLINE,
            &table::AGENT_LOST,
            &table::AGENT_RESTARTED,
            &table::AGENT_SESSION,
            &table::AGENT_DECLINED,
            &table::AGENT_FAILED_FOR_NOW,
        ];
        codes.iter().any(|sentence| sentence.code == self.code())
    }

    #[must_use]
    pub fn is_canceled(&self) -> bool {
        self.code() == table::JOB_CANCELED.code
    }

    /// To be stored.
    #[must_use]
    pub fn told(&self) -> Told {
        self.values.iter().fold(self.sentence.told(), |told, (key, value)| told.with(key, value))
    }

    #[must_use]
    pub fn message(&self, tongue: Tongue) -> String {
        tongue.message(&self.told())
    }

    #[must_use]
    pub fn hint(&self, tongue: Tongue) -> Option<String> {
        tongue.hint(&self.told())
    }
}

/// Every sentence that is known here.
fn all_sentences() -> impl Iterator<Item = &'static Sentence> {
    table::TABLE.iter().chain(log::TABLE).copied()
}

impl Tongue {
    fn filled(self, told: &Told, template: &str) -> String {
        let fill = |text: String, (key, value): (&String, &String)| {
            text.replace(&format!("{{{key}}}"), &words::told(key, value, self))
        };
        told.values.iter().fold(template.to_owned(), fill)
    }

    /// A stored sentence in this language. A code that this version does not know is shown as it is.
    #[must_use]
    pub fn message(self, told: &Told) -> String {
        match (all_sentences().find(|sentence| sentence.code == told.code), self) {
            (Some(sentence), Self::French) => self.filled(told, sentence.french),
            (Some(sentence), Self::English) => self.filled(told, sentence.english),
            (None, _) => told.code.clone(),
        }
    }

    /// What to do next.
    #[must_use]
    pub fn hint(self, told: &Told) -> Option<String> {
        let sentence = all_sentences().find(|sentence| sentence.code == told.code)?;
        let hint = match self {
            Self::French => sentence.french_hint,
            Self::English => sentence.english_hint,
        };
        hint.map(|hint| self.filled(told, hint))
    }
}

/// What a stored message says to a reader of this language, and what to do next: for messages that were stored by
/// [`Told::encode`]; any other text is given back as it is.
#[must_use]
pub fn localised(stored: &str, tongue: Tongue) -> (String, Option<String>) {
    match Told::decode(stored) {
        Some(told) => (tongue.message(&told), tongue.hint(&told)),
        None => (stored.to_owned(), None),
    }
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message(Tongue::English))
    }
}

impl Error for Trouble {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

/// An error and its causes on one line, each said once, without the last full stop.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.ends_with(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        cause = error.source();
    }
    text.trim_end_matches('.').to_owned()
}

/// A session or channel that ended, whoever ended it.
impl From<Refusal> for Trouble {
    fn from(refusal: Refusal) -> Self {
        Self::new(&table::AGENT_SESSION).because(refusal)
    }
}

impl From<Stopped> for Trouble {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Canceled => Self::new(&table::JOB_CANCELED),
            Stopped::Over(refusal) => refusal.into(),
        }
    }
}

impl From<StorageError> for Trouble {
    fn from(error: StorageError) -> Self {
        Self::new(of_storage(error.kind())).because(error)
    }
}

fn of_storage(kind: StorageKind) -> &'static Sentence {
    match kind {
        StorageKind::Network | StorageKind::Timeout => &table::STORAGE_UNREACHABLE,
        StorageKind::Denied => &table::STORAGE_DENIED,
        StorageKind::Full => &table::STORAGE_FULL,
        StorageKind::ReadOnly => &table::STORAGE_READ_ONLY,
        StorageKind::NotFound => &table::STORAGE_MISSING,
        StorageKind::AlreadyExists | StorageKind::Damaged | StorageKind::Unsupported | StorageKind::Other => {
            &table::STORAGE_FAILED
        }
    }
}

impl From<RepositoryError> for Trouble {
    fn from(error: RepositoryError) -> Self {
        let sentence = match (&error, error.kind()) {
            (RepositoryError::Storage(storage), _) => of_storage(storage.kind()),
            (_, RepositoryKind::NoRepository) => &table::REPOSITORY_NONE_THERE,
            (_, RepositoryKind::AlreadyExists) => &table::REPOSITORY_EXISTS,
            (_, RepositoryKind::WrongPassword) => &table::REPOSITORY_WRONG_PASSWORD,
            (_, RepositoryKind::Version) => &table::REPOSITORY_VERSION,
            (_, RepositoryKind::Locked) => &table::REPOSITORY_LOCKED,
            (_, RepositoryKind::LockLost) => &table::REPOSITORY_LOCK_LOST,
            (_, RepositoryKind::Damaged) => &table::REPOSITORY_DAMAGED,
            (_, RepositoryKind::NotFound) => &table::SNAPSHOT_GONE,
            (_, RepositoryKind::Canceled) => &table::JOB_CANCELED,
            (_, RepositoryKind::Full) => &table::STORAGE_FULL,
            (_, RepositoryKind::Denied) => &table::STORAGE_DENIED,
            (_, RepositoryKind::Network) => &table::STORAGE_UNREACHABLE,
            (_, RepositoryKind::Refused | RepositoryKind::Storage) => &table::REPOSITORY_FAILED,
            (_, RepositoryKind::Internal) => &table::INTERNAL,
        };
        let location = match &error {
            RepositoryError::NotARepository { location }
            | RepositoryError::ConfigMissing { location }
            | RepositoryError::AlreadyInitialised { location, .. } => Some(location.clone()),
            _ => None,
        };
        let trouble = Self::new(sentence);
        let trouble = match location {
            Some(location) => trouble.with("location", location),
            None => trouble,
        };
        trouble.because(error)
    }
}

impl From<BlobError> for Trouble {
    fn from(error: BlobError) -> Self {
        error.into_repository().into()
    }
}

impl From<LocationError> for Trouble {
    fn from(error: LocationError) -> Self {
        Self::new(&table::POOL_PLACE_INVALID).because(error)
    }
}

impl From<BackupError> for Trouble {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::Canceled => Self::new(&table::JOB_CANCELED),
            BackupError::NoTargets => Self::new(&table::BACKUP_NO_SOURCES),
            BackupError::Empty => Self::new(&table::BACKUP_NOTHING_READ),
            BackupError::Sink(error) => error.into(),
            other => Self::new(&table::BACKUP_FAILED).because(other),
        }
    }
}

impl From<BrowseError> for Trouble {
    fn from(error: BrowseError) -> Self {
        match error {
            BrowseError::NotFound { path } => Self::new(&table::SNAPSHOT_PATH_MISSING).with("path", path),
            BrowseError::NotADirectory { path } => Self::new(&table::SNAPSHOT_NOT_A_FOLDER).with("path", path),
            BrowseError::NotAFile { path } => Self::new(&table::SNAPSHOT_NO_DOWNLOAD).with("path", path),
            BrowseError::Canceled => Self::new(&table::JOB_CANCELED),
            BrowseError::ReadTree { source, .. } | BrowseError::ReadContent { source, .. } => source.into(),
            other => Self::new(&table::SNAPSHOT_DAMAGED).because(other),
        }
    }
}

impl From<RestoreError> for Trouble {
    fn from(error: RestoreError) -> Self {
        match error {
            RestoreError::DeleteInRoot { .. } => Self::new(&table::RESTORE_DELETE_IN_ROOT),
            other => Self::new(&table::RESTORE_TARGET).because(other),
        }
    }
}

impl From<SealError> for Trouble {
    fn from(error: SealError) -> Self {
        Self::new(&table::SECRET_OTHER_KEY).because(error)
    }
}

impl From<CatalogError> for Trouble {
    fn from(error: CatalogError) -> Self {
        let sentence = match error.kind() {
            CatalogErrorKind::NotFound => &table::NOT_FOUND,
            CatalogErrorKind::Stale => &table::STALE,
            CatalogErrorKind::Unavailable => &table::CATALOG_UNAVAILABLE,
            _ => &table::INTERNAL,
        };
        Self::new(sentence).because(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_sentence_is_told_in_the_readers_language() {
        let full = StorageError::new(StorageKind::Full, "write", "data/ab/ab", "/srv/pool", "no space left");
        let trouble = Trouble::from(full);
        let stored = trouble.told().encode();
        let (french, hint) = localised(&stored, Tongue::French);
        assert!(french.starts_with("Le stockage est plein") && french.contains("/srv/pool"), "{french}");
        assert!(hint.is_some_and(|hint| hint.contains("Faites de la place")));
        let (english, _) = localised(&stored, Tongue::English);
        assert!(english.starts_with("The storage is full") && english.contains("no space left"), "{english}");
        assert_eq!(localised("plain words", Tongue::French), ("plain words".to_owned(), None));
        let denied = Trouble::new(&table::STORAGE_DENIED).because(std::io::Error::from_raw_os_error(13)).told();
        let (french, english) = (Tongue::French.message(&denied), Tongue::English.message(&denied));
        assert!(french.contains("permission refusée") && english.contains("Permission denied"), "{french} {english}");
    }

    #[test]
    fn an_unreachable_store_may_be_tried_again_and_a_full_one_not() {
        let of = |kind| Trouble::from(StorageError::new(kind, "write", "x", "/r", "why")).is_transient();
        assert!(of(StorageKind::Network) && of(StorageKind::Timeout));
        assert!(!of(StorageKind::Full) && !of(StorageKind::Denied));
    }
}
