//! Reads trees, a batch of neighbours at a time: each request to a far or sealed storage costs more than a tree.

use std::sync::Mutex;

use hashbrown::HashMap;
use rempart_format::{BlobKind, TreeBytes};
use rempart_model::BlobId;
use rempart_repository::{BlobError, BlobSource, LONG_TREE_BYTES};

/// What is kept ahead at most. One tree larger than this is read all the same, alone.
const KEPT_BYTES: usize = 12 << 20;
const BATCH_MAX: usize = 128;
const BATCH_FIRST: usize = 8;

/// The tree that was asked for, and those read with it.
type Delivered = (Option<Result<Vec<u8>, BlobError>>, Vec<(BlobId, Vec<u8>)>);

pub(crate) struct TreeFetcher<'s> {
    source: &'s dyn BlobSource,
    kept: HashMap<BlobId, Vec<u8>>,
    kept_bytes: usize,
    /// Grows while what was read ahead is used.
    batch: usize,
    wanted: Vec<BlobId>,
}

impl<'s> TreeFetcher<'s> {
    pub(crate) fn new(source: &'s dyn BlobSource) -> Self {
        Self { source, kept: HashMap::new(), kept_bytes: 0, batch: BATCH_FIRST, wanted: Vec::new() }
    }

    /// The tree's bytes. `upcoming(limit, list)` appends the ids that will be asked for next.
    pub(crate) fn fetch(
        &mut self,
        id: &BlobId,
        upcoming: impl FnOnce(usize, &mut Vec<BlobId>),
    ) -> Result<TreeBytes, BlobError> {
        if let Some(bytes) = self.kept.remove(id) {
            self.kept_bytes -= bytes.len();
            return Ok(TreeBytes::Whole(bytes));
        }
        if self.source.plaintext_bytes(BlobKind::Tree, id).is_some_and(|len_bytes| len_bytes >= LONG_TREE_BYTES) {
            return self.source.read_tree(id);
        }
        let mut wanted = std::mem::take(&mut self.wanted);
        wanted.clear();
        wanted.push(*id);
        upcoming(self.batch, &mut wanted);
        self.batch = (self.batch * 2).min(BATCH_MAX);
        self.keep_what_fits(&mut wanted);
        let result =
            if wanted.len() == 1 { self.source.read_blob(BlobKind::Tree, id) } else { self.read_batch(&wanted) };
        self.wanted = wanted;
        result.map(TreeBytes::Whole)
    }

    /// Leaves the first id, and of the others as many as fit beside what is kept already.
    fn keep_what_fits(&mut self, wanted: &mut Vec<BlobId>) {
        if self.kept_bytes * 2 > KEPT_BYTES && wanted.len() > 1 {
            // Directories that were passed over leave trees behind that nobody asks for.
            self.kept.clear();
            self.kept_bytes = 0;
            self.batch = BATCH_FIRST;
        }
        let mut room_bytes = (KEPT_BYTES - self.kept_bytes.min(KEPT_BYTES)) as u64;
        let mut first = true;
        let (source, kept) = (self.source, &self.kept);
        wanted.retain(|id| {
            if std::mem::take(&mut first) {
                return true;
            }
            let Some(len_bytes) = source.plaintext_bytes(BlobKind::Tree, id) else { return false };
            let fits = !kept.contains_key(id) && len_bytes <= room_bytes;
            if fits {
                room_bytes -= len_bytes;
            }
            fits
        });
    }

    fn read_batch(&mut self, wanted: &[BlobId]) -> Result<Vec<u8>, BlobError> {
        let delivered: Mutex<Delivered> = Mutex::default();
        let whole = self.source.read_blobs(BlobKind::Tree, wanted, &|at, tree| {
            let tree = tree.map(<[u8]>::to_vec);
            let mut delivered = delivered.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            match (at, tree) {
                (0, tree) => delivered.0 = Some(tree),
                (at, Ok(tree)) => delivered.1.push((wanted[at], tree)),
                (_, Err(_)) => {} // asked for again, and reported, when its turn comes
            }
            true
        });
        let (first, others) = delivered.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        for (id, tree) in others {
            self.kept_bytes += tree.len();
            if let Some(twice) = self.kept.insert(id, tree) {
                self.kept_bytes -= twice.len();
            }
        }
        match (first, whole) {
            (Some(first), _) => first,
            (None, Err(error)) => Err(error),
            (None, Ok(())) => self.source.read_blob(BlobKind::Tree, &wanted[0]),
        }
    }
}
