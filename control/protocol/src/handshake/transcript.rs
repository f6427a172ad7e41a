//! What is signed: everything both sides said, and where they said it.

use crate::handshake::message::Purpose;
use crate::identity::PublicKey;
use crate::token::TokenHash;
use crate::version::{ProtocolVersion, VersionRange};

/// What only the two ends of one TLS connection know (RFC 9266, `tls-exporter`). With it a proof is worth nothing on
/// another connection. Without it (TLS ends at a proxy in front of the server) the pinned key still says who is there.
/// Both sides must be told the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ChannelBinding {
    #[default]
    None,
    TlsExporter([u8; 32]),
}

/// The fields of `hello` and `welcome`.
#[derive(Debug, Clone, Copy)]
pub struct Transcript {
    pub versions: VersionRange,
    pub purpose: Purpose,
    pub agent_key: PublicKey,
    pub agent_nonce: [u8; 32],
    pub version: ProtocolVersion,
    pub server_key: PublicKey,
    pub server_nonce: [u8; 32],
    pub binding: ChannelBinding,
}

impl Transcript {
    /// Every field has a fixed length, so no two transcripts have the same bytes.
    fn bytes(&self, signer: &[u8; 8]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(256);
        bytes.extend_from_slice(b"rempart handshake\0");
        bytes.extend_from_slice(signer);
        bytes.push(match self.purpose {
            Purpose::Control => 1,
            Purpose::Data => 2,
        });
        for version in [self.versions.oldest, self.versions.newest, self.version] {
            bytes.extend_from_slice(&version.0.to_le_bytes());
        }
        for field in [&self.agent_key.0, &self.agent_nonce, &self.server_key.0, &self.server_nonce] {
            bytes.extend_from_slice(field);
        }
        let (kind, binding) = match self.binding {
            ChannelBinding::None => (0, [0; 32]),
            ChannelBinding::TlsExporter(exported) => (1, exported),
        };
        bytes.push(kind);
        bytes.extend_from_slice(&binding);
        bytes
    }

    pub fn for_server(&self) -> Vec<u8> {
        self.bytes(b"server\0\0")
    }

    /// The token belongs to the proof: nobody can add or take one away on the way.
    pub fn for_agent(&self, token: Option<TokenHash>) -> Vec<u8> {
        let mut bytes = self.bytes(b"agent\0\0\0");
        bytes.push(u8::from(token.is_some()));
        bytes.extend_from_slice(&token.map_or([0; 32], |hash| hash.0));
        bytes
    }
}
