//! What retention needs to know of a snapshot, and no more.

use jiff::Timestamp;
use rempart_model::SnapshotId;

/// The facts of one snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    pub id: SnapshotId,
    pub time: Timestamp,
    pub host: String,
    pub paths: Vec<String>,
    pub tags: Vec<String>,
}

impl Facts {
    /// A snapshot of which only name and time matter. Panics on a time that is not RFC 3339: for tests and examples.
    #[must_use]
    pub fn new(id: [u8; 32], time: &str) -> Self {
        Self {
            id: SnapshotId::new(id),
            time: time.parse().expect("an RFC 3339 time"),
            host: String::new(),
            paths: Vec::new(),
            tags: Vec::new(),
        }
    }

    #[must_use]
    pub fn tagged(self, tags: &[&str]) -> Self {
        Self { tags: tags.iter().map(|&tag| tag.to_owned()).collect(), ..self }
    }
}
