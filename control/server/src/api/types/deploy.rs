//! Agents brought onto other machines over SSH: how one logs in, what a machine shows.

use jiff::Timestamp;
use rempart_model::{HostKeyState, SshMethod};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a host is known by.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HostKey {
    /// `SHA256:…`, as `ssh-keygen -l` prints it.
    pub fingerprint: String,
    /// `ssh-ed25519`, `ecdsa-sha2-nistp256`, `ssh-rsa`, …
    pub kind: String,
}

/// Where a machine listens for SSH.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SshPlace {
    /// A name or an address.
    pub address: String,
    /// 22, if nothing is said.
    #[serde(default)]
    pub port: Option<u16>,
}

/// The host key that a machine shows.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HostKeyShown {
    #[serde(flatten)]
    pub key: HostKey,
    pub state: HostKeyState,
    /// The fingerprint that was accepted for this server; `null` where none was.
    pub accepted: Option<String>,
}

/// A login by SSH, used once: credentials go sealed into the queue and leave it with the job.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SshLogin {
    /// A name or an address.
    pub address: String,
    /// 22, if nothing is said.
    #[serde(default)]
    pub port: Option<u16>,
    /// root, or somebody whom sudo accepts.
    pub user: String,
    pub method: SshMethod,
    /// For the method `password`; sudo gets it too, unless `sudoPassword` is given.
    #[serde(default)]
    pub password: Option<String>,
    /// For the method `key`: the whole file.
    #[serde(default)]
    pub private_key: Option<String>,
    #[serde(default)]
    pub passphrase: Option<String>,
    #[serde(default)]
    pub sudo_password: Option<String>,
    /// The host key that a person has compared and accepts. `null`: the one that was accepted before.
    #[serde(default)]
    pub host_key: Option<HostKey>,
}

/// How a server was reached last.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SshHost {
    pub address: String,
    pub port: u16,
    pub user: String,
    pub method: SshMethod,
    /// The host key that was accepted; `null` after it was forgotten.
    pub host_key: Option<HostKey>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub accepted_at: Option<Timestamp>,
}

/// How a server is reached by SSH; `ssh` is `null` where nobody has logged in yet.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reach {
    pub ssh: Option<SshHost>,
    /// This server's own key: one line for `authorized_keys` on the machine.
    pub server_public_key: String,
    pub server_key_fingerprint: String,
}
