//! When a disk will be full, if it goes on as it did.

use jiff::{SignedDuration, Timestamp};

/// Less history than this says nothing.
const SHORTEST: SignedDuration = SignedDuration::from_hours(3 * 24);
const FEWEST_POINTS: usize = 12;
/// So much of the ups and downs must be explained by a straight line: a disk that was cleaned up once, or that breathes
/// from day to day, has no date.
const LEAST_FIT: f64 = 0.6;
/// Later than this is as good as never.
const FARTHEST_DAYS: f64 = 365.0;

const DAY_SECONDS: f64 = 86_400.0;

/// A straight line through what was used over time, by least squares, from the newest point on until `size_bytes` are
/// reached. `None` where that would mean nothing: too short a history, a disk that does not fill, or no line.
#[must_use]
pub fn full_at(points: &[(Timestamp, u64)], size_bytes: u64) -> Option<Timestamp> {
    let (first, last) = (points.iter().min_by_key(|(at, _)| *at)?, points.iter().max_by_key(|(at, _)| *at)?);
    if points.len() < FEWEST_POINTS || last.0.duration_since(first.0) < SHORTEST {
        return None;
    }
    let days = |at: Timestamp| at.duration_since(first.0).as_secs_f64() / DAY_SECONDS;
    let count = points.len() as f64;
    let mean_day = points.iter().map(|(at, _)| days(*at)).sum::<f64>() / count;
    let mean_used = points.iter().map(|(_, used)| *used as f64).sum::<f64>() / count;
    let (mut across, mut along, mut up) = (0.0, 0.0, 0.0);
    for (at, used) in points {
        let (x, y) = (days(*at) - mean_day, *used as f64 - mean_used);
        across += x * y;
        along += x * x;
        up += y * y;
    }
    if along <= 0.0 || up <= 0.0 {
        return None;
    }
    let bytes_per_day = across / along;
    let fit = across * across / (along * up);
    if bytes_per_day <= 0.0 || fit < LEAST_FIT {
        return None;
    }
    let days_left = size_bytes.saturating_sub(last.1) as f64 / bytes_per_day;
    if days_left > FARTHEST_DAYS {
        return None;
    }
    last.0.checked_add(SignedDuration::from_secs_f64(days_left * DAY_SECONDS)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;

    /// Every six hours over so many days.
    fn history(days: i64, used: impl Fn(i64) -> u64) -> Vec<(Timestamp, u64)> {
        let begin: Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
        (0..=days * 4).map(|step| (begin + SignedDuration::from_hours(step * 6), used(step))).collect()
    }

    #[test]
    fn a_disk_that_fills_steadily_has_a_date() {
        // 4 GiB a day: 40 used after ten days, 60 are left.
        let points = history(10, |step| step.unsigned_abs() * GIB);
        let full = full_at(&points, 100 * GIB).unwrap();
        let expected: Timestamp = "2026-11-26T00:00:00Z".parse().unwrap();
        assert!(full.duration_since(expected).abs() < SignedDuration::from_secs(1), "{full}");
        // In any order.
        let mut turned = points.clone();
        turned.reverse();
        let turned = full_at(&turned, 100 * GIB).unwrap();
        assert!(full.duration_since(turned).abs() < SignedDuration::from_secs(1), "{turned}");
        // Already full: now.
        assert_eq!(full_at(&points, 40 * GIB), points.last().map(|(at, _)| *at));
    }

    #[test]
    fn where_a_date_would_mean_nothing_there_is_none() {
        for (name, points) in [
            ("no history", vec![]),
            ("two days", history(2, |step| step.unsigned_abs() * GIB)),
            ("still", history(20, |_| 50 * GIB)),
            ("empties", history(20, |step| 90 * GIB - step.unsigned_abs() * GIB)),
            ("breathes", history(20, |step| if step % 8 < 4 { 20 * GIB } else { 80 * GIB })),
            ("was cleaned up", history(20, |step| if step < 60 { (step.unsigned_abs() + 20) * GIB } else { 20 * GIB })),
            ("in a hundred years", history(20, |step| step.unsigned_abs() << 10)),
        ] {
            assert_eq!(full_at(&points, 100 * GIB), None, "{name}");
        }
    }
}
