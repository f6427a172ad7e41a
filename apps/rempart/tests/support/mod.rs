//! The built binary in a world of its own: a home, a repository, a password, and nothing of the caller's environment.
#![allow(dead_code)] // each test file uses its part

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use rempart_crypto::KdfParams;
use rempart_repository::{InitOptions, OpenOptions, Repository};
use rempart_storage::LocalStore;
use serde_json::Value;
use tempfile::TempDir;

pub const PASSWORD: &str = "correct horse";

pub struct World {
    dir: TempDir,
}

/// What a run left behind.
pub struct Ran {
    pub command: String,
    pub code: i32,
    pub stdout: Vec<u8>,
    pub stderr: String,
}

impl World {
    /// A world without a repository.
    pub fn empty() -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        std::fs::create_dir(dir.path().join("home")).unwrap();
        Self { dir }
    }

    /// A world with an empty repository, whose key is derived in a millisecond: else every command would spend most of
    /// its time on it. What `init` makes is seen by the tests that begin with [`World::empty`].
    pub fn new() -> Self {
        let world = Self::empty();
        // An irreducible polynomial of degree 53, from restic's own tests.
        let options = InitOptions { chunker_polynomial: 0x003D_A335_8B4D_C173, kdf: KdfParams { n: 1024, r: 8, p: 1 } };
        let store = Arc::new(LocalStore::new(world.repository()));
        Repository::init(store, PASSWORD.as_bytes(), &options, OpenOptions::default()).expect("init");
        world
    }

    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn repository(&self) -> PathBuf {
        self.path("repo")
    }

    /// The binary with its environment, ready for arguments.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rempart"));
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path("home"))
            .env("TZ", "UTC")
            .env("REMPART_REPOSITORY", self.repository())
            .env("REMPART_PASSWORD", PASSWORD)
            .current_dir(self.dir.path())
            .stdin(Stdio::null());
        command
    }

    pub fn run<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Ran {
        let mut command = self.command();
        command.args(arguments);
        Ran::of(&mut command)
    }

    /// Makes a file with its folders.
    pub fn write(&self, name: impl AsRef<Path>, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    /// A small tree to back up: `source/a.txt`, `source/sub/b.txt`, `source/sub/empty`.
    pub fn small_tree(&self) -> PathBuf {
        self.write("source/a.txt", "alpha\n");
        self.write("source/sub/b.txt", "beta\n".repeat(1000));
        self.write("source/sub/empty", "");
        self.path("source")
    }

    /// Backs up and returns the snapshot's id.
    pub fn backup(&self, path: &Path) -> String {
        let ran = self.run([OsStr::new("backup"), path.as_os_str(), OsStr::new("--json")]).succeeds();
        ran.summary()["snapshot_id"].as_str().expect("a snapshot id in the summary").to_owned()
    }
}

impl Ran {
    pub fn of(command: &mut Command) -> Self {
        let output = command.output().expect("the binary starts");
        Self {
            command: format!("{:?}", command.get_args().collect::<Vec<_>>()),
            code: output.status.code().unwrap_or(-1),
            stdout: output.stdout,
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    #[track_caller]
    pub fn succeeds(self) -> Self {
        self.ends_with(0)
    }

    #[track_caller]
    pub fn ends_with(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            code,
            "{} ended with another code\nstdout: {}\nstderr: {}",
            self.command,
            self.text(),
            self.stderr
        );
        assert!(!self.stderr.contains("error: a bug in rempart"), "{} panicked: {}", self.command, self.stderr);
        self
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    #[track_caller]
    pub fn says(self, words: &str) -> Self {
        let said = format!("{}{}", self.text(), self.stderr);
        assert!(said.contains(words), "{} did not say {words:?}, but: {said}", self.command);
        self
    }

    /// The lines of `--json`: each an object with a type.
    #[track_caller]
    pub fn json(&self) -> Vec<Value> {
        self.text()
            .lines()
            .map(|line| {
                let value: Value =
                    serde_json::from_str(line).unwrap_or_else(|e| panic!("{}: {e} in {line:?}", self.command));
                assert!(value["message_type"].is_string(), "{}: no message_type in {line}", self.command);
                value
            })
            .collect()
    }

    /// The last line of `--json`.
    #[track_caller]
    pub fn summary(&self) -> Value {
        let last = self.json().pop().unwrap_or_else(|| panic!("{} printed nothing; {}", self.command, self.stderr));
        assert_eq!(last["message_type"], "summary", "{}: the last line is {last}", self.command);
        last
    }

    /// The lines of `--json` of one type.
    #[track_caller]
    pub fn messages(&self, message_type: &str) -> Vec<Value> {
        self.json().into_iter().filter(|value| value["message_type"] == message_type).collect()
    }
}

/// Every file below a folder with its content, by relative path.
pub fn files_below(dir: &Path) -> std::collections::BTreeMap<PathBuf, Vec<u8>> {
    let mut found = std::collections::BTreeMap::new();
    let mut folders = vec![dir.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
            let path = entry.unwrap().path();
            if path.symlink_metadata().unwrap().is_dir() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(dir).unwrap().to_path_buf(), std::fs::read(&path).unwrap_or_default());
            }
        }
    }
    found
}
