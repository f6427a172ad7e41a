//! Databases in containers: what their images say of them, and what the engine knows.

use super::super::docker::Docker;
use super::super::process::Process;
use super::{Access, Database, DatabaseKind, Method, Outcome};

/// In which variable the official images write what they hold.
const VERSIONS: [(DatabaseKind, &str); 5] = [
    (DatabaseKind::Postgresql, "PG_VERSION"),
    (DatabaseKind::Mysql, "MYSQL_VERSION"),
    (DatabaseKind::Mariadb, "MARIADB_VERSION"),
    (DatabaseKind::Mongodb, "MONGO_VERSION"),
    (DatabaseKind::Redis, "REDIS_VERSION"),
];

/// By which of them a container is given the password of its first user.
const PASSWORDS: [(DatabaseKind, &[&str]); 7] = [
    (DatabaseKind::Postgresql, &["POSTGRES_PASSWORD", "POSTGRES_PASSWORD_FILE"]),
    (DatabaseKind::Mysql, &["MYSQL_ROOT_PASSWORD", "MYSQL_ROOT_PASSWORD_FILE"]),
    // Under their names of both.
    (
        DatabaseKind::Mariadb,
        &["MARIADB_ROOT_PASSWORD", "MARIADB_ROOT_PASSWORD_FILE", "MYSQL_ROOT_PASSWORD", "MYSQL_ROOT_PASSWORD_FILE"],
    ),
    (DatabaseKind::Mongodb, &["MONGO_INITDB_ROOT_PASSWORD", "MONGO_INITDB_ROOT_PASSWORD_FILE"]),
    (DatabaseKind::Redis, &["REDIS_PASSWORD"]),
    (DatabaseKind::Elasticsearch, &["ELASTIC_PASSWORD"]),
    (DatabaseKind::Opensearch, &["OPENSEARCH_INITIAL_ADMIN_PASSWORD"]),
];

impl Database {
    /// What its process was started with, where that can still be read: some write their title over it.
    pub(super) fn note_container_environment(&mut self, process: &Process) {
        if self.container.is_some() {
            self.was_started_with(|variable| process.given(variable));
        }
    }

    /// How the engine calls its container, what it started it with, and where it is reached from outside; the version by the
    /// image's name, where nothing else says it.
    pub(super) fn is_known_to(&mut self, docker: &Docker) {
        let Some(id) = &self.container else { return };
        let Some(container) = docker.containers.iter().find(|container| container.id == *id) else { return };
        self.container_name = Some(container.name.clone());
        let published = container.ports.iter().find(|port| Some(port.inside) == self.port);
        self.published_port = published.map(|port| port.outside);
        let environment = docker.environment(id);
        self.was_started_with(|variable| environment.get(variable).cloned());
        self.version = self.version.take().or_else(|| tag(&container.image).and_then(number));
    }

    /// A container's own variables say what is in it, and how to get in; they are used by whoever backs it up, not here.
    fn was_started_with(&mut self, given: impl Fn(&str) -> Option<String>) {
        let variable = VERSIONS.iter().find(|(kind, _)| *kind == self.kind).map(|(_, variable)| *variable);
        self.version = variable.and_then(&given).as_deref().and_then(number).or(self.version.take());
        let passwords = PASSWORDS.iter().find(|(kind, _)| *kind == self.kind).map_or(&[][..], |(_, names)| *names);
        let is_told = self.access.iter().any(|access| access.method == Method::ContainerEnvironment);
        if !is_told && passwords.iter().any(|name| given(name).is_some_and(|value| !value.is_empty())) {
            let detail = Some("the container was given a password; it is used from inside the container".to_owned());
            self.access.push(Access { method: Method::ContainerEnvironment, outcome: Outcome::NotTried, detail });
        }
    }
}

/// Packages' versions begin with an epoch and end with what their makers add: `1:11.3.2+maria~ubu2204`, `16.2-1.pgdg120+1`.
fn number(version: &str) -> Option<String> {
    let version = version.rsplit(':').next().unwrap_or(version);
    let number: String = version.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    Some(number.trim_end_matches('.').to_owned()).filter(|number| !number.is_empty())
}

/// `registry:5000/library/postgres:16.2@sha256:…`; an image without a name is called by its digest.
fn tag(image: &str) -> Option<&str> {
    let name = image.split('@').next().unwrap_or(image);
    let (name, tag) = name.rsplit('/').next()?.split_once(':')?;
    (name != "sha256").then_some(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_what_images_say() {
        for (text, expected) in [
            ("16.2-1.pgdg120+1", Some("16.2")),
            ("1:11.3.2+maria~ubu2204", Some("11.3.2")),
            ("8.0.36-1.el8", Some("8.0.36")),
            ("7.2.4", Some("7.2.4")),
            ("16-alpine", Some("16")),
            ("latest", None),
            ("", None),
        ] {
            assert_eq!(number(text).as_deref(), expected, "{text}");
        }
        for (image, expected) in [
            ("postgres:16.2", Some("16.2")),
            ("registry:5000/library/redis:7@sha256:5e5e", Some("7")),
            ("registry:5000/library/redis", None),
            ("sha256:5e5e", None),
        ] {
            assert_eq!(tag(image), expected, "{image}");
        }
    }
}
