//! SFTP against OpenSSH's sshd.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use crate::conformance::{conformance, content, id, named};
use crate::lab::Server;
use rempart_storage::{
    ErrorKind, HostKeyPolicy, Location, ObjectKind, ObjectName, ObjectStore, OpenOptions, RetryPolicy, Secret, open,
};

fn place(server: &Server, folder: &str) -> String {
    format!("sftp://{}@127.0.0.1:{}/{}/{folder}", server.text("user"), server.facts["port"], server.text("folder"))
}

fn options(server: &Server) -> OpenOptions {
    let mut options = OpenOptions::default();
    options.sftp.key_files = vec![server.text("key_file").into()];
    options.sftp.known_hosts_files = vec![server.text("known_hosts").into()];
    options.retry = RetryPolicy { first_delay: Duration::from_millis(10), ..RetryPolicy::default() };
    options
}

fn opened(location: &str, options: &OpenOptions) -> Arc<dyn ObjectStore> {
    let location: Location = location.parse().unwrap_or_else(|error| panic!("{location}: {error}"));
    open(&location, options).unwrap_or_else(|error| panic!("{location}: {}", error.chain()))
}

#[test]
fn sshd_conforms() {
    let server = Server::start("sshd", &[]);
    let options = options(&server);
    conformance(&|folder| opened(&place(&server, folder), &options));
    let left: Vec<_> =
        walk(Path::new(&server.text("folder"))).into_iter().filter(|path| path.contains("tmp-")).collect();
    assert_eq!(left, Vec::<String>::new(), "temporary files are left");
}

fn walk(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(walk(&path)) } else { found.push(path.display().to_string()) }
    }
    found
}

#[test]
fn folders_are_made_where_they_lack_and_foreign_files_are_passed_over() {
    let server = Server::start("sshd", &[]);
    let store = opened(&place(&server, "deep/er/repo"), &options(&server));
    store.create().unwrap_or_else(|error| panic!("{}", error.chain()));
    let root = Path::new(&server.text("folder")).join("deep/er/repo");
    let name = named(ObjectKind::Pack, 1);
    let folder = root.join(name.to_string());
    std::fs::remove_dir(folder.parent().unwrap()).unwrap();
    store.write(name, content(1000, 1)).unwrap_or_else(|error| panic!("{}", error.chain()));
    std::fs::write(root.join("data/README"), "foreign").unwrap();
    std::fs::write(folder.with_file_name("README"), "foreign").unwrap();
    std::fs::write(root.join("data/tmp-7-dead"), "torn").unwrap();
    let listed = store.list(ObjectKind::Pack).unwrap();
    assert_eq!(listed.iter().map(|listed| listed.id).collect::<Vec<_>>(), [id(1)]);
    assert_eq!(store.remove_leftovers(Duration::from_secs(3600)).unwrap(), 0, "it is young");
    assert_eq!(store.remove_leftovers(Duration::ZERO).unwrap(), 1);
    assert!(store.free_bytes().unwrap().is_some_and(|bytes| bytes > 0), "sshd tells the free space");
}

#[test]
fn every_way_in_works() {
    let server = Server::start("sshd", &[]);
    let base = options(&server);
    let mut ways: Vec<(&str, OpenOptions)> = vec![("a key", base.clone())];
    let mut rsa = base.clone();
    rsa.sftp.key_files = vec!["/nowhere/id_ed25519".into(), server.text("rsa_key_file").into()];
    rsa.sftp.key_passphrase = Some(Secret::new(server.text("rsa_key_passphrase")));
    ways.push(("an encrypted RSA key", rsa));
    let mut password = base.clone();
    password.sftp.key_files.clear();
    password.sftp.password = Some(Secret::new(server.text("password")));
    ways.push(("a password", password));
    let agent = Agent::start(Path::new(&server.text("key_file")));
    let mut by_agent = base;
    by_agent.sftp.key_files.clear();
    by_agent.sftp.agent_socket = Some(agent.socket.clone());
    ways.push(("an agent", by_agent));
    for (way, options) in ways {
        let store = opened(&place(&server, "ways"), &options);
        store.create().unwrap_or_else(|error| panic!("{way}: {}", error.chain()));
    }
}

struct Agent {
    child: std::process::Child,
    socket: std::path::PathBuf,
    _dir: tempfile::TempDir,
}

impl Agent {
    fn start(key: &Path) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("agent");
        let child =
            Command::new("ssh-agent").arg("-D").arg("-a").arg(&socket).stdout(std::process::Stdio::null()).spawn();
        let child = child.expect("ssh-agent starts; run tests/lab/install.sh sshd");
        for _ in 0..200 {
            if socket.exists() {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let added = Command::new("ssh-add").arg("-q").arg(key).env("SSH_AUTH_SOCK", &socket).status().unwrap();
        assert!(added.success(), "ssh-add takes {}", key.display());
        Self { child, socket, _dir: dir }
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn who_is_not_let_in_is_told_what_was_tried() {
    let server = Server::start("sshd", &[]);
    let other = tempfile::tempdir().unwrap();
    let stranger = other.path().join("stranger");
    let made =
        Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&stranger).status().unwrap();
    assert!(made.success());
    let mut options = options(&server);
    options.sftp.key_files = vec![stranger.clone(), server.text("rsa_key_file").into()];
    options.sftp.password = Some(Secret::new("not the password"));
    let error = opened(&place(&server, "x"), &options).create().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied, "{}", error.chain());
    for says in [&*stranger.display().to_string(), "it is encrypted, and no passphrase", "the password: refused"] {
        assert!(error.chain().contains(says), "{} does not say {says:?}", error.chain());
    }
    assert!(!format!("{error:?}").contains("not the password"));
}

#[test]
fn host_keys_are_checked() {
    let server = Server::start("sshd", &[]);
    let dir = tempfile::tempdir().unwrap();
    let known_hosts = dir.path().join("known_hosts");
    let with = |policy| {
        let mut options = options(&server);
        options.sftp.known_hosts_files = vec![known_hosts.clone()];
        options.sftp.host_keys = policy;
        opened(&place(&server, "keys"), &options)
    };
    let fingerprint = {
        let key = Path::new(&server.text("key_file")).with_file_name("host_key.pub");
        let output = Command::new("ssh-keygen").arg("-lf").arg(key).output().unwrap();
        String::from_utf8(output.stdout).unwrap().split(' ').nth(1).unwrap().to_owned()
    };

    // Nobody is known: refused, with the fingerprint and what to do.
    let error = with(HostKeyPolicy::Strict).create().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied, "{}", error.chain());
    assert!(error.chain().contains(&fingerprint), "{} does not tell {fingerprint}", error.chain());
    assert!(error.chain().contains("ssh-keyscan"), "{}", error.chain());
    assert!(!known_hosts.exists(), "a refused key was stored");

    // New ones may be remembered; then it is known.
    with(HostKeyPolicy::AcceptNew).create().unwrap_or_else(|error| panic!("{}", error.chain()));
    with(HostKeyPolicy::Strict).create().unwrap_or_else(|error| panic!("{}", error.chain()));

    // Another key under the same name, in whichever form: refused by both.
    let other = server.text("key_file") + ".pub";
    let other = std::fs::read_to_string(other).unwrap();
    let other: Vec<&str> = other.split(' ').collect();
    let lie = format!("[127.0.0.1]:{} {} {}\n", server.facts["port"], other[0], other[1]);
    std::fs::write(&known_hosts, &lie).unwrap();
    let hashed = Command::new("ssh-keygen").arg("-H").arg("-f").arg(&known_hosts).output().unwrap();
    assert!(hashed.status.success());
    let text = std::fs::read_to_string(&known_hosts).unwrap();
    assert!(text.starts_with("|1|"), "{text}");
    for policy in [HostKeyPolicy::Strict, HostKeyPolicy::AcceptNew] {
        let error = with(policy).create().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied, "{}", error.chain());
        assert!(error.chain().contains("HAS CHANGED") && error.chain().contains(&fingerprint), "{}", error.chain());
    }
    assert_eq!(std::fs::read_to_string(&known_hosts).unwrap(), text, "the file was changed");

    // Revoked: refused, though it is listed as well.
    let key = std::fs::read_to_string(server.text("known_hosts")).unwrap();
    let revoked = format!("{key}@revoked * {}\n", key.split_once(' ').unwrap().1.trim());
    std::fs::write(&known_hosts, revoked).unwrap();
    let error = with(HostKeyPolicy::AcceptNew).create().unwrap_err();
    assert!(error.chain().contains("revoked"), "{}", error.chain());
}

#[test]
fn a_dead_session_is_replaced() {
    let server = Server::start("sshd", &[]);
    let store = opened(&place(&server, "dead"), &options(&server));
    store.create().unwrap();
    store.write(ObjectName::Config, content(10, 1)).unwrap();
    // The server's process for this connection: a child of the listening one.
    let listener = std::fs::read_to_string(Path::new(&server.text("key_file")).with_file_name("sshd.pid")).unwrap();
    let children = Command::new("pgrep").args(["-P", listener.trim()]).output().unwrap();
    let children = String::from_utf8(children.stdout).unwrap();
    assert!(!children.trim().is_empty(), "no session is open");
    for child in children.split_whitespace() {
        assert!(Command::new("kill").args(["-9", child]).status().unwrap().success());
    }
    let read = store.read(ObjectName::Config).unwrap_or_else(|error| panic!("{}", error.chain()));
    assert_eq!(read, content(10, 1));
}
