//! When a machine's figures ask for a person.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// From where on there is an alert. `None`: that figure is not watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Thresholds {
    /// Of all cores, for a while.
    pub cpu_percent: Option<u8>,
    /// Of memory that no program can get any more, for a while.
    pub memory_percent: Option<u8>,
    /// Of each file system, as `df` counts: what ordinary users cannot write to is no room.
    pub disk_percent: Option<u8>,
    /// A file system that will be full within so many days.
    pub disk_full_days: Option<u16>,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { cpu_percent: Some(95), memory_percent: Some(95), disk_percent: Some(90), disk_full_days: Some(14) }
    }
}

/// Which of them is out of bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ThresholdsError {
    #[error("{field} is {given}: 10 to 100 percent are possible")]
    Percent { field: &'static str, given: u8 },
    #[error("{field} is {given}: 1 to 365 days are possible")]
    Days { field: &'static str, given: u16 },
}

impl Thresholds {
    /// Below ten percent nothing would ever be right.
    pub fn check(&self) -> Result<(), ThresholdsError> {
        let percents = [
            ("cpuPercent", self.cpu_percent),
            ("memoryPercent", self.memory_percent),
            ("diskPercent", self.disk_percent),
        ];
        for (field, given) in percents {
            if let Some(given) = given.filter(|percent| !(10..=100).contains(percent)) {
                return Err(ThresholdsError::Percent { field, given });
            }
        }
        match self.disk_full_days.filter(|days| !(1..=365).contains(days)) {
            Some(given) => Err(ThresholdsError::Days { field: "diskFullDays", given }),
            None => Ok(()),
        }
    }
}

/// An alert is over once the figure is so far below its threshold: one that lies at it would come and go all day.
pub const MARGIN_PERCENT: f64 = 5.0;

/// How long a processor or a memory must have been at its threshold, and how far back is looked.
const A_WHILE: SignedDuration = SignedDuration::from_mins(10);
const LOOKED_BACK: SignedDuration = SignedDuration::from_mins(35);

/// Whether there is an alert after this figure; `stood`: whether there was one before it.
#[must_use]
pub fn stands(percent: f64, threshold: u8, stood: bool) -> bool {
    let margin = if stood { MARGIN_PERCENT } else { 0.0 };
    percent >= f64::from(threshold) - margin
}

/// The same for what may peak: it must have been so in every look of a while. `looks` are the last ones in any order, with
/// the one of `now`.
#[must_use]
pub fn stands_for_long(looks: &[(Timestamp, f64)], threshold: u8, stood: bool, now: Timestamp) -> bool {
    let recent = || looks.iter().filter(move |(at, _)| now.duration_since(*at) <= LOOKED_BACK);
    let Some((_, newest)) = recent().max_by_key(|(at, _)| *at) else { return stood };
    if stood {
        return stands(*newest, threshold, true);
    }
    let is_long = recent().any(|(at, _)| now.duration_since(*at) >= A_WHILE);
    is_long && recent().all(|(_, percent)| stands(*percent, threshold, false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_comes_at_its_threshold_and_goes_well_below_it() {
        let mut stood = false;
        for (percent, expected) in
            [(89.9, false), (90.0, true), (88.0, true), (85.0, true), (84.9, false), (89.0, false), (93.0, true)]
        {
            stood = stands(percent, 90, stood);
            assert_eq!(stood, expected, "at {percent}");
        }
    }

    #[test]
    fn a_peak_is_no_alert_and_a_lasting_load_is() {
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let ago = |minutes: i64| now - SignedDuration::from_mins(minutes);
        for (name, looks, stood, expected) in [
            ("one look", vec![(ago(0), 99.0)], false, false),
            ("two looks at once", vec![(ago(0), 99.0), (ago(1), 99.0)], false, false),
            ("for a quarter of an hour", vec![(ago(0), 96.0), (ago(15), 95.0)], false, true),
            ("with a rest between", vec![(ago(0), 96.0), (ago(15), 20.0), (ago(30), 99.0)], false, false),
            ("long ago", vec![(ago(0), 96.0), (ago(60), 99.0)], false, false),
            ("it goes on", vec![(ago(0), 91.0), (ago(15), 99.0)], true, true),
            ("it is over", vec![(ago(0), 89.0), (ago(15), 99.0)], true, false),
            ("nothing is known", vec![], true, true),
        ] {
            assert_eq!(stands_for_long(&looks, 95, stood, now), expected, "{name}");
        }
    }

    #[test]
    fn thresholds_have_bounds_and_can_be_off() {
        let fine = Thresholds::default();
        assert_eq!(fine.check(), Ok(()));
        let off = Thresholds { cpu_percent: None, memory_percent: None, disk_percent: None, disk_full_days: None };
        assert_eq!(off.check(), Ok(()));
        for percent in [0, 9, 101] {
            let error = Thresholds { disk_percent: Some(percent), ..fine }.check().unwrap_err();
            assert_eq!(error, ThresholdsError::Percent { field: "diskPercent", given: percent });
        }
        assert!(Thresholds { disk_full_days: Some(0), ..fine }.check().is_err());
    }
}
