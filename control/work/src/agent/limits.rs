//! What people allow the work of an agent, as an order says it.

use jiff::{SignedDuration, Timestamp};
use rempart_model::{AgentLimits, ServerId};
use rempart_policy::{Bandwidth, RateFrom};
use rempart_protocol::order::{Limits, PaceStep};

use crate::Work;
use crate::trouble::{Result, Trouble, table};

/// A job that takes longer keeps to the last limit that it was told.
const AHEAD: SignedDuration = SignedDuration::from_hours(7 * 24);

impl Work {
    /// Of a job that begins now. Changes of the settings count from the next job on.
    pub(super) async fn limits_of(&self, server: ServerId) -> Result<Limits> {
        let limits = self.catalog.agent(server).await?.map(|agent| agent.limits).unwrap_or_default();
        of(&limits, Timestamp::now())
    }
}

fn of(limits: &AgentLimits, now: Timestamp) -> Result<Limits> {
    let damaged = |error| Trouble::new(&table::INTERNAL).because(error);
    let rates = Bandwidth::parse(limits).map_err(damaged)?.ahead(now, AHEAD);
    let step = |rate: RateFrom| PaceStep { from: rate.at, bytes_per_second: rate.bytes_per_second };
    Ok(Limits { pace: rates.into_iter().map(step).collect(), priority: limits.priority })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rempart_model::{HourLimit, WorkPriority};

    #[test]
    fn an_order_tells_the_limits_of_a_week() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let limits = AgentLimits {
            priority: WorkPriority::Idle,
            bytes_per_second: None,
            hours: vec![HourLimit { from: 8, until: 18, bytes_per_second: Some(1 << 20) }],
            time_zone: "UTC".to_owned(),
        };
        let told = of(&limits, at("2026-01-10T12:00:00Z")).unwrap();
        assert_eq!((told.priority, told.pace.len()), (WorkPriority::Idle, 15));
        assert_eq!(told.pace[0], PaceStep { from: at("2026-01-10T12:00:00Z"), bytes_per_second: Some(1 << 20) });
        assert_eq!(told.pace[1], PaceStep { from: at("2026-01-10T18:00:00Z"), bytes_per_second: None });
        assert_eq!(of(&AgentLimits::default(), at("2026-01-10T12:00:00Z")).unwrap().pace, []);
    }
}
