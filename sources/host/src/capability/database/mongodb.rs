//! MongoDB: found by its process; what its configuration asks of clients is read, and no client is there to be tried.

use std::path::Path;

use super::super::PATIENCE;
use super::super::process::Process;
use super::{Database, DatabaseKind, Method, Outcome, first_line};
use crate::path::HostPath;
use crate::program;

/// Where it keeps its data when nothing says where.
const USUAL_FOLDER: &str = "/data/db";

pub fn find(processes: &[Process]) -> Vec<Database> {
    processes.iter().filter(|process| process.program_name() == "mongod").map(running).collect()
}

fn running(process: &Process) -> Database {
    let mut database = Database::of_process(DatabaseKind::Mongodb, process);
    let file = process.argument("config").or_else(|| process.argument("f"));
    let configuration =
        file.and_then(|file| std::fs::read_to_string(process.seen_from_here(Path::new(file))).ok()).unwrap_or_default();
    let folder = process.argument("dbpath").map(str::to_owned).or_else(|| setting(&configuration, "dbPath"));
    database.data_dir = Some(HostPath::from(folder.as_deref().unwrap_or(USUAL_FOLDER)));
    if database.container.is_none() {
        let said = program::output(&process.program, &["--version"], PATIENCE).ok();
        database.version = said.and_then(|(_, output)| version(&first_line(&output)));
    }
    database.measure(Some(process));
    database.note_container_environment(process);
    let asks = process.arguments.iter().any(|word| word == "--auth" || word.starts_with("--keyFile"))
        || setting(&configuration, "authorization").as_deref() == Some("enabled");
    let _: Option<()> = database.attempt(Method::NoPassword, || {
        let why = if asks { "it asks for a user and a password" } else { "it asks for no password; nobody has tried" };
        Err((if asks { Outcome::Refused } else { Outcome::NotTried }, why.to_owned()))
    });
    database
}

/// `db version v7.0.5`
fn version(line: &str) -> Option<String> {
    line.strip_prefix("db version v").map(str::to_owned)
}

/// A scalar of its YAML, whatever it stands under: these names occur once.
fn setting(configuration: &str, name: &str) -> Option<String> {
    let lines = configuration.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let value = lines.filter_map(|line| line.split_once(':')).find(|(key, _)| *key == name)?.1;
    let value = value.split(" #").next().unwrap_or(value).trim().trim_matches(['"', '\'']);
    Some(value.to_owned()).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_configuration_is_read_for_two_settings() {
        let text = "storage:\n  dbPath: /srv/mongo # here\n#  dbPath: /old\nsecurity:\n  authorization: \"enabled\"\n";
        assert_eq!(setting(text, "dbPath").as_deref(), Some("/srv/mongo"));
        assert_eq!(setting(text, "authorization").as_deref(), Some("enabled"));
        assert_eq!(setting(text, "port"), None);
        assert_eq!(version("db version v7.0.5").as_deref(), Some("7.0.5"));
    }
}
