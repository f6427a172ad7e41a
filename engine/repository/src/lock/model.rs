//! Backup × forget × prune × lock expiry, every interleaving: the lock protocol as states, searched whole.
//!
//! Each process takes one small step at a time, in any order, and time passes between any two: a process that is slow,
//! asleep or cut off is one that does not step while the clock does. What is assumed of the world, and nothing else:
//! - a file is listed by everybody as soon as it is written (all stores that we know);
//! - clocks of hosts differ by at most [`SKEW_MINUTES`], and run at the same speed;
//! - a commit or a removal reaches the store at most [`REQUEST_MINUTES`] after its look at the lock, or never;
//! - a process that died has no request under way;
//! - whoever unlocks by force while others work is not protected.
//!
//! The rules can be taken away one by one ([`Rules`]): then the search must find the damage, which shows that it can.

use stateright::{Checker, HasDiscoveries, Model, Property};

use super::{LOST_AFTER, REFRESH_AFTER, STALE_AFTER};

/// 22 minutes until a holder stops, 30 until others may take the lock away: between these two, 8 minutes for both.
const SKEW_MINUTES: u8 = 3;
const REQUEST_MINUTES: u8 = 4;

/// What keeps the repository whole. All true in the program.
#[derive(Debug, Clone, Copy)]
struct Rules {
    /// Others' locks are looked at once more after the own one is written.
    second_look: bool,
    /// A holder that did not refresh for 22 minutes stops.
    stops_when_lost: bool,
    /// A refresh whose new file came when the old one was too old already is none: the old one may have been taken away
    /// before, and the answer to its removal does not tell always.
    late_refresh_is_lost: bool,
    /// Where the index was read before the second look, what was read must still be there after it.
    looks_at_index_again: bool,
    /// Where a prune was planned before the second look, the snapshots must still be the same after it.
    looks_at_snapshots_again: bool,
    /// Only a lock of more than 30 minutes is taken away.
    spares_young_locks: bool,
}

const REAL: Rules = Rules {
    second_look: true,
    stops_when_lost: true,
    late_refresh_is_lost: true,
    looks_at_index_again: true,
    looks_at_snapshots_again: true,
    spares_young_locks: true,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    /// Shared: finds the pack in the index and commits a snapshot that needs it, or stores its own.
    Backup,
    /// Exclusive: forgets the first snapshot, then removes the pack if no snapshot needs it.
    Cleaner,
}

/// Where a process is. Work that changes the repository is two steps each: a look at the own lock, then the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum At {
    Start,
    /// No contrary lock was listed.
    Looked,
    /// The own lock file is written; a backup may read the index from here on, and a cleaner plan.
    Pending,
    Confirmed,
    /// A backup has seen that what it read of the index is still there.
    IndexSeenAgain,
    Committed,
    Forgotten,
    /// A cleaner goes by its plan; `true`: a snapshot needs the pack.
    Marked(bool),
    Unindexed,
    Cleaned,
    /// Ended, one way or another. Its lock file may lie there if it died.
    Ended,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct LockFile {
    minutes: u8,
    there: bool,
}

/// A refresh writes a new file, then removes the old one. The holder's own looks wait from the stamp to the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Refresh {
    No,
    /// Found to be due, and the lock not lost.
    Due,
    /// The new file has its time; it is not there until its request arrives. `late`: by then, the old one was too old.
    Stamped {
        new: LockFile,
        late: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Process {
    kind: Kind,
    at: At,
    file: Option<LockFile>,
    refresh: Refresh,
    lost: bool,
    /// Minutes since the look at the lock that the next request relies on.
    looked: Option<u8>,
    /// What a backup read of the index: whether the pack is there.
    knows_pack: Option<bool>,
    /// Once a cleaner has planned: the second snapshot as it saw it.
    plan: Option<Option<bool>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct World {
    processes: Vec<Process>,
    /// The pack's file, its line in the index, the snapshot that needs it first, and the one that the backup commits.
    pack: bool,
    indexed: bool,
    first_snapshot: bool,
    /// `Some(true)`: it needs the pack.
    second_snapshot: Option<bool>,
    /// A lock was taken away because of its age; only to show that it happens.
    expired: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Action {
    Tick,
    Look(usize),
    WriteLock(usize),
    ReadIndex(usize),
    SecondLook(usize),
    LookAtIndexAgain(usize),
    LookAtLock(usize),
    /// The request that the last look at the lock allows.
    Request(usize),
    Plan(usize),
    /// Is the repository as the plan saw it?
    LookAtPlanAgain(usize),
    RefreshDue(usize),
    RefreshStamp(usize),
    RefreshArrives(usize),
    /// The old file is removed, or found gone.
    RefreshEnds(usize),
    /// The answer to the removal is lost: whether the old file was there is not known.
    RefreshEndsUnanswered(usize),
    Release(usize),
    Die(usize),
    /// Somebody runs `unlock`, on a host whose clock may be ahead.
    Unlock(usize),
}

struct Protocol {
    rules: Rules,
    kinds: Vec<Kind>,
    /// The grain of time.
    tick_minutes: u8,
}

fn minutes(duration: jiff::SignedDuration) -> u8 {
    u8::try_from(duration.as_mins()).expect("a protocol of minutes")
}

impl Process {
    fn new(kind: Kind) -> Self {
        Self {
            kind,
            at: At::Start,
            file: None,
            refresh: Refresh::No,
            lost: false,
            looked: None,
            knows_pack: None,
            plan: None,
        }
    }

    fn excludes(&self, other: &Self) -> bool {
        self.kind == Kind::Cleaner || other.kind == Kind::Cleaner
    }

    /// Any file of this process: in the middle of a refresh there are two.
    fn is_listed(&self) -> bool {
        let new_is_there = matches!(self.refresh, Refresh::Stamped { new, .. } if new.there);
        new_is_there || self.file.is_some_and(|file| file.there)
    }

    fn end(&mut self) {
        *self = Self { at: At::Ended, ..Self::new(self.kind) };
    }

    fn age_files(&mut self, by: u8, most: u8) {
        let age = |minutes: &mut u8| *minutes = (*minutes + by).min(most);
        if let Some(file) = &mut self.file {
            age(&mut file.minutes);
        }
        if let Refresh::Stamped { new, .. } = &mut self.refresh {
            age(&mut new.minutes);
        }
        if let Some(looked) = &mut self.looked {
            age(looked);
        }
        // A look that is too old allows nothing: forgotten, so that there are fewer states.
        self.looked = self.looked.filter(|looked| *looked <= REQUEST_MINUTES);
    }

    fn is_working(&self) -> bool {
        !matches!(self.at, At::Start | At::Looked | At::Pending | At::Ended)
    }
}

impl Protocol {
    fn is_lost(&self, process: &Process) -> bool {
        let age = process.file.map_or(0, |file| file.minutes);
        process.lost || (self.rules.stops_when_lost && age > minutes(LOST_AFTER))
    }

    /// `ensure_held`: also asks whether the file is there.
    fn holds(&self, process: &Process) -> bool {
        !self.is_lost(process) && process.file.is_some_and(|file| file.there)
    }

    fn is_contrary_listed(&self, world: &World, of: usize) -> bool {
        let me = &world.processes[of];
        world
            .processes
            .iter()
            .enumerate()
            .any(|(other, process)| other != of && me.excludes(process) && process.is_listed())
    }

    fn may_be_taken_away(&self, file: LockFile) -> bool {
        file.there && (!self.rules.spares_young_locks || file.minutes + SKEW_MINUTES > minutes(STALE_AFTER))
    }

    fn actions_of(&self, world: &World, of: usize, actions: &mut Vec<Action>) {
        let process = &world.processes[of];
        match process.at {
            At::Start => actions.push(Action::Look(of)),
            At::Looked => actions.push(Action::WriteLock(of)),
            At::Ended => {}
            _ => self.actions_of_holder(process, of, actions),
        }
        // What lies there of the dead goes the same way as what lies there of the slow.
        if process.file.is_some_and(|file| self.may_be_taken_away(file)) {
            actions.push(Action::Unlock(of));
        }
    }

    fn actions_of_holder(&self, process: &Process, of: usize, actions: &mut Vec<Action>) {
        actions.push(Action::Die(of));
        match process.refresh {
            Refresh::No if process.file.is_some_and(|file| file.minutes >= minutes(REFRESH_AFTER)) => {
                actions.extend((!self.is_lost(process)).then_some(Action::RefreshDue(of)));
            }
            Refresh::No => {}
            Refresh::Due => actions.push(Action::RefreshStamp(of)),
            Refresh::Stamped { new, .. } if !new.there => actions.push(Action::RefreshArrives(of)),
            Refresh::Stamped { .. } => {
                actions.extend([Action::RefreshEnds(of), Action::RefreshEndsUnanswered(of)]);
            }
        }
        // A look at the own lock waits for a refresh that has begun.
        let may_look = !matches!(process.refresh, Refresh::Stamped { .. });
        match (process.kind, process.at) {
            (kind, At::Pending) => {
                actions.extend((kind == Kind::Backup && process.knows_pack.is_none()).then_some(Action::ReadIndex(of)));
                actions.extend((kind == Kind::Cleaner && process.plan.is_none()).then_some(Action::Plan(of)));
                actions.extend(may_look.then_some(Action::SecondLook(of)));
            }
            (Kind::Backup, At::Confirmed) if process.knows_pack.is_none() => actions.push(Action::ReadIndex(of)),
            (Kind::Backup, At::Confirmed) => actions.push(Action::LookAtIndexAgain(of)),
            (Kind::Cleaner, At::Confirmed) if process.plan.is_none() => actions.push(Action::Plan(of)),
            (Kind::Cleaner, At::Forgotten) => actions.push(Action::LookAtPlanAgain(of)),
            (_, At::Committed | At::Cleaned | At::Marked(true)) => actions.push(Action::Release(of)),
            _ if process.looked.is_some() => actions.push(Action::Request(of)),
            _ => actions.extend(may_look.then_some(Action::LookAtLock(of))),
        }
    }

    /// `Err`: the process gives up.
    fn step(&self, world: &mut World, action: Action, of: usize) -> Result<(), ()> {
        let is_contrary = self.is_contrary_listed(world, of);
        let holds = self.holds(&world.processes[of]);
        let (indexed, second_snapshot) = (world.indexed, world.second_snapshot);
        let process = &mut world.processes[of];
        match action {
            Action::Look(_) if is_contrary => return Err(()),
            Action::Look(_) => process.at = At::Looked,
            Action::WriteLock(_) => {
                process.at = At::Pending;
                process.file = Some(LockFile { minutes: 0, there: true });
            }
            Action::ReadIndex(_) => process.knows_pack = Some(indexed),
            Action::SecondLook(_) if (self.rules.second_look && is_contrary) || !holds => return Err(()),
            Action::SecondLook(_) => process.at = At::Confirmed,
            Action::LookAtIndexAgain(_) => {
                if self.rules.looks_at_index_again && process.knows_pack == Some(true) && !indexed {
                    return Err(());
                }
                process.at = At::IndexSeenAgain;
            }
            Action::LookAtLock(_) if !holds => return Err(()),
            Action::LookAtLock(_) => process.looked = Some(0),
            Action::Request(_) => Self::request(world, of),
            Action::Plan(_) => process.plan = Some(second_snapshot),
            Action::LookAtPlanAgain(_) => {
                if self.rules.looks_at_snapshots_again && process.plan != Some(second_snapshot) {
                    return Err(());
                }
                process.at = At::Marked(process.plan == Some(Some(true)));
            }
            Action::RefreshDue(_) => process.refresh = Refresh::Due,
            Action::RefreshStamp(_) => {
                process.refresh = Refresh::Stamped { new: LockFile { minutes: 0, there: false }, late: false };
            }
            Action::RefreshArrives(_) => {
                let Refresh::Stamped { new, late } = &mut process.refresh else { unreachable!("nothing was stamped") };
                new.there = true;
                *late = process.file.is_some_and(|file| file.minutes > minutes(LOST_AFTER));
            }
            Action::RefreshEnds(_) | Action::RefreshEndsUnanswered(_) => {
                let Refresh::Stamped { new, late } = process.refresh else { unreachable!("nothing was stamped") };
                let seen_gone = action == Action::RefreshEnds(of) && !process.file.is_some_and(|file| file.there);
                process.lost |= seen_gone || (late && self.rules.late_refresh_is_lost);
                process.file = Some(new);
                process.refresh = Refresh::No;
            }
            Action::Release(_) => process.end(),
            Action::Die(_) => {
                let file = process.file;
                process.end();
                process.file = file;
            }
            Action::Unlock(_) => {
                process.file = process.file.map(|file| LockFile { there: false, ..file });
                world.expired = true;
            }
            Action::Tick => unreachable!("time is nobody's"),
        }
        Ok(())
    }

    fn request(world: &mut World, of: usize) {
        let process = &mut world.processes[of];
        process.looked = None;
        process.at = match process.at {
            At::IndexSeenAgain => {
                world.second_snapshot = process.knows_pack;
                At::Committed
            }
            At::Confirmed => {
                world.first_snapshot = false;
                At::Forgotten
            }
            At::Marked(_) => {
                world.indexed = false;
                At::Unindexed
            }
            At::Unindexed => {
                world.pack = false;
                At::Cleaned
            }
            at => unreachable!("no request at {at:?}"),
        };
    }
}

impl World {
    fn is_whole(&self) -> bool {
        let needed = self.first_snapshot || self.second_snapshot == Some(true);
        !needed || (self.pack && self.indexed)
    }
}

const WHOLE: &str = "a committed snapshot has its pack";
const ALONE: &str = "an exclusive holder works alone";

impl Model for Protocol {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        let processes = self.kinds.iter().copied().map(Process::new).collect();
        let (pack, indexed, first_snapshot) = (true, true, true);
        vec![World { processes, pack, indexed, first_snapshot, second_snapshot: None, expired: false }]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        // Where no lock is held and none lies there, time changes nothing.
        if world.processes.iter().any(|process| process.file.is_some()) {
            actions.push(Action::Tick);
        }
        for of in 0..world.processes.len() {
            self.actions_of(world, of, actions);
        }
    }

    fn next_state(&self, before: &World, action: Action) -> Option<World> {
        let mut world = before.clone();
        match action {
            Action::Tick => {
                // Older than stale is as good as stale.
                let most = minutes(STALE_AFTER) + 1;
                world.processes.iter_mut().for_each(|process| process.age_files(self.tick_minutes, most));
            }
            Action::Look(of)
            | Action::WriteLock(of)
            | Action::ReadIndex(of)
            | Action::SecondLook(of)
            | Action::LookAtIndexAgain(of)
            | Action::LookAtLock(of)
            | Action::Request(of)
            | Action::Plan(of)
            | Action::LookAtPlanAgain(of)
            | Action::RefreshDue(of)
            | Action::RefreshStamp(of)
            | Action::RefreshArrives(of)
            | Action::RefreshEnds(of)
            | Action::RefreshEndsUnanswered(of)
            | Action::Release(of)
            | Action::Die(of)
            | Action::Unlock(of) => {
                if self.step(&mut world, action, of).is_err() {
                    world.processes[of].end();
                }
            }
        }
        (world != *before).then_some(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(WHOLE, |_, world: &World| world.is_whole()),
            Property::always(ALONE, |protocol: &Self, world: &World| {
                // Who may send a request now, or has just been allowed to.
                let works = |process: &Process| {
                    let may_look = !matches!(process.refresh, Refresh::Stamped { .. });
                    process.is_working() && (process.looked.is_some() || (may_look && protocol.holds(process)))
                };
                let working: Vec<&Process> = world.processes.iter().filter(|process| works(process)).collect();
                !working.iter().any(|one| one.kind == Kind::Cleaner) || working.len() == 1
            }),
            // That the search comes to where it matters.
            Property::sometimes("a pack is removed", |_, world: &World| !world.pack),
            Property::sometimes("a lock expires", |_, world: &World| world.expired),
        ]
    }
}

fn search(rules: Rules, kinds: &[Kind], tick_minutes: u8, until: HasDiscoveries) -> impl Checker<Protocol> {
    let protocol = Protocol { rules, kinds: kinds.to_vec(), tick_minutes };
    let began = std::time::Instant::now();
    let checker = protocol.checker().threads(2).finish_when(until).spawn_bfs().join();
    println!(
        "{kinds:?}, {tick_minutes} minutes, {rules:?}: {} states, {:?}",
        checker.unique_state_count(),
        began.elapsed()
    );
    checker
}

use Kind::{Backup, Cleaner};

/// `REMPART_MODEL_TICK_MINUTES=2` looks closer: ten times the states, all that the minutes of the rules can tell apart.
#[test]
fn no_order_of_backup_forget_prune_and_expiry_loses_a_pack() {
    let tick_minutes = std::env::var("REMPART_MODEL_TICK_MINUTES").map_or(4, |text| text.parse().expect("minutes"));
    for kinds in [[Backup, Cleaner], [Cleaner, Cleaner]] {
        search(REAL, &kinds, tick_minutes, HasDiscoveries::AnyFailures).assert_properties();
    }
}

#[test]
fn without_any_one_rule_the_search_finds_the_harm() {
    for (rules, kinds, property) in [
        (Rules { second_look: false, ..REAL }, [Backup, Cleaner], WHOLE),
        (Rules { second_look: false, ..REAL }, [Cleaner, Cleaner], ALONE),
        (Rules { stops_when_lost: false, ..REAL }, [Backup, Cleaner], WHOLE),
        (Rules { stops_when_lost: false, ..REAL }, [Cleaner, Cleaner], ALONE),
        (Rules { late_refresh_is_lost: false, ..REAL }, [Backup, Cleaner], WHOLE),
        (Rules { looks_at_index_again: false, ..REAL }, [Backup, Cleaner], WHOLE),
        (Rules { looks_at_snapshots_again: false, ..REAL }, [Backup, Cleaner], WHOLE),
        (Rules { spares_young_locks: false, ..REAL }, [Backup, Cleaner], WHOLE),
    ] {
        let found = search(rules, &kinds, 4, HasDiscoveries::AnyOf([property].into())).discovery(property);
        let path = found.unwrap_or_else(|| panic!("{rules:?} with {kinds:?}: {property:?} still holds"));
        println!("{property}, broken: {:?}", path.into_actions());
    }
}
