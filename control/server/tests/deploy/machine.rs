//! A machine of the lab: its power, its cable, its files.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;

/// What the agent leaves on a machine.
const PLACES: [&str; 4] = [
    "opt/rempart-agent",
    "var/lib/rempart-agent",
    "etc/systemd/system/rempart-agent.service",
    "etc/systemd/system/multi-user.target.wants/rempart-agent.service",
];

/// Ends with its standard input.
pub struct Machine {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    pub address: String,
    pub server_address: String,
    /// Its files, seen from here.
    pub root: PathBuf,
    /// What its first process is a child of.
    pid: u64,
    /// This end of its cable.
    link: String,
}

impl Machine {
    pub fn start(wish: &str) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/lab/start-host.sh");
        let mut command = Command::new(&script);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        if !wish.is_empty() {
            command.arg(wish);
        }
        let mut child = command.spawn().expect("start the machine");
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let said = hear(&mut output);
        let text = |key: &str| said[key].as_str().unwrap().to_owned();
        let input = child.stdin.take();
        Self {
            child,
            input,
            output,
            address: text("address"),
            server_address: text("server_address"),
            root: text("root").into(),
            pid: said["pid"].as_u64().unwrap(),
            link: text("link"),
        }
    }

    /// All that runs there ends at once; what lay on its disk stays.
    pub fn cut_power(&mut self) {
        assert_eq!(self.order("off")["power"], "off");
    }

    /// Until it answers again, by SSH.
    pub fn give_power(&mut self) {
        self.pid = self.order("on")["pid"].as_u64().unwrap();
    }

    fn order(&mut self, word: &str) -> Value {
        writeln!(self.input.as_mut().unwrap(), "{word}").unwrap();
        hear(&mut self.output)
    }

    /// `up`, or `down`: nothing arrives at either end, and nobody is told.
    #[track_caller]
    pub fn cable(&self, state: &str) {
        run("ip", &["link", "set", &self.link, state]);
    }

    /// As a line of so many megabits a second carries both ways.
    #[track_caller]
    pub fn slow(&self, megabits: u32) {
        let rate = format!("{megabits}mbit");
        run("tc", &shaped(&self.link, &rate));
        self.in_its_network("tc", &shaped("host0", &rate));
    }

    #[track_caller]
    pub fn fast(&self) {
        run("tc", &["qdisc", "del", "dev", &self.link, "root"]);
        self.in_its_network("tc", &["qdisc", "del", "dev", "host0", "root"]);
    }

    /// So many of a hundred packets are lost, each way. Goes with its power.
    #[track_caller]
    pub fn lossy(&self, percent: u32) {
        let share = format!("0.{percent:02}");
        for (chain, side) in [("INPUT", "-i"), ("OUTPUT", "-o")] {
            let lost = ["-m", "statistic", "--mode", "random", "--probability", &share, "-j", "DROP"];
            self.in_its_network("iptables", &[&["-A", chain, side, "host0"][..], &lost].concat());
        }
    }

    /// What came from it over its cable since it has power, with everything that was sent twice.
    pub fn sent_bytes(&self) -> u64 {
        let path = format!("/sys/class/net/{}/statistics/rx_bytes", self.link);
        std::fs::read_to_string(path).unwrap().trim().parse().unwrap()
    }

    pub fn has(&self, path: &str) -> bool {
        self.root.join(path).symlink_metadata().is_ok()
    }

    /// A file, with the folders that it needs.
    pub fn put(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    /// As somebody who sits in front of it.
    #[track_caller]
    pub fn run(&self, command: &str) {
        run("nsenter", &["--target", &self.first(), "--all", "--", "/bin/sh", "-c", command]);
    }

    /// A program of this side, in the machine's network.
    #[track_caller]
    fn in_its_network(&self, program: &str, arguments: &[&str]) {
        run("nsenter", &[&["--target", &self.first(), "--net", "--", program][..], arguments].concat());
    }

    /// The process id of its first process, as it is called here.
    fn first(&self) -> String {
        let found = Command::new("pgrep").args(["--parent", &self.pid.to_string()]).output().unwrap();
        String::from_utf8(found.stdout).unwrap().trim().to_owned()
    }

    /// Nothing of an agent is there.
    #[track_caller]
    pub fn is_clean(&self) {
        for place in PLACES {
            assert!(!self.has(place), "{place} was left behind");
        }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.input = None;
        let _ = self.child.wait();
    }
}

/// A bucket of tokens (tc-tbf(8)) at this end of a cable.
fn shaped<'a>(device: &'a str, rate: &'a str) -> [&'a str; 12] {
    ["qdisc", "replace", "dev", device, "root", "tbf", "rate", rate, "burst", "64kb", "latency", "400ms"]
}

/// A line of what the script says.
fn hear(output: &mut BufReader<ChildStdout>) -> Value {
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    serde_json::from_str(&line).unwrap_or_else(|_| panic!("the machine does not start; run tests/lab/install.sh host"))
}

#[track_caller]
fn run(program: &str, arguments: &[&str]) {
    let status = Command::new(program).args(arguments).status().unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(status.success(), "{program} {}: {status}", arguments.join(" "));
}
