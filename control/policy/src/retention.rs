//! Retention: which snapshots a policy keeps, and by which of its rules.
//!
//! Snapshots are looked at newest first. A rule of a period ("keep 7 daily") keeps the newest snapshot of each of the
//! last n periods that have any; what remains of its count when the list ends goes to the oldest snapshot, so a young
//! history keeps its beginning. Rules add up: a snapshot is kept when any rule keeps it. These are restic's rules, with
//! quarters added.

use std::fmt;

use jiff::tz::TimeZone;
use rempart_model::SnapshotId;
use serde::{Deserialize, Serialize, Serializer};

use crate::{Facts, Period, Within};

/// How many a rule keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keep {
    /// The rule is not there.
    #[default]
    None,
    /// This many; zero is no rule.
    Count(u32),
    /// All that the rule can keep.
    All,
}

impl Keep {
    fn take(&mut self) {
        if let Self::Count(left) = self {
            *left = left.saturating_sub(1);
        }
    }
    fn is_spent(self) -> bool {
        matches!(self, Self::None | Self::Count(0))
    }
}

/// The rules. Everything empty (the default) keeps nothing and is refused by [`retain`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RetentionPolicy {
    pub last: Keep,
    pub hourly: Keep,
    pub daily: Keep,
    pub weekly: Keep,
    pub monthly: Keep,
    pub quarterly: Keep,
    pub yearly: Keep,
    /// Everything not older than this, counted from the newest snapshot of the list.
    pub within: Option<Within>,
    /// One snapshot per period among those not older than the span.
    pub within_each: Vec<(Period, Within)>,
    /// A snapshot that has every tag of one of these lists is kept.
    pub tags: Vec<Vec<String>>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    #[error(
        "the retention policy has no rule: it would keep no snapshot at all; give at least one, such as keep-last 1"
    )]
    KeepsNothing,
}

/// Why a snapshot is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    Last,
    Period(Period),
    /// Nothing newer of this period is left to fill the count: the beginning of the history stays.
    OldestOf(Period),
    Within(Within),
    WithinEach(Period, Within),
    Tags(Vec<String>),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Last => f.write_str("last snapshot"),
            Self::Period(period) => write!(f, "{} snapshot", period.name()),
            Self::OldestOf(period) => write!(f, "oldest {} snapshot", period.name()),
            Self::Within(within) => write!(f, "within {within}"),
            Self::WithinEach(period, within) => write!(f, "{} within {within}", period.name()),
            Self::Tags(tags) => write!(f, "tags {}", tags.join(", ")),
        }
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What becomes of one snapshot: kept for these reasons, or forgotten where there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Decision {
    pub id: SnapshotId,
    pub reasons: Vec<Reason>,
}

impl Decision {
    #[must_use]
    pub fn is_kept(&self) -> bool {
        !self.reasons.is_empty()
    }
}

impl RetentionPolicy {
    fn periods(&self) -> [(Period, Keep); 6] {
        [
            (Period::Hourly, self.hourly),
            (Period::Daily, self.daily),
            (Period::Weekly, self.weekly),
            (Period::Monthly, self.monthly),
            (Period::Quarterly, self.quarterly),
            (Period::Yearly, self.yearly),
        ]
    }

    /// No rule that could keep anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.last.is_spent()
            && self.periods().iter().all(|(_, keep)| keep.is_spent())
            && self.within.is_none_or(|within| within.is_zero())
            && self.within_each.iter().all(|(_, within)| within.is_zero())
            && self.tags.is_empty()
    }
}

/// A rule of a period on its way through the list.
struct Ladder {
    period: Period,
    keep: Keep,
    label_before: Option<i64>,
}

/// Decides over the snapshots of one group. The answer is newest first; equal times are ordered by id, so that the
/// input's order does not matter. `zone` is where days begin and end.
pub fn retain(policy: &RetentionPolicy, snapshots: &[Facts], zone: &TimeZone) -> Result<Vec<Decision>, PolicyError> {
    if policy.is_empty() {
        return Err(PolicyError::KeepsNothing);
    }
    let mut ordered: Vec<&Facts> = snapshots.iter().collect();
    ordered.sort_by(|a, b| b.time.cmp(&a.time).then(a.id.cmp(&b.id)));
    let Some(newest) = ordered.first().map(|facts| facts.time) else { return Ok(Vec::new()) };
    let oldest = ordered.len() - 1;

    let mut last = policy.last;
    let mut ladders = policy.periods().map(|(period, keep)| Ladder { period, keep, label_before: None });
    let mut within_each: Vec<_> = policy
        .within_each
        .iter()
        .map(|&(period, within)| (period, within, within.before(newest, zone), None))
        .collect();
    let within = policy.within.filter(|within| !within.is_zero()).map(|within| (within, within.before(newest, zone)));

    let decide = |(position, facts): (usize, &Facts)| {
        let local = facts.time.to_zoned(zone.clone());
        let mut reasons = Vec::new();
        for tags in &policy.tags {
            if tags.iter().all(|tag| facts.tags.contains(tag)) {
                reasons.push(Reason::Tags(tags.clone()));
            }
        }
        if !last.is_spent() {
            last.take();
            reasons.push(Reason::Last);
        }
        for ladder in ladders.iter_mut().filter(|ladder| !ladder.keep.is_spent()) {
            let label = ladder.period.label(&local);
            let is_new = ladder.label_before.replace(label) != Some(label);
            if is_new || position == oldest {
                ladder.keep.take();
                let reason = if is_new { Reason::Period } else { Reason::OldestOf };
                reasons.push(reason(ladder.period));
            }
        }
        if let Some((within, since)) = within
            && facts.time > since
        {
            reasons.push(Reason::Within(within));
        }
        for (period, within, since, label_before) in &mut within_each {
            let label = period.label(&local);
            if !within.is_zero() && facts.time > *since && label_before.replace(label) != Some(label) {
                reasons.push(Reason::WithinEach(*period, *within));
            }
        }
        Decision { id: facts.id, reasons }
    };
    Ok(ordered.into_iter().enumerate().map(decide).collect())
}
