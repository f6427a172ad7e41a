//! Kill -9 at random moments of backup, forget and prune. After each, restic finds no error and every committed snapshot
//! restores; and the next run needs nobody's help.
//!
//! `REMPART_CHAOS_KILLS` (21 without it) says how many kills, `REMPART_CHAOS_SEED` repeats a run.

use std::time::Duration;

use rempart_chaos_tests::Ledger;
use rempart_chaos_tests::kill::{Ended, kill_after, time_of};
use rempart_chaos_tests::source::{self, Dice};
use rempart_tests_support::{Place, Program, Tool};

const FILES: u64 = 240;
const KEPT: usize = 3;

#[derive(Debug, Clone, Copy)]
enum Work {
    Backup,
    Forget,
    Prune,
}

const WORKS: [Work; 3] = [Work::Backup, Work::Forget, Work::Prune];

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap_or_else(|e| panic!("{name}={text}: {e}")))
}

fn backup(place: &Place) -> Program {
    Tool::Rempart.on(place).args(["backup", "--pack-size", "4"]).arg(place.source())
}

fn forget(place: &Place) -> Program {
    let program = Tool::Rempart.on(place).args(["forget", "--keep-last", &KEPT.to_string(), "--prune"]);
    program.args(["--max-unused", "0"])
}

fn prune(place: &Place) -> Program {
    Tool::Rempart.on(place).args(["prune", "--max-unused", "0"])
}

/// How long each work takes when it is left alone, and how much of that is opening the repository.
struct Times {
    open: Duration,
    works: [Duration; 3],
}

impl Times {
    /// A moment from when the repository is nearly open until a little after the work's usual end.
    fn moment(&self, work: Work, dice: &mut Dice) -> Duration {
        let from = self.open.mul_f64(0.7);
        let span = (self.works[work as usize].mul_f64(1.15)).saturating_sub(from);
        from + span.mul_f64(dice.below(10_000) as f64 / 10_000.0)
    }
}

#[test]
fn a_kill_at_any_moment_loses_nothing_that_was_committed() {
    let kills = number("REMPART_CHAOS_KILLS", 21);
    let seed = number("REMPART_CHAOS_SEED", u64::from(std::process::id()));
    let mut dice = Dice::new(seed);
    // Given a repository with some snapshots
    let place = Place::new("kill");
    source::make(&place.source(), FILES, &mut dice);
    Tool::Rempart.init(&place);
    let mut ledger = Ledger::new(&place);
    let times = first_rounds(&place, &mut ledger, &mut dice);

    // When each work is killed in turn, again and again
    let (mut killed, mut attempts) = (0, 0);
    while killed < kills {
        attempts += 1;
        assert!(attempts < 4 * kills + 40, "only {killed} of {attempts} runs were killed in time: {:?}", times.works);
        let work = WORKS[attempts as usize % WORKS.len()];
        let moment = times.moment(work, &mut dice);
        let what = format!("seed {seed}, run {attempts}, {work:?} killed after {moment:?}");
        let ended = one_run(&place, &mut ledger, work, moment, &mut dice, &what);
        // Then nothing is lost
        ledger.assert_whole(&place.source(), &what);
        ledger.drop_unused_copies();
        match ended {
            Ended::Killed => {
                killed += 1;
                println!("{killed} of {kills} kills, nothing lost: {what}");
            }
            Ended::ByItself(code) => assert_eq!(code, 0, "{what}: it ended by itself before"),
        }
    }

    // And whoever comes next cleans up without being told
    let copy = ledger.copy_of(&place.source());
    backup(&place).succeed();
    assert_eq!(ledger.note_new(&copy), 1, "the backup after all kills made no snapshot");
    forget(&place).succeed();
    ledger.note_forgotten(KEPT, "the last forget");
    Tool::Rempart.check(&place);
    ledger.assert_whole(&place.source(), &format!("seed {seed}, after {killed} kills"));
    let orphans = Tool::Restic.on(&place).args(["check", "--no-lock"]).succeed();
    assert!(!orphans.stdout.contains("additional files"), "prune left orphans: {orphans}");
}

/// Some snapshots, and the time of each work.
fn first_rounds(place: &Place, ledger: &mut Ledger<'_>, dice: &mut Dice) -> Times {
    let mut works = [Duration::ZERO; 3];
    for _ in 0..=KEPT {
        source::change(&place.source(), FILES, dice);
        let copy = ledger.copy_of(&place.source());
        works[Work::Backup as usize] = time_of(backup(place));
        assert_eq!(ledger.note_new(&copy), 1, "a backup made no snapshot");
    }
    let open = time_of(Tool::Rempart.on(place).arg("snapshots"));
    works[Work::Forget as usize] = time_of(forget(place));
    ledger.note_forgotten(KEPT, "the first forget");
    // A prune that finds something to do is like the one inside forget.
    works[Work::Prune as usize] = works[Work::Forget as usize];
    Times { open, works }
}

fn one_run(place: &Place, ledger: &mut Ledger<'_>, work: Work, moment: Duration, dice: &mut Dice, what: &str) -> Ended {
    match work {
        Work::Backup => {
            source::change(&place.source(), FILES, dice);
            let copy = ledger.copy_of(&place.source());
            let ended = kill_after(backup(place), moment);
            ledger.note_new(&copy);
            ended
        }
        Work::Forget => {
            // Something to forget: another snapshot, not killed.
            source::change(&place.source(), FILES, dice);
            let copy = ledger.copy_of(&place.source());
            backup(place).succeed();
            assert_eq!(ledger.note_new(&copy), 1, "{what}: the backup before it made no snapshot");
            let ended = kill_after(forget(place), moment);
            ledger.note_forgotten(KEPT, what);
            ended
        }
        Work::Prune => {
            let count = ledger.count();
            let ended = kill_after(prune(place), moment);
            ledger.note_forgotten(count, what);
            ended
        }
    }
}
