//! Which alerts follow from a look at a machine. Pure: what stands and what was before is told.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use rempart_catalog::{AlertRow, Cause, DiskSample, Look, ServerSample};
use rempart_model::AlertKind;
use rempart_policy::{Thresholds, full_at, stands, stands_for_long};
use serde_json::json;

/// What is judged at each look: an alert of these that has no cause any more is over.
pub const KINDS: [AlertKind; 4] = [AlertKind::Cpu, AlertKind::Memory, AlertKind::Disk, AlertKind::DiskFullSoon];

/// A date that comes and goes with each look is no alert: one that stands is over when it is so much farther.
const FORECAST_MARGIN: f64 = 1.25;

/// What was before.
pub struct History {
    /// The last looks, with the one that is judged.
    pub looks: Vec<ServerSample>,
    /// By mount point.
    pub full_at: Vec<(String, Timestamp)>,
}

/// When each file system of a history will be full, where that can be told.
pub fn forecasts(samples: &[DiskSample]) -> Vec<(String, Timestamp)> {
    let mut by_mount: BTreeMap<&str, Vec<&DiskSample>> = BTreeMap::new();
    for sample in samples {
        by_mount.entry(&sample.mount_point).or_default().push(sample);
    }
    let dated = by_mount.into_iter().filter_map(|(mount, samples)| {
        let points: Vec<_> = samples.iter().map(|sample| (sample.at, sample.used_bytes)).collect();
        // The newest comes last: a disk may have been enlarged.
        Some((mount, full_at(&points, samples.last()?.size_bytes)?))
    });
    dated.map(|(mount, at)| (mount.to_owned(), at)).collect()
}

/// What asks for a person.
pub fn causes(look: &Look, history: &History, thresholds: &Thresholds, standing: &[AlertRow]) -> Vec<Cause> {
    let now = look.sample.at;
    let stood = |kind, detail: &str| standing.iter().any(|row| row.kind == kind && row.detail == detail);
    let mut causes = Vec::new();
    let mut lasting = |kind, threshold: Option<u8>, of: &dyn Fn(&ServerSample) -> Option<f64>| {
        let Some(threshold) = threshold else { return };
        let looks: Vec<_> = history.looks.iter().filter_map(|look| Some((look.at, of(look)?))).collect();
        if stands_for_long(&looks, threshold, stood(kind, ""), now) {
            let facts = json!({ "percent": of(&look.sample), "threshold": threshold });
            causes.push(Cause { kind, detail: String::new(), facts });
        }
    };
    lasting(AlertKind::Cpu, thresholds.cpu_percent, &|look| look.cpu_percent);
    lasting(AlertKind::Memory, thresholds.memory_percent, &|look| {
        percent(look.memory_used_bytes, look.memory_total_bytes)
    });
    for disk in &look.disks {
        let mount = &disk.mount_point;
        let Some(percent) = percent(disk.used_bytes, disk.size_bytes) else { continue };
        let is_full = |threshold: &u8| stands(percent, *threshold, stood(AlertKind::Disk, mount));
        if let Some(threshold) = thresholds.disk_percent.filter(is_full) {
            let facts = json!({ "percent": percent, "threshold": threshold });
            causes.push(Cause { kind: AlertKind::Disk, detail: mount.clone(), facts });
        }
        let full_at = history.full_at.iter().find(|(of, _)| of == mount).map(|(_, at)| *at);
        if let (Some(days), Some(full_at)) = (thresholds.disk_full_days, full_at) {
            let margin = if stood(AlertKind::DiskFullSoon, mount) { FORECAST_MARGIN } else { 1.0 };
            let within = SignedDuration::from_secs_f64(f64::from(days) * 86_400.0 * margin);
            if full_at.duration_since(now) <= within {
                let facts = json!({ "percent": percent, "fullAt": full_at, "days": days });
                causes.push(Cause { kind: AlertKind::DiskFullSoon, detail: mount.clone(), facts });
            }
        }
    }
    causes
}

fn percent(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64 * 100.0)
}

#[cfg(test)]
mod tests {
    use rempart_model::AlertSubject;

    use super::*;

    const GIB: u64 = 1 << 30;

    fn now() -> Timestamp {
        "2026-11-21T12:00:00Z".parse().unwrap()
    }

    fn sample(minutes_ago: i64, cpu: f64, memory: u64) -> ServerSample {
        ServerSample {
            at: now() - SignedDuration::from_mins(minutes_ago),
            cpu_percent: Some(cpu),
            cpu_peak_percent: Some(cpu),
            load: 1.0,
            memory_used_bytes: memory,
            memory_total_bytes: 100,
            swap_used_bytes: 0,
            swap_total_bytes: 0,
        }
    }

    fn disk(mount: &str, used: u64) -> DiskSample {
        DiskSample { at: now(), mount_point: mount.to_owned(), used_bytes: used * GIB, size_bytes: 100 * GIB }
    }

    fn judged(before: &[ServerSample], this: ServerSample, disks: &[DiskSample], standing: &[AlertRow]) -> Vec<String> {
        let looks = before.iter().copied().chain([this]).collect();
        let full_at = vec![("/srv".to_owned(), now() + SignedDuration::from_hours(10 * 24))];
        let history = History { looks, full_at };
        let look = Look { figures: json!({}), sample: this, disks: disks.to_vec() };
        let causes = causes(&look, &history, &Thresholds::default(), standing);
        causes.into_iter().map(|cause| format!("{} {}", cause.kind, cause.detail)).collect()
    }

    fn standing(kind: AlertKind, detail: &str) -> AlertRow {
        let (detail, facts) = (detail.to_owned(), json!({}));
        AlertRow { id: 1, kind, subject: AlertSubject::Server, subject_id: 1, detail, facts, since: now(), until: None }
    }

    #[test]
    fn each_figure_has_its_own_alert_and_each_disk_too() {
        let hot = [sample(15, 97.0, 96)];
        let disks = [disk("/", 95), disk("/home", 20), disk("/srv", 50)];
        let found = judged(&hot, sample(0, 99.0, 97), &disks, &[]);
        assert_eq!(found, ["cpu ", "memory ", "disk /", "disk_full_soon /srv"]);
        assert_eq!(judged(&hot, sample(0, 10.0, 10), &[disk("/", 50)], &[]), Vec::<String>::new());
    }

    #[test]
    fn what_stands_stays_until_it_is_well_over() {
        let stood = [standing(AlertKind::Disk, "/"), standing(AlertKind::Cpu, "")];
        let found = judged(&[sample(15, 99.0, 1)], sample(0, 91.0, 1), &[disk("/", 87)], &stood);
        assert_eq!(found, ["cpu ", "disk /"], "a little below");
        let found = judged(&[sample(15, 99.0, 1)], sample(0, 80.0, 1), &[disk("/", 80)], &stood);
        assert_eq!(found, Vec::<String>::new(), "well below");
        // Another disk's alert holds none up.
        assert_eq!(judged(&[], sample(0, 1.0, 1), &[disk("/home", 87)], &stood), Vec::<String>::new());
    }

    #[test]
    fn a_disk_that_fills_has_a_date_by_its_own_history() {
        let begin = now() - SignedDuration::from_hours(20 * 24);
        let mut samples = Vec::new();
        for day in 0..20_u32 {
            let at = begin + SignedDuration::from_hours(i64::from(day) * 24);
            samples.push(DiskSample { at, ..disk("/srv", 40 + u64::from(day) * 3) });
            samples.push(DiskSample { at, ..disk("/", 40) });
        }
        let found = forecasts(&samples);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].0, "/srv");
        let days = found[0].1.duration_since(now()).as_hours() / 24;
        assert!((0..=1).contains(&days), "{days} days");
    }
}
