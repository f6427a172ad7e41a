//! Guessing is slowed down: only failures count, and nobody can lock somebody else out for long.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// How many failures are free, and what each one after that costs.
struct Rule {
    free: u32,
    first_wait: Duration,
    longest_wait: Duration,
    /// Failures are forgotten after this long without one.
    forget_after: Duration,
}

/// One name from one address.
const PAIR: Rule = Rule {
    free: 5,
    first_wait: Duration::from_secs(1),
    longest_wait: Duration::from_secs(300),
    forget_after: Duration::from_secs(15 * 60),
};
/// One address, whatever the names: somebody who tries many. An office behind one address makes mistakes too.
const ADDRESS: Rule = Rule {
    free: 50,
    first_wait: Duration::from_secs(1),
    longest_wait: Duration::from_secs(60),
    forget_after: Duration::from_secs(15 * 60),
};
/// One name, whatever the addresses: many machines that try one. The wait is short: its owner must get in.
const NAME: Rule = Rule {
    free: 100,
    first_wait: Duration::from_secs(1),
    longest_wait: Duration::from_secs(5),
    forget_after: Duration::from_secs(60 * 60),
};

/// When this many are remembered, those that are forgotten are swept out; if all are fresh, the oldest go.
const MOST_REMEMBERED: usize = 20_000;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Pair(IpAddr, String),
    Address(IpAddr),
    Name(String),
}

impl Key {
    fn rule(&self) -> &'static Rule {
        match self {
            Self::Pair(..) => &PAIR,
            Self::Address(_) => &ADDRESS,
            Self::Name(_) => &NAME,
        }
    }
}

#[derive(Clone, Copy)]
struct Failures {
    count: u32,
    last: Instant,
}

impl Failures {
    /// Until when the next attempt waits.
    fn until(&self, rule: &Rule) -> Instant {
        let Some(beyond) = self.count.checked_sub(rule.free) else { return self.last };
        let wait = rule.first_wait.saturating_mul(1 << beyond.min(16));
        self.last + wait.min(rule.longest_wait)
    }
}

/// Failed attempts of the last while.
#[derive(Default)]
pub struct Throttle {
    failures: Mutex<HashMap<Key, Failures>>,
}

/// An attempt that was let in. It counts as a failure from the start, so that a thousand at once do not all come
/// in before the first has failed; [`Attempt::succeeded`] takes that back.
#[must_use]
pub struct Attempt<'a> {
    throttle: &'a Throttle,
    keys: [Key; 3],
}

impl Throttle {
    /// Lets an attempt in, or says how long to wait.
    pub fn attempt(&self, address: IpAddr, name: &str, now: Instant) -> Result<Attempt<'_>, Duration> {
        let address = network_of(address);
        let name = name.to_lowercase();
        let keys = [Key::Pair(address, name.clone()), Key::Address(address), Key::Name(name)];
        let mut failures = self.failures.lock();
        for key in &keys {
            let rule = key.rule();
            let Some(known) = failures.get(key) else { continue };
            if now.saturating_duration_since(known.last) >= rule.forget_after {
                failures.remove(key);
                continue;
            }
            let until = known.until(rule);
            if known.count >= rule.free && until > now {
                return Err(until - now);
            }
        }
        for key in &keys {
            let entry = failures.entry(key.clone()).or_insert(Failures { count: 0, last: now });
            entry.count = entry.count.saturating_add(1);
            entry.last = now;
        }
        sweep(&mut failures, now);
        Ok(Attempt { throttle: self, keys })
    }
}

impl Attempt<'_> {
    /// It was the right password: failures of this name from this address are forgotten.
    pub fn succeeded(self) {
        let mut failures = self.throttle.failures.lock();
        let [pair, address, name] = self.keys;
        failures.remove(&pair);
        for key in [address, name] {
            if let Some(known) = failures.get_mut(&key) {
                known.count = known.count.saturating_sub(1);
            }
        }
    }
}

fn sweep(failures: &mut HashMap<Key, Failures>, now: Instant) {
    if failures.len() <= MOST_REMEMBERED {
        return;
    }
    failures.retain(|key, known| now.saturating_duration_since(known.last) < key.rule().forget_after);
    if failures.len() > MOST_REMEMBERED {
        let mut times: Vec<Instant> = failures.values().map(|known| known.last).collect();
        times.sort_unstable();
        let middle = times[times.len() / 2];
        failures.retain(|_, known| known.last > middle);
    }
}

/// A household has a whole /64 of IPv6 addresses.
fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() & !u128::from(u64::MAX)).into()),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn fail(throttle: &Throttle, address: IpAddr, name: &str, now: Instant) -> Result<(), Duration> {
        throttle.attempt(address, name, now).map(|_attempt| ())
    }

    #[test]
    fn five_mistakes_are_free_and_each_further_one_costs_twice_the_time() {
        let (throttle, mut now) = (Throttle::default(), Instant::now());
        for _ in 0..5 {
            fail(&throttle, HERE, "camille", now).unwrap();
        }
        let mut waits = Vec::new();
        for _ in 0..12 {
            let wait = fail(&throttle, HERE, "camille", now).unwrap_err();
            waits.push(wait.as_secs());
            now += wait;
            fail(&throttle, HERE, "Camille", now).unwrap();
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
        now += Duration::from_secs(15 * 60);
        fail(&throttle, HERE, "camille", now).expect("forgotten after a quarter of an hour");
    }

    #[test]
    fn success_forgets_the_failures_before_it() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        for _ in 0..4 {
            fail(&throttle, HERE, "camille", now).unwrap();
        }
        throttle.attempt(HERE, "camille", now).unwrap().succeeded();
        for _ in 0..5 {
            fail(&throttle, HERE, "camille", now).unwrap();
        }
        assert!(fail(&throttle, HERE, "camille", now).is_err());
    }

    #[test]
    fn another_address_is_not_held_up_by_somebody_elses_failures() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        while fail(&throttle, "203.0.113.9".parse().unwrap(), "camille", now).is_ok() {}
        fail(&throttle, HERE, "camille", now).expect("the owner gets in");
    }

    #[test]
    fn many_names_from_one_network_are_slowed_down() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        let mut let_in = 0;
        for n in 0..200 {
            let address = format!("2001:db8::{n:x}").parse().unwrap();
            let_in += usize::from(fail(&throttle, address, &format!("user{n}"), now).is_ok());
        }
        assert_eq!(let_in, 50);
    }

    #[test]
    fn what_is_remembered_has_a_bound() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        for n in 0..30_000_u32 {
            let _ = fail(&throttle, IpAddr::V4(n.into()), "x", now + Duration::from_millis(n.into()));
        }
        assert!(throttle.failures.lock().len() <= MOST_REMEMBERED + 3);
    }
}
