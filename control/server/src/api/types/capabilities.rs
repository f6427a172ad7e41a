//! What can be done on a machine: programs, databases, Docker, volumes.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What was found out when somebody last asked.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServerCapabilities {
    /// `null`: nobody has asked yet.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub taken_at: Option<Timestamp>,
    pub found: Option<HostCapabilities>,
}

/// Fields that an older agent does not know are empty.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HostCapabilities {
    pub tools: Vec<HostTool>,
    /// Mounted file systems with a volume manager below them.
    pub volumes: Vec<HostVolume>,
    #[serde(default)]
    #[schema(required = true)]
    pub databases: Vec<HostDatabase>,
    /// `null` where there is none.
    #[serde(default)]
    #[schema(required = true)]
    pub docker: Option<HostDocker>,
}

/// A program that backups can make use of.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HostTool {
    pub name: String,
    pub path: String,
    /// `null` where it is there and does not say.
    pub version: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HostVolume {
    pub mount: HostMount,
    pub ability: SnapshotAbility,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HostMount {
    pub mount_point: String,
    pub device: String,
    pub file_system: String,
    pub read_only: bool,
}

/// Whether an atomic snapshot can be made, and how large it should be.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum SnapshotAbility {
    /// Of any size, at once.
    #[serde(rename_all = "camelCase")]
    Btrfs { subvolume: String },
    /// In the free room of the volume group.
    #[serde(rename_all = "camelCase")]
    Lvm {
        group: String,
        volume: String,
        size_bytes: u64,
        free_bytes: u64,
        /// What is written to the volume, on average since the machine was started.
        written_bytes_per_second: Option<u64>,
        /// Enough for a backup of an hour, if it goes on as it did.
        aggressive_bytes: u64,
        /// With room for three times that.
        conservative_bytes: u64,
    },
    /// A logical volume, and no snapshot of it now.
    #[serde(rename_all = "camelCase")]
    LvmBlocked { group: String, volume: String, reason: SnapshotBlocked },
    /// No volume manager below it.
    None,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum SnapshotBlocked {
    GroupFull,
    FiguresUnknown,
}

/// A database that runs there, or whose files lie there.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HostDatabase {
    pub kind: DatabaseKind,
    /// Where there are several of a kind: a cluster, a file.
    pub name: Option<String>,
    pub version: Option<String>,
    pub running: bool,
    pub port: Option<u16>,
    pub socket: Option<String>,
    pub data_dir: Option<String>,
    /// `null` where measuring took too long, or was not allowed.
    pub size_bytes: Option<u64>,
    /// The id of the container that it runs in.
    pub container: Option<String>,
    /// As the engine calls it.
    #[serde(default)]
    #[schema(required = true)]
    pub container_name: Option<String>,
    /// The port of the machine that leads to the one inside its container.
    #[serde(default)]
    #[schema(required = true)]
    pub published_port: Option<u16>,
    /// In the order in which they were tried: behind one that works none is.
    pub access: Vec<AccessAttempt>,
    /// Of its data directory.
    pub snapshot: SnapshotAbility,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
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

/// One way of getting in.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccessAttempt {
    pub method: AccessMethod,
    pub outcome: AccessOutcome,
    /// What the database or its program said.
    pub detail: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum AccessMethod {
    /// By its socket, as the owner of its data directory.
    Peer,
    /// `~/.pgpass` of the agent's user.
    PasswordFile,
    /// By its socket, as root.
    RootSocket,
    /// `/etc/mysql/debian.cnf`
    DebianFile,
    /// `~/.my.cnf` of the agent's user.
    OwnFile,
    /// What the container was given.
    ContainerEnvironment,
    NoPassword,
    /// The file itself.
    File,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum AccessOutcome {
    Works,
    /// It was refused.
    Refused,
    /// It could not be tried: a program or a file is missing, or it took too long.
    NotTried,
}

/// The containers of a machine.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HostDocker {
    pub socket: String,
    pub engine: Option<String>,
    pub version: Option<String>,
    /// Why nothing more is known of it.
    pub problem: Option<String>,
    pub containers: Vec<DockerContainer>,
    pub projects: Vec<DockerProject>,
    pub volumes: Vec<DockerVolume>,
    pub networks: Vec<DockerNetwork>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DockerContainer {
    pub id: String,
    pub name: String,
    pub image: String,
    /// As the engine says it: `running`, `exited`.
    pub state: String,
    pub project: Option<String>,
    pub service: Option<String>,
}

/// What `docker compose` started together.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DockerProject {
    pub name: String,
    pub working_dir: Option<String>,
    pub config_files: Vec<String>,
    pub containers: u32,
    pub running: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DockerVolume {
    pub name: String,
    pub driver: String,
    pub mount_point: Option<String>,
    pub project: Option<String>,
    /// Whether a container has it, running or not.
    pub used: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DockerNetwork {
    pub name: String,
    pub driver: String,
    pub project: Option<String>,
}
