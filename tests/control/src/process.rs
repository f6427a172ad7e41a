//! `rempart server` and `rempart worker` as processes.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use rempart_tests_support::Program;

use crate::client::Client;
use crate::until;

/// What a test sets besides the folder.
pub type Extra<'a> = &'a [(&'a str, &'a str)];

/// How long a process may take to begin; far above what it needs, on a busy machine.
const START: Duration = Duration::from_secs(60);

/// Killed when dropped.
struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    fn start(words: &[&str], folder: &Path, extra: Extra<'_>, log: &str) -> (Self, mpsc::Receiver<String>) {
        let mut program = Program::rempart().args(words).env("BACKUPS_DIR", folder);
        for (name, value) in extra {
            program = program.env(name, value);
        }
        Self::spawn(program, folder.with_file_name(log))
    }

    fn spawn(program: Program, log: PathBuf) -> (Self, mpsc::Receiver<String>) {
        let open = std::fs::OpenOptions::new().create(true).append(true).open(&log).expect("a log");
        let mut command = program.env("RUST_LOG", "info").into_command();
        let mut child = command.stdout(Stdio::piped()).stderr(open).spawn().expect("start the program");
        let stdout = child.stdout.take().expect("piped");
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines() {
                let Ok(line) = line else { break };
                // Nobody listens any more once the address is known.
                let _ = tell.send(line);
            }
        });
        (Self { child, log }, told)
    }

    fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// With a signal that it cannot hear.
    fn kill(&mut self) {
        self.child.kill().expect("kill");
        self.child.wait().expect("wait");
    }

    fn assert_lives(&mut self) {
        let status = self.child.try_wait().expect("look at the process");
        assert!(status.is_none(), "it ended by itself with {status:?}:\n{}", self.log());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub struct Server {
    process: Process,
    pub base: String,
    /// Of the setup link, where there was one.
    pub setup_token: Option<String>,
}

impl Server {
    /// Starts it on the folder, on a free port, and waits until it is ready.
    pub fn start(folder: &Path, extra: Extra<'_>) -> Self {
        let mut settings = vec![("PORT", "0")];
        settings.extend_from_slice(extra);
        let (mut process, told) = Process::start(&["server"], folder, &settings, "server.log");
        let mut said = Vec::new();
        let base = until("the server tells its address", START, || {
            process.assert_lives();
            said.extend(told.try_iter());
            said.iter().find_map(|line| address_in(line))
        });
        let client = Client::new(&base);
        until("the server is ready", START, || {
            process.assert_lives();
            client.try_get("/health/ready").filter(|answer| answer.status == 200)
        });
        said.extend(told.try_iter());
        let setup_token = said.iter().find_map(|line| token_in(line));
        Self { process, base, setup_token }
    }

    pub fn pid(&self) -> u32 {
        self.process.child.id()
    }

    pub fn kill(mut self) {
        self.process.kill();
    }

    pub fn log(&self) -> String {
        self.process.log()
    }
}

pub struct Worker(Process);

impl Worker {
    pub fn start(folder: &Path, extra: Extra<'_>) -> Self {
        Self(Process::start(&["worker"], folder, extra, "worker.log").0)
    }

    pub fn pid(&self) -> u32 {
        self.0.child.id()
    }

    pub fn kill(mut self) {
        self.0.kill();
    }

    pub fn log(&self) -> String {
        self.0.log()
    }
}

/// `rempart-agent run` on a folder of its own, as on another machine.
pub struct Agent(Process);

impl Agent {
    pub fn start(folder: &Path) -> Self {
        let program = Program::agent().args(["run", "--data"]).arg(folder);
        Self(Process::spawn(program, folder.with_extension("log")).0)
    }

    pub fn kill(mut self) {
        self.0.kill();
    }

    pub fn log(&self) -> String {
        self.0.log()
    }
}

/// `http://127.0.0.1:4711` out of a line of the server's first output.
fn address_in(line: &str) -> Option<String> {
    let start = line.find("http://").or_else(|| line.find("https://"))?;
    let url = &line[start..];
    let (scheme, rest) = url.split_once("://")?;
    let host: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || ".:-[]".contains(*c)).collect();
    Some(format!("{scheme}://{}", host.trim_end_matches(['.', ':'])))
}

fn token_in(line: &str) -> Option<String> {
    let (_, rest) =
        line.split_once("token=").or_else(|| line.split_once("/setup/")).or_else(|| line.split_once("/setup#"))?;
    let token: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect();
    (!token.is_empty()).then_some(token)
}
