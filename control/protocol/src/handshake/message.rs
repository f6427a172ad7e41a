//! The handshake's messages: JSON objects with a `type`. Unknown fields are passed over, unknown types are not.

use serde::{Deserialize, Serialize};

use crate::identity::{PublicKey, Signature};
use crate::refusal::Refusal;
use crate::text::fixed;
use crate::token::EnrolmentToken;
use crate::version::{ProtocolVersion, VersionRange};

/// What a connection is for. Part of what is signed: a proof for one purpose is none for the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Purpose {
    /// The one control channel of an agent.
    Control,
    /// One of the connections of a data session.
    Data,
}

/// What the server lets an agent know when it is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AgentReady {
    /// How often the server asks for a sign of life.
    pub heartbeat_seconds: u32,
    /// After how long without one either side takes the connection for dead.
    pub silence_seconds: u32,
}

impl Default for AgentReady {
    /// A lost agent is noticed within 30 seconds, and one late answer does not count as lost.
    fn default() -> Self {
        Self { heartbeat_seconds: 10, silence_seconds: 25 }
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(super) enum Said {
    Hello {
        versions: VersionRange,
        purpose: Purpose,
        key: PublicKey,
        #[serde(with = "fixed")]
        nonce: [u8; 32],
        /// Of the program, for people.
        agent_version: String,
    },
    Welcome {
        version: ProtocolVersion,
        key: PublicKey,
        #[serde(with = "fixed")]
        nonce: [u8; 32],
        signature: Signature,
    },
    Prove {
        signature: Signature,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        token: Option<EnrolmentToken>,
    },
    Ready(AgentReady),
    Refused(Refusal),
}

impl Said {
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Hello { .. } => "hello",
            Self::Welcome { .. } => "welcome",
            Self::Prove { .. } => "prove",
            Self::Ready(_) => "ready",
            Self::Refused(_) => "refused",
        }
    }
}
