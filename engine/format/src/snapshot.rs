//! Snapshots: what was backed up, when, by whom, and the id of the root tree.

use rempart_model::{BlobId, SnapshotId};

use crate::document::{Writer, read_id, read_wall_time};
use crate::json::read::Reader;
use crate::{FormatError, WallTime};

/// A path as restic writes it: bytes; in JSON a string (bytes that are not UTF-8 as Go writes them).
pub type PathBytes = Vec<u8>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    pub time: WallTime,
    pub parent: Option<SnapshotId>,
    pub tree: BlobId,
    pub paths: Vec<String>,
    pub hostname: String,
    pub username: String,
    pub uid: u32,
    pub gid: u32,
    pub excludes: Vec<String>,
    pub tags: Vec<String>,
    pub original: Option<SnapshotId>,
    pub program_version: Option<String>,
    pub summary: Option<SnapshotSummary>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SnapshotSummary {
    pub backup_start: WallTime,
    pub backup_end: WallTime,
    pub files_new: u64,
    pub files_changed: u64,
    pub files_unmodified: u64,
    pub dirs_new: u64,
    pub dirs_changed: u64,
    pub dirs_unmodified: u64,
    pub data_blobs: u64,
    pub tree_blobs: u64,
    /// Plaintext bytes of new blobs.
    pub data_added: u64,
    /// Stored (sealed) bytes of new blobs.
    pub data_added_packed: u64,
    pub total_files_processed: u64,
    pub total_bytes_processed: u64,
}

impl Snapshot {
    /// A snapshot of `tree` with nothing else known.
    #[must_use]
    pub fn new(tree: BlobId, time: WallTime) -> Self {
        Self {
            time,
            parent: None,
            tree,
            paths: Vec::new(),
            hostname: String::new(),
            username: String::new(),
            uid: 0,
            gid: 0,
            excludes: Vec::new(),
            tags: Vec::new(),
            original: None,
            program_version: None,
            summary: None,
        }
    }

    /// The JSON of the file, not yet compressed or sealed.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.time("time", self.time);
        w.optional_id("parent", self.parent.map(|id| id.0));
        w.id("tree", &self.tree.0);
        w.strings("paths", &self.paths);
        w.optional_string("hostname", &self.hostname);
        w.optional_string("username", &self.username);
        w.optional_number("uid", u64::from(self.uid));
        w.optional_number("gid", u64::from(self.gid));
        w.optional_strings("excludes", &self.excludes);
        w.optional_strings("tags", &self.tags);
        w.optional_id("original", self.original.map(|id| id.0));
        w.optional_string("program_version", self.program_version.as_deref().unwrap_or_default());
        if let Some(summary) = &self.summary {
            w.nested("summary", |w| summary.write(w));
        }
        w.finish()
    }

    /// Reads what any version of restic wrote. A tree is required; all else may be missing or null.
    pub fn decode(json: &[u8]) -> Result<Self, FormatError> {
        let mut snapshot = Self::new(BlobId::new([0; 32]), WallTime::default());
        let mut tree = None;
        let mut reader = Reader::new("snapshot", json);
        reader.object(|r, key| {
            match key {
                b"time" => r.field(&mut snapshot.time, read_wall_time)?,
                b"parent" => snapshot.parent = read_id(r)?.map(SnapshotId),
                b"tree" => tree = read_id(r)?.map(BlobId),
                b"paths" => r.field(&mut snapshot.paths, Reader::strings)?,
                b"hostname" => r.field(&mut snapshot.hostname, Reader::owned_string)?,
                b"username" => r.field(&mut snapshot.username, Reader::owned_string)?,
                b"uid" => r.field(&mut snapshot.uid, Reader::u32)?,
                b"gid" => r.field(&mut snapshot.gid, Reader::u32)?,
                b"excludes" => r.field(&mut snapshot.excludes, Reader::strings)?,
                b"tags" => r.field(&mut snapshot.tags, Reader::strings)?,
                b"original" => snapshot.original = read_id(r)?.map(SnapshotId),
                b"program_version" => {
                    snapshot.program_version = r.optional(Reader::owned_string)?.filter(|version| !version.is_empty());
                }
                b"summary" => snapshot.summary = r.optional(SnapshotSummary::read)?,
                _ => r.skip()?,
            }
            Ok(())
        })?;
        reader.end()?;
        snapshot.tree = tree.ok_or(FormatError::MissingField { what: "snapshot", field: "tree" })?;
        Ok(snapshot)
    }
}

impl SnapshotSummary {
    /// The numbers with their names, in restic's order.
    #[must_use]
    pub const fn numbers(&self) -> [(&'static str, u64); 12] {
        [
            ("files_new", self.files_new),
            ("files_changed", self.files_changed),
            ("files_unmodified", self.files_unmodified),
            ("dirs_new", self.dirs_new),
            ("dirs_changed", self.dirs_changed),
            ("dirs_unmodified", self.dirs_unmodified),
            ("data_blobs", self.data_blobs),
            ("tree_blobs", self.tree_blobs),
            ("data_added", self.data_added),
            ("data_added_packed", self.data_added_packed),
            ("total_files_processed", self.total_files_processed),
            ("total_bytes_processed", self.total_bytes_processed),
        ]
    }

    fn number_mut(&mut self, name: &[u8]) -> Option<&mut u64> {
        Some(match name {
            b"files_new" => &mut self.files_new,
            b"files_changed" => &mut self.files_changed,
            b"files_unmodified" => &mut self.files_unmodified,
            b"dirs_new" => &mut self.dirs_new,
            b"dirs_changed" => &mut self.dirs_changed,
            b"dirs_unmodified" => &mut self.dirs_unmodified,
            b"data_blobs" => &mut self.data_blobs,
            b"tree_blobs" => &mut self.tree_blobs,
            b"data_added" => &mut self.data_added,
            b"data_added_packed" => &mut self.data_added_packed,
            b"total_files_processed" => &mut self.total_files_processed,
            b"total_bytes_processed" => &mut self.total_bytes_processed,
            _ => return None,
        })
    }

    fn write(&self, w: &mut Writer) {
        w.time("backup_start", self.backup_start);
        w.time("backup_end", self.backup_end);
        for (name, value) in self.numbers() {
            w.number(name, value);
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, FormatError> {
        let mut summary = Self::default();
        reader.object(|r, key| match key {
            b"backup_start" => r.field(&mut summary.backup_start, read_wall_time),
            b"backup_end" => r.field(&mut summary.backup_end, read_wall_time),
            name => match summary.number_mut(name) {
                Some(number) => r.field(number, Reader::u64),
                None => r.skip(),
            },
        })?;
        Ok(summary)
    }
}
