//! MySQL and MariaDB.
//!
//! Access in this order: root by the socket, whom a fresh installation trusts; `/etc/mysql/debian.cnf`; `~/.my.cnf`; a
//! container's own environment is named and left to whoever backs it up.

use std::path::Path;

use super::super::PATIENCE;
use super::super::process::Process;
use super::postgresql::home;
use super::{Attempt, Database, DatabaseKind, Method, Outcome, first_line, number_line};
use crate::path::HostPath;
use crate::program;

const PROGRAMS: [&str; 2] = ["mysqld", "mariadbd"];
const CLIENTS: [&str; 2] = ["mariadb", "mysql"];
const DEBIAN_FILE: &str = "/etc/mysql/debian.cnf";

pub fn find(processes: &[Process]) -> Vec<Database> {
    processes.iter().filter(|process| PROGRAMS.contains(&process.program_name())).map(running).collect()
}

fn running(process: &Process) -> Database {
    let said = said_version(process);
    let is_mariadb =
        process.program_name() == "mariadbd" || said.as_deref().is_some_and(|said| said.contains("MariaDB"));
    let kind = if is_mariadb { DatabaseKind::Mariadb } else { DatabaseKind::Mysql };
    let mut database = Database::of_process(kind, process);
    // MySQL's second socket speaks another protocol.
    database.socket = process.unix_sockets().into_iter().find(|socket| !socket.to_text().contains("mysqlx"));
    database.version = said.as_deref().map(number);
    // It works in its data directory, whatever its configuration says where.
    let folder = process.working_folder().filter(|folder| process.seen_from_here(folder).join("mysql").is_dir());
    database.data_dir = folder.as_deref().map(HostPath::from);
    database.measure(Some(process));
    if database.container.is_some() {
        database.note_container_environment(process);
        return database;
    }
    let Some(socket) = database.socket.clone() else { return database };
    let socket = socket.as_path().to_string_lossy().into_owned();
    let root = database.attempt(Method::RootSocket, || ask(&["--no-defaults", "--user=root"], &socket));
    let debian = database.attempt(Method::DebianFile, || by_file(Path::new(DEBIAN_FILE), &socket));
    let own = database.attempt(Method::OwnFile, || {
        let home = home().ok_or((Outcome::NotTried, "this user has no home".to_owned()))?;
        by_file(&home.join(".my.cnf"), &socket)
    });
    database.version = root.or(debian).or(own).or(database.version);
    database
}

fn by_file(file: &Path, socket: &str) -> Attempt<String> {
    if !file.is_file() {
        return Err((Outcome::NotTried, format!("there is no {}", file.display())));
    }
    ask(&[&format!("--defaults-file={}", file.display())], socket)
}

/// Which version the server says it is. Without `--password` the client asks nobody for one.
fn ask(first: &[&str], socket: &str) -> Attempt<String> {
    let client = CLIENTS.iter().find_map(|name| program::find(name));
    let client = client.ok_or((Outcome::NotTried, "there is no client program (mariadb, mysql)".to_owned()))?;
    let socket = format!("--socket={socket}");
    let rest = ["--connect-timeout=3", "--batch", "--skip-column-names", "--execute=SELECT VERSION()"];
    let arguments: Vec<&str> = first.iter().copied().chain([&*socket]).chain(rest).collect();
    match program::output(&client, &arguments, PATIENCE) {
        Ok((true, output)) => number_line(&output).map(|line| number(&line)),
        Ok((false, output)) => Err((Outcome::Refused, first_line(&output))),
        Err(error) => Err((Outcome::NotTried, error.to_string())),
    }
}

/// What the program says of itself; not of one in a container, which is not run from outside.
fn said_version(process: &Process) -> Option<String> {
    if process.container.is_some() {
        return None;
    }
    let (_, output) = program::output(&process.program, &["--no-defaults", "--version"], PATIENCE).ok()?;
    let text = first_line(&output);
    text.split_once("Ver ").map(|(_, version)| version.trim().to_owned())
}

/// `10.11.6-MariaDB-0+deb12u1 for debian-linux-gnu` is `10.11.6`.
fn number(version: &str) -> String {
    version.split([' ', '-']).next().unwrap_or(version).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_cut_to_their_number() {
        for (text, expected) in
            [("10.11.6-MariaDB-0+deb12u1 for debian-linux-gnu on x86_64", "10.11.6"), ("8.0.40", "8.0.40")]
        {
            assert_eq!(number(text), expected);
        }
    }
}
