//! Real databases, started for the test as their packages start them, and found by what runs.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rempart_host::HostPath;
use rempart_host::capability::{Capabilities, Database, DatabaseKind, Method, Outcome};
use tempfile::TempDir;

/// One that ends with the test.
struct Running {
    child: Child,
    folder: TempDir,
}

impl Drop for Running {
    fn drop(&mut self) {
        // Started by this test, in a folder that goes with it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn folder(user: &str) -> TempDir {
    let folder = TempDir::with_prefix("rempart-host-").expect("a temporary folder");
    run(Command::new("chown").arg(format!("{user}:{user}")).arg(folder.path()));
    folder
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}; install its package"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// As this user: databases refuse to be root's.
fn as_user(user: &str, program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.args([&format!("--reuid={user}"), &format!("--regid={user}"), "--init-groups"]).arg(program);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Looks until the database of this folder is as it should be, or a minute has passed: it may still be starting.
fn found(data: &Path, is_ready: impl Fn(&Database) -> bool) -> Database {
    let path = HostPath::from(data);
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let all = Capabilities::read().unwrap().databases;
        match all.into_iter().find(|database| database.data_dir.as_ref() == Some(&path)) {
            Some(database) if is_ready(&database) => return database,
            other => assert!(Instant::now() < until, "{}: {other:?}", data.display()),
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn works(database: &Database) -> bool {
    database.access.iter().any(|access| access.outcome == Outcome::Works)
}

/// Whether the first attempt was refused, for this reason.
fn refused(database: &Database, why: &str) -> bool {
    let first = database.access.first();
    first.is_some_and(|access| {
        access.outcome == Outcome::Refused && access.detail.as_deref().is_some_and(|detail| detail.contains(why))
    })
}

fn debian_postgresql() -> PathBuf {
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .expect("install the package postgresql")
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|bin| bin.join("initdb").exists())
        .collect();
    versions.sort();
    versions.pop().expect("install the package postgresql")
}

fn postgresql(authentication: &str) -> (Running, PathBuf, u16) {
    let (bin, folder, port) = (debian_postgresql(), folder("postgres"), free_port());
    let data = folder.path().join("data");
    let password = folder.path().join("password");
    std::fs::write(&password, "nobody guesses this").unwrap();
    run(as_user("postgres", &bin.join("initdb"))
        .args(["--no-sync", "--auth-host=scram-sha-256", &format!("--auth-local={authentication}"), "--pgdata"])
        .arg(&data)
        .arg(format!("--pwfile={}", password.display())));
    let child = as_user("postgres", &bin.join("postgres"))
        .arg("-D")
        .arg(&data)
        .args(["-c", &format!("port={port}"), "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-k"])
        .arg(folder.path())
        .spawn()
        .unwrap();
    (Running { child, folder }, data, port)
}

#[test]
fn postgresql_is_found_and_entered_as_the_owner_of_its_data() {
    let (_server, data, port) = postgresql("peer");
    let found = found(&data, works);
    assert_eq!((found.kind, found.running, found.port), (DatabaseKind::Postgresql, true, Some(port)));
    assert_eq!((found.access[0].method, found.access[0].outcome), (Method::Peer, Outcome::Works), "{found:?}");
    assert_eq!(found.access.len(), 1, "nothing is tried behind what works");
    let major = std::fs::read_to_string(data.join("PG_VERSION")).unwrap();
    let version = found.version.expect("it says its version");
    assert!(version.starts_with(&format!("{}.", major.trim())), "{version}");
    assert!(found.size_bytes.is_some_and(|bytes| bytes > 10 << 20), "{:?}", found.size_bytes);
    assert_eq!(found.container, None);
}

#[test]
fn postgresql_that_wants_a_password_says_so_and_is_not_guessed_at() {
    let (_server, data, _) = postgresql("scram-sha-256");
    let found = found(&data, |database| refused(database, "password"));
    assert_eq!(found.access[0].method, Method::Peer);
    assert!(found.access.iter().all(|access| access.outcome != Outcome::Works), "{found:?}");
    assert!(found.version.is_some(), "its files say its release");
}

fn redis(more: &[&str]) -> (Running, PathBuf, u16) {
    let (folder, port) = (folder("root"), free_port());
    let child = Command::new("redis-server")
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--dir"])
        .arg(folder.path())
        .args(more)
        .stdout(Stdio::null())
        .spawn()
        .expect("install the package redis-server");
    let data = folder.path().canonicalize().unwrap();
    (Running { child, folder }, data, port)
}

#[test]
fn redis_is_asked_in_its_own_protocol() {
    let (_server, data, port) = redis(&[]);
    let open = found(&data, works);
    assert_eq!((open.kind, open.port), (DatabaseKind::Redis, Some(port)));
    assert_eq!((open.access[0].method, open.access[0].outcome), (Method::NoPassword, Outcome::Works), "{open:?}");
    assert!(open.version.is_some_and(|version| version.split('.').count() == 3));
    let (_server, data, _) = redis(&["--requirepass", "no such luck"]);
    let closed = found(&data, |database| refused(database, "NOAUTH"));
    assert_eq!((closed.access.len(), closed.version), (1, None), "nothing else is tried");
}

#[test]
fn mariadb_is_found_and_entered_by_its_socket_as_root() {
    let folder = folder("mysql");
    let data = folder.path().join("data");
    run(Command::new("mariadb-install-db")
        .args(["--no-defaults", "--user=mysql", "--auth-root-authentication-method=socket", "--skip-test-db"])
        .arg(format!("--datadir={}", data.display())));
    let socket = folder.path().join("m.sock");
    let child = as_user("mysql", Path::new("/usr/sbin/mariadbd"))
        .args(["--no-defaults", "--skip-networking"])
        .arg(format!("--datadir={}", data.display()))
        .arg(format!("--socket={}", socket.display()))
        .arg(format!("--pid-file={}", folder.path().join("pid").display()))
        .spawn()
        .unwrap();
    let server = Running { child, folder };
    let found = found(&data, works);
    assert_eq!((found.kind, found.port), (DatabaseKind::Mariadb, None));
    assert_eq!(found.socket, Some(HostPath::from(server.folder.path().join("m.sock").as_path())));
    assert_eq!((found.access[0].method, found.access[0].outcome), (Method::RootSocket, Outcome::Works), "{found:?}");
    assert!(found.version.is_some_and(|version| version.starts_with("1")), "its number");
    assert!(found.size_bytes.is_some_and(|bytes| bytes > 1 << 20));
}
