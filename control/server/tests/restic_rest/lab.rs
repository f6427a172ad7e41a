//! A server with one repository in a temporary folder, and restic as a client of it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt as _};
use parking_lot::Mutex;
use rempart_model::{ClientMode, RepoClientId, RepoId};
use rempart_server::restic_rest::{Client, ClientPassword, Registry, RegistryError, router};
use rempart_storage::{LocalStore, Location, ObjectStore, OpenOptions};

/// The number under which the repository is served.
pub const REPOSITORY: i64 = 7;

/// How long a client may pause: far above what any test waits for.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Lab {
    pub scratch: tempfile::TempDir,
    pub address: std::net::SocketAddr,
    registry: Arc<Known>,
}

/// Where the one repository lies.
enum Place {
    Folder(PathBuf),
    /// Another server's endpoint: a place that takes packs only whole, as a bucket does.
    Elsewhere(String),
}

struct Known {
    place: Place,
    clients: Mutex<HashMap<String, Client>>,
    pub changes: Mutex<u32>,
}

impl Registry for Known {
    fn client<'a>(
        &'a self,
        repository: RepoId,
        username: &'a str,
    ) -> BoxFuture<'a, Result<Option<Client>, RegistryError>> {
        let found =
            (repository == RepoId::new(REPOSITORY)).then(|| self.clients.lock().get(username).cloned()).flatten();
        async move { Ok(found) }.boxed()
    }

    fn open(&self, _: RepoId) -> BoxFuture<'_, Result<Arc<dyn ObjectStore>, RegistryError>> {
        async move {
            Ok(match &self.place {
                Place::Folder(path) => Arc::new(LocalStore::new(path)) as Arc<dyn ObjectStore>,
                Place::Elsewhere(url) => {
                    let location: Location = url.parse().expect("a location");
                    rempart_storage::open(&location, &OpenOptions::default())?
                }
            })
        }
        .boxed()
    }

    fn client_was_here(&self, _: RepoClientId) {}

    fn snapshots_changed(&self, _: RepoId) {
        *self.changes.lock() += 1;
    }
}

impl Lab {
    /// A repository in a folder.
    pub async fn start() -> Self {
        let scratch = tempfile::tempdir().expect("a temporary folder");
        let place = Place::Folder(scratch.path().join("repository"));
        Self::serve(scratch, place).await
    }

    /// A repository that this server itself reaches only over a network.
    pub async fn start_before(other: &Self, password: &ClientPassword) -> Self {
        let scratch = tempfile::tempdir().expect("a temporary folder");
        Self::serve(scratch, Place::Elsewhere(other.url("front", password.expose()))).await
    }

    async fn serve(scratch: tempfile::TempDir, place: Place) -> Self {
        // Some other test may have been first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let registry = Arc::new(Known { place, clients: Mutex::default(), changes: Mutex::default() });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let app = axum::Router::new().nest("/restic", router(registry.clone(), PATIENCE));
        tokio::spawn(async move { axum::serve(listener, app).await.expect("serve") });
        Self { scratch, address, registry }
    }

    pub fn client(&self, username: &str, mode: ClientMode, quota_bytes: Option<u64>) -> ClientPassword {
        let password = ClientPassword::generate().expect("random bytes");
        let id = RepoClientId::new(1);
        let client = Client { id, password: password.hash(), mode, quota_bytes };
        self.registry.clients.lock().insert(username.to_owned(), client);
        password
    }

    pub fn snapshot_changes(&self) -> u32 {
        *self.registry.changes.lock()
    }

    pub fn folder(&self) -> PathBuf {
        self.scratch.path().join("repository")
    }

    pub fn url(&self, user: &str, password: &str) -> String {
        format!("rest:http://{user}:{password}@{}/restic/{REPOSITORY}/", self.address)
    }

    pub fn http(&self, path: &str) -> String {
        format!("http://{}/restic/{REPOSITORY}/{path}", self.address)
    }

    /// Files below the repository whose names are no objects: what broken uploads would leave.
    pub fn leftovers(&self) -> Vec<PathBuf> {
        files(&self.folder())
            .into_iter()
            .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("tmp-")))
            .collect()
    }
}

/// All files below a folder.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries
        .flat_map(|entry| {
            let path = entry.expect("an entry").path();
            if path.is_dir() { files(&path) } else { vec![path] }
        })
        .collect()
}

/// The two restics of the test matrix.
pub const RESTICS: [&str; 2] = ["restic", "restic-distribution"];

pub struct Restic {
    program: PathBuf,
    url: String,
    home: PathBuf,
}

impl Restic {
    pub fn new(lab: &Lab, which: &str, user: &str, password: &str) -> Self {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.cache/peers").join(which);
        assert!(program.exists(), "{which} is missing: run `tests/lab/peers.sh {which}`");
        Self { program, url: lab.url(user, password), home: lab.scratch.path().to_owned() }
    }

    /// Runs it to its end on a thread that may block.
    pub async fn run(&self, words: &[&str]) -> Output {
        let mut command = Command::new(&self.program);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", &self.home)
            .env("RESTIC_REPOSITORY", &self.url)
            .env("RESTIC_PASSWORD", "of the repository")
            .env("RESTIC_CACHE_DIR", self.home.join("restic-cache"))
            .args(words);
        tokio::task::spawn_blocking(move || command.output().expect("start restic")).await.expect("restic ran")
    }

    pub async fn succeed(&self, words: &[&str]) -> String {
        let output = self.run(words).await;
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "{} {words:?}: {}\n{stdout}\n{stderr}", self.program.display(), output.status);
        stdout
    }

    pub async fn fail(&self, words: &[&str]) -> String {
        let output = self.run(words).await;
        let said = text(&output.stdout) + &text(&output.stderr);
        assert!(!output.status.success(), "{} {words:?} succeeded:\n{said}", self.program.display());
        said
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Bytes that do not compress and are the same each time.
pub fn noise(len: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(len + 8);
    while bytes.len() < len {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(len);
    bytes
}

/// A folder with some large files and many small ones.
pub fn source(lab: &Lab) -> PathBuf {
    let source = lab.scratch.path().join("source");
    std::fs::create_dir_all(source.join("small")).expect("the source");
    for n in 0..3_u64 {
        std::fs::write(source.join(format!("large-{n}")), noise(12 << 20, n + 1)).expect("a file");
    }
    for n in 0..200_u64 {
        std::fs::write(source.join(format!("small/{n}")), noise(700, 100 + n)).expect("a file");
    }
    source
}

/// Both folders hold the same files with the same content.
pub fn assert_same(one: &Path, other: &Path) {
    let relative = |folder: &Path| {
        let mut names: Vec<PathBuf> =
            files(folder).iter().map(|path| path.strip_prefix(folder).expect("below").to_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(relative(one), relative(other));
    for name in relative(one) {
        let read = |folder: &Path| std::fs::read(folder.join(&name)).expect("a file");
        assert!(read(one) == read(other), "{} differs", name.display());
    }
}
