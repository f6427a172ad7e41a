//! Decorators and doubles, without a network.

use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use crate::conformance::{content, id, named};
use parking_lot::Mutex;
use rempart_model::CancelToken;
use rempart_storage::{
    CrashStore, ErrorKind, Fault, FaultPlan, FaultStore, LimitStore, Limits, LocalStore, ObjectKind, ObjectName,
    ObjectStore, Operation, RecordStore, RetryPolicy, RetryStore, Trigger, Unsynced,
};

type Store = Arc<dyn ObjectStore>;

/// Opens one in-memory place per name, through a decorator.
fn in_memory(decorate: impl Fn(Store) -> Store) -> impl Fn(&str) -> Store {
    let places = Mutex::new(std::collections::HashMap::<String, Arc<CrashStore>>::new());
    move |place| decorate(places.lock().entry(place.to_owned()).or_default().clone())
}

#[test]
fn the_memory_store_and_every_decorator_conform() {
    let rate = NonZeroU64::new(1 << 40);
    let limits = Limits { upload_bytes_per_second: rate, read_bytes_per_second: rate };
    crate::conformance::conformance(&in_memory(|store| store));
    crate::conformance::conformance(&in_memory(move |store| Arc::new(LimitStore::new(store, limits))));
    crate::conformance::conformance(&in_memory(|store| Arc::new(RecordStore::new(store))));
    crate::conformance::conformance(&in_memory(|store| Arc::new(FaultStore::new(store, FaultPlan::default()))));
    crate::conformance::conformance(&in_memory(|store| Arc::new(RetryStore::new(store, RetryPolicy::default()))));
}

#[test]
fn decorators_pass_pending_packs_on() {
    let root = tempfile::tempdir().unwrap();
    let rate = NonZeroU64::new(1 << 40);
    let limits = Limits { upload_bytes_per_second: rate, read_bytes_per_second: rate };
    crate::conformance::conformance(&|place| {
        let store = Arc::new(LocalStore::new(root.path().join(place)));
        let store = Arc::new(RecordStore::new(Arc::new(LimitStore::new(store, limits))));
        Arc::new(RetryStore::new(Arc::new(FaultStore::new(store, FaultPlan::default())), RetryPolicy::default()))
    });
}

#[test]
fn a_recorded_store_tells_calls_and_bytes() {
    let store = RecordStore::new(Arc::new(CrashStore::new()));
    let pack = named(ObjectKind::Pack, 1);
    store.write(pack, content(1000, 1)).unwrap();
    store.write(ObjectName::Config, content(10, 1)).unwrap();
    store.read_range(pack, 10, 100).unwrap();
    store.read_range_into(pack, 10, &mut [0; 50]).unwrap();
    store.read(pack).unwrap();
    store.size(named(ObjectKind::Key, 1)).unwrap_err();
    let expected = "\
size             key      1 calls, 0 bytes
read             pack     1 calls, 1000 bytes
read-range       pack     2 calls, 150 bytes
write            -        1 calls, 10 bytes
write            pack     1 calls, 1000 bytes
";
    let counts = store.take_counts();
    assert_eq!(counts.to_string(), expected);
    assert_eq!((counts.of(Operation::Write).calls, counts.of(Operation::Write).bytes), (2, 1010));
    assert_eq!(counts.of_kind(Operation::Write, Some(ObjectKind::Pack)).bytes, 1000);
    assert_eq!(store.counts().to_string(), "", "taken counts begin anew");
}

/// A retrying store over a faulty one, with the delays it would have slept.
fn retrying(plan: FaultPlan, policy: RetryPolicy) -> (Arc<FaultStore>, RetryStore, Arc<Mutex<Vec<Duration>>>) {
    let faulty = Arc::new(FaultStore::new(Arc::new(CrashStore::new()), plan));
    let slept = Arc::new(Mutex::new(Vec::new()));
    let sleep = slept.clone();
    let store = RetryStore::with_sleep(faulty.clone(), policy, move |delay| sleep.lock().push(delay));
    (faulty, store, slept)
}

const SEVEN_TRIES: RetryPolicy = RetryPolicy {
    first_delay: Duration::from_secs(1),
    longest_delay: Duration::from_secs(10),
    tries: 7,
    tries_before_first_answer: 2,
};

#[test]
fn what_passes_is_tried_again_with_growing_delays() {
    for kind in [ErrorKind::Network, ErrorKind::Timeout] {
        let plan = FaultPlan::new(Trigger::at(1).times(6), Fault::Fail(kind));
        let (_, store, slept) = retrying(plan, SEVEN_TRIES);
        store.create().unwrap();
        store.write(ObjectName::Config, content(10, 1)).unwrap_or_else(|error| panic!("{kind:?}: {}", error.chain()));
        let slept = slept.lock();
        let whole = [1, 2, 4, 8, 10, 10].map(Duration::from_secs);
        assert_eq!(slept.len(), whole.len(), "{kind:?}: {slept:?}");
        for (delay, whole) in slept.iter().zip(whole) {
            assert!(
                (whole / 2..=whole).contains(delay),
                "{kind:?}: {delay:?} is not between half of {whole:?} and all"
            );
        }
    }
}

#[test]
fn tries_are_bounded_and_fewer_at_a_place_that_never_answered() {
    for (answered, tries) in [(0, 2), (1, 7)] {
        let plan = FaultPlan::new(Trigger::at(answered).times(100), Fault::Fail(ErrorKind::Network));
        let (faulty, store, _) = retrying(plan, SEVEN_TRIES);
        if answered > 0 {
            store.create().unwrap();
        }
        let error = store.read(ObjectName::Config).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Network);
        assert!(error.chain().contains(&format!("after {tries} tries")), "{}", error.chain());
        assert_eq!(faulty.struck(), tries, "answered before: {answered}");
    }
}

#[test]
fn canceled_work_is_not_tried_again_and_others_work_is() {
    let plan = || FaultPlan::new(Trigger::at(1).times(100), Fault::Fail(ErrorKind::Network));
    let cancel = CancelToken::new();
    // Given a place that has answered once and then fails, and a wait during which the work is canceled
    let faulty = Arc::new(FaultStore::new(Arc::new(CrashStore::new()), plan()));
    let asked = cancel.clone();
    let store = RetryStore::with_sleep(faulty.clone(), SEVEN_TRIES, move |_| asked.cancel());
    let canceled = store.canceled_by(&cancel).expect("retries can be canceled");
    canceled.create().unwrap();
    // Then that was the only wait, and the error is the place's own
    let error = canceled.read(ObjectName::Config).unwrap_err();
    assert_eq!((error.kind(), faulty.struck()), (ErrorKind::Network, 1), "{}", error.chain());
    assert!(error.chain().contains("canceled"), "{}", error.chain());
    // What follows a cancel, such as removing a lock, is tried once
    assert_eq!(canceled.remove(ObjectName::Config).unwrap_err().kind(), ErrorKind::Network);
    assert_eq!(faulty.struck(), 2);
    // The same place for other work is as patient as ever, and knows that the place has answered
    store.read(ObjectName::Config).unwrap_err();
    assert_eq!(faulty.struck(), 2 + u64::from(SEVEN_TRIES.tries));
}

#[test]
fn what_does_not_pass_is_not_tried_again() {
    for kind in [
        ErrorKind::NotFound,
        ErrorKind::AlreadyExists,
        ErrorKind::Full,
        ErrorKind::Denied,
        ErrorKind::ReadOnly,
        ErrorKind::Damaged,
        ErrorKind::Unsupported,
        ErrorKind::Other,
    ] {
        let (faulty, store, slept) =
            retrying(FaultPlan::new(Trigger::at(0).times(100), Fault::Fail(kind)), SEVEN_TRIES);
        assert_eq!(store.read(ObjectName::Config).unwrap_err().kind(), kind);
        assert_eq!((faulty.struck(), slept.lock().len()), (1, 0), "{kind:?}");
    }
}

#[test]
fn a_lost_response_does_not_fail_a_write_or_a_removal() {
    for operation in [Operation::Write, Operation::Remove] {
        let plan = FaultPlan::new(Trigger::at_operation(operation, 0), Fault::LoseResponse);
        let (faulty, store, _) = retrying(plan, SEVEN_TRIES);
        let name = named(ObjectKind::Snapshot, 1);
        store.write(name, content(100, 1)).unwrap_or_else(|error| panic!("{operation}: {}", error.chain()));
        assert_eq!(store.read(name).unwrap(), content(100, 1));
        store.remove(name).unwrap_or_else(|error| panic!("{operation}: {}", error.chain()));
        assert_eq!(faulty.struck(), 1, "{operation}");
        // A removal of what was never there is still told.
        assert_eq!(store.remove(name).unwrap_err().kind(), ErrorKind::NotFound);
    }
}

#[test]
fn faults_strike_where_the_plan_says() {
    let faulty = FaultStore::new(Arc::new(CrashStore::new()), FaultPlan::default());
    let write = |number| faulty.write(named(ObjectKind::Pack, number), content(100, 1));
    let kind = |outcome: Result<(), rempart_storage::StorageError>| outcome.map_err(|error| error.kind());

    faulty.set_plan(FaultPlan::new(Trigger::at_operation(Operation::Write, 1), Fault::FillUp));
    let outcomes = [0, 1, 2].map(|number| kind(write(number)));
    assert_eq!(outcomes, [Ok(()), Err(ErrorKind::Full), Err(ErrorKind::Full)]);
    faulty.remove(named(ObjectKind::Pack, 0)).expect("a full store still removes");

    faulty.set_plan(FaultPlan::new(Trigger::at(0), Fault::TurnReadOnly));
    assert_eq!(kind(write(0)), Err(ErrorKind::ReadOnly));
    assert_eq!(kind(faulty.remove(named(ObjectKind::Pack, 0))), Err(ErrorKind::ReadOnly));
    assert_eq!(faulty.list(ObjectKind::Pack).unwrap(), []);

    faulty.set_plan(FaultPlan::new(Trigger::at_operation(Operation::Write, 0).on(ObjectKind::Index), Fault::Tear));
    write(3).expect("it is no index");
    assert_eq!(kind(faulty.write(named(ObjectKind::Index, 3), content(100, 1))), Err(ErrorKind::Network));
    assert_eq!(faulty.read(named(ObjectKind::Index, 3)).unwrap(), content(100, 1).slice(..50));

    faulty.set_plan(FaultPlan::new(Trigger::at(0), Fault::Tear));
    assert_ne!(faulty.read(named(ObjectKind::Pack, 3)).unwrap(), content(100, 1), "a torn read");
    assert_eq!(faulty.read(named(ObjectKind::Pack, 3)).unwrap(), content(100, 1), "the next read");

    faulty.set_plan(FaultPlan::new(Trigger::at(1), Fault::Crash));
    assert_eq!(
        [kind(write(4)), kind(write(5)), kind(faulty.sync())].map(|outcome| outcome.is_ok()),
        [true, false, false]
    );
    assert_eq!((faulty.operations(), faulty.struck()), (3, 1));
}

#[test]
fn faults_strike_pending_packs_too() {
    let root = tempfile::tempdir().unwrap();
    let local = LocalStore::new(root.path());
    local.create().unwrap();
    let faulty = FaultStore::new(Arc::new(local), FaultPlan::default());
    for operation in [Operation::BeginPack, Operation::Append, Operation::Finish] {
        faulty.set_plan(FaultPlan::new(Trigger::at_operation(operation, 0), Fault::Fail(ErrorKind::Full)));
        let outcome = faulty.begin_pack().and_then(|pack| {
            let mut pack = pack.expect("the local store has pending packs");
            pack.append(&content(100, 1))?;
            pack.finish(id(1))
        });
        assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Full, "{operation}");
        assert_eq!(faulty.list(ObjectKind::Pack).unwrap(), [], "{operation}");
    }
}

#[test]
fn a_crash_takes_only_what_was_not_synced() {
    let (kept, lost) = (named(ObjectKind::Index, 1), named(ObjectKind::Pack, 2));
    let prepared = || {
        let store = CrashStore::new();
        store.write(kept, content(100, 1)).unwrap();
        store.write(ObjectName::Config, content(100, 2)).unwrap();
        store.sync().unwrap();
        store.write(lost, content(100, 3)).unwrap();
        store.remove(ObjectName::Config).unwrap();
        store
    };
    let store = prepared();
    store.crash(Unsynced::Vanishes);
    assert_eq!(Vec::from_iter(store.objects().into_keys()), [ObjectName::Config, kept]);
    let store = prepared();
    store.crash(Unsynced::Survives);
    assert_eq!(Vec::from_iter(store.objects().into_keys()), [kept, lost]);

    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..64 {
        let store = prepared();
        store.crash(Unsynced::Either { seed });
        let objects = store.objects();
        assert_eq!(objects.get(&kept), Some(&content(100, 1)), "seed {seed}");
        assert!(objects.get(&lost).is_none_or(|bytes| *bytes == content(100, 3)), "seed {seed}");
        seen.insert((objects.contains_key(&lost), objects.contains_key(&ObjectName::Config)));
    }
    assert_eq!(seen.len(), 4, "all four combinations come up: {seen:?}");

    let torn = (0..64).filter(|&seed| {
        let store = prepared();
        store.crash(Unsynced::MayTear { seed });
        assert_eq!(store.objects().get(&kept), Some(&content(100, 1)), "seed {seed}");
        store.objects().get(&lost).is_some_and(|bytes| *bytes != content(100, 3))
    });
    assert!(torn.count() > 10);
}
