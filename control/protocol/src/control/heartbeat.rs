//! Signs of life: the server asks, the agent answers, and the time between is the round trip.

use std::time::Duration;

use crate::handshake::AgentReady;
use crate::refusal::{Refusal, RefusalCode, Result};

/// The asking side.
#[derive(Debug)]
pub struct Heartbeat {
    every: Duration,
    silence: Duration,
    next_at: Duration,
    last_heard: Duration,
    asked: Option<(u64, Duration)>,
    count: u64,
    round_trip: Option<Duration>,
}

impl Heartbeat {
    #[must_use]
    pub fn new(terms: AgentReady, now: Duration) -> Self {
        Self {
            every: Duration::from_secs(terms.heartbeat_seconds.into()),
            silence: Duration::from_secs(terms.silence_seconds.into()),
            // At once: a round trip is known as soon as an agent is there.
            next_at: now,
            last_heard: now,
            asked: None,
            count: 0,
            round_trip: None,
        }
    }

    /// Of the last answer.
    #[must_use]
    pub const fn round_trip(&self) -> Option<Duration> {
        self.round_trip
    }

    /// Something came from the peer.
    pub fn heard(&mut self, now: Duration) {
        self.last_heard = self.last_heard.max(now);
    }

    /// The number to ask with, if it is time; an error if the peer is dead. One question waits at a time.
    pub fn tick(&mut self, now: Duration) -> Result<Option<u64>> {
        still_there(self.last_heard, self.silence, now)?;
        if now < self.next_at || self.asked.is_some() {
            return Ok(None);
        }
        self.next_at = now + self.every;
        self.count += 1;
        self.asked = Some((self.count, now));
        Ok(Some(self.count))
    }

    /// The answer to a question. One that was not asked is refused.
    pub fn answered(&mut self, number: u64, now: Duration) -> Result<()> {
        match self.asked.take() {
            Some((asked, at)) if asked == number => {
                self.round_trip = Some(now.saturating_sub(at));
                Ok(())
            }
            _ => Err(Refusal::unexpected(format!("an answer to heartbeat {number}, which does not wait for one"))),
        }
    }
}

/// An error if nothing was heard for too long.
pub fn still_there(last_heard: Duration, silence: Duration, now: Duration) -> Result<()> {
    let quiet = now.saturating_sub(last_heard);
    if quiet < silence {
        return Ok(());
    }
    Err(Refusal::new(RefusalCode::Silent, format!("{} s", quiet.as_secs())))
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn the_round_trip_is_measured_and_a_lost_agent_is_noticed_within_30_seconds() {
        let mut heart = Heartbeat::new(AgentReady::default(), s(100));
        assert_eq!(heart.tick(s(100)), Ok(Some(1)));
        assert_eq!(heart.tick(s(111)), Ok(None), "one waits already");
        heart.heard(s(112));
        heart.answered(1, s(112)).unwrap();
        assert_eq!(heart.round_trip(), Some(s(12)));
        assert!(heart.answered(1, s(112)).is_err(), "an answer counts once");
        assert_eq!(heart.tick(s(112)), Ok(Some(2)));
        assert!(heart.answered(1, s(113)).is_err(), "an older answer is none");
        let lost = (112..200).map(s).find(|now| heart.tick(*now).is_err()).unwrap();
        assert!(lost <= s(112 + 30), "noticed at {lost:?}");
    }
}
