//! What an export holds: a manifest with the master key, then the catalog as a SQLite file.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use rempart_catalog::{Catalog, CatalogError, CatalogUrl};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize as _, Zeroizing};

use super::sealed_stream::{self, SealedStreamError};
use crate::secret::{MasterKey, MasterKeyError};

#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    #[error("{} exists already; name another file", path.display())]
    Exists { path: PathBuf },
    #[error("the passphrase has {letters} characters; give at least 12: whoever guesses it can read every backup")]
    ShortPassphrase { letters: usize },
    #[error("{} holds something already ({found}); an import needs an empty folder", path.display())]
    NotEmpty { path: PathBuf, found: String },
    #[error("the export was written by a newer version ({version}): install that one")]
    Newer { version: u32 },
    #[error("{} cannot be opened", path.display())]
    Sealed { path: PathBuf, source: SealedStreamError },
    #[error("{} cannot be read or written", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    #[error(transparent)]
    MasterKey(#[from] MasterKeyError),
}

/// Of the form of the manifest and what follows it.
const VERSION: u32 = 1;
const PASSPHRASE_CHARACTERS: usize = 12;
/// What may lie in the folder already: backups that were moved there first, and what file systems make by themselves.
const STAYS: [&str; 2] = ["pool", "lost+found"];
/// Nothing that is a manifest is longer.
const MANIFEST_BYTES: u64 = 64 << 10;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    version: u32,
    program: String,
    created_at: Timestamp,
    master_key: String,
}

impl Drop for Manifest {
    fn drop(&mut self) {
        self.master_key.zeroize();
    }
}

/// What an import brought.
#[derive(Debug)]
pub struct Imported {
    pub exported_at: Timestamp,
    pub exported_by: String,
}

/// Writes the whole server into one new file, sealed by the passphrase. The server may be at work meanwhile: the catalog in
/// the file is of one moment.
pub async fn export(catalog: &Catalog, key: &MasterKey, passphrase: &str, to: &Path) -> Result<(), TransferError> {
    let letters = passphrase.chars().count();
    if letters < PASSPHRASE_CHARACTERS {
        return Err(TransferError::ShortPassphrase { letters });
    }
    if to.exists() {
        return Err(TransferError::Exists { path: to.to_owned() });
    }
    let scratch = Scratch::beside(to)?;
    let file = scratch.path.join("catalog.sqlite");
    catalog.export_to(&file).await?;
    let manifest = Manifest {
        version: VERSION,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        created_at: Timestamp::now(),
        master_key: BASE64.encode(key.expose()),
    };
    let (passphrase, to) = (Zeroizing::new(passphrase.to_owned()), to.to_owned());
    on_a_thread(move || write(&manifest, &file, &scratch, &to, &passphrase)).await
}

fn write(
    manifest: &Manifest,
    catalog: &Path,
    scratch: &Scratch,
    to: &Path,
    passphrase: &str,
) -> Result<(), TransferError> {
    let io = |source| TransferError::Io { path: to.to_owned(), source };
    let json = Zeroizing::new(serde_json::to_vec(manifest).map_err(|error| io(error.into()))?);
    let head = (json.len() as u64).to_be_bytes();
    let catalog = File::open(catalog).map_err(io)?;
    let sealed = scratch.path.join("sealed");
    let file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&sealed).map_err(io)?;
    let mut out = BufWriter::new(file);
    let mut content = BufReader::new(head.chain(&json[..]).chain(catalog));
    sealed_stream::seal(&mut content, &mut out, passphrase)
        .map_err(|source| TransferError::Sealed { path: to.to_owned(), source })?;
    let file = out.into_inner().map_err(|error| io(error.into_error()))?;
    file.sync_all().map_err(io)?;
    // A link refuses a name that was taken meanwhile; a rename would replace it.
    match fs::hard_link(&sealed, to) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Err(TransferError::Exists { path: to.to_owned() })
        }
        linked => linked.and_then(|()| File::open(parent(to))?.sync_all()).map_err(io),
    }
}

/// Fills an empty data folder, and the empty catalog at `url`, from an export. Where it fails, nothing of it stays.
pub async fn import(
    from: &Path,
    passphrase: &str,
    directory: &Path,
    url: &CatalogUrl,
) -> Result<Imported, TransferError> {
    let io = |source| TransferError::Io { path: directory.to_owned(), source };
    fs::create_dir_all(directory).map_err(io)?;
    if let Some(found) = entries(directory).map_err(io)?.into_iter().find(|name| !STAYS.contains(&name.as_str())) {
        return Err(TransferError::NotEmpty { path: directory.to_owned(), found });
    }
    let outcome = fill(from, passphrase, directory, url).await;
    if outcome.is_err() {
        // Nothing else was there, so all that is there now is ours.
        for name in entries(directory).unwrap_or_default().into_iter().filter(|name| !STAYS.contains(&name.as_str())) {
            let path = directory.join(name);
            let _ = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        }
    }
    outcome
}

fn entries(directory: &Path) -> io::Result<Vec<String>> {
    fs::read_dir(directory)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
}

async fn fill(from: &Path, passphrase: &str, directory: &Path, url: &CatalogUrl) -> Result<Imported, TransferError> {
    let scratch = Scratch::beside(&directory.join("import"))?;
    let opened = scratch.path.join("opened");
    let catalog = scratch.path.join("catalog.sqlite");
    let (passphrase, from) = (Zeroizing::new(passphrase.to_owned()), from.to_owned());
    let file = catalog.clone();
    let manifest = on_a_thread(move || read(&from, &passphrase, &opened, &file)).await?;
    let bytes = Zeroizing::new(BASE64.decode(manifest.master_key.as_bytes()).unwrap_or_default());
    MasterKey::put(directory, &bytes)?;
    let target = Catalog::open(url).await?;
    let imported = target.import_from(&catalog).await;
    target.close().await;
    imported?;
    Ok(Imported { exported_at: manifest.created_at, exported_by: manifest.program.clone() })
}

/// Opens all of it before any of it is used.
fn read(from: &Path, passphrase: &str, opened: &Path, catalog: &Path) -> Result<Manifest, TransferError> {
    let io = |source| TransferError::Io { path: from.to_owned(), source };
    let private = |path: &Path| fs::OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path);
    let mut out = BufWriter::new(private(opened).map_err(io)?);
    let mut sealed = BufReader::new(File::open(from).map_err(io)?);
    sealed_stream::open(&mut sealed, &mut out, passphrase)
        .map_err(|source| TransferError::Sealed { path: from.to_owned(), source })?;
    out.flush().map_err(io)?;
    let refused = || TransferError::Sealed { path: from.to_owned(), source: SealedStreamError::NotAnExport };
    let mut content = BufReader::new(File::open(opened).map_err(io)?);
    let mut head = [0; 8];
    content.read_exact(&mut head).map_err(|_| refused())?;
    let len = u64::from_be_bytes(head);
    if len > MANIFEST_BYTES {
        return Err(refused());
    }
    let mut json = Zeroizing::new(Vec::new());
    (&mut content).take(len).read_to_end(&mut json).map_err(io)?;
    let manifest: Manifest = serde_json::from_slice(&json).map_err(|_| refused())?;
    if manifest.version > VERSION {
        return Err(TransferError::Newer { version: manifest.version });
    }
    io::copy(&mut content, &mut private(catalog).map_err(io)?).map_err(io)?;
    Ok(manifest)
}

/// A private folder that goes with its end: what lies in it is in the clear.
struct Scratch {
    path: PathBuf,
}

impl Scratch {
    /// On the file system of `place`.
    fn beside(place: &Path) -> Result<Self, TransferError> {
        let name = format!(".rempart-{}-{}", std::process::id(), crate::secret::generate_code());
        let path = parent(place).join(name);
        fs::DirBuilder::new()
            .mode(0o700)
            .create(&path)
            .map_err(|source| TransferError::Io { path: path.clone(), source })?;
        Ok(Self { path })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.path) {
            tracing::warn!(path = %self.path.display(), "a folder with secrets in the clear could not be removed: {error}");
        }
    }
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

async fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, TransferError> + Send + 'static,
) -> Result<T, TransferError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome,
        Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSPHRASE: &str = "a passphrase for this test";

    #[tokio::test]
    async fn a_server_moves_with_its_key_and_its_catalog() {
        // Given a server.
        let scratch = tempfile::tempdir().unwrap();
        let [old, new] = ["old", "new"].map(|name| scratch.path().join(name));
        fs::create_dir(&old).unwrap();
        let key = MasterKey::open_or_create(&old).unwrap();
        let url = CatalogUrl::sqlite(old.join("catalog.sqlite"));
        let catalog = Catalog::open(&url).await.unwrap();
        let file = scratch.path().join("export");

        // When it is exported, and imported elsewhere.
        export(&catalog, &key, PASSPHRASE, &file).await.unwrap();
        fs::create_dir_all(new.join("pool/repository")).unwrap();
        let url = CatalogUrl::sqlite(new.join("catalog.sqlite"));
        import(&file, PASSPHRASE, &new, &url).await.unwrap();

        // Then the key is the same, nothing else is left, and neither is overwritten by a second time.
        assert_eq!(MasterKey::open(&new).unwrap().id(), key.id());
        let names = |folder: &Path| -> Vec<String> {
            let mut names: Vec<_> =
                fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            names
        };
        assert_eq!(names(&new), ["catalog.sqlite", "master.key", "pool"]);
        assert_eq!(names(scratch.path()), ["export", "new", "old"]);
        let again = export(&catalog, &key, PASSPHRASE, &file).await.unwrap_err();
        assert!(matches!(again, TransferError::Exists { .. }), "{again}");
        let again = import(&file, PASSPHRASE, &new, &url).await.unwrap_err();
        assert!(matches!(again, TransferError::NotEmpty { .. }), "{again}");
    }

    #[tokio::test]
    async fn a_wrong_passphrase_or_a_torn_file_leaves_nothing() {
        let scratch = tempfile::tempdir().unwrap();
        let [old, new] = ["old", "new"].map(|name| scratch.path().join(name));
        fs::create_dir(&old).unwrap();
        let key = MasterKey::open_or_create(&old).unwrap();
        let catalog = Catalog::open(&CatalogUrl::sqlite(old.join("catalog.sqlite"))).await.unwrap();
        let file = scratch.path().join("export");
        let short = export(&catalog, &key, "short", &file).await.unwrap_err();
        assert!(matches!(short, TransferError::ShortPassphrase { letters: 5 }), "{short}");
        export(&catalog, &key, PASSPHRASE, &file).await.unwrap();
        let content = fs::read(&file).unwrap();
        fs::create_dir_all(new.join("pool/repository")).unwrap();
        fs::write(&file, &content[..content.len() / 2]).unwrap();
        let url = CatalogUrl::sqlite(new.join("catalog.sqlite"));
        let torn = import(&file, PASSPHRASE, &new, &url).await.unwrap_err();
        assert!(matches!(torn, TransferError::Sealed { .. }), "{torn}");
        fs::write(&file, &content).unwrap();
        let wrong = import(&file, "another passphrase", &new, &url).await.unwrap_err();
        assert!(matches!(wrong, TransferError::Sealed { .. }), "{wrong}");
        assert_eq!(entries(&new).unwrap(), ["pool"], "something was left, or taken away");
        assert!(new.join("pool/repository").exists());
        import(&file, PASSPHRASE, &new, &url).await.unwrap();
    }
}
