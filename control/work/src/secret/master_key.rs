//! The key that seals every other secret: a file that only its owner may read, or derived from `ENCRYPTION_SECRET`.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rempart_crypto::{KdfParams, derive_key, random_bytes, sha256};
use zeroize::Zeroizing;

/// Why there is no master key.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    #[error("the master key {path:?} cannot be read")]
    Read { path: PathBuf, source: io::Error },
    #[error("the master key {path:?} cannot be made")]
    Create { path: PathBuf, source: io::Error },
    #[error(
        "the master key {path:?} may be read by others than its owner (mode {mode:03o}): run `chmod 600 {path}`, and \
         consider whether somebody has read it", path = path.display()
    )]
    Open { path: PathBuf, mode: u32 },
    #[error("{path:?} is no master key: it has {bytes} bytes and not 32; put back a copy of the right one")]
    Length { path: PathBuf, bytes: usize },
    #[error(
        "the catalog holds secrets sealed by a master key, and {path:?} is not there: put back a copy of it, or set \
         ENCRYPTION_SECRET as it was"
    )]
    Missing { path: PathBuf },
    #[error(
        "ENCRYPTION_SECRET has {letters} characters; give at least 16, such as the output of `openssl rand -base64 32`"
    )]
    TooShort { letters: usize },
    #[error("a key cannot be derived from ENCRYPTION_SECRET")]
    Derive(#[source] rempart_crypto::CryptoError),
}

/// 256 bits, and the name by which sealed values say which key opens them.
pub struct MasterKey {
    pub(super) bytes: Zeroizing<[u8; 32]>,
    id: String,
}

impl MasterKey {
    /// The file's name in the data directory.
    pub const FILE: &'static str = "master.key";

    /// From the file in the data directory; made there when it lacks.
    pub fn open_or_create(directory: &Path) -> Result<Self, MasterKeyError> {
        let path = directory.join(Self::FILE);
        match Self::open(directory) {
            Err(MasterKeyError::Missing { .. }) => {}
            opened => return opened,
        }
        match create(&path, &Zeroizing::new(random_bytes::<32>())) {
            // Another process was first: its key is the one.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            created => created.map_err(|source| MasterKeyError::Create { path, source })?,
        }
        Self::open(directory)
    }

    /// From the file that must be there: where the catalog holds sealed values, a new key would open none of them.
    pub fn open(directory: &Path) -> Result<Self, MasterKeyError> {
        let path = directory.join(Self::FILE);
        let failed = |source| MasterKeyError::Read { path: path.clone(), source };
        let mut file = match fs::File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(MasterKeyError::Missing { path }),
            opened => opened.map_err(failed)?,
        };
        let mode = file.metadata().map_err(failed)?.mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(MasterKeyError::Open { path, mode });
        }
        let mut bytes = Zeroizing::new(Vec::with_capacity(33));
        io::Read::read_to_end(&mut io::Read::take(&mut file, 4096), &mut bytes).map_err(failed)?;
        let length = bytes.len();
        match <[u8; 32]>::try_from(bytes.as_slice()) {
            Ok(bytes) => Ok(Self::of(bytes)),
            Err(_) => Err(MasterKeyError::Length { path, bytes: length }),
        }
    }

    /// From a text in the environment. Every server of one catalog derives the same key, so the salt is fixed; the cost of
    /// the derivation stands against guessing.
    pub fn from_secret(secret: &str) -> Result<Self, MasterKeyError> {
        let letters = secret.chars().count();
        if letters < 16 {
            return Err(MasterKeyError::TooShort { letters });
        }
        let salt = [sha256(b"rempart ENCRYPTION_SECRET"), sha256(b"version 1")].concat();
        let salt: [u8; 64] = salt.try_into().expect("two digests are 64 bytes");
        let derived = derive_key(secret.as_bytes(), &salt, KdfParams::DEFAULT).map_err(MasterKeyError::Derive)?;
        Ok(Self::of(derived.to_parts().encrypt))
    }

    fn of(bytes: [u8; 32]) -> Self {
        let digest = sha256(&[&b"rempart master key id"[..], &bytes].concat());
        let id = digest[..4].iter().map(|byte| format!("{byte:02x}")).collect();
        Self { bytes: Zeroizing::new(bytes), id }
    }

    /// The key itself, for the sealed export of a whole server.
    pub(crate) fn expose(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// Puts the key of an export into an empty data directory.
    pub(crate) fn put(directory: &Path, bytes: &[u8]) -> Result<(), MasterKeyError> {
        let path = directory.join(Self::FILE);
        let bytes = <[u8; 32]>::try_from(bytes)
            .map(Zeroizing::new)
            .map_err(|_| MasterKeyError::Length { path: path.clone(), bytes: bytes.len() })?;
        create(&path, &bytes).map_err(|source| MasterKeyError::Create { path, source })
    }

    /// Eight digits that tell keys apart and tell nothing of them.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }
}

/// Written whole under another name, then given its own: no start ever finds half a key.
fn create(path: &Path, bytes: &[u8; 32]) -> io::Result<()> {
    let temporary = path.with_extension(format!("new.{}", std::process::id()));
    let _ = fs::remove_file(&temporary);
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
    let named = file
        .write_all(bytes)
        .and_then(|()| file.sync_all())
        // A link refuses a name that is taken; a rename would replace another process's key.
        .and_then(|()| fs::hard_link(&temporary, path));
    let _ = fs::remove_file(&temporary);
    named?;
    fs::File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn the_key_is_made_once_and_is_its_owners_alone() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(MasterKey::open(dir.path()), Err(MasterKeyError::Missing { .. })));
        let made = MasterKey::open_or_create(dir.path()).ok().unwrap();
        let again = MasterKey::open_or_create(dir.path()).ok().unwrap();
        assert_eq!(made.id(), again.id());
        let path = dir.path().join(MasterKey::FILE);
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "a temporary file is left");
    }

    #[test]
    fn a_file_that_others_may_read_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        MasterKey::open_or_create(dir.path()).ok().unwrap();
        let path = dir.path().join(MasterKey::FILE);
        for mode in [0o640, 0o604, 0o620] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let error = MasterKey::open_or_create(dir.path()).err().expect("an open key was taken");
            assert!(error.to_string().contains("chmod 600"), "{error}");
        }
    }

    #[test]
    fn a_torn_file_is_refused_and_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(MasterKey::FILE);
        for content in [&b""[..], &[7; 31], &[7; 33]] {
            fs::write(&path, content).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
            let error = MasterKey::open_or_create(dir.path()).err().expect("a torn key was taken");
            assert!(matches!(error, MasterKeyError::Length { .. }), "{error}");
            assert_eq!(fs::read(&path).unwrap(), content);
        }
    }

    #[test]
    fn the_same_secret_derives_the_same_key() {
        let key = |secret| MasterKey::from_secret(secret).ok().unwrap().id().to_owned();
        assert_eq!(key("a long enough secret"), key("a long enough secret"));
        assert_ne!(key("a long enough secret"), key("another long secret."));
        assert!(matches!(MasterKey::from_secret("short"), Err(MasterKeyError::TooShort { letters: 5 })));
    }
}
