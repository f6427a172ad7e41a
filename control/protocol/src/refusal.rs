//! Why a peer is turned away: a code for programs, a sentence for people. Travels to the peer before the connection closes.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::limits;

pub type Result<T, E = Refusal> = std::result::Result<T, E>;

/// What was wrong. The order is the number on the wire: new ones go to the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[repr(u8)]
pub enum RefusalCode {
    /// Cannot be read, or says something impossible.
    Malformed = 1,
    /// Goes over one of the [`limits`].
    TooLong = 2,
    /// A frame or message that is not the next one: lost, repeated or overtaken.
    OutOfOrder = 3,
    /// Readable, and nothing that may be said at this point.
    Unexpected = 4,
    /// No version of the protocol in common.
    Version = 5,
    /// Not the server whose key the agent was installed with.
    WrongServer = 6,
    /// A signature that does not fit the key, or this connection.
    BadSignature = 7,
    UnknownAgent = 8,
    /// The agent's key was revoked.
    Revoked = 9,
    TokenUnknown = 10,
    TokenExpired = 11,
    TokenUsed = 12,
    /// A session, blob or answer that was not opened for, or asked by, this peer.
    Foreign = 13,
    /// The session's lease has moved on, or it has ended.
    SessionOver = 14,
    /// More was sent than the receiver allowed.
    CreditExceeded = 15,
    /// An acknowledgement of what was never sent.
    NeverSent = 16,
    /// A commit while promised blobs are missing.
    BlobsMissing = 17,
    /// Nothing was heard for too long.
    Silent = 18,
    /// The work itself failed on the other side.
    Aborted = 19,
    /// A code of a newer version.
    #[serde(other)]
    Other = 255,
}

impl RefusalCode {
    pub const ALL: &'static [Self] = &[
        Self::Malformed,
        Self::TooLong,
        Self::OutOfOrder,
        Self::Unexpected,
        Self::Version,
        Self::WrongServer,
        Self::BadSignature,
        Self::UnknownAgent,
        Self::Revoked,
        Self::TokenUnknown,
        Self::TokenExpired,
        Self::TokenUsed,
        Self::Foreign,
        Self::SessionOver,
        Self::CreditExceeded,
        Self::NeverSent,
        Self::BlobsMissing,
        Self::Silent,
        Self::Aborted,
        Self::Other,
    ];

    #[must_use]
    pub const fn wire(self) -> u8 {
        self as u8
    }

    #[must_use]
    pub fn from_wire(number: u8) -> Self {
        Self::ALL.iter().copied().find(|code| code.wire() == number).unwrap_or(Self::Other)
    }

    /// Whether the same agent may come back by itself. Where not, a person has to do what the sentence says.
    #[must_use]
    pub const fn may_come_back(self) -> bool {
        match self {
            Self::Malformed
            | Self::TooLong
            | Self::OutOfOrder
            | Self::Unexpected
            | Self::CreditExceeded
            | Self::NeverSent
            | Self::BlobsMissing
            | Self::Silent
            | Self::Aborted
            | Self::SessionOver
            | Self::Foreign
            | Self::Other => true,
            Self::Version
            | Self::WrongServer
            | Self::BadSignature
            | Self::UnknownAgent
            | Self::Revoked
            | Self::TokenUnknown
            | Self::TokenExpired
            | Self::TokenUsed => false,
        }
    }

    const fn sentence(self) -> &'static str {
        match self {
            Self::Malformed => "the message cannot be read; if both sides are of the same release, report this",
            Self::TooLong => "the message is longer than the protocol allows",
            Self::OutOfOrder => "a message was lost, repeated or overtaken; connect again",
            Self::Unexpected => "the message may not be sent at this point",
            Self::Version => "agent and server speak no common version of the protocol",
            Self::WrongServer => {
                "this is not the server that the agent was installed for; install it again from the right one"
            }
            Self::BadSignature => "the signature does not fit; somebody may stand between agent and server",
            Self::UnknownAgent => "the server does not know this agent; enrol it with a one-time token",
            Self::Revoked => "the agent's key was revoked; enrol the agent again with a one-time token",
            Self::TokenUnknown => "the enrolment token is not known; copy the command again from the server's page",
            Self::TokenExpired => "the enrolment token has expired; make a new one on the server's page",
            Self::TokenUsed => "the enrolment token was used by another agent; make a new one on the server's page",
            Self::Foreign => "this was not opened for, or asked of, this agent",
            Self::SessionOver => "the session has ended or its job was given to somebody else",
            Self::CreditExceeded => "more was sent than the receiver allowed",
            Self::NeverSent => "something was acknowledged that was never sent",
            Self::BlobsMissing => "the snapshot cannot be stored while promised blobs have not arrived",
            Self::Silent => "nothing was heard for too long; connect again",
            Self::Aborted => "the other side gave the work up",
            Self::Other => "the other side refused for a reason that this version does not know; upgrade it",
        }
    }
}

impl fmt::Display for RefusalCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sentence())
    }
}

/// A refusal, met here or told by the peer. `detail` names what: which field, which number, what was expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    pub code: RefusalCode,
    #[serde(default)]
    pub detail: String,
}

impl std::error::Error for Refusal {}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.detail.as_str() {
            "" => self.code.fmt(f),
            detail => write!(f, "{}: {detail}", self.code),
        }
    }
}

impl Refusal {
    /// A detail that is too long is cut: it may quote what a peer sent.
    #[must_use]
    pub fn new(code: RefusalCode, detail: impl Into<String>) -> Self {
        Self { code, detail: cut(detail.into(), limits::SENTENCE_BYTES) }
    }

    #[must_use]
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::new(RefusalCode::Malformed, detail)
    }

    #[must_use]
    pub fn unexpected(detail: impl Into<String>) -> Self {
        Self::new(RefusalCode::Unexpected, detail)
    }

    #[must_use]
    pub fn too_long(what: &str, length: usize, limit: usize) -> Self {
        Self::new(RefusalCode::TooLong, format!("{what}: {length}, at most {limit}"))
    }
}

/// `Ok` where `length` keeps to `limit`.
pub(crate) fn within(what: &str, length: usize, limit: usize) -> Result<()> {
    if length <= limit { Ok(()) } else { Err(Refusal::too_long(what, length, limit)) }
}

/// The longest beginning of `text` that fits.
pub(crate) fn cut(mut text: String, limit_bytes: usize) -> String {
    if text.len() > limit_bytes {
        let end = (0..=limit_bytes).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        text.truncate(end);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_number_and_an_unknown_number_is_another_versions() {
        for &code in RefusalCode::ALL {
            assert_eq!(RefusalCode::from_wire(code.wire()), code);
            let json = serde_json::to_string(&code).unwrap();
            assert_eq!(serde_json::from_str::<RefusalCode>(&json).unwrap(), code, "{json}");
        }
        assert_eq!(RefusalCode::from_wire(200), RefusalCode::Other);
        assert_eq!(serde_json::from_str::<RefusalCode>("\"inventedLater\"").unwrap(), RefusalCode::Other);
    }

    #[test]
    fn a_detail_is_cut_between_characters() {
        let refusal = Refusal::malformed("é".repeat(limits::SENTENCE_BYTES));
        assert!(refusal.detail.len() <= limits::SENTENCE_BYTES && refusal.detail.ends_with('é'));
    }
}
