//! Segments in the cache folder: which of them fit the repository as it is now, and where new ones go.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Cursor};
use std::sync::Arc;

use rempart_crypto::sha256;
use rempart_model::{Id, IndexId};

use super::build::{Collector, merge, merged_sources};
use super::segment::Segment;
use crate::Result;
use crate::cache::{CacheDir, Shelf};

/// The segments of one repository in its cache folder, or nowhere.
pub(super) struct SegmentShelf<'a> {
    cache: Option<&'a CacheDir>,
}

/// A segment found in the cache, whose sources are all in the repository still, or some of them.
pub(super) struct Shelved {
    pub name: Option<Id>,
    pub segment: Arc<Segment>,
    pub has_dead_sources: bool,
}

/// What a segment is called in the cache: what it holds.
fn name_of(sources: &[IndexId]) -> Id {
    let mut bytes = Vec::with_capacity(32 * sources.len());
    sources.iter().for_each(|id| bytes.extend_from_slice(id.as_bytes()));
    Id::new(sha256(&bytes))
}

impl<'a> SegmentShelf<'a> {
    pub(super) fn new(cache: Option<&'a CacheDir>) -> Self {
        Self { cache }
    }

    /// The segments that can be used for a repository with the index files `alive`, no source in two of them. What is
    /// damaged, of another layout, dead or redundant is removed.
    pub(super) fn usable(&self, alive: &HashSet<IndexId>) -> Vec<Shelved> {
        let Some(cache) = self.cache else { return Vec::new() };
        let mut found: Vec<(Id, Segment)> = Vec::new();
        for name in cache.list(Shelf::Segments) {
            match cache.open_file(Shelf::Segments, &name).and_then(|file| Segment::map(&file)) {
                Ok(segment) => found.push((name, segment)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    tracing::debug!(%name, %error, "dropping an index segment from the cache");
                    cache.remove(Shelf::Segments, &name);
                }
            }
        }
        // The large ones first: where two overlap, the one that covers more stays.
        found.sort_by_key(|(name, segment)| (std::cmp::Reverse(segment.sources().count()), *name));
        let mut covered: HashSet<IndexId> = HashSet::new();
        let mut usable = Vec::new();
        for (name, segment) in found {
            let living = segment.sources().filter(|id| alive.contains(id)).count();
            if living == 0 || segment.sources().any(|id| covered.contains(&id)) {
                cache.remove(Shelf::Segments, &name);
                continue;
            }
            covered.extend(segment.sources());
            let has_dead_sources = segment.sources().count() > living;
            usable.push(Shelved { name: Some(name), segment: Arc::new(segment), has_dead_sources });
        }
        usable
    }

    /// Makes a segment of what was collected.
    pub(super) fn build(&self, collected: Collector) -> Result<Shelved> {
        let collected = collected.finish();
        let name = name_of(&collected.sources);
        if let Some(cache) = self.cache {
            let stored = cache.store(Shelf::Segments, &name, |file| collected.write_to(file));
            match stored.and_then(|file| Segment::map(&file)) {
                Ok(segment) => return Ok(Shelved::living(Some(name), segment)),
                Err(error) => tracing::warn!(%error, "keeping an index segment in memory"),
            }
        }
        in_memory(|memory| collected.write_to(memory))
    }

    /// Makes one segment of several, without the sources that are not `alive`. The several are removed.
    pub(super) fn merge(&self, inputs: Vec<Shelved>, alive: &HashSet<IndexId>) -> Result<Shelved> {
        let lives = |id: &IndexId| alive.contains(id);
        let segments: Vec<&Segment> = inputs.iter().map(|shelved| &*shelved.segment).collect();
        let name = name_of(&merged_sources(&segments, &lives));
        if let Some(cache) = self.cache {
            let stored = cache.store(Shelf::Segments, &name, |file: File| merge(&segments, &lives, file));
            match stored.and_then(|file| Segment::map(&file)) {
                Ok(segment) => {
                    let old = inputs.iter().filter_map(|input| input.name).filter(|old| *old != name);
                    old.for_each(|old| cache.remove(Shelf::Segments, &old));
                    return Ok(Shelved::living(Some(name), segment));
                }
                Err(error) => tracing::warn!(%error, "keeping an index segment in memory"),
            }
        }
        in_memory(|memory| merge(&segments, &lives, memory))
    }
}

impl Shelved {
    fn living(name: Option<Id>, segment: Segment) -> Self {
        Self { name, segment: Arc::new(segment), has_dead_sources: false }
    }
}

fn in_memory(fill: impl FnOnce(Cursor<Vec<u8>>) -> io::Result<Cursor<Vec<u8>>>) -> Result<Shelved> {
    let fault = |error: String| crate::RepositoryError::Invariant { reason: format!("cannot index: {error}") };
    let bytes = fill(Cursor::new(Vec::new())).map_err(|error| fault(error.to_string()))?.into_inner();
    let segment = Segment::from_vec(bytes).map_err(|error| fault(error.to_string()))?;
    Ok(Shelved::living(None, segment))
}
