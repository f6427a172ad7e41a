//! PostgreSQL: servers that run, and Debian's clusters that do not.
//!
//! Access in this order: by the socket as the owner of the data directory, whom a fresh installation trusts ("peer"); then what
//! `~/.pgpass` holds for this user; a container's own environment is named and left to whoever backs it up.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::super::PATIENCE;
use super::super::process::Process;
use super::{Attempt, Database, DatabaseKind, Method, Outcome, first_line, number_line};
use crate::path::HostPath;
use crate::program::{self, Run};

/// Reads only, and gives up by itself.
const OPTIONS: &str = "-c default_transaction_read_only=on -c statement_timeout=4000";

pub fn find(processes: &[Process]) -> Vec<Database> {
    let is_server = |process: &&Process| process.program_name() == "postgres";
    let servers: Vec<&Process> = processes.iter().filter(is_server).collect();
    // Its workers are children that run the same program.
    let is_first = |process: &&&Process| servers.iter().all(|other| other.pid != process.parent);
    let mut found: Vec<Database> = servers.iter().filter(is_first).map(|process| running(process)).collect();
    found.extend(stopped(&found));
    found
}

fn running(process: &Process) -> Database {
    let mut database = Database::of_process(DatabaseKind::Postgresql, process);
    // The first process works in the data directory.
    let folder = process.working_folder().filter(|folder| process.seen_from_here(folder).join("PG_VERSION").exists());
    let here = folder.as_deref().map(|folder| process.seen_from_here(folder));
    database.data_dir = folder.as_deref().map(HostPath::from);
    database.version = here.as_deref().and_then(major);
    database.name = folder.as_deref().and_then(cluster_name);
    database.measure(Some(process));
    if database.container.is_some() {
        database.note_container_environment(process);
        return database;
    }
    let Some((socket, client)) = database.socket.clone().zip(client(process)) else { return database };
    let port = port_of(&socket).or(database.port).unwrap_or(5432);
    database.port = Some(port);
    let host = socket.as_path().parent().map(|folder| folder.to_string_lossy().into_owned()).unwrap_or_default();
    let owner = here.as_deref().and_then(|folder| std::fs::metadata(folder).ok()).map(|data| (data.uid(), data.gid()));
    let ask = |run: Run<'_>, user: &str| version(&client, run, &host, port, user);
    let told = database.attempt(Method::Peer, || {
        let (uid, gid) = owner.ok_or((Outcome::NotTried, "the owner of the data directory is not known".to_owned()))?;
        let name = user_name(uid).ok_or((Outcome::NotTried, format!("user {uid} has no name")))?;
        let own = rustix::process::geteuid();
        if !own.is_root() && own.as_raw() != uid {
            return Err((Outcome::NotTried, format!("only root and {name} can")));
        }
        let user = own.is_root().then_some((uid, gid));
        ask(Run { user, environment: &[("PGOPTIONS", OPTIONS), ("PGPASSFILE", "/dev/null")] }, &name)
    });
    let by_file = database.attempt(Method::PasswordFile, || {
        let file = home().map(|home| home.join(".pgpass")).filter(|file| file.is_file());
        let file = file.ok_or((Outcome::NotTried, "there is no ~/.pgpass".to_owned()))?;
        let file = file.to_string_lossy().into_owned();
        ask(Run { user: None, environment: &[("PGOPTIONS", OPTIONS), ("PGPASSFILE", &file)] }, "postgres")
    });
    database.version = told.or(by_file).or(database.version);
    database
}

/// Which version the server says it is. Never asks for a password.
fn version(client: &Path, run: Run<'_>, host: &str, port: u16, user: &str) -> Attempt<String> {
    let port = port.to_string();
    let arguments = [
        "--no-psqlrc",
        "--no-password",
        "--tuples-only",
        "--no-align",
        "--host",
        host,
        "--port",
        &port,
        "--username",
        user,
        "--dbname",
        "postgres",
        "--command",
        "SHOW server_version",
    ];
    match program::output_of(run, client, &arguments, PATIENCE) {
        Ok((true, output)) => number_line(&output).map(|line| line.split(' ').next().unwrap_or_default().to_owned()),
        Ok((false, output)) => Err((Outcome::Refused, first_line(&output))),
        Err(error) => Err((Outcome::NotTried, error.to_string())),
    }
}

/// `psql` of the server's own release, or any.
fn client(process: &Process) -> Option<PathBuf> {
    let beside = process.program.with_file_name("psql");
    if beside.is_file() { Some(beside) } else { program::find("psql") }
}

/// The number at the end of `.s.PGSQL.5432`.
fn port_of(socket: &HostPath) -> Option<u16> {
    socket.as_path().extension()?.to_str()?.parse().ok()
}

fn major(folder: &Path) -> Option<String> {
    let text = std::fs::read_to_string(folder.join("PG_VERSION")).ok()?;
    Some(text.trim().to_owned()).filter(|version| !version.is_empty())
}

/// As Debian and its relatives lay them out: `/var/lib/postgresql/15/main` is `15/main`.
fn cluster_name(folder: &Path) -> Option<String> {
    let inside = folder.strip_prefix("/var/lib/postgresql").ok()?;
    Some(inside.to_str()?.to_owned()).filter(|name| name.split('/').count() == 2)
}

/// Clusters of `pg_lsclusters` that none of these is.
fn stopped(running: &[Database]) -> Vec<Database> {
    let Some(lister) = program::find("pg_lsclusters") else { return Vec::new() };
    let Ok((true, output)) = program::output(&lister, &["--no-header"], PATIENCE) else { return Vec::new() };
    let known = |folder: &HostPath| running.iter().any(|database| database.data_dir.as_ref() == Some(folder));
    let text = String::from_utf8_lossy(&output);
    let clusters = text.lines().filter_map(cluster).filter(|database| {
        database.data_dir.as_ref().is_some_and(|folder| folder.as_path().is_dir() && !known(folder))
    });
    clusters
        .map(|mut database| {
            database.measure(None);
            database
        })
        .collect()
}

/// `version cluster port status owner data-directory log-file`
fn cluster(line: &str) -> Option<Database> {
    let mut fields = line.split_whitespace();
    let (version, name) = (fields.next()?, fields.next()?);
    let port = fields.next()?.parse().ok()?;
    let folder = fields.nth(2)?;
    Some(Database {
        name: Some(format!("{version}/{name}")),
        version: Some(version.to_owned()),
        port: Some(port),
        data_dir: Some(HostPath::from(folder)),
        ..Database::new(DatabaseKind::Postgresql)
    })
}

fn user_name(uid: u32) -> Option<String> {
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    let mut rows = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let row = rows.find(|row| row.get(2).and_then(|field| field.parse::<u32>().ok()) == Some(uid))?;
    row.first().map(|name| (*name).to_owned())
}

/// Of this process's user. A service may have no `HOME`.
pub fn home() -> Option<PathBuf> {
    let uid = rustix::process::geteuid().as_raw();
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    let mut rows = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let row = rows.find(|row| row.get(2).and_then(|field| field.parse::<u32>().ok()) == Some(uid))?;
    row.get(5).map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clusters_and_sockets_are_read_by_their_names() {
        let line =
            "15  main    5432 down   postgres /var/lib/postgresql/15/main /var/log/postgresql/postgresql-15-main.log";
        let database = cluster(line).unwrap();
        assert_eq!((database.name.as_deref(), database.port, database.running), (Some("15/main"), Some(5432), false));
        assert_eq!(database.data_dir, Some(HostPath::from("/var/lib/postgresql/15/main")));
        assert!(cluster("Error: none").is_none());
        assert_eq!(port_of(&HostPath::from("/run/postgresql/.s.PGSQL.5433")), Some(5433));
        assert_eq!(cluster_name(Path::new("/var/lib/postgresql/16/shop")).as_deref(), Some("16/shop"));
        assert_eq!(cluster_name(Path::new("/srv/pg")), None);
        assert!(user_name(0).is_some_and(|name| name == "root"));
    }
}
