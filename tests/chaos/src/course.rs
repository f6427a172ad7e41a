//! The course that a work takes, learnt from its runs, and the next moment at which to kill it.

use std::time::Duration;

use crate::source::Dice;
use crate::steps::Step;

/// When to kill: so long after so many steps were seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    pub steps: usize,
    pub delay: Duration,
}

/// The last whole run of a work, step by step, and how fast the machine is now beside then.
///
/// Every kind of step has its turn, however many of it there are, and so has the time before the first: a prune removes
/// a hundred packs and one index, and both moments count.
#[derive(Debug, Default)]
pub struct Course {
    steps: Vec<(Duration, Step)>,
    whole: Duration,
    pace: f64,
    turn: usize,
}

impl Course {
    /// A run that nobody killed.
    pub fn learn(&mut self, steps: Vec<(Duration, Step)>, whole: Duration) {
        assert!(!steps.is_empty(), "a work without a step: nothing to kill");
        *self = Self { steps, whole, pace: 1.0, turn: self.turn };
    }

    /// A run that was killed: were its steps slower or faster than those that it was planned by?
    pub fn adjust(&mut self, steps: &[(Duration, Step)]) {
        let Some(last) = steps.len().min(self.steps.len()).checked_sub(1) else { return };
        let now = steps[last].0.as_secs_f64() / self.steps[last].0.as_secs_f64().max(1e-6);
        self.pace = f64::midpoint(self.pace, now.clamp(0.2, 20.0));
    }

    /// Kinds of steps, the time before the first among them.
    pub fn kinds(&self) -> Vec<Option<Step>> {
        let mut kinds: Vec<_> = self.steps.iter().map(|(_, step)| Some(*step)).collect();
        kinds.push(None);
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }

    /// After a step of the kind whose turn it is, and before the next one.
    pub fn next_moment(&mut self, dice: &mut Dice) -> Moment {
        let kinds = self.kinds();
        let kind = kinds[self.turn % kinds.len()];
        self.turn += 1;
        let places: Vec<usize> = match kind {
            None => vec![0],
            kind => (1..=self.steps.len()).filter(|place| Some(self.steps[place - 1].1) == kind).collect(),
        };
        let steps = places[dice.below(places.len() as u64) as usize];
        let from = if steps == 0 { Duration::ZERO } else { self.steps[steps - 1].0 };
        let to = self.steps.get(steps).map_or(self.whole, |(time, _)| *time);
        let part = dice.below(10_000) as f64 / 10_000.0;
        Moment { steps, delay: to.saturating_sub(from).mul_f64(self.pace * part) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::steps::{Area, Change};

    fn step(area: Area, change: Change) -> Step {
        Step { area, change }
    }

    fn course() -> Course {
        let ms = Duration::from_millis;
        let mut course = Course::default();
        let lock = (ms(10), step(Area::Lock, Change::Written));
        let packs = (0..50).map(|number| (ms(20 + number), step(Area::Pack, Change::Removed)));
        course.learn([lock].into_iter().chain(packs).collect(), ms(100));
        course
    }

    #[test]
    fn every_kind_of_step_has_its_turn() {
        let (mut course, mut dice) = (course(), Dice::new(1));
        let mut counts = [0; 3];
        for _ in 0..30 {
            let moment = course.next_moment(&mut dice);
            counts[moment.steps.min(2)] += 1;
            let longest = match moment.steps {
                0 | 1 => 10,
                51 => 31,
                _ => 1,
            };
            assert!(moment.delay <= Duration::from_millis(longest), "{moment:?} reaches into the next step");
        }
        assert_eq!(counts, [10, 10, 10]);
    }

    #[test]
    fn delays_follow_the_pace_of_the_machine() {
        let (mut course, mut dice) = (course(), Dice::new(1));
        for _ in 0..10 {
            course.adjust(&[(Duration::from_millis(40), step(Area::Lock, Change::Written))]);
        }
        let longest = (0..300).map(|_| course.next_moment(&mut dice)).filter(|moment| moment.steps == 0);
        let longest = longest.map(|moment| moment.delay).max().unwrap();
        assert!((30..=40).contains(&longest.as_millis()), "{longest:?} of 4 times 10 ms");
    }
}
