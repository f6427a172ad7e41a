//! Starts the real servers of tests/lab and ends them.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};

/// A running server. It ends when its standard input closes, so it outlives neither this value nor this process.
pub struct Server {
    child: Child,
    input: Option<ChildStdin>,
    /// What the script tells about it: addresses and credentials.
    pub facts: serde_json::Value,
}

impl Server {
    /// Runs `tests/lab/start-<name>.sh` and waits until the server answers.
    pub fn start(name: &str, arguments: &[&str]) -> Self {
        let scripts = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/lab");
        let script = scripts.join(format!("start-{name}.sh"));
        let mut child = Command::new(&script)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{} does not start: {error}", script.display()));
        let input = child.stdin.take();
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("it is piped")).read_line(&mut line).expect("the script's output");
        if line.is_empty() {
            let status = child.wait().expect("the script's end");
            panic!("{} ended with {status}; run tests/lab/install.sh {name} (its reason is above)", script.display());
        }
        let facts = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{name} printed {line:?}: {error}"));
        Self { child, input, facts }
    }

    pub fn text(&self, fact: &str) -> String {
        self.facts[fact].as_str().unwrap_or_else(|| panic!("the script tells no {fact:?}: {}", self.facts)).to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.wait();
    }
}
