#![allow(dead_code, reason = "the two test programs use it in part each")]
//! One suite that every place passes. Each test gets an empty place by a name of its own; asking for the same name again
//! opens the same place anew, as another process would.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rempart_model::Id;
use rempart_storage::{ErrorKind, ObjectKind, ObjectName, ObjectStore, ReadAdvice, StorageError};

pub type Open<'a> = &'a dyn Fn(&str) -> Arc<dyn ObjectStore>;

const ALL_NAMES: [ObjectKind; 5] = ObjectKind::ALL;

pub fn id(number: u32) -> Id {
    let mut bytes = [0x5a; 32];
    bytes[..4].copy_from_slice(&number.wrapping_mul(0x9e37_79b1).to_be_bytes());
    bytes[28..].copy_from_slice(&number.to_be_bytes());
    Id::new(bytes)
}

pub fn named(kind: ObjectKind, number: u32) -> ObjectName {
    ObjectName::Named(kind, id(number))
}

/// Bytes without a period that a shifted range could hide behind.
pub fn content(len_bytes: usize, seed: u64) -> Bytes {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(len_bytes + 8);
    while bytes.len() < len_bytes {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(len_bytes);
    bytes.into()
}

fn ok<T>(outcome: Result<T, StorageError>, doing: &str) -> T {
    outcome.unwrap_or_else(|error| panic!("{doing}: {}", error.chain()))
}

fn refused<T>(
    outcome: Result<T, StorageError>,
    kind: ErrorKind,
    store: &dyn ObjectStore,
    name: ObjectName,
    doing: &str,
) {
    let error = match outcome {
        Ok(_) => panic!("{doing}: succeeded, {kind:?} was expected"),
        Err(error) => error,
    };
    assert_eq!(error.kind(), kind, "{doing}: {}", error.chain());
    assert!(error.to_string().contains(&name.to_string()), "{doing}: the message does not name {name}: {error}");
    assert!(error.to_string().contains(store.location()), "{doing}: the message does not name the place: {error}");
}

/// What an honest place may lack.
#[derive(Clone, Copy)]
pub struct Traits {
    /// Of two writers of one name in the same moment, one is refused.
    pub refuses_races: bool,
}

/// The whole suite.
pub fn conformance(open: Open<'_>) {
    conformance_of(Traits { refuses_races: true }, open);
}

pub fn conformance_of(traits: Traits, open: Open<'_>) {
    created_twice_and_empty(open);
    every_kind_is_written_and_read(open);
    ranges_are_exact(open);
    what_is_missing_is_not_found(open);
    names_are_not_overwritten(open);
    sizes_from_nothing_to_large(open);
    many_objects_are_all_listed(open);
    many_writers_of_one_name(traits, open);
    packs_are_appended_to(open);
    writers_on_many_threads(open);
}

fn created(open: Open<'_>, place: &str) -> Arc<dyn ObjectStore> {
    let store = open(place);
    ok(store.create(), "create");
    store
}

fn created_twice_and_empty(open: Open<'_>) {
    let store = created(open, "twice");
    ok(store.create(), "create again");
    for kind in ALL_NAMES {
        assert_eq!(ok(store.list(kind), "list an empty place"), [], "{kind}s of an empty place");
    }
    ok(store.sync(), "sync with nothing written");
    ok(store.remove_leftovers(Duration::from_secs(86_400)), "remove leftovers where there are none");
    ok(store.free_bytes(), "free bytes");
}

fn every_kind_is_written_and_read(open: Open<'_>) {
    let store = created(open, "kinds");
    let names: Vec<ObjectName> = ALL_NAMES.iter().map(|&kind| named(kind, 7)).chain([ObjectName::Config]).collect();
    for (i, &name) in names.iter().enumerate() {
        let bytes = content(1000 + i, i as u64);
        ok(store.write(name, bytes.clone()), &format!("write {name}"));
        assert_eq!(ok(store.read(name), &format!("read {name} before sync")), bytes, "{name} before sync");
        assert_eq!(ok(store.size(name), &format!("size of {name}")), bytes.len() as u64, "{name}");
    }
    ok(store.sync(), "sync");
    // Another process sees the same.
    let again = open("kinds");
    for (i, &name) in names.iter().enumerate() {
        assert_eq!(
            ok(again.read(name), &format!("read {name}")),
            content(1000 + i, i as u64),
            "{name} read by another"
        );
        if let Some(kind) = name.kind() {
            let listed = ok(again.list(kind), &format!("list {kind}s"));
            assert_eq!(listed.len(), 1, "{kind}s: {listed:?}");
            assert_eq!((listed[0].id, listed[0].size_bytes), (id(7), 1000 + i as u64), "{kind}s");
        }
    }
    for &name in &names {
        ok(again.remove(name), &format!("remove {name}"));
        refused(again.size(name), ErrorKind::NotFound, &*again, name, "size of what was removed");
        if let Some(kind) = name.kind() {
            assert_eq!(ok(again.list(kind), "list"), [], "{kind}s after removal");
        }
    }
}

fn ranges_are_exact(open: Open<'_>) {
    let store = created(open, "ranges");
    let name = named(ObjectKind::Pack, 1);
    let bytes = content(100_000, 1);
    ok(store.write(name, bytes.clone()), "write");
    ok(store.sync(), "sync");
    for (offset, len) in [(0, 1), (0, 100_000), (99_999, 1), (17, 65_536), (50_000, 50_000), (5, 0), (100_000, 0)] {
        let doing = format!("read {len} bytes from {offset} of 100000");
        let range = bytes.slice(offset..offset + len);
        assert_eq!(ok(store.read_range(name, offset as u64, len), &doing), range, "{doing}");
        let mut buffer = vec![0xee; len];
        ok(store.read_range_into(name, offset as u64, &mut buffer), &doing);
        assert_eq!(buffer, range, "{doing}, into a buffer");
    }
    for (offset, len) in [(0, 100_001), (99_999, 2), (100_000, 1), (100_001, 1), (1 << 40, 10)] {
        let doing = format!("read {len} bytes from {offset} of 100000");
        refused(store.read_range(name, offset, len), ErrorKind::Damaged, &*store, name, &doing);
        let outcome = store.read_range_into(name, offset, &mut vec![0; len]);
        refused(outcome, ErrorKind::Damaged, &*store, name, &format!("{doing}, into a buffer"));
    }
}

fn what_is_missing_is_not_found(open: Open<'_>) {
    let store = created(open, "missing");
    for name in ALL_NAMES.iter().map(|&kind| named(kind, 404)).chain([ObjectName::Config]) {
        let kind = ErrorKind::NotFound;
        refused(store.size(name), kind, &*store, name, "size");
        refused(store.read(name), kind, &*store, name, "read");
        refused(store.read_range(name, 0, 10), kind, &*store, name, "read_range");
        refused(store.read_range_into(name, 0, &mut [0; 10]), kind, &*store, name, "read_range_into");
        refused(store.remove(name), kind, &*store, name, "remove");
    }
}

pub fn names_are_not_overwritten(open: Open<'_>) {
    let store = created(open, "overwrite");
    for name in ALL_NAMES.iter().map(|&kind| named(kind, 3)).chain([ObjectName::Config]) {
        let bytes = content(5000, 3);
        ok(store.write(name, bytes.clone()), "write");
        for synced in [false, true] {
            if synced {
                ok(store.sync(), "sync");
            }
            ok(store.write(name, bytes.clone()), &format!("write {name} again, same content, synced: {synced}"));
            for other in [content(5000, 4), content(5001, 3), content(0, 0)] {
                let doing = format!("write {name} with other content of {} bytes, synced: {synced}", other.len());
                let outcome = store.write(name, other).and_then(|()| store.sync());
                refused(outcome, ErrorKind::AlreadyExists, &*store, name, &doing);
            }
        }
        assert_eq!(ok(store.read(name), "read"), bytes, "{name} after the refused writes");
        // A writer that never saw the first.
        let other_process = open("overwrite");
        ok(other_process.write(name, bytes.clone()).and_then(|()| other_process.sync()), "same content by another");
        let outcome = other_process.write(name, content(5000, 9)).and_then(|()| other_process.sync());
        refused(outcome, ErrorKind::AlreadyExists, &*other_process, name, "other content by another");
    }
}

fn sizes_from_nothing_to_large(open: Open<'_>) {
    let store = created(open, "sizes");
    for (number, len) in [0, 1, 4096, (1 << 20) + 1, 20 << 20].into_iter().enumerate() {
        let name = named(ObjectKind::Pack, number as u32);
        let bytes = content(len, number as u64);
        ok(store.write(name, bytes.clone()), &format!("write {len} bytes"));
        ok(store.sync(), "sync");
        assert_eq!(ok(store.size(name), "size"), len as u64, "an object of {len} bytes");
        let read = ok(store.read(name), &format!("read {len} bytes"));
        assert!(read == bytes, "an object of {len} bytes reads back as {} other bytes", read.len());
        let middle = len / 2;
        let range = ok(store.read_range(name, middle as u64, len - middle), "read the second half");
        assert!(range == bytes.slice(middle..), "the second half of {len} bytes differs");
    }
}

fn many_objects_are_all_listed(open: Open<'_>) {
    let store = created(open, "many");
    // More than one page of every listing protocol.
    let count = 1100;
    std::thread::scope(|scope| {
        for part in 0..8 {
            let store = &store;
            scope.spawn(move || {
                for number in (part..count).step_by(8) {
                    let bytes = content(number as usize % 50, u64::from(number));
                    ok(store.write(named(ObjectKind::Snapshot, number), bytes), &format!("write object {number}"));
                }
            });
        }
    });
    ok(store.sync(), "sync");
    let mut listed = ok(store.list(ObjectKind::Snapshot), "list");
    listed.sort_by_key(|listed| listed.id);
    let mut expected: Vec<_> = (0..count).map(|number| (id(number), u64::from(number) % 50)).collect();
    expected.sort();
    let found: Vec<_> = listed.iter().map(|listed| (listed.id, listed.size_bytes)).collect();
    assert_eq!(found.len(), expected.len(), "number of objects listed");
    assert_eq!(found, expected);
}

fn many_writers_of_one_name(traits: Traits, open: Open<'_>) {
    for same_content in if traits.refuses_races { &[true, false][..] } else { &[true] } {
        let same_content = *same_content;
        for kind in [ObjectKind::Snapshot, ObjectKind::Pack] {
            let place = format!("race-{same_content}-{kind}");
            created(open, &place);
            let name = named(kind, 1);
            let outcomes: Vec<_> = std::thread::scope(|scope| {
                let writers: Vec<_> = (0..8)
                    .map(|writer| {
                        let store = open(&place);
                        scope.spawn(move || {
                            let bytes = content(200_000, if same_content { 0 } else { writer });
                            (writer, store.write(name, bytes).and_then(|()| store.sync()))
                        })
                    })
                    .collect();
                writers.into_iter().map(|writer| writer.join().unwrap()).collect()
            });
            let store = open(&place);
            let there = ok(store.read(name), "read after the race");
            for (writer, outcome) in outcomes {
                let bytes = content(200_000, if same_content { 0 } else { writer });
                match outcome {
                    Ok(()) => assert!(there == bytes, "{place}: writer {writer} was told yes, other content is there"),
                    Err(error) => {
                        assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{place}: {}", error.chain());
                        assert!(there != bytes, "{place}: writer {writer} was told no, and its content is there");
                    }
                }
            }
            assert_eq!(ok(store.list(kind), "list").len(), 1, "{place}");
        }
    }
}

fn packs_are_appended_to(open: Open<'_>) {
    let store = created(open, "pending");
    let Some(mut pack) = ok(store.begin_pack(), "begin a pack") else { return };
    let bytes = content(5_000_000, 1);
    let mut rest = bytes.clone();
    // Around the 256 KiB and the pages that a local disk is given at a time, too.
    for len in [0, 1, 1000, 1_048_576, 1_048_577, 3, 1_000_000, 260_715, 262_144, 262_143, 2, 4095] {
        ok(pack.append(&rest.split_to(len)), "append");
    }
    ok(pack.append(&rest), "append the rest");
    assert_eq!(ok(store.list(ObjectKind::Pack), "list"), [], "an unfinished pack is listed");
    ok(pack.finish(id(1)), "finish");
    assert!(ok(store.read(named(ObjectKind::Pack, 1)), "read before sync") == bytes, "the pack before sync");
    assert_eq!(ok(store.list(ObjectKind::Pack), "list").len(), 1, "a finished pack is not listed");
    ok(store.sync(), "sync");
    let again = open("pending");
    for advice in [ReadAdvice::Soon, ReadAdvice::Over] {
        again.advise(named(ObjectKind::Pack, 1), advice);
        again.advise(named(ObjectKind::Pack, 2), advice);
        assert!(ok(again.read(named(ObjectKind::Pack, 1)), "read") == bytes, "the pack after sync, advised {advice:?}");
    }

    // Dropped unfinished, finished twice under one name, removed before sync: nothing is left.
    let mut dropped = ok(store.begin_pack(), "begin a pack").unwrap();
    ok(dropped.append(&bytes), "append");
    drop(dropped);
    for _ in 0..2 {
        let mut twice = ok(store.begin_pack(), "begin a pack").unwrap();
        ok(twice.append(&content(10, 1)), "append");
        ok(twice.finish(id(2)), "finish the same pack");
    }
    ok(store.remove(named(ObjectKind::Pack, 2)), "remove before sync");
    ok(store.sync(), "sync");
    let listed = ok(again.list(ObjectKind::Pack), "list");
    assert_eq!(listed.iter().map(|listed| listed.id).collect::<Vec<_>>(), [id(1)]);
}

fn writers_on_many_threads(open: Open<'_>) {
    let store = created(open, "threads");
    std::thread::scope(|scope| {
        for thread in 0..4u32 {
            let store = &store;
            scope.spawn(move || {
                for number in 0..10 {
                    let number = thread * 100 + number;
                    let (name, bytes) = (named(ObjectKind::Pack, number), content(100_000, u64::from(number)));
                    ok(store.write(name, bytes.clone()), "write");
                    if number % 3 == 0 {
                        ok(store.sync(), "sync beside writers");
                    }
                    assert!(ok(store.read(name), "read") == bytes, "{name}");
                }
            });
        }
    });
    ok(store.sync(), "sync");
    let listed = ok(open("threads").list(ObjectKind::Pack), "list");
    assert_eq!(listed.len(), 40, "packs of four writers");
}
