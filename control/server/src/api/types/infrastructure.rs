//! Servers, storage pools, repositories, workers.

use jiff::Timestamp;
pub use rempart_model::{ClientMode, PoolKind, PoolState};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Connection {
    Online,
    Offline,
    NeverSeen,
}

/// A protected machine.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Server {
    pub id: i64,
    pub name: String,
    /// This machine, where the server itself runs.
    pub local: bool,
    pub address: Option<String>,
    pub connection: Connection,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_seen_at: Option<Timestamp>,
    pub os: Option<String>,
    pub host_name: Option<String>,
    pub labels: Vec<String>,
    /// `null` for this machine, which needs none.
    pub agent: Option<super::Agent>,
    pub plan_count: u32,
    pub version: i64,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServerCreate {
    pub name: String,
    /// For people: the agent calls by itself, from wherever it is.
    #[serde(default)]
    pub address: Option<String>,
    #[serde(default)]
    pub labels: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum FileKind {
    File,
    Dir,
    Symlink,
    Other,
}

/// A folder of a server, for choosing what to protect.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExplorerEntry {
    /// For people: what is not UTF-8 is shown as U+FFFD.
    pub name: String,
    /// Goes into `path`, into a plan's folders and into a restore's target as it is: UTF-8 as it stands, any other byte in
    /// percent code (`/srv/caf%E9`), a percent sign that would begin such a code as `%25`.
    pub path: String,
    pub kind: FileKind,
    pub size_bytes: Option<u64>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub modified_at: Option<Timestamp>,
    pub readable: bool,
}

/// Where a pool's bytes lie. Which fields count depends on `kind`; secrets are never answered.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum PoolPlace {
    #[serde(rename_all = "camelCase")]
    Local { path: String },
    #[serde(rename_all = "camelCase")]
    S3 {
        endpoint: Option<String>,
        region: Option<String>,
        bucket: String,
        prefix: String,
        access_key_id: Option<String>,
        secret_access_key: Option<String>,
    },
    #[serde(rename_all = "camelCase")]
    Gcs { bucket: String, prefix: String, service_account_key: Option<String>, endpoint: Option<String> },
    #[serde(rename_all = "camelCase")]
    Azure { account: String, container: String, prefix: String, account_key: Option<String>, endpoint: Option<String> },
    #[serde(rename_all = "camelCase")]
    Sftp {
        host: String,
        port: u16,
        user: String,
        path: String,
        password: Option<String>,
        private_key: Option<String>,
        /// `SHA256:…`; `null` on creation: the test answers with the one that was found, to be confirmed.
        host_key_fingerprint: Option<String>,
    },
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Pool {
    pub id: i64,
    pub name: String,
    pub kind: PoolKind,
    /// Without secrets.
    pub place: PoolPlace,
    /// As a user would write it: `/srv/backups`, `s3://bucket/prefix`.
    pub location: String,
    pub state: PoolState,
    pub state_message: Option<String>,
    pub capacity_bytes: Option<u64>,
    pub free_bytes: Option<u64>,
    /// What the repositories hold.
    pub used_bytes: u64,
    pub repository_count: u32,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub analysed_at: Option<Timestamp>,
    pub version: i64,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PoolCreate {
    pub name: String,
    pub place: PoolPlace,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PoolUpdate {
    pub name: Option<String>,
    /// Secrets left `null` stay as they are.
    pub place: Option<PoolPlace>,
}

/// A place to be tested.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PoolTestRequest {
    pub place: PoolPlace,
    /// Of a pool that is being changed: secrets left `null` are its own.
    pub pool_id: Option<i64>,
}

/// The steps of a pool's test: each was really done.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PoolTest {
    pub ok: bool,
    pub steps: Vec<PoolTestStep>,
    pub host_key_fingerprint: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PoolTestStep {
    /// `connect`, `create`, `write`, `read`, `list`, `delete`.
    pub step: String,
    pub ok: bool,
    pub duration_ms: u64,
    pub message: Option<String>,
    pub hint: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PoolSample {
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    pub used_bytes: u64,
    pub capacity_bytes: Option<u64>,
    pub free_bytes: Option<u64>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Repository {
    pub id: i64,
    pub name: String,
    pub pool_id: i64,
    pub pool_name: String,
    pub server_id: Option<i64>,
    pub server_name: Option<String>,
    /// Below its pool: `<server>/<name>`.
    pub path: String,
    pub location: String,
    /// The identity in the repository's own config file, 64 hexadecimal digits.
    pub repository_uuid: Option<String>,
    pub stored_bytes: u64,
    pub snapshot_count: u64,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub checked_at: Option<Timestamp>,
    pub check_ok: Option<bool>,
    pub check_message: Option<String>,
    /// Until it is, every page that shows the repository says so.
    pub recovery_kit_confirmed: bool,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    pub version: i64,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RepositoryCreate {
    pub name: String,
    pub pool_id: i64,
    pub server_id: i64,
    /// The password of a repository that is already there; `null`: made anew, with a generated password.
    pub adopt_password: Option<String>,
}

/// What changes about a repository; what is `null` stays.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RepositoryUpdate {
    pub name: Option<String>,
}

/// Locks of holders that are gone, and those that were left alone.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Unlocked {
    pub removed: u64,
    pub left: u64,
}

/// Shown once: what restores without this server.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecoveryKit {
    pub repository: String,
    pub location: String,
    pub password: String,
    /// To be typed back by the user, as proof that the kit was kept.
    pub confirmation_code: String,
    /// A page of text to print: what it is, and the commands that restore with plain restic.
    pub text: String,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecoveryKitConfirm {
    pub confirmation_code: String,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckRequest {
    /// Every pack is read and every blob verified.
    pub read_data: bool,
}

/// Credentials of a restic client that writes to `/restic/<repository>/`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RestClient {
    pub id: i64,
    pub repository_id: i64,
    pub username: String,
    pub mode: ClientMode,
    pub quota_bytes: Option<u64>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_used_at: Option<Timestamp>,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RestClientCreate {
    pub username: String,
    pub mode: ClientMode,
    pub quota_bytes: Option<u64>,
}

/// Shown once.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RestClientCreated {
    pub client: RestClient,
    pub password: String,
    /// For restic: `rest:https://user:password@host/restic/<repository>/`.
    pub repository_url: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum WorkerState {
    Starting,
    Idle,
    Busy,
    /// Ends after its current job.
    Stopping,
    Stopped,
    /// Its process has not been heard of.
    Lost,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Worker {
    pub name: String,
    pub state: WorkerState,
    /// In the server's own process.
    pub embedded: bool,
    pub host_name: String,
    pub pid: u32,
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
    pub uptime_seconds: u64,
    /// Of its process.
    pub resident_bytes: u64,
    pub cpu_percent: f64,
    pub current_job_id: Option<i64>,
    /// Brought to an end since its process began, whatever the outcome.
    pub jobs_done: u64,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkerStop {
    /// Cancels the current job, which is tried again elsewhere; else it ends after it.
    pub now: bool,
}
