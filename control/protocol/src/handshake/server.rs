//! The server's side of the handshake.

use std::sync::Arc;

use super::message::{AgentReady, Purpose, Said};
use super::transcript::{ChannelBinding, Transcript};
use crate::identity::{Identity, PublicKey, random};
use crate::limits::NAME_BYTES;
use crate::refusal::{Refusal, Result, within};
use crate::text;
use crate::token::EnrolmentToken;
use crate::version::{OURS, ProtocolVersion, VersionRange};

/// Somebody who holds the key that they say. Whether that key may come in is for the caller to find out.
#[derive(Debug)]
pub struct Visitor {
    pub key: PublicKey,
    pub purpose: Purpose,
    pub version: ProtocolVersion,
    /// Of the program, for people.
    pub agent_version: String,
    /// Only of a first coming does it matter.
    pub token: Option<EnrolmentToken>,
}

/// Made for one connection. Any error ends it: send [`ServerHandshake::refuse`] and close.
pub struct ServerHandshake {
    identity: Arc<Identity>,
    versions: VersionRange,
    binding: ChannelBinding,
    phase: Phase,
}

enum Phase {
    Waiting,
    Welcomed {
        transcript: Box<Transcript>,
        agent_version: String,
    },
    /// The caller looks the visitor up.
    Judging,
    Over,
}

/// What to do after a message.
#[derive(Debug)]
pub(crate) enum Greeted {
    Send(String),
    Judge(Visitor),
}

impl ServerHandshake {
    #[must_use]
    pub fn new(identity: Arc<Identity>, binding: ChannelBinding) -> Self {
        Self::with_versions(identity, binding, OURS)
    }

    /// As a server that speaks other versions than this build: how the tests are old and new.
    #[must_use]
    pub fn with_versions(identity: Arc<Identity>, binding: ChannelBinding, versions: VersionRange) -> Self {
        Self { identity, versions, binding, phase: Phase::Waiting }
    }

    /// Takes `hello`; returns what to send.
    pub fn welcome(&mut self, message: &str) -> Result<String> {
        match self.receive(message)? {
            Greeted::Send(welcome) => Ok(welcome),
            Greeted::Judge(_) => Err(Refusal::unexpected("prove before hello")),
        }
    }

    /// Takes `prove`; returns who is there. Answer with [`Self::admit`] or [`Self::refuse`].
    pub fn visitor(&mut self, message: &str) -> Result<Visitor> {
        match self.receive(message)? {
            Greeted::Judge(visitor) => Ok(visitor),
            Greeted::Send(_) => Err(Refusal::unexpected("hello where a proof is due")),
        }
    }

    pub(crate) fn receive(&mut self, message: &str) -> Result<Greeted> {
        let phase = std::mem::replace(&mut self.phase, Phase::Over);
        match (phase, text::read(message)?) {
            (_, Said::Refused(refusal)) => Err(refusal),
            (Phase::Waiting, Said::Hello { versions, purpose, key, nonce, agent_version }) => {
                within("the agent's version, in bytes", agent_version.len(), NAME_BYTES)?;
                let version = self.versions.choose(versions)?;
                let transcript = Transcript {
                    versions,
                    purpose,
                    agent_key: key,
                    agent_nonce: nonce,
                    version,
                    server_key: self.identity.public(),
                    server_nonce: random(),
                    binding: self.binding,
                };
                let welcome = text::write(&Said::Welcome {
                    version,
                    key: transcript.server_key,
                    nonce: transcript.server_nonce,
                    signature: self.identity.sign(&transcript.for_server()),
                })?;
                self.phase = Phase::Welcomed { transcript: Box::new(transcript), agent_version };
                Ok(Greeted::Send(welcome))
            }
            (Phase::Welcomed { transcript, agent_version }, Said::Prove { signature, token }) => {
                let signed = transcript.for_agent(token.as_ref().map(EnrolmentToken::hash));
                transcript.agent_key.verify(&signed, &signature)?;
                self.phase = Phase::Judging;
                let Transcript { agent_key: key, purpose, version, .. } = *transcript;
                Ok(Greeted::Judge(Visitor { key, purpose, version, agent_version, token }))
            }
            (_, other) => Err(Refusal::unexpected(format!("{} during the handshake", other.name()))),
        }
    }

    /// Lets the visitor in; returns what to send. From here on the connection is what it was opened for.
    pub fn admit(&mut self, terms: AgentReady) -> Result<String> {
        match std::mem::replace(&mut self.phase, Phase::Over) {
            Phase::Judging => text::write(&Said::Ready(terms)),
            _ => Err(Refusal::unexpected("nobody waits to be let in")),
        }
    }

    /// What to send before closing.
    pub fn refuse(refusal: &Refusal) -> Result<String> {
        text::write(&Said::Refused(refusal.clone()))
    }
}
