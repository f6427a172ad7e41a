//! Catalogs for tests: each test runs on a fresh SQLite file and on a fresh database of a private PostgreSQL.
//!
//! ```ignore
//! rempart_catalog::on_both_dialects! {
//!     async fn a_name_is_taken_once(scratch: Scratch) {
//!         let catalog = scratch.catalog().await;
//!     }
//! }
//! ```

use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

use crate::{Catalog, CatalogUrl, Dialect};

/// An empty database of its own, gone with the test.
pub struct Scratch {
    url: CatalogUrl,
    dialect: Dialect,
    folder: TempDir,
}

impl Scratch {
    #[must_use]
    pub fn new(dialect: Dialect) -> Self {
        let folder = TempDir::with_prefix("rempart-catalog-").expect("a temporary folder");
        let url = match dialect {
            Dialect::Sqlite => CatalogUrl::sqlite(folder.path().join("catalog.sqlite")),
            Dialect::Postgres => CatalogUrl::Postgres(PostgresServer::shared().new_database()),
        };
        Self { url, dialect, folder }
    }

    #[must_use]
    pub fn url(&self) -> &CatalogUrl {
        &self.url
    }

    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// A folder for whatever else the test needs.
    #[must_use]
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Opens it. Each call is another set of connections, as another process would have.
    pub async fn catalog(&self) -> Catalog {
        Catalog::open(&self.url).await.expect("an empty database opens")
    }
}

/// Makes one test per dialect of each function: `mod name { fn sqlite(); fn postgres(); }`.
#[macro_export]
macro_rules! on_both_dialects {
    ($($(#[$meta:meta])* async fn $name:ident($scratch:ident: Scratch) $body:block)+) => {$(
        $(#[$meta])*
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            async fn given($scratch: $crate::testing::Scratch) $body

            #[test]
            fn sqlite() {
                $crate::testing::run(given($crate::testing::Scratch::new($crate::Dialect::Sqlite)));
            }

            #[test]
            fn postgres() {
                $crate::testing::run(given($crate::testing::Scratch::new($crate::Dialect::Postgres)));
            }
        }
    )+};
}

/// Runs one test on a runtime of its own.
pub fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(test);
}

/// A PostgreSQL of this test process, listening on a socket in a temporary folder only. It ends with the process: a
/// guardian waits at a pipe that closes however the process dies.
pub struct PostgresServer {
    socket_folder: PathBuf,
    bin: PathBuf,
    databases: AtomicU32,
    // Held open; closing it ends the server.
    _alive: ChildStdin,
    _guardian: Child,
}

/// What the guardian runs: `$1` programs, `$2` folder, `$3...` settings.
const GUARDIAN: &str = r#"
bin=$1; folder=$2; shift 2
trap '' INT TERM HUP
"$bin/initdb" -D "$folder/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync >"$folder/initdb.log" 2>&1 || { echo failed; exit 1; }
"$bin/postgres" -D "$folder/data" -k "$folder" -c listen_addresses= -c max_connections=200 "$@" >"$folder/server.log" 2>&1 </dev/null &
server=$!
echo started
read -r _
kill -QUIT "$server" 2>/dev/null; wait "$server"
rm -rf "$folder"
"#;

impl PostgresServer {
    /// The one of this process, started at first use. Without fsync: its data is gone with the test anyhow.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<PostgresServer> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(&["-c", "fsync=off", "-c", "full_page_writes=off"]))
    }

    /// Starts one with these settings (`-c name=value`).
    ///
    /// # Panics
    /// When PostgreSQL is not installed or does not start; a test without it is no test.
    #[must_use]
    pub fn start(settings: &[&str]) -> Self {
        let bin = programs();
        let folder = TempDir::with_prefix("rempart-postgres-").expect("a temporary folder").keep();
        let as_root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
        let mut command = if as_root {
            // PostgreSQL refuses to run as root.
            let status = Command::new("chown").arg("postgres:postgres").arg(&folder).status();
            assert!(status.is_ok_and(|s| s.success()), "there is no user postgres: install the package postgresql");
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--init-groups", "sh"]);
            command
        } else {
            Command::new("sh")
        };
        command.args(["-c", GUARDIAN, "guardian"]).arg(&bin).arg(&folder).args(settings).current_dir(&folder);
        let mut guardian = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("setpriv and sh");
        let mut said = String::new();
        let mut stdout = std::io::BufReader::new(guardian.stdout.take().expect("piped"));
        std::io::BufRead::read_line(&mut stdout, &mut said).expect("the guardian speaks");
        let log = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        assert_eq!(said, "started\n", "initdb failed:\n{}", log("initdb.log"));
        let alive = guardian.stdin.take().expect("piped");
        let server = Self {
            socket_folder: folder.clone(),
            bin,
            databases: AtomicU32::new(0),
            _alive: alive,
            _guardian: guardian,
        };
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
        while !server.psql("SELECT 1").status.success() {
            assert!(std::time::Instant::now() < deadline, "PostgreSQL does not start:\n{}", log("server.log"));
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        server
    }

    /// Makes an empty database; its URL.
    pub fn new_database(&self) -> String {
        let name = format!("scratch_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let made = self.psql(&format!("CREATE DATABASE {name}"));
        assert!(made.status.success(), "CREATE DATABASE: {}", String::from_utf8_lossy(&made.stderr));
        format!("postgres://postgres@localhost/{name}?host={}", self.socket_folder.display())
    }

    fn psql(&self, sql: &str) -> std::process::Output {
        let mut child = Command::new(self.bin.join("psql"))
            .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", "postgres", "-h"])
            .arg(&self.socket_folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("psql");
        let mut stdin = child.stdin.take().expect("piped");
        let _ = stdin.write_all(sql.as_bytes());
        drop(stdin);
        child.wait_with_output().expect("psql ends")
    }
}

/// The newest PostgreSQL of this machine; Debian keeps the server's programs out of the search path.
fn programs() -> PathBuf {
    let mut found: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let version = path.file_name()?.to_str()?.parse().ok()?;
            path.join("bin/initdb").exists().then(|| (version, path.join("bin")))
        })
        .collect();
    found.sort();
    let on_path = || {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).find(|folder| folder.join("initdb").exists())
    };
    found
        .pop()
        .map(|(_, bin)| bin)
        .or_else(on_path)
        .expect("PostgreSQL's programs (initdb, postgres, psql) are not installed: install the package postgresql")
}
