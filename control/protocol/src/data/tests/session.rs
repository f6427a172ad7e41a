//! Whole sessions over the network in a box: backup and restore, to their end.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

use proptest::prelude::*;
use rempart_model::{BlobId, IndexId, SnapshotId};

use super::world::{Step, World, step};
use crate::data::{AgentBackup, AgentRestore, Arriving, BackupAnswer, Blob, ChunkKind, PlainLength, ReadAnswer};
use crate::data::{ReadRequest, RestoreAnswer, RestoreRequest, ServerBackup, ServerRestore};
use crate::limits::ITEM_BODY_BYTES;

fn id(number: usize) -> BlobId {
    let mut bytes = [1; 32];
    bytes[..8].copy_from_slice(&(number as u64).to_le_bytes());
    BlobId::new(bytes)
}

fn number(id: &BlobId) -> usize {
    u64::from_le_bytes(id.as_bytes()[..8].try_into().expect("eight bytes")) as usize
}

fn blob(number: usize, length: usize) -> Blob {
    let payload: Vec<u8> = (0..length).map(|at| (at / 251 + at + number) as u8).collect();
    Blob { id: id(number), uncompressed_bytes: NonZeroU32::new((number % 3) as u32), payload: payload.into() }
}

/// Lengths of blobs: many short, some that fill an item to the byte, some that need pieces.
fn lengths() -> impl Strategy<Value = Vec<usize>> {
    let length = prop_oneof![
        12 => 1..2000_usize,
        1 => (ITEM_BODY_BYTES - 60)..(ITEM_BODY_BYTES + 60),
        1 => Just(2 * ITEM_BODY_BYTES + 1),
    ];
    prop::collection::vec(length, 1..24)
}

struct Backup {
    agent: AgentBackup,
    server: ServerBackup,
    lengths: Vec<usize>,
    asked: usize,
    /// What the server's repository has, and what came.
    known: BTreeSet<BlobId>,
    stored: BTreeMap<BlobId, Blob>,
    /// What came of the parent snapshot.
    read: Vec<ReadAnswer>,
    committed: Option<SnapshotId>,
}

impl Backup {
    /// Of what the server knows; nothing of the rest.
    fn length(&self, id: &BlobId) -> PlainLength {
        NonZeroU32::new(self.lengths[number(id)] as u32).filter(|_| self.known.contains(id))
    }

    /// Every tree once, every question answered.
    fn check_read(&self) {
        let (mut trees, mut lengths) = (BTreeMap::new(), BTreeMap::new());
        for answer in &self.read {
            match answer {
                ReadAnswer::Blob { kind: ChunkKind::Tree, blob } => assert_eq!(trees.insert(blob.id, blob), None),
                ReadAnswer::Measured { question, lengths: told } => assert_eq!(lengths.insert(question, told), None),
                other => panic!("{other:?} was not asked for"),
            }
        }
        for (number, &length) in self.lengths.iter().enumerate() {
            assert_eq!(trees.get(&id(number)), Some(&&blob(number, length)), "tree {number}");
        }
        assert_eq!(trees.len(), self.lengths.len());
        let told: Vec<PlainLength> = lengths.into_values().flatten().copied().collect();
        let expected: Vec<PlainLength> = (0..self.lengths.len()).map(|number| self.length(&id(number))).collect();
        assert_eq!(told, expected);
    }

    /// Whatever either side can do now. `true` if something was.
    fn work(&mut self) -> bool {
        let mut moved = false;
        if self.asked < self.lengths.len() {
            let ids: Vec<BlobId> = (self.asked..self.lengths.len().min(self.asked + 5)).map(id).collect();
            self.asked += ids.len();
            self.agent.ask(ChunkKind::Data, &ids).unwrap();
            // The parent's trees beside it, and how long they are.
            self.agent.read(ChunkKind::Tree, &ids).unwrap();
            self.agent.measure(ChunkKind::Data, &ids).unwrap();
            moved = true;
        }
        while let Some(answer) = self.agent.next_answer().unwrap() {
            moved = true;
            match answer {
                BackupAnswer::Wanted { ids, wanted, kind, .. } => {
                    let wanted = ids.iter().map(number).zip(wanted).filter(|(_, wanted)| *wanted);
                    let blobs: Vec<Blob> = wanted.map(|(number, _)| blob(number, self.lengths[number])).collect();
                    self.agent.put(kind, &blobs).unwrap();
                }
                BackupAnswer::Read(answer) => self.read.push(answer),
                BackupAnswer::Committed { snapshot, indexes } => {
                    assert_eq!(indexes, [IndexId::new([4; 32])]);
                    assert_eq!(self.committed.replace(snapshot), None, "committed once");
                }
            }
        }
        if self.asked == self.lengths.len() && self.agent.commit(b"{}".to_vec()).is_ok() {
            moved = true;
        }
        while let Some(event) = self.server.next_event().unwrap() {
            moved = true;
            match event {
                Arriving::Asked { question, ids, .. } => {
                    let wanted: Vec<bool> = ids.iter().map(|id| !self.known.contains(id)).collect();
                    self.server.answer(question, &wanted).unwrap();
                }
                Arriving::Blob { blob, .. } => {
                    assert_eq!(self.stored.insert(blob.id, blob), None, "each blob once");
                }
                Arriving::Read(ReadRequest::Blobs { kind, ids }) => {
                    for id in ids {
                        let number = number(&id);
                        self.server.send(kind, &[blob(number, self.lengths[number])]).unwrap();
                    }
                }
                Arriving::Read(ReadRequest::Lengths { question, ids, .. }) => {
                    let lengths: Vec<PlainLength> = ids.iter().map(|id| self.length(id)).collect();
                    self.server.measured(question, &lengths).unwrap();
                }
                Arriving::Commit { snapshot } => {
                    assert_eq!(snapshot.as_ref(), b"{}");
                    self.check();
                    self.server.committed(SnapshotId::new([3; 32]), &[IndexId::new([4; 32])]).unwrap();
                }
            }
        }
        moved
    }

    fn check(&self) {
        for (number, &length) in
            self.lengths.iter().enumerate().filter(|(number, _)| !self.known.contains(&id(*number)))
        {
            assert_eq!(self.stored.get(&id(number)), Some(&blob(number, length)), "blob {number}");
        }
        assert_eq!(self.stored.len() + self.known.len(), self.lengths.len(), "nothing that was not wanted");
    }
}

struct Restore {
    agent: AgentRestore,
    server: ServerRestore,
    lengths: Vec<usize>,
    asked: usize,
    lost: BTreeSet<BlobId>,
    came: BTreeMap<BlobId, Option<Blob>>,
    ended: (bool, bool),
}

impl Restore {
    fn work(&mut self) -> bool {
        let mut moved = false;
        if self.asked < self.lengths.len() {
            let ids: Vec<BlobId> = (self.asked..self.lengths.len().min(self.asked + 7)).map(id).collect();
            self.asked += ids.len();
            self.agent.read(ChunkKind::Tree, &ids).unwrap();
            moved = true;
        } else if self.agent.finish().is_ok() {
            moved = true;
        }
        while let Some(request) = self.server.next_request().unwrap() {
            moved = true;
            let (kind, ids) = match request {
                RestoreRequest::Read(ReadRequest::Blobs { kind, ids }) => (kind, ids),
                RestoreRequest::Read(ReadRequest::Lengths { question, .. }) => panic!("question {question}"),
                RestoreRequest::Finished => {
                    self.ended.0 = true;
                    continue;
                }
            };
            // By pack, not as they were asked for.
            for id in ids.iter().rev() {
                let number = number(id);
                if self.lost.contains(id) {
                    self.server.missing(kind, *id, "its pack is damaged").unwrap();
                } else {
                    self.server.send(kind, &[blob(number, self.lengths[number])]).unwrap();
                }
            }
        }
        while let Some(answer) = self.agent.next_answer().unwrap() {
            moved = true;
            let (id, came) = match answer {
                RestoreAnswer::Read(ReadAnswer::Blob { blob, .. }) => (blob.id, Some(blob)),
                RestoreAnswer::Read(ReadAnswer::Missing { id, .. }) => (id, None),
                RestoreAnswer::Read(ReadAnswer::Measured { question, .. }) => panic!("question {question}"),
                RestoreAnswer::Finished => {
                    self.ended.1 = true;
                    continue;
                }
            };
            assert_eq!(self.came.insert(id, came), None, "each blob once");
        }
        moved
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_backup_ends_with_everything_wanted_and_one_snapshot(
        lengths in lengths(), known in prop::collection::btree_set(0..24_usize, 0..8), steps in prop::collection::vec(step(), 0..200),
    ) {
        let known = known.into_iter().filter(|number| *number < lengths.len()).map(id).collect();
        let mut backup = Backup {
            agent: AgentBackup::new(),
            server: ServerBackup::new(),
            lengths,
            asked: 0,
            known,
            stored: BTreeMap::new(),
            read: Vec::new(),
            committed: None,
        };
        let mut world = World::new();
        for step in steps {
            world.step(step, backup.agent.link(), backup.server.link());
            backup.work();
        }
        world.heal(&mut backup, |backup| (backup.agent.link(), backup.server.link()), Backup::work);
        backup.check();
        backup.check_read();
        prop_assert_eq!(backup.committed, Some(SnapshotId::new([3; 32])));
    }

    #[test]
    fn a_restore_ends_with_everything_asked_for_or_told_missing(
        lengths in lengths(), lost in prop::collection::btree_set(0..24_usize, 0..4), steps in prop::collection::vec(step(), 0..200),
    ) {
        let lost: BTreeSet<BlobId> = lost.into_iter().filter(|number| *number < lengths.len()).map(id).collect();
        let mut restore = Restore {
            agent: AgentRestore::new(),
            server: ServerRestore::new(),
            lengths,
            asked: 0,
            lost,
            came: BTreeMap::new(),
            ended: (false, false),
        };
        let mut world = World::new();
        for step in steps {
            world.step(step, restore.agent.link(), restore.server.link());
            restore.work();
        }
        world.heal(&mut restore, |restore| (restore.agent.link(), restore.server.link()), Restore::work);
        for (number, &length) in restore.lengths.iter().enumerate() {
            let expected = (!restore.lost.contains(&id(number))).then(|| blob(number, length));
            prop_assert_eq!(restore.came.get(&id(number)), Some(&expected), "blob {}", number);
        }
        prop_assert_eq!(restore.came.len(), restore.lengths.len());
        prop_assert_eq!(restore.ended, (true, true));
    }
}

/// A question overtakes blobs that wait: the answer is there before they are gone.
#[test]
fn a_question_goes_before_blobs_that_wait() {
    let (mut agent, mut server, mut world) = (AgentBackup::new(), ServerBackup::new(), World::new());
    world.step(Step::Connect, agent.link(), server.link());
    let talk = |agent: &mut AgentBackup, server: &mut ServerBackup| {
        while let Some(frame) = agent.link().next_frame(1) {
            server.link().receive(1, frame).unwrap();
        }
        while let Some(frame) = server.link().next_frame(1) {
            agent.link().receive(1, frame).unwrap();
        }
    };
    agent.ask(ChunkKind::Data, &(0..40).map(id).collect::<Vec<_>>()).unwrap();
    talk(&mut agent, &mut server);
    let Some(Arriving::Asked { question, .. }) = server.next_event().unwrap() else { panic!("the question") };
    server.answer(question, &[true; 40]).unwrap();
    talk(&mut agent, &mut server);
    assert!(matches!(agent.next_answer(), Ok(Some(BackupAnswer::Wanted { .. }))));
    // Forty mebibytes: more than the credit.
    let blobs: Vec<Blob> = (0..40).map(|number| blob(number, 1 << 20)).collect();
    agent.put(ChunkKind::Data, &blobs).unwrap();
    talk(&mut agent, &mut server);
    let waiting = agent.link().waiting_bytes();
    assert!(waiting > 16 << 20, "only {waiting} bytes wait: is there no credit?");
    agent.ask(ChunkKind::Tree, &[id(99)]).unwrap();
    let mut came = Vec::new();
    while let Some(event) = server.next_event().unwrap() {
        came.push(matches!(event, Arriving::Asked { .. }));
        talk(&mut agent, &mut server);
    }
    let at = came.iter().position(|asked| *asked).expect("the question came");
    assert!(at < 30 && came.len() == 41, "the question came at place {at} of {}", came.len());
}

/// Two files with the same chunk, read far apart: it is asked for twice, and comes twice.
#[test]
fn a_blob_that_is_asked_for_twice_comes_twice_and_not_again() {
    let (mut agent, mut server) = (AgentRestore::new(), ServerRestore::new());
    World::new().step(Step::Connect, agent.link(), server.link());
    let wanted = blob(7, 100);
    agent.read(ChunkKind::Data, &[wanted.id, wanted.id]).unwrap();
    while let Some(frame) = agent.link().next_frame(1) {
        server.link().receive(1, frame).unwrap();
    }
    let Ok(Some(RestoreRequest::Read(ReadRequest::Blobs { kind, ids }))) = server.next_request() else {
        panic!("a request")
    };
    assert_eq!(ids.len(), 2);
    server.send(kind, &[wanted.clone(), wanted.clone()]).unwrap();
    assert!(server.send(kind, std::slice::from_ref(&wanted)).is_err(), "a third time");
    while let Some(frame) = server.link().next_frame(1) {
        agent.link().receive(1, frame).unwrap();
    }
    for _ in 0..2 {
        assert_eq!(agent.next_answer(), Ok(Some(RestoreAnswer::Read(ReadAnswer::Blob { kind, blob: wanted.clone() }))));
    }
    agent.finish().unwrap();
    while let Some(frame) = agent.link().next_frame(1) {
        server.link().receive(1, frame).unwrap();
    }
    assert_eq!(server.next_request(), Ok(Some(RestoreRequest::Finished)), "nothing is open any more");
    while let Some(frame) = server.link().next_frame(1) {
        agent.link().receive(1, frame).unwrap();
    }
    assert_eq!(agent.next_answer(), Ok(Some(RestoreAnswer::Finished)), "on neither side");
}
