//! The end of a backup: for people, and as restic's summary.

use rempart_archive::backup::Summary;
use rempart_format::{LocalZone, SnapshotSummary, WallTime};
use rempart_model::SnapshotId;
use serde::{Serialize, Serializer};

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
    #[serde(flatten)]
    counts: Numbers,
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

/// The counts as the snapshot has them, under the same names.
struct Numbers(SnapshotSummary);

impl Serialize for Numbers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.numbers())
    }
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
        let zone = LocalZone::utc();
        let [start, end] = [self.backup_start, self.backup_end].map(|instant| WallTime::new(instant, &zone));
        Line {
            dry_run: self.dry_run,
            counts: Numbers(self.counts.in_snapshot(start, end)),
            total_duration: self.seconds,
            backup_start: self.backup_start.to_string(),
            backup_end: self.backup_end.to_string(),
            snapshot_id: self.snapshot.map(|id| id.to_string()),
            parent: self.parent.map(|id| id.to_string()),
            bytes_read: self.counts.bytes_read,
            errors: self.problems,
        }
    }
}
