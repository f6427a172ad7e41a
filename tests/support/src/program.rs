//! Programs as processes: where they are, how they are started, what they said.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::place::workspace;

/// A command about to run. Nothing of the test's own environment reaches it but `PATH` and what is set here.
pub struct Program {
    command: Command,
}

impl Program {
    pub fn new(path: &Path) -> Self {
        let mut command = Command::new(path);
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("TZ", "UTC");
        command.stdin(Stdio::null());
        Self { command }
    }

    /// The program under test: `REMPART_BIN`, or built once by cargo, in the profile of the tests.
    pub fn rempart() -> Self {
        Self::new(Self::path_of_rempart())
    }

    pub fn path_of_rempart() -> &'static Path {
        static BUILT: OnceLock<PathBuf> = OnceLock::new();
        BUILT.get_or_init(|| std::env::var_os("REMPART_BIN").map_or_else(|| build("rempart"), PathBuf::from))
    }

    /// The agent under test: `REMPART_AGENT_BIN`, or built once by cargo, in the profile of the tests.
    pub fn agent() -> Self {
        static BUILT: OnceLock<PathBuf> = OnceLock::new();
        let given = || std::env::var_os("REMPART_AGENT_BIN");
        Self::new(BUILT.get_or_init(|| given().map_or_else(|| build("rempart-agent"), PathBuf::from)))
    }

    /// A peer by its name in `tests/lab/peers.sh`.
    pub fn peer(name: &str) -> Self {
        let path = workspace().join(".cache/peers").join(name);
        assert!(path.exists(), "{name} is missing: run `tests/lab/peers.sh {name}`");
        Self::new(&path)
    }

    pub fn arg(mut self, word: impl AsRef<OsStr>) -> Self {
        self.command.arg(word);
        self
    }

    pub fn args<S: AsRef<OsStr>>(mut self, words: impl IntoIterator<Item = S>) -> Self {
        self.command.args(words);
        self
    }

    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub fn folder(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Runs it to its end, however it ends.
    pub fn run(mut self) -> Ran {
        let words = format!("{:?}", self.command);
        let output = self.command.output().unwrap_or_else(|e| panic!("start {words}: {e}"));
        Ran {
            words,
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Runs it, and fails the test unless it ends with 0.
    pub fn succeed(self) -> Ran {
        let ran = self.run();
        assert_eq!(ran.code, Some(0), "{ran}");
        ran
    }

    /// The command itself, for tests that kill or watch the process.
    pub fn into_command(self) -> Command {
        self.command
    }
}

/// A command that has run.
#[derive(Debug)]
pub struct Ran {
    words: String,
    /// None when a signal ended it.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The environment stands before the words; the words are what a reader looks for first.
        writeln!(f, "exit code {:?} of {}", self.code, self.words)?;
        write!(f, "--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr)
    }
}

fn build(package: &str) -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["build", "--locked", "-p", package, "--message-format", "json-render-diagnostics"])
        .current_dir(workspace())
        .stderr(Stdio::inherit())
        .output()
        .expect("start cargo");
    assert!(output.status.success(), "cargo could not build {package}");
    let messages = serde_json::Deserializer::from_slice(&output.stdout).into_iter::<serde_json::Value>();
    let built = messages
        .map(|message| message.expect("cargo prints JSON"))
        .filter(|message| message["target"]["name"] == package)
        .find_map(|message| message["executable"].as_str().map(PathBuf::from));
    built.expect("cargo names the program it built")
}
