//! What objects are called, and where a name lies in restic's layout.

use std::fmt;

use rempart_model::Id;

/// The kinds of object in a restic repository. Each has its folder; packs are spread over `data/00` … `data/ff`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ObjectKind {
    Key,
    Lock,
    Snapshot,
    Index,
    Pack,
}

impl ObjectKind {
    pub const ALL: [Self; 5] = [Self::Key, Self::Lock, Self::Snapshot, Self::Index, Self::Pack];

    /// The folder of the kind, as restic's layout and its REST protocol name it.
    #[must_use]
    pub const fn folder(self) -> &'static str {
        match self {
            Self::Key => "keys",
            Self::Lock => "locks",
            Self::Snapshot => "snapshots",
            Self::Index => "index",
            Self::Pack => "data",
        }
    }
}

impl fmt::Display for ObjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Key => "key",
            Self::Lock => "lock",
            Self::Snapshot => "snapshot",
            Self::Index => "index",
            Self::Pack => "pack",
        })
    }
}

/// What an object is called: the one config, or a kind and an id.
///
/// Displayed as its path inside the repository: `config`, `keys/<id>`, `data/<first two digits>/<id>`. A path made this
/// way consists of fixed words and hexadecimal digits, so it cannot lead outside the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ObjectName {
    Config,
    Named(ObjectKind, Id),
}

impl ObjectName {
    #[must_use]
    pub fn kind(self) -> Option<ObjectKind> {
        match self {
            Self::Config => None,
            Self::Named(kind, _) => Some(kind),
        }
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config => f.write_str("config"),
            Self::Named(kind @ ObjectKind::Pack, id) => write!(f, "{}/{id:.2}/{id}", kind.folder()),
            Self::Named(kind, id) => write!(f, "{}/{id}", kind.folder()),
        }
    }
}

/// One object as [`crate::ObjectStore::list`] finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub id: Id,
    pub size_bytes: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_shown_as_its_path_in_the_layout() {
        let id: Id = format!("ab{}", "0".repeat(62)).parse().unwrap();
        for (name, path) in [
            (ObjectName::Config, "config".to_owned()),
            (ObjectName::Named(ObjectKind::Key, id), format!("keys/{id}")),
            (ObjectName::Named(ObjectKind::Lock, id), format!("locks/{id}")),
            (ObjectName::Named(ObjectKind::Snapshot, id), format!("snapshots/{id}")),
            (ObjectName::Named(ObjectKind::Index, id), format!("index/{id}")),
            (ObjectName::Named(ObjectKind::Pack, id), format!("data/ab/{id}")),
        ] {
            assert_eq!(name.to_string(), path, "{name:?}");
        }
    }
}
