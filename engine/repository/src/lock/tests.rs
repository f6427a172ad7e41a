//! Two processes on one repository, on clocks that pass when told to.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rempart_crypto::KdfParams;
use rempart_storage::{
    CrashStore, Fault, FaultPlan, FaultStore, ObjectKind, ObjectName, ObjectStore, Operation, Trigger,
};

use super::*;
use crate::clock::tests::ManualClock;
use crate::{Clock, ErrorKind, InitOptions, OpenOptions, Repository};

const MINUTE: Duration = Duration::from_secs(60);

struct House {
    store: Arc<CrashStore>,
    clock: Arc<ManualClock>,
}

impl House {
    fn new() -> (Self, Repository) {
        let house =
            Self { store: Arc::new(CrashStore::new()), clock: Arc::new(ManualClock::starting_at(1_700_000_000)) };
        let init = InitOptions { chunker_polynomial: 0x003D_A335_8B4D_C173, kdf: KdfParams::INSECURE_FOR_TESTS };
        let repo = Repository::init(house.store.clone(), b"p", &init, house.options()).unwrap();
        (house, repo)
    }
    fn options(&self) -> OpenOptions {
        OpenOptions { clock: self.clock.clone(), ..OpenOptions::default() }
    }
    /// Another process, as far as the repository can tell.
    fn other(&self) -> Repository {
        Repository::open(self.store.clone(), b"p", self.options()).unwrap()
    }
    fn lock_files(&self) -> usize {
        self.store.list(ObjectKind::Lock).unwrap().len()
    }
}

/// Writes a lock file as a process of this or another host would.
fn plant(repo: &Repository, hostname: &str, pid: i64, exclusive: bool) -> rempart_model::Id {
    let time = rempart_format::WallTime { instant: repo.clock().now(), offset_seconds: 0 };
    let lock =
        rempart_format::Lock { time, exclusive, hostname: hostname.into(), username: "u".into(), pid, uid: 0, gid: 0 };
    crate::files::write(repo, ObjectKind::Lock, &lock.encode()).unwrap()
}

fn dead_pid() -> i64 {
    let mut child = std::process::Command::new("true").spawn().expect("`true` runs");
    child.wait().unwrap();
    i64::from(child.id())
}

#[test]
fn shared_locks_stand_beside_each_other_and_an_exclusive_one_stands_alone() {
    use LockMode::{Exclusive, Shared};
    for (first, second, compatible) in
        [(Shared, Shared, true), (Shared, Exclusive, false), (Exclusive, Shared, false), (Exclusive, Exclusive, false)]
    {
        let (house, repo) = House::new();
        let held = repo.lock(first, None).unwrap();
        let outcome = house.other().lock(second, None);
        match (compatible, &outcome) {
            (true, Ok(_)) => {}
            (false, Err(error)) => {
                assert_eq!(error.kind(), ErrorKind::Locked, "{first:?} then {second:?}: {error}");
                let text = error.to_string();
                for part in [&repo.inner.identity.hostname, &std::process::id().to_string(), "rempart unlock"] {
                    assert!(text.contains(part), "{part:?} is not in {text:?}");
                }
            }
            (_, outcome) => panic!("{first:?} then {second:?}: {:?}", outcome.as_ref().err()),
        }
        drop((held, outcome));
        assert_eq!(house.lock_files(), 0, "{first:?} then {second:?}: a lock file stayed");
    }
}

#[test]
fn of_two_who_come_at_once_none_or_one_gets_the_repository() {
    let (house, repo) = House::new();
    let first = repo.lock_async(LockMode::Exclusive, None).unwrap();
    // The other listed before our file was there, and writes its own now.
    let theirs = plant(&repo, "elsewhere", 1, false);
    assert_eq!(first.confirm().map(drop).unwrap_err().kind(), ErrorKind::Locked);
    assert_eq!(house.lock_files(), 1, "the loser takes its file away");
    house.store.remove(ObjectName::Named(ObjectKind::Lock, theirs)).unwrap();
    repo.lock(LockMode::Exclusive, None).unwrap().release().unwrap();
}

#[test]
fn the_second_look_waits_out_the_rest_of_200_ms() {
    let (house, repo) = House::new();
    for (passed_ms, waits_ms) in [(0, 200), (150, 50), (200, 0), (5000, 0)] {
        let pending = repo.lock_async(LockMode::Shared, None).unwrap();
        house.clock.advance(Duration::from_millis(passed_ms));
        let before = house.clock.now();
        pending.confirm().unwrap().release().unwrap();
        let waited = house.clock.now().duration_since(before).as_millis();
        assert_eq!(waited, i128::from(waits_ms), "{passed_ms} ms after the file was written");
    }
}

#[test]
fn a_lock_is_waited_for_as_long_as_was_said() {
    let (house, repo) = House::new();
    let held = repo.lock(LockMode::Exclusive, None).unwrap();
    let before = house.clock.now();
    let refused = house.other().lock(LockMode::Shared, Some(10 * MINUTE)).map(drop).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Locked);
    let waited = house.clock.now().duration_since(before).as_secs();
    assert!((600..610).contains(&waited), "waited {waited} seconds of 600");
    drop(held);
    house.other().lock(LockMode::Exclusive, Some(MINUTE)).unwrap().release().unwrap();
}

#[test]
fn a_lock_is_refreshed_by_a_new_file_and_stays_one() {
    let (house, repo) = House::new();
    let guard = repo.lock(LockMode::Shared, None).unwrap();
    let first = guard.id();
    house.clock.advance(4 * MINUTE);
    guard.refresh_if_due();
    assert_eq!(guard.id(), first, "refreshed before it was due");
    for _ in 0..10 {
        house.clock.advance(6 * MINUTE);
        guard.refresh_if_due();
        assert_eq!(house.lock_files(), 1);
        assert!(!guard.is_lost());
        guard.ensure_held().unwrap();
    }
    assert_ne!(guard.id(), first);
    assert!(!house.other().locks().unwrap()[0].stale);
}

#[test]
fn a_machine_that_slept_has_lost_its_lock_for_good() {
    let (house, repo) = House::new();
    let guard = repo.lock(LockMode::Exclusive, None).unwrap();
    house.clock.advance(21 * MINUTE);
    assert!(!guard.is_lost(), "lost after 21 minutes");
    house.clock.advance(2 * MINUTE);
    guard.refresh_if_due();
    assert!(guard.is_lost(), "held after 23 minutes without a refresh");
    assert_eq!(guard.ensure_held().unwrap_err().kind(), ErrorKind::LockLost);
    assert_eq!(guard.ensure_exclusive("test").unwrap_err().kind(), ErrorKind::LockLost);
}

#[test]
fn a_lock_that_somebody_removed_is_lost() {
    let (house, repo) = House::new();
    let guard = repo.lock(LockMode::Shared, None).unwrap();
    assert_eq!(house.other().unlock(UnlockScope::All).unwrap().len(), 1);
    assert_eq!(guard.ensure_held().unwrap_err().kind(), ErrorKind::LockLost);

    let guard = repo.lock(LockMode::Shared, None).unwrap();
    house.other().unlock(UnlockScope::All).unwrap();
    house.clock.advance(6 * MINUTE);
    guard.refresh_if_due();
    assert!(guard.is_lost(), "the refresh did not notice that the former file was gone");
    drop(guard);
    assert_eq!(house.lock_files(), 0);
}

/// A clock that is asleep for a while, once: after so many looks.
struct Sleeper {
    clock: Arc<ManualClock>,
    looks_left: AtomicU32,
}

impl Clock for Sleeper {
    fn now(&self) -> jiff::Timestamp {
        if self.looks_left.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.clock.advance(40 * MINUTE);
        }
        self.clock.now()
    }
    fn sleep(&self, duration: Duration) {
        self.clock.sleep(duration);
    }
}

/// Found by the model: the refresh was due and allowed, the machine slept, another took the stale file away; the new file
/// is young, and that the old one was gone is not learnt, since the answer to its removal is lost.
#[test]
fn a_refresh_that_a_sleep_cut_in_two_has_lost_the_lock() {
    // Wherever in the refresh the machine sleeps
    for looks in 1..=4 {
        let (house, _repo) = House::new();
        let sleeper = Arc::new(Sleeper { clock: house.clock.clone(), looks_left: AtomicU32::new(0) });
        let unanswered = Trigger::at_operation(Operation::Remove, 0).on(ObjectKind::Lock);
        let store = Arc::new(FaultStore::new(house.store.clone(), FaultPlan::new(unanswered, Fault::LoseResponse)));
        let options = OpenOptions { clock: sleeper.clone(), ..OpenOptions::default() };
        let guard = Repository::open(store, b"p", options).unwrap().lock(LockMode::Exclusive, None).unwrap();
        house.clock.advance(6 * MINUTE);
        sleeper.looks_left.store(looks, Ordering::Relaxed);
        guard.refresh_if_due();
        assert!(guard.is_lost(), "held, though the machine slept for 40 minutes at look {looks} of its refresh");
    }
}

#[test]
fn unlock_removes_what_is_stale_and_leaves_what_lives() {
    let (house, repo) = House::new();
    let me = repo.inner.identity.hostname.clone();
    let old = plant(&repo, "elsewhere", 1, true);
    house.clock.advance(31 * MINUTE);
    let dead = plant(&repo, &me, dead_pid(), false);
    let alive = plant(&repo, &me, i64::from(std::process::id()), false);
    // A dead pid of another host says nothing.
    let far = plant(&repo, "elsewhere", dead_pid(), false);
    let mut removed: Vec<_> = repo.unlock(UnlockScope::Stale).unwrap().into_iter().map(|lock| lock.id.0).collect();
    removed.sort_unstable();
    let mut expected = [old, dead];
    expected.sort_unstable();
    assert_eq!(removed, expected);
    let mut left: Vec<_> = repo.locks().unwrap().into_iter().map(|lock| lock.id.0).collect();
    left.sort_unstable();
    let mut expected = [alive, far];
    expected.sort_unstable();
    assert_eq!(left, expected);
    assert_eq!(repo.unlock(UnlockScope::All).unwrap().len(), 2);
    assert_eq!(house.lock_files(), 0);
}

#[test]
fn a_dead_holder_does_not_stand_in_the_way_and_an_old_one_does() {
    let (house, repo) = House::new();
    plant(&repo, &repo.inner.identity.hostname.clone(), dead_pid(), true);
    repo.lock(LockMode::Exclusive, None).unwrap().release().unwrap();
    assert_eq!(house.lock_files(), 0, "the lock of a dead process stayed");
    plant(&repo, "asleep", 1, true);
    house.clock.advance(60 * MINUTE);
    let refused = repo.lock(LockMode::Shared, None).map(drop).unwrap_err();
    assert!(refused.to_string().contains("stale"), "{refused}");
}

#[test]
fn an_unreadable_lock_counts_until_it_is_removed_by_hand() {
    let (house, repo) = House::new();
    let id = plant(&repo, "elsewhere", 1, true);
    let name = ObjectName::Named(ObjectKind::Lock, id);
    house.store.damage(name, Some(bytes::Bytes::from_static(b"")));
    let refused = repo.lock(LockMode::Shared, None).map(drop).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Damaged);
    assert!(refused.to_string().contains("unlock --all"), "{refused}");
    assert!(repo.unlock(UnlockScope::Stale).unwrap().is_empty());
    repo.unlock(UnlockScope::All).unwrap();
    repo.lock(LockMode::Shared, None).unwrap().release().unwrap();
}
