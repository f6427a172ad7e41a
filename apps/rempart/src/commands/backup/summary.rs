//! The end of a backup: for people, and as restic's summary.

use rempart_archive::backup::Summary;
use rempart_model::SnapshotId;
use serde::Serialize;

use crate::output::{Verbosity, human};
use crate::run::Run;

/// What became of the backup.
pub struct Ended<'a> {
    pub counts: &'a Summary,
    pub snapshot: Option<SnapshotId>,
    pub parent: Option<SnapshotId>,
    pub problems: u64,
    pub dry_run: bool,
    pub seconds: f64,
    pub backup_start: jiff::Timestamp,
    pub backup_end: jiff::Timestamp,
}

/// restic's `summary`, then what only we count.
#[derive(Serialize)]
struct Line {
    dry_run: bool,
    files_new: u64,
    files_changed: u64,
    files_unmodified: u64,
    dirs_new: u64,
    dirs_changed: u64,
    dirs_unmodified: u64,
    data_blobs: u64,
    tree_blobs: u64,
    data_added: u64,
    data_added_packed: u64,
    total_files_processed: u64,
    total_bytes_processed: u64,
    total_duration: f64,
    backup_start: String,
    backup_end: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    snapshot_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<String>,
    bytes_read: u64,
    errors: u64,
}

impl Ended<'_> {
    pub fn tell(&self, run: &Run) -> anyhow::Result<()> {
        if run.out.is_json() {
            return run.out.message("summary", self.line());
        }
        if run.out.is_at_least(Verbosity::Normal) {
            for line in self.text() {
                run.out.line(line)?;
            }
        }
        if self.problems > 0 {
            run.out.flush()?;
            run.out.warn(format!(
                "{} not stored as it should be; the snapshot holds the rest",
                human::count(self.problems, "item")
            ));
        }
        Ok(())
    }

    fn text(&self) -> Vec<String> {
        let counts = self.counts;
        let mut lines = vec![
            format!(
                "Files: {} new, {} changed, {} unmodified",
                counts.files_new, counts.files_changed, counts.files_unmodified
            ),
            format!(
                "Dirs:  {} new, {} changed, {} unmodified",
                counts.dirs_new, counts.dirs_changed, counts.dirs_unmodified
            ),
            format!(
                "Added: {} ({} stored)",
                human::bytes(counts.data_added_bytes),
                human::bytes(counts.data_added_packed_bytes)
            ),
            format!(
                "processed {}, {} in {}",
                human::count(counts.total_files_processed, "file"),
                human::bytes(counts.total_bytes_processed),
                human::duration(self.seconds)
            ),
        ];
        lines.push(match (self.snapshot, self.dry_run) {
            (Some(id), _) => format!("snapshot {} saved", id.short()),
            (None, true) => "dry run: nothing was stored".to_owned(),
            (None, false) => "nothing differs from the parent: no snapshot was stored".to_owned(),
        });
        lines
    }

    fn line(&self) -> Line {
        let counts = self.counts;
        Line {
            dry_run: self.dry_run,
            files_new: counts.files_new,
            files_changed: counts.files_changed,
            files_unmodified: counts.files_unmodified,
            dirs_new: counts.dirs_new,
            dirs_changed: counts.dirs_changed,
            dirs_unmodified: counts.dirs_unmodified,
            data_blobs: counts.data_blobs,
            tree_blobs: counts.tree_blobs,
            data_added: counts.data_added_bytes,
            data_added_packed: counts.data_added_packed_bytes,
            total_files_processed: counts.total_files_processed,
            total_bytes_processed: counts.total_bytes_processed,
            total_duration: self.seconds,
            backup_start: self.backup_start.to_string(),
            backup_end: self.backup_end.to_string(),
            snapshot_id: self.snapshot.map(|id| id.to_string()),
            parent: self.parent.map(|id| id.to_string()),
            bytes_read: counts.bytes_read,
            errors: self.problems,
        }
    }
}
