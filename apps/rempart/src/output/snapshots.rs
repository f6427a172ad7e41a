//! Snapshots as people and programs are shown them.

use jiff::tz::TimeZone;
use rempart_repository::StoredSnapshot;
use serde_json::value::RawValue;

use super::Output;
use super::human;
use super::table::Table;

/// The snapshot's own JSON with its id before it, as restic shows it. The format crate writes the JSON, so no field is
/// forgotten here.
#[must_use]
pub fn as_json(stored: &StoredSnapshot, message_type: Option<&str>) -> Box<RawValue> {
    let json = String::from_utf8(stored.snapshot.encode()).unwrap_or_default();
    let fields = json.trim().trim_start_matches('{');
    let kind = message_type.map_or_else(String::new, |kind| format!("\"message_type\":\"{kind}\","));
    let object = format!("{{{kind}\"id\":\"{}\",\"short_id\":\"{}\",{fields}", stored.id, stored.id.short());
    RawValue::from_string(object).unwrap_or_default()
}

/// A line of `--json`.
pub fn message(out: &Output, stored: &StoredSnapshot) -> anyhow::Result<()> {
    out.object(&as_json(stored, Some("snapshot")))
}

/// The table of `snapshots`, and of `forget` with a column of reasons.
pub fn table(snapshots: &[&StoredSnapshot], compact: bool, reasons: Option<&[String]>) -> Table {
    let zone = TimeZone::system();
    let with_size = snapshots.iter().any(|stored| stored.snapshot.summary.is_some());
    let mut header = vec!["ID", "Time", "Host", "Tags"];
    header.extend(reasons.map(|_| "Reasons"));
    header.push("Paths");
    header.extend(with_size.then_some(">Size"));
    let mut table = Table::new(&header);
    for (position, stored) in snapshots.iter().enumerate() {
        let snapshot = &stored.snapshot;
        let mut row = vec![
            stored.id.short(),
            human::time(snapshot.time.instant, &zone),
            snapshot.hostname.clone(),
            list(&snapshot.tags, compact),
        ];
        row.extend(reasons.and_then(|reasons| reasons.get(position)).cloned());
        row.push(list(&snapshot.paths, compact));
        if with_size {
            row.push(snapshot.summary.as_ref().map_or_else(String::new, |s| human::bytes(s.total_bytes_processed)));
        }
        table.row(row);
    }
    table
}

fn list(words: &[String], compact: bool) -> String {
    match words {
        [first, .., _] if compact => format!("{first} (+{})", words.len() - 1),
        words => words.join("\n"),
    }
}

/// The heading of a group.
#[must_use]
pub fn group_title(key: &rempart_policy::GroupKey) -> String {
    let mut parts = Vec::new();
    if let Some(host) = &key.host {
        parts.push(format!("host {host}"));
    }
    if let Some(paths) = &key.paths {
        parts.push(format!("paths {}", paths.join(", ")));
    }
    if let Some(tags) = &key.tags {
        parts.push(if tags.is_empty() { "no tags".to_owned() } else { format!("tags {}", tags.join(", ")) });
    }
    if parts.is_empty() { "all snapshots".to_owned() } else { parts.join(", ") }
}

/// What retention needs to know of a snapshot.
#[must_use]
pub fn facts(stored: &StoredSnapshot) -> rempart_policy::Facts {
    rempart_policy::Facts {
        id: stored.id,
        time: stored.snapshot.time.instant,
        host: stored.snapshot.hostname.clone(),
        paths: stored.snapshot.paths.clone(),
        tags: stored.snapshot.tags.clone(),
    }
}
