//! Kill -9 in every phase of backup, forget and prune. After each, restic finds no error and every committed snapshot
//! restores; and the next run needs nobody's help.
//!
//! `REMPART_CHAOS_KILLS` (40 without it) says how many kills, `REMPART_CHAOS_SEED` repeats the choices of a run, as far as
//! the moment of a kill can be repeated.

use std::collections::BTreeMap;

use rempart_chaos_tests::kill::{Ended, kill_at, run_whole};
use rempart_chaos_tests::source::{self, Dice};
use rempart_chaos_tests::{Course, Ledger, Step, Watch, init_with_cheap_key};
use rempart_tests_support::{Place, Program, Tool};

const FILES: u64 = 160;
const KEPT: usize = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
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
    Tool::Rempart.on(place).args(["forget", "--keep-last", &KEPT.to_string()])
}

impl Work {
    fn program(self, place: &Place) -> Program {
        match self {
            Self::Backup => backup(place),
            Self::Forget => forget(place).args(["--prune", "--max-unused", "0"]),
            Self::Prune => Tool::Rempart.on(place).args(["prune", "--max-unused", "0"]),
        }
    }
}

/// The last step seen before each kill, by work.
#[derive(Default)]
struct Tally(BTreeMap<(Work, Option<Step>), u64>);

impl Tally {
    fn print(&self) {
        println!("kills by the last step that was seen before:");
        for ((work, step), kills) in &self.0 {
            let step = step.map_or_else(|| "nothing yet".into(), |step| step.to_string());
            println!("  {:<8} {step:<18} {kills:>4}", format!("{work:?}"));
        }
    }
}

#[test]
fn a_kill_in_any_phase_loses_nothing_that_was_committed() {
    let kills = number("REMPART_CHAOS_KILLS", 40);
    let seed = number("REMPART_CHAOS_SEED", u64::from(std::process::id()));
    let mut dice = Dice::new(seed);
    // Given a repository with some snapshots, and the course of each work as it is now
    let place = Place::new("kill");
    source::make(&place.source(), FILES, &mut dice);
    init_with_cheap_key(&place);
    let watch = Watch::new(&place.repository());
    let mut ledger = Ledger::new(&place);
    let mut courses = first_rounds(&place, &watch, &mut ledger, &mut dice);

    // When each work is killed in turn, in each of its phases, again and again
    let (mut killed, mut attempts, mut tally) = (0, 0, Tally::default());
    while killed < kills {
        attempts += 1;
        assert!(attempts <= kills * 3 / 2 + 20, "only {killed} of {attempts} runs were killed in time");
        let work = WORKS[attempts as usize % WORKS.len()];
        let copy = prepare(work, &place, &mut ledger, &mut dice);
        let course = &mut courses[work as usize];
        let moment = course.next_moment(&mut dice);
        let what = format!(
            "seed {seed}, run {attempts}, {work:?} to be killed {:?} after step {}",
            moment.delay, moment.steps
        );
        let before = ledger.count();
        let ended = kill_at(work.program(&place), moment, &watch, course);
        match work {
            Work::Backup => drop(ledger.note_new(&copy)),
            Work::Forget => ledger.note_forgotten(KEPT, &what),
            Work::Prune => ledger.note_forgotten(before, &what),
        }
        // Then nothing is lost
        ledger.assert_whole(&place.source(), &what);
        ledger.drop_unused_copies();
        match ended {
            Ended::Killed(step) => {
                killed += 1;
                *tally.0.entry((work, step)).or_default() += 1;
                println!("{killed} of {kills} kills, nothing lost: {what}");
            }
            Ended::ByItself(code) => assert_eq!(code, 0, "{what}: it ended by itself before"),
        }
    }
    tally.print();
    println!("{killed} kills in {attempts} runs");
    if kills >= 40 {
        for work in WORKS {
            let phases = tally.0.keys().filter(|(of, _)| *of == work).count();
            assert!(phases >= 4, "{work:?} was killed in {phases} phases only");
        }
    }

    // And whoever comes next cleans up without being told
    let copy = ledger.copy_of(&place.source());
    backup(&place).succeed();
    assert_eq!(ledger.note_new(&copy), 1, "the backup after all kills made no snapshot");
    Work::Forget.program(&place).succeed();
    ledger.note_forgotten(KEPT, "the last forget");
    Tool::Rempart.check(&place);
    ledger.assert_whole(&place.source(), &format!("seed {seed}, after {killed} kills"));
    let orphans = Tool::Restic.on(&place).args(["check", "--no-lock"]).succeed();
    assert!(!orphans.stdout.contains("additional files"), "prune left orphans: {orphans}");
}

/// Some snapshots, and each work once without a kill.
fn first_rounds(place: &Place, watch: &Watch, ledger: &mut Ledger<'_>, dice: &mut Dice) -> [Course; 3] {
    let mut courses: [Course; 3] = Default::default();
    for work in [Work::Backup, Work::Backup, Work::Backup, Work::Forget, Work::Prune, Work::Backup] {
        let copy = prepare(work, place, ledger, dice);
        let before = ledger.count();
        run_whole(work.program(place), watch, &mut courses[work as usize]);
        match work {
            Work::Backup => assert_eq!(ledger.note_new(&copy), 1, "a backup made no snapshot"),
            Work::Forget => ledger.note_forgotten(KEPT, "the first forget"),
            Work::Prune => ledger.note_forgotten(before, "the first prune"),
        }
    }
    for (work, course) in WORKS.iter().zip(&courses) {
        let kinds: Vec<_> = course.kinds().into_iter().flatten().map(|step| step.to_string()).collect();
        println!("phases of {work:?}: {}", kinds.join(", "));
    }
    courses
}

/// Gives a work something to do: a changed source, a snapshot too many, data that nobody needs. Nothing of it is killed.
/// Returns the copy of the source as it is now.
fn prepare(work: Work, place: &Place, ledger: &mut Ledger<'_>, dice: &mut Dice) -> std::path::PathBuf {
    source::change(&place.source(), FILES, dice);
    let copy = ledger.copy_of(&place.source());
    if work != Work::Backup {
        backup(place).succeed();
        assert_eq!(ledger.note_new(&copy), 1, "the backup before {work:?} made no snapshot");
    }
    if work == Work::Prune {
        forget(place).succeed();
        ledger.note_forgotten(KEPT, "the forget before a prune");
    }
    copy
}
