//! Agents: how a machine elsewhere is connected, what it is asked for.

use jiff::Timestamp;
use rempart_model::AgentLimits;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The agent of a server that is not this machine.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Agent {
    /// Whether an agent's key is known. Without one it is waited for with an enrolment token.
    pub enrolled: bool,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub enrolled_at: Option<Timestamp>,
    /// Of the program, as it last said.
    pub version: Option<String>,
    /// Whether this server would install another program than the one that runs there.
    pub upgrade_available: bool,
    pub kernel: Option<String>,
    pub architecture: Option<String>,
    /// By which others may reach the machine.
    pub addresses: Vec<String>,
    /// When its channel was opened last.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub connected_at: Option<Timestamp>,
    /// Of the last sign of life, while it is connected.
    pub round_trip_ms: Option<f64>,
    pub limits: AgentLimits,
}

/// What people say of a machine.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServerUpdate {
    pub name: String,
    pub address: Option<String>,
    pub labels: Vec<String>,
    /// Of its agent's work, from the next job on. Left out: as they are.
    #[serde(default)]
    pub limits: Option<AgentLimits>,
}

/// For how long a token is good.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EnrolmentCreate {
    /// 24, if nothing is said.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 720)]
    pub hours: Option<u32>,
}

/// What an agent is installed with. The token is shown this once.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Enrolment {
    pub token: String,
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
    /// Where the agent calls.
    pub server_url: String,
    /// By which the agent knows this server.
    pub server_key: String,
    /// SHA-256 of the certificate that the server made for itself; `null` where it has one that others vouch for.
    pub certificate: Option<String>,
    /// To be pasted on the machine, where rempart-agent is installed.
    pub command: String,
}
