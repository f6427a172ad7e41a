//! Elasticsearch and OpenSearch: programs of Java, asked over HTTP, without a password.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use serde::Deserialize;

use super::super::process::Process;
use super::super::{PATIENCE, http};
use super::{Attempt, Database, DatabaseKind, Method, Outcome};
use crate::path::HostPath;

/// Classes by which the virtual machine was started.
const CLASSES: [(&str, DatabaseKind); 3] = [
    ("org.opensearch.bootstrap.OpenSearch", DatabaseKind::Opensearch),
    ("org.elasticsearch.bootstrap.Elasticsearch", DatabaseKind::Elasticsearch),
    ("org.elasticsearch.server/org.elasticsearch.bootstrap.Elasticsearch", DatabaseKind::Elasticsearch),
];

pub fn find(processes: &[Process]) -> Vec<Database> {
    let kind = |process: &Process| {
        let named = |class: &str| process.arguments.iter().any(|word| word == class);
        CLASSES.iter().find(|(class, _)| named(class)).map(|(_, kind)| *kind)
    };
    processes.iter().filter_map(|process| Some(running(kind(process)?, process))).collect()
}

fn running(kind: DatabaseKind, process: &Process) -> Database {
    let mut database = Database::of_process(kind, process);
    // The other one is for the nodes among themselves, and the higher.
    let ports = process.ports();
    database.port = ports.iter().copied().find(|port| (9200..9300).contains(port)).or(database.port);
    let home = process.argument("Des.path.conf").or_else(|| process.argument("Dopensearch.path.conf"));
    let files = ["elasticsearch.yml", "opensearch.yml"].map(|name| home.map(|home| Path::new(home).join(name)));
    let texts =
        files.into_iter().flatten().filter_map(|file| std::fs::read_to_string(process.seen_from_here(&file)).ok());
    let folder = texts.flat_map(|text| text.lines().filter_map(path_data).collect::<Vec<_>>()).next();
    database.data_dir = folder.as_deref().map(HostPath::from);
    database.measure(Some(process));
    if database.container.is_some() {
        database.note_container_environment(process);
        return database;
    }
    let port = database.port;
    database.version = database.attempt(Method::NoPassword, || version(port));
    database
}

#[derive(Deserialize)]
struct Said {
    version: Version,
}

#[derive(Deserialize)]
struct Version {
    number: String,
}

fn version(port: Option<u16>) -> Attempt<String> {
    let port = port.ok_or((Outcome::NotTried, "it listens nowhere".to_owned()))?;
    let answer = http::get(SocketAddr::from((Ipv4Addr::LOCALHOST, port)), "/", PATIENCE)
        .map_err(|error| (Outcome::NotTried, format!("port {port} does not answer over HTTP ({error})")))?;
    if answer.status == 401 || answer.status == 403 {
        return Err((Outcome::Refused, "it asks for a user and a password".to_owned()));
    }
    let said: Said = serde_json::from_slice(&answer.body)
        .map_err(|error| (Outcome::NotTried, format!("its answer was not understood ({error})")))?;
    Ok(said.version.number)
}

/// `path.data: /var/lib/elasticsearch`
fn path_data(line: &str) -> Option<String> {
    let value = line.trim().strip_prefix("path.data:")?.trim().trim_matches(['"', '\'']);
    Some(value.to_owned()).filter(|value| value.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_lies_where_the_configuration_says() {
        assert_eq!(path_data("path.data: /var/lib/opensearch").as_deref(), Some("/var/lib/opensearch"));
        for line in ["# path.data: /x", "path.logs: /y", "path.data: [\"/a\", \"/b\"]"] {
            assert_eq!(path_data(line), None, "{line}");
        }
    }
}
