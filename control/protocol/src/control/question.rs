//! What a server asks an agent beside jobs: folders, sizes, figures. Answered once each, at any time, in any order.

use serde::{Deserialize, Serialize};

use crate::limits::{ENTRIES_PER_PAGE, NAME_BYTES, PATH_TEXT_BYTES, SENTENCE_BYTES};
use crate::refusal::{Refusal, Result, cut, within};

/// Paths and names are spelled as `rempart-host` spells them (its `HostPath`): UTF-8, other bytes in percent code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Question {
    /// A page of a folder: what comes behind the name `after`, at most `limit` entries. A page may be shorter than that and not
    /// the last: its `next` says so. Answered by `rempart_host::explorer::Page`.
    List {
        path: String,
        #[serde(default)]
        after: Option<String>,
        limit: u32,
    },
    /// How much lies below a folder. Takes as long as a walk of it: [`super::ServerControl::withdraw`] ends it. Answered by
    /// `rempart_host::explorer::TreeSize`.
    TreeSize { path: String },
    /// Answered by `rempart_host::stats::HostStats`.
    Stats,
    /// Answered by `rempart_host::capability::Capabilities`.
    Capabilities,
    /// Of a newer version. Answered by [`AnswerFault::NOT_ABLE`].
    #[serde(other)]
    Unknown,
}

/// What came of a question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Answer {
    /// Its shape depends on the question.
    Done(serde_json::Value),
    Failed(AnswerFault),
}

/// Why a question was not answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AnswerFault {
    /// A word for programs and translations: one of this type's constants, or of a newer version.
    pub code: String,
    /// A sentence for people.
    #[serde(default)]
    pub message: String,
}

impl AnswerFault {
    pub const NOT_ABSOLUTE: &str = "notAbsolute";
    pub const MISSING: &str = "missing";
    pub const NOT_A_FOLDER: &str = "notAFolder";
    pub const DENIED: &str = "denied";
    pub const UNREADABLE: &str = "unreadable";
    pub const STRANGE: &str = "strange";
    /// The server did not want to know any more.
    pub const CANCELED: &str = "canceled";
    /// The path is not spelled as paths are.
    pub const MISSPELLED: &str = "misspelled";
    /// The answer is longer than a message may be.
    pub const TOO_LONG: &str = "tooLong";
    /// The agent does not know this question: it is older than the server.
    pub const NOT_ABLE: &str = "notAble";

    #[must_use]
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: cut(message.into(), SENTENCE_BYTES) }
    }
}

impl Question {
    /// Lengths that JSON itself does not bound.
    pub(super) fn check(&self) -> Result<()> {
        let path = |path: &str| within("a path, in bytes", path.len(), PATH_TEXT_BYTES);
        match self {
            Self::List { path: folder, after, limit } => {
                path(folder)?;
                after.as_deref().map_or(Ok(()), path)?;
                match limit {
                    0 => Err(Refusal::malformed("a page of no entries")),
                    limit if *limit > ENTRIES_PER_PAGE => {
                        Err(Refusal::too_long("entries in a page", *limit as usize, ENTRIES_PER_PAGE as usize))
                    }
                    _ => Ok(()),
                }
            }
            Self::TreeSize { path: folder } => path(folder),
            Self::Stats | Self::Capabilities | Self::Unknown => Ok(()),
        }
    }
}

impl Answer {
    pub(super) fn check(&self) -> Result<()> {
        match self {
            Self::Done(_) => Ok(()),
            Self::Failed(fault) => {
                within("a fault's code, in bytes", fault.code.len(), NAME_BYTES)?;
                within("a fault's message, in bytes", fault.message.len(), SENTENCE_BYTES)
            }
        }
    }
}
