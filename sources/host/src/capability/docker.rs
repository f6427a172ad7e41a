//! Docker, asked over its socket: containers, compose projects, volumes, networks. Podman speaks the same.
//!
//! The shapes are those of the Docker Engine API, 1.24 and later, which every engine since 2016 answers.

mod wire;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{PATIENCE, http};
use crate::path::HostPath;

/// Where engines listen; the first that answers counts.
const SOCKETS: [&str; 3] = ["/run/docker.sock", "/var/run/docker.sock", "/run/podman/podman.sock"];

/// More of each are not listed: the answer goes over a wire.
const MOST: usize = 500;

/// An engine and what it holds.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Docker {
    pub socket: HostPath,
    /// As it calls itself: `Docker Engine - Community`, `Podman Engine`.
    pub engine: Option<String>,
    pub version: Option<String>,
    /// Why nothing more is known: the socket may not be opened, or nobody answers.
    pub problem: Option<String>,
    pub containers: Vec<DockerContainer>,
    pub projects: Vec<DockerProject>,
    pub volumes: Vec<DockerVolume>,
    pub networks: Vec<DockerNetwork>,
}

/// Running or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DockerContainer {
    pub id: String,
    pub name: String,
    pub image: String,
    /// `running`, `exited`, `paused`.
    pub state: String,
    pub project: Option<String>,
    pub service: Option<String>,
    /// Of TCP, those that the engine has put behind a port of this machine.
    #[serde(default)]
    pub ports: Vec<DockerPort>,
}

/// A port of a container, and the one of this machine that leads to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DockerPort {
    pub inside: u16,
    pub outside: u16,
}

/// What `docker compose` started together.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DockerProject {
    pub name: String,
    pub working_dir: Option<String>,
    pub config_files: Vec<String>,
    pub containers: u32,
    pub running: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DockerVolume {
    pub name: String,
    pub driver: String,
    /// Where it lies on this machine.
    pub mount_point: Option<String>,
    pub project: Option<String>,
    /// Whether a container has it, running or not.
    pub used: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DockerNetwork {
    pub name: String,
    pub driver: String,
    pub project: Option<String>,
}

type Labels = BTreeMap<String, String>;

const PROJECT: &str = "com.docker.compose.project";
const SERVICE: &str = "com.docker.compose.service";
const WORKING_DIR: &str = "com.docker.compose.project.working_dir";
const CONFIG_FILES: &str = "com.docker.compose.project.config_files";

/// `None` where there is no engine.
pub(super) fn look() -> Option<Docker> {
    SOCKETS.iter().map(Path::new).find(|socket| socket.exists()).map(look_at)
}

/// Of the engine behind a socket; what cannot be asked is its problem.
#[must_use]
pub fn look_at(socket: &Path) -> Docker {
    let found = Docker { socket: HostPath::from(socket), ..Docker::default() };
    match read(socket, found.clone()) {
        Ok(found) => found,
        Err(problem) => Docker { problem: Some(problem), ..found },
    }
}

fn read(socket: &Path, mut found: Docker) -> Result<Docker, String> {
    let version: wire::Version = ask(socket, "/version")?;
    found.engine = version.platform.map(|platform| platform.name).filter(|name| !name.is_empty());
    found.version = Some(version.version);
    let containers: Vec<wire::Container> = ask(socket, "/containers/json?all=1")?;
    let used: HashSet<String> =
        containers.iter().flat_map(|container| &container.mounts).filter_map(|mount| mount.name.clone()).collect();
    found.projects = projects(&containers);
    found.containers = containers.into_iter().take(MOST).map(container).collect();
    let volumes: wire::Volumes = ask(socket, "/volumes")?;
    let volume = |volume: wire::Volume| DockerVolume {
        used: used.contains(&volume.name),
        name: volume.name,
        driver: volume.driver,
        mount_point: Some(volume.mountpoint).filter(|path| !path.is_empty()),
        project: volume.labels.unwrap_or_default().remove(PROJECT),
    };
    found.volumes = volumes.volumes.unwrap_or_default().into_iter().take(MOST).map(volume).collect();
    let networks: Vec<wire::Network> = ask(socket, "/networks")?;
    let network = |network: wire::Network| DockerNetwork {
        name: network.name,
        driver: network.driver,
        project: network.labels.unwrap_or_default().remove(PROJECT),
    };
    found.networks = networks.into_iter().take(MOST).map(network).collect();
    Ok(found)
}

impl Docker {
    /// The variables that a container was started with; none where the engine does not say.
    pub(super) fn environment(&self, container: &str) -> BTreeMap<String, String> {
        let asked = ask::<wire::Inspected>(self.socket.as_path(), &format!("/containers/{container}/json"));
        let pairs = asked.ok().and_then(|inspected| inspected.config.env).unwrap_or_default();
        let pair = |pair: String| pair.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
        pairs.into_iter().filter_map(pair).collect()
    }
}

fn ask<T: DeserializeOwned>(socket: &Path, path: &str) -> Result<T, String> {
    let answer = http::get_by_socket(socket, path, PATIENCE).map_err(|error| error.to_string())?;
    if answer.status != 200 {
        return Err(format!("{path}: status {}", answer.status));
    }
    serde_json::from_slice(&answer.body).map_err(|error| format!("{path}: {error}"))
}

fn container(container: wire::Container) -> DockerContainer {
    let mut labels = container.labels.unwrap_or_default();
    // Names begin with a slash: there were links between containers once.
    let name = container.names.first().map(|name| name.trim_start_matches('/').to_owned());
    DockerContainer {
        name: name.unwrap_or_default(),
        id: container.id,
        image: container.image,
        state: container.state,
        project: labels.remove(PROJECT),
        service: labels.remove(SERVICE),
        ports: ports(&container.ports),
    }
}

/// Each once: the engine lists one line for each address that it listens at.
fn ports(ports: &[wire::Port]) -> Vec<DockerPort> {
    let tcp = ports.iter().filter(|port| port.r#type == "tcp");
    let published = tcp.filter_map(|port| Some((port.private_port, port.public_port?)));
    let published: BTreeSet<(u16, u16)> = published.collect();
    published.into_iter().map(|(inside, outside)| DockerPort { inside, outside }).collect()
}

fn projects(containers: &[wire::Container]) -> Vec<DockerProject> {
    let mut projects = BTreeMap::<&str, DockerProject>::new();
    for container in containers {
        let Some(labels) = &container.labels else { continue };
        let Some(name) = labels.get(PROJECT) else { continue };
        let project = projects.entry(name).or_default();
        name.clone_into(&mut project.name);
        project.containers += 1;
        project.running += u32::from(container.state == "running");
        project.working_dir = labels.get(WORKING_DIR).cloned().or(project.working_dir.take());
        if let Some(files) = labels.get(CONFIG_FILES).filter(|files| !files.is_empty()) {
            project.config_files = files.split(',').map(str::to_owned).collect();
        }
    }
    projects.into_values().take(MOST).collect()
}
