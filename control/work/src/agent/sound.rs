//! Whether everything below the trees of a session is in the repository. What came in the session was looked at as it came;
//! a tree that lies there already may be one that nothing kept alive, with what it names pruned away.
//!
//! A tree that was not sent is looked for in the parent snapshot first, which is complete: of that, only folders are read that
//! changed since or are gone, so a run over what hardly changed reads hardly anything. The rest is walked.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use rempart_format::BlobKind;
use rempart_model::{BlobId, CancelToken};
use rempart_protocol::{Refusal, RefusalCode};
use rempart_repository::{BlobSource as _, Repository, VisitReference, Writer};

use super::readable::{Half, half};
use super::take::refused;
use crate::trouble::{Result, Trouble, table};

/// Trees that wait for their proof: some 40 bytes each.
const WAITING: usize = 1_000_000;
/// How many of the trees last seen are known at least; twice as many at most. Some 20 bytes each.
const KNOWN: usize = 500_000;
/// So many trees are read in one go.
const BATCH: usize = 1024;

/// Where the proof is found.
pub struct Ground<'g> {
    pub repository: &'g Repository,
    pub writer: &'g Writer,
    /// The root of the parent snapshot.
    pub parent: Option<BlobId>,
    pub cancel: &'g CancelToken,
}

/// What is known of the trees of one session. Bounded: a tree that is forgotten is walked again.
pub struct Sound {
    /// They came, or were found to be sound.
    known: Recent,
    /// Named, and of no known soundness.
    waiting: HashSet<BlobId>,
    limit: usize,
}

impl Default for Sound {
    fn default() -> Self {
        Self { known: Recent::default(), waiting: HashSet::new(), limit: WAITING }
    }
}

impl Sound {
    /// A tree came; what it names is told by [`Self::named`].
    pub fn came(&mut self, tree: &BlobId) {
        self.known.insert(half(tree));
    }

    pub fn named(&mut self, tree: &BlobId) {
        if !self.known.contains(&half(tree)) {
            self.waiting.insert(*tree);
        }
    }

    /// Whether so many wait that they should be proved before the end.
    pub fn is_full(&self) -> bool {
        self.waiting.len() >= self.limit
    }

    /// Before the end: trees that are not stored yet go on waiting.
    pub fn prove_what_is_stored(&mut self, ground: &Ground<'_>) -> Result<()> {
        let stored = |id: &BlobId| ground.repository.plaintext_bytes(BlobKind::Tree, id).is_some();
        let (now, later): (HashSet<_>, HashSet<_>) = std::mem::take(&mut self.waiting).into_iter().partition(stored);
        self.waiting = now;
        self.prove(ground)?;
        self.waiting = later;
        if self.is_full() {
            let detail = format!("{} trees are named and do not come", self.waiting.len());
            return Err(refused(Refusal::new(RefusalCode::TooLong, detail)));
        }
        Ok(())
    }

    /// Everything below every tree that was named is there, or an error that says what is not.
    pub fn prove(&mut self, ground: &Ground<'_>) -> Result<()> {
        self.waiting.retain(|id| !self.known.contains(&half(id)));
        self.find_in_parent(ground)?;
        if self.waiting.is_empty() {
            return Ok(());
        }
        // Trees that came in this session and were forgotten may be in packs that are not written yet.
        ground.writer.flush()?;
        self.walk(ground)
    }

    /// Strikes out what the parent snapshot holds. Below a tree that is struck out nothing is read.
    fn find_in_parent(&mut self, ground: &Ground<'_>) -> Result<()> {
        let mut seen = Recent::default();
        let mut rest: Vec<BlobId> = ground.parent.into_iter().collect();
        rest.iter().for_each(|root| _ = self.strike_out(root));
        while !rest.is_empty() && !self.waiting.is_empty() {
            let batch = rest.split_off(rest.len().saturating_sub(BATCH));
            let found = Mutex::new(Vec::new());
            // One that cannot be read vouches for nothing.
            ground.read(&batch, &|_, named| {
                if let Ok((BlobKind::Tree, id)) = named {
                    found.lock().push(id);
                }
                true
            })?;
            for id in found.into_inner() {
                if !self.strike_out(&id) && !self.known.contains(&half(&id)) && seen.insert(half(&id)) {
                    rest.push(id);
                }
            }
        }
        Ok(())
    }

    fn strike_out(&mut self, tree: &BlobId) -> bool {
        let is_struck = self.waiting.remove(tree);
        if is_struck {
            self.known.insert(half(tree));
        }
        is_struck
    }

    /// Reads every tree that waits, and all below.
    fn walk(&mut self, ground: &Ground<'_>) -> Result<()> {
        let mut rest: Vec<BlobId> = std::mem::take(&mut self.waiting).into_iter().collect();
        rest.iter().for_each(|id| _ = self.known.insert(half(id)));
        while !rest.is_empty() {
            let batch = rest.split_off(rest.len().saturating_sub(BATCH));
            let (found, fault) = (Mutex::new(Vec::new()), Mutex::new(None));
            ground.read(&batch, &|tree, named| {
                let wrong = match named {
                    Ok((kind, id)) if !ground.writer.will_have(kind, &id) => {
                        format!("{kind:?} {id}, which the tree {tree} names, is not in the repository")
                    }
                    Ok((BlobKind::Tree, id)) => {
                        found.lock().push(id);
                        return true;
                    }
                    Ok((BlobKind::Data, _)) => return true,
                    Err(why) => format!("the tree {tree} cannot be read: {why}"),
                };
                fault.lock().get_or_insert(wrong);
                false
            })?;
            if let Some(detail) = fault.into_inner() {
                return Err(refused(Refusal::new(RefusalCode::BlobsMissing, detail)));
            }
            rest.extend(found.into_inner().into_iter().filter(|id| self.known.insert(half(id))));
        }
        Ok(())
    }
}

impl Ground<'_> {
    fn read(&self, trees: &[BlobId], visit: &VisitReference<'_>) -> Result<()> {
        let canceled = AtomicBool::new(false);
        self.repository.for_each_reference_of(trees, &|tree, named| {
            if self.cancel.is_canceled() {
                canceled.store(true, Ordering::Relaxed);
                return false;
            }
            visit(tree, named)
        })?;
        match canceled.into_inner() {
            true => Err(Trouble::new(&table::JOB_CANCELED)),
            false => Ok(()),
        }
    }
}

/// Two generations: when the younger is full, the older is forgotten.
#[derive(Default)]
struct Recent {
    young: HashSet<Half>,
    old: HashSet<Half>,
}

impl Recent {
    fn contains(&self, tree: &Half) -> bool {
        self.young.contains(tree) || self.old.contains(tree)
    }

    /// Whether it was not known.
    fn insert(&mut self, tree: Half) -> bool {
        if self.contains(&tree) {
            return false;
        }
        if self.young.len() >= KNOWN {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(tree)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use rempart_crypto::{KdfParams, sha256};
    use rempart_repository::{
        BlobSink as _, InitOptions, LockMode, OpenOptions, PreparedBlob, WriterLock, WriterOptions,
    };
    use rempart_storage::LocalStore;

    /// A repository that an agent of doubtful honesty writes to.
    struct Scene {
        repository: Repository,
        _place: tempfile::TempDir,
    }

    impl Scene {
        fn new() -> Self {
            let place = tempfile::tempdir().unwrap();
            let store = Arc::new(LocalStore::new(place.path().join("repository")));
            let kdf = KdfParams { n: 1024, r: 8, p: 1 };
            let init = InitOptions { chunker_polynomial: 0x003D_A335_8B4D_C173, kdf };
            let repository = Repository::init(store, b"secret", &init, OpenOptions::default()).unwrap();
            Self { repository, _place: place }
        }

        fn writer(&self) -> Writer {
            let lock = WriterLock::Held(Arc::new(self.repository.lock(LockMode::Shared, None).unwrap()));
            self.repository.writer(lock, WriterOptions::default()).unwrap()
        }

        /// Stores it, whatever it names.
        fn store(&self, kind: BlobKind, plaintext: &[u8]) -> BlobId {
            let (writer, id) = (self.writer(), BlobId::new(sha256(plaintext)));
            let mut wanted = Vec::new();
            writer.claim(kind, &[id], &mut wanted).unwrap();
            if wanted == [true] {
                writer.put(kind, &[PreparedBlob { id, payload: plaintext, uncompressed_bytes: None }]).unwrap();
            }
            writer.finish().unwrap();
            id
        }

        /// Of folders by these ids, and one file of one chunk.
        fn tree(&self, folders: &[BlobId], chunk: BlobId) -> BlobId {
            self.store(BlobKind::Tree, tree(folders, chunk).as_bytes())
        }

        fn proves(&self, sound: &mut Sound, parent: Option<BlobId>) -> Result<()> {
            let (writer, cancel) = (self.writer(), CancelToken::new());
            sound.prove(&Ground { repository: &self.repository, writer: &writer, parent, cancel: &cancel })
        }
    }

    fn tree(folders: &[BlobId], chunk: BlobId) -> String {
        let times = r#""mtime":"2026-01-01T00:00:00Z","atime":"2026-01-01T00:00:00Z","ctime":"2026-01-01T00:00:00Z""#;
        let mut nodes = vec![format!(r#"{{"name":"a","type":"file","content":["{chunk}"],{times}}}"#)];
        for (number, id) in folders.iter().enumerate() {
            nodes.push(format!(r#"{{"name":"b{number:04}","type":"dir","subtree":"{id}",{times}}}"#));
        }
        format!("{{\"nodes\":[{}]}}\n", nodes.join(","))
    }

    fn naming(trees: &[BlobId]) -> Sound {
        let mut sound = Sound::default();
        trees.iter().for_each(|id| sound.named(id));
        sound
    }

    fn refused_for(proved: Result<()>, missing: &BlobId) {
        let trouble = proved.expect_err("something is missing");
        assert_eq!(trouble.code(), table::AGENT_REFUSED.code, "{trouble:?}");
        assert!(trouble.values["detail"].contains(&missing.to_string()), "{trouble:?}");
    }

    #[test]
    fn a_tree_that_lies_there_is_sound_only_with_everything_below() {
        let scene = Scene::new();
        let (chunk, pruned) = (scene.store(BlobKind::Data, b"chunk"), BlobId::new([9; 32]));
        let whole = scene.tree(&[], chunk);
        let above = scene.tree(&[whole], chunk);
        scene.proves(&mut naming(&[above, whole]), None).unwrap();
        // What was below was pruned: a chunk, a folder, a chunk of a folder's folder.
        let without_chunk = scene.tree(&[], pruned);
        refused_for(scene.proves(&mut naming(&[without_chunk]), None), &pruned);
        refused_for(scene.proves(&mut naming(&[scene.tree(&[whole, pruned], chunk)]), None), &pruned);
        let deep = scene.tree(&[scene.tree(&[without_chunk], chunk)], chunk);
        refused_for(scene.proves(&mut naming(&[above, deep]), None), &pruned);
        // The parent does not name it, so the parent does not vouch for it.
        refused_for(scene.proves(&mut naming(&[deep]), Some(above)), &pruned);
        // What came in the session was looked at as it came.
        let mut sound = Sound::default();
        sound.came(&deep);
        sound.named(&deep);
        scene.proves(&mut sound, None).unwrap();
    }

    #[test]
    fn what_the_parent_snapshot_holds_is_not_read_again() {
        let scene = Scene::new();
        let chunk = scene.store(BlobKind::Data, b"chunk");
        // Were these walked, what is missing below them would be noticed.
        let unread: Vec<BlobId> = (1..4_u8).map(|n| scene.tree(&[], BlobId::new([n; 32]))).collect();
        let changed = scene.tree(&unread[1..], chunk);
        let parent = scene.tree(&[unread[0], changed], chunk);
        scene.proves(&mut naming(&unread), Some(parent)).unwrap();
        scene.proves(&mut naming(&[parent]), Some(parent)).unwrap();
        // A tree of no run before is walked, as far as trees that the parent does not hold.
        let moved = scene.tree(&[scene.tree(&[], chunk)], chunk);
        scene.proves(&mut naming(&[unread[0], moved]), Some(parent)).unwrap();
        refused_for(
            scene.proves(&mut naming(&[unread[0], scene.tree(&[unread[2]], chunk)]), Some(unread[0])),
            &BlobId::new([3; 32]),
        );
    }

    #[test]
    fn the_proof_before_the_end_leaves_what_is_still_to_come_and_does_not_wait_for_ever() {
        let scene = Scene::new();
        let (whole, to_come) = (scene.tree(&[], scene.store(BlobKind::Data, b"chunk")), BlobId::new([7; 32]));
        let mut sound = Sound { limit: 2, ..naming(&[whole, to_come]) };
        assert!(sound.is_full());
        let (writer, cancel) = (scene.writer(), CancelToken::new());
        let ground = Ground { repository: &scene.repository, writer: &writer, parent: None, cancel: &cancel };
        sound.prove_what_is_stored(&ground).unwrap();
        assert!(!sound.is_full() && sound.waiting.contains(&to_come));
        sound.named(&BlobId::new([8; 32]));
        assert!(sound.prove_what_is_stored(&ground).is_err(), "as many as may wait are named and never sent");
        cancel.cancel();
        let canceled = naming(&[scene.tree(&[whole], BlobId::new([5; 32]))]).prove(&ground);
        assert!(canceled.expect_err("canceled").is_canceled());
    }

    #[test]
    fn trees_known_are_forgotten_two_generations_later() {
        let mut recent = Recent::default();
        let tree = |number: usize| {
            let mut half = [0; 16];
            half[..8].copy_from_slice(&(number as u64).to_le_bytes());
            half
        };
        assert!((0..3 * KNOWN).all(|number| recent.insert(tree(number))));
        assert!((2 * KNOWN..3 * KNOWN).all(|number| !recent.insert(tree(number))));
        assert!(!recent.contains(&tree(0)) && recent.young.len() + recent.old.len() <= 2 * KNOWN);
    }
}
