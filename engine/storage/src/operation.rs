//! The operations of a store by name, for the decorators that count or disturb them.

use std::fmt;

/// One operation of [`crate::ObjectStore`] or [`crate::PendingPack`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Operation {
    Create,
    List,
    Size,
    Read,
    /// Both forms of range reads.
    ReadRange,
    Write,
    BeginPack,
    Append,
    Finish,
    Sync,
    Remove,
    FreeBytes,
    RemoveLeftovers,
}

impl Operation {
    /// Whether it adds to what the place holds, and so fails when the place is full.
    #[must_use]
    pub const fn adds(self) -> bool {
        match self {
            Self::Create | Self::Write | Self::BeginPack | Self::Append | Self::Finish => true,
            Self::List
            | Self::Size
            | Self::Read
            | Self::ReadRange
            | Self::Sync
            | Self::Remove
            | Self::FreeBytes
            | Self::RemoveLeftovers => false,
        }
    }

    /// As in "cannot read data/… at …".
    #[must_use]
    pub const fn verb(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::List => "list",
            Self::Size | Self::Read | Self::ReadRange | Self::FreeBytes => "read",
            Self::Write | Self::BeginPack | Self::Append | Self::Finish => "write",
            Self::Sync => "make durable",
            Self::Remove | Self::RemoveLeftovers => "remove",
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Create => "create",
            Self::List => "list",
            Self::Size => "size",
            Self::Read => "read",
            Self::ReadRange => "read-range",
            Self::Write => "write",
            Self::BeginPack => "begin-pack",
            Self::Append => "append",
            Self::Finish => "finish",
            Self::Sync => "sync",
            Self::Remove => "remove",
            Self::FreeBytes => "free-bytes",
            Self::RemoveLeftovers => "remove-leftovers",
        })
    }
}
