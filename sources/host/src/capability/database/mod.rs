//! Databases of the machine: what they are, where their data lies, and how to get in.
//!
//! One file for each system. Found by the programs that run; clusters that are stopped where their package lists them.

mod contained;
mod measure;
mod mongodb;
mod mysql;
mod postgresql;
mod redis;
mod search;
mod sqlite;

use serde::{Deserialize, Serialize};

use super::docker::Docker;
use super::process::{Process, processes};
use super::volume::{Abilities, Ability};
use crate::path::HostPath;

/// A database that runs here, or whose files lie here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Database {
    pub kind: DatabaseKind,
    /// Where there are several of a kind: a cluster such as `15/main`, a file.
    pub name: Option<String>,
    pub version: Option<String>,
    pub running: bool,
    pub port: Option<u16>,
    pub socket: Option<HostPath>,
    /// As seen from where it runs: in a container, inside it.
    pub data_dir: Option<HostPath>,
    /// Absent where measuring took too long, or was not allowed.
    pub size_bytes: Option<u64>,
    /// The id of the container that it runs in: the port, the socket and the data directory are those inside.
    pub container: Option<String>,
    /// As the engine calls it; absent where no engine was asked, or knows of it.
    #[serde(default)]
    pub container_name: Option<String>,
    /// The port of this machine behind which the engine put the one inside.
    #[serde(default)]
    pub published_port: Option<u16>,
    /// Ways of getting in, in the order in which they were tried: behind one that works none is.
    pub access: Vec<Access>,
    /// Of its data directory.
    pub snapshot: Ability,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DatabaseKind {
    Postgresql,
    Mysql,
    Mariadb,
    Mongodb,
    Redis,
    Sqlite,
    Elasticsearch,
    Opensearch,
}

/// One way of getting in, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Access {
    pub method: Method,
    pub outcome: Outcome,
    /// What the database or its program said, in one line.
    pub detail: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Method {
    /// By its socket, as the owner of its data directory.
    Peer,
    /// `~/.pgpass` of this process's user.
    PasswordFile,
    /// By its socket, as root.
    RootSocket,
    /// `/etc/mysql/debian.cnf`
    DebianFile,
    /// `~/.my.cnf` of this process's user.
    OwnFile,
    /// What the container was given.
    ContainerEnvironment,
    NoPassword,
    /// The file itself.
    File,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    Works,
    Refused,
    /// A program or a file for it is missing, or it took too long.
    NotTried,
}

/// What an attempt gave: the answer, or why there is none.
pub type Attempt<T> = Result<T, (Outcome, String)>;

impl Database {
    fn new(kind: DatabaseKind) -> Self {
        Self {
            kind,
            name: None,
            version: None,
            running: false,
            port: None,
            socket: None,
            data_dir: None,
            size_bytes: None,
            container: None,
            container_name: None,
            published_port: None,
            access: Vec::new(),
            snapshot: Ability::None,
        }
    }

    /// What a process says by being there.
    fn of_process(kind: DatabaseKind, process: &Process) -> Self {
        let socket = process.unix_sockets().into_iter().next();
        Self {
            running: true,
            port: process.ports().first().copied(),
            socket,
            container: process.container.clone(),
            ..Self::new(kind)
        }
    }

    /// Tries one way, unless one works already; what it answered.
    fn attempt<T>(&mut self, method: Method, attempt: impl FnOnce() -> Attempt<T>) -> Option<T> {
        if self.access.iter().any(|access| access.outcome == Outcome::Works) {
            return None;
        }
        let (outcome, detail, answer) = match attempt() {
            Ok(answer) => (Outcome::Works, None, Some(answer)),
            Err((outcome, detail)) => (outcome, Some(detail), None),
        };
        self.access.push(Access { method, outcome, detail });
        answer
    }

    /// Of the data directory, as seen from here.
    fn measure(&mut self, process: Option<&Process>) {
        let Some(folder) = &self.data_dir else { return };
        let here =
            process.map_or_else(|| folder.as_path().to_owned(), |process| process.seen_from_here(folder.as_path()));
        self.size_bytes = measure::folder_bytes(&here);
    }
}

/// All that are found, by kind and then by port.
pub(super) fn databases(abilities: &Abilities, docker: Option<&Docker>) -> Vec<Database> {
    let processes = processes();
    let mut found = postgresql::find(&processes);
    found.extend(mysql::find(&processes));
    found.extend(mongodb::find(&processes));
    found.extend(redis::find(&processes));
    found.extend(search::find(&processes));
    if let Some(docker) = docker {
        found.iter_mut().for_each(|database| database.is_known_to(docker));
    }
    found.sort_by_key(|database| (database.kind, !database.running, database.port));
    found.extend(sqlite::find(&processes));
    for database in found.iter_mut().filter(|database| database.container.is_none()) {
        database.snapshot = database.data_dir.as_ref().map_or(Ability::None, |folder| abilities.of(folder));
    }
    found
}

/// The first line that begins with a digit: what a client was asked for, behind whatever it warns of.
fn number_line(output: &[u8]) -> Attempt<String> {
    let text = String::from_utf8_lossy(output);
    let line = text.lines().map(str::trim).find(|line| line.starts_with(|first: char| first.is_ascii_digit()));
    line.map(str::to_owned).ok_or_else(|| (Outcome::NotTried, format!("its answer was not understood: {text}")))
}

/// The first line of what a program said, without the noise around it.
fn first_line(output: &[u8]) -> String {
    let text = String::from_utf8_lossy(output);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("it said nothing");
    line.chars().take(300).collect()
}
