//! The agent's side of the handshake.

use std::sync::Arc;

use super::message::{AgentReady, Purpose, Said};
use super::transcript::{ChannelBinding, Transcript};
use crate::identity::{Identity, PublicKey, random};
use crate::limits::NAME_BYTES;
use crate::refusal::{Refusal, RefusalCode, Result, cut};
use crate::text;
use crate::token::EnrolmentToken;
use crate::version::{OURS, ProtocolVersion, VersionRange};

/// What the agent came to, message by message.
#[derive(Debug)]
pub enum Welcomed {
    /// The server is the right one: send this.
    Prove(String),
    /// The agent is in.
    Ready { version: ProtocolVersion, terms: AgentReady },
}

/// Made for one connection. Any error ends it.
pub struct AgentHandshake {
    identity: Arc<Identity>,
    pinned: PublicKey,
    token: Option<EnrolmentToken>,
    versions: VersionRange,
    purpose: Purpose,
    binding: ChannelBinding,
    nonce: [u8; 32],
    phase: Phase,
}

enum Phase {
    /// `hello` was said.
    Greeted,
    Proved(ProtocolVersion),
    Over,
}

impl AgentHandshake {
    /// `pinned`: the key of the server that the agent was installed for. Returns what to send first.
    /// The token is only needed until the server knows the agent's key; one too many does no harm.
    pub fn begin(
        identity: Arc<Identity>,
        pinned: PublicKey,
        token: Option<EnrolmentToken>,
        purpose: Purpose,
        binding: ChannelBinding,
        agent_version: &str,
    ) -> Result<(Self, String)> {
        Self::begin_with(identity, pinned, token, purpose, binding, agent_version, OURS)
    }

    /// As an agent that speaks other versions than this build: how the tests are old and new.
    pub fn begin_with(
        identity: Arc<Identity>,
        pinned: PublicKey,
        token: Option<EnrolmentToken>,
        purpose: Purpose,
        binding: ChannelBinding,
        agent_version: &str,
        versions: VersionRange,
    ) -> Result<(Self, String)> {
        let nonce = random();
        let hello = Said::Hello {
            versions,
            purpose,
            key: identity.public(),
            nonce,
            agent_version: cut(agent_version.to_owned(), NAME_BYTES),
        };
        let hello = text::write(&hello)?;
        Ok((Self { identity, pinned, token, versions, purpose, binding, nonce, phase: Phase::Greeted }, hello))
    }

    /// Takes one message of the server.
    pub fn receive(&mut self, message: &str) -> Result<Welcomed> {
        let phase = std::mem::replace(&mut self.phase, Phase::Over);
        match (phase, text::read(message)?) {
            (_, Said::Refused(refusal)) => Err(refusal),
            (Phase::Greeted, Said::Welcome { version, key, nonce, signature }) => {
                if key != self.pinned {
                    let detail = format!("its key is {key}, the agent expects {}", self.pinned);
                    return Err(Refusal::new(RefusalCode::WrongServer, detail));
                }
                if !self.versions.contains(version) {
                    let detail = format!("the server chose version {version}, the agent speaks {}", self.versions);
                    return Err(Refusal::new(RefusalCode::Version, detail));
                }
                let transcript = Transcript {
                    versions: self.versions,
                    purpose: self.purpose,
                    agent_key: self.identity.public(),
                    agent_nonce: self.nonce,
                    version,
                    server_key: key,
                    server_nonce: nonce,
                    binding: self.binding,
                };
                key.verify(&transcript.for_server(), &signature)?;
                let token = self.token.take();
                let signed = transcript.for_agent(token.as_ref().map(EnrolmentToken::hash));
                let prove = text::write(&Said::Prove { signature: self.identity.sign(&signed), token })?;
                self.phase = Phase::Proved(version);
                Ok(Welcomed::Prove(prove))
            }
            (Phase::Proved(version), Said::Ready(terms)) => {
                if terms.heartbeat_seconds == 0 || terms.silence_seconds <= terms.heartbeat_seconds {
                    return Err(Refusal::malformed(format!(
                        "a sign of life every {} s and death after {} s",
                        terms.heartbeat_seconds, terms.silence_seconds
                    )));
                }
                Ok(Welcomed::Ready { version, terms })
            }
            (_, other) => Err(Refusal::unexpected(format!("{} during the handshake", other.name()))),
        }
    }

    /// What to send before closing, where the refusal is the agent's own.
    pub fn refuse(refusal: &Refusal) -> Result<String> {
        text::write(&Said::Refused(refusal.clone()))
    }
}
