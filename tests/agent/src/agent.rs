//! The agent's process.

use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use rempart_tests_support::{Program, Ran};

use crate::server::Server;

/// One machine's agent; killed when dropped.
pub struct Agent {
    data: PathBuf,
    /// Of its environment.
    variables: Vec<(&'static str, String)>,
    child: Option<Child>,
}

impl Agent {
    /// Enrols with a token of the server. Not running yet.
    pub fn enrol(server: &Server, data: &Path) -> Self {
        enrolment(server, data, &server.key(), &server.token()).succeed();
        Self { data: data.to_owned(), variables: Vec::new(), child: None }
    }

    /// The same over another way: to `url`, whose certificate has this fingerprint, with variables of the environment.
    pub fn enrol_by(
        server: &Server,
        data: &Path,
        (url, certificate): (&str, &str),
        variables: &[(&'static str, String)],
    ) -> Self {
        let (key, token) = (server.key(), server.token());
        let arguments = ["enrol", "--server", url, "--server-key", &key, "--token", &token];
        let program = Program::agent().args(arguments).args(["--certificate", certificate, "--data"]).arg(data);
        variables.iter().fold(program, |program, (name, value)| program.env(name, value)).succeed();
        Self { data: data.to_owned(), variables: variables.to_vec(), child: None }
    }

    pub fn start(&mut self) {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.log_file()).expect("a log");
        let program = Program::agent().args(["run", "--data"]).arg(&self.data).env("RUST_LOG", "debug");
        let program = self.variables.iter().fold(program, |program, (name, value)| program.env(name, value));
        let child = program.into_command().stdout(Stdio::null()).stderr(log).spawn().expect("start the agent");
        assert!(self.child.replace(child).is_none(), "it runs already");
    }

    fn log_file(&self) -> PathBuf {
        self.data.with_extension("log")
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    pub fn data(&self) -> &Path {
        &self.data
    }

    pub fn pid(&self) -> u32 {
        self.child.as_ref().expect("it runs").id()
    }

    /// With a signal that it cannot hear.
    pub fn kill(&mut self) {
        let mut child = self.child.take().expect("it runs");
        child.kill().expect("kill");
        child.wait().expect("wait");
    }

    /// As a service manager does it. Fails the test unless it ends well.
    pub fn terminate(&mut self) {
        let mut child = self.child.take().expect("it runs");
        let pid = child.id().to_string();
        let sent = std::process::Command::new("kill").args(["-TERM", &pid]).status().expect("start kill");
        assert!(sent.success());
        let status = child.wait().expect("wait");
        assert!(status.success(), "{status}\n{}", self.log());
    }

    pub fn status(&self) -> Ran {
        Program::agent().args(["status", "--data"]).arg(&self.data).run()
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
        if std::thread::panicking() {
            eprintln!("--- the agent's log\n{}", self.log());
        }
    }
}

fn enrolment(server: &Server, data: &Path, key: &str, token: &str) -> Program {
    Program::agent()
        .args(["enrol", "--server", &server.url(), "--server-key", key, "--token", token, "--data"])
        .arg(data)
}

/// Enrols, and must be refused; what it says.
pub fn refused(server: &Server, data: &Path, key: &str, token: &str) -> String {
    let ran = enrolment(server, data, key, token).run();
    assert_eq!(ran.code, Some(1), "{ran}");
    assert!(!data.join("agent.json").exists(), "settings of an agent that was refused");
    ran.stderr
}
