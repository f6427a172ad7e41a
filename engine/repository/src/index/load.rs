//! Loading the index: what the cache knows is mapped, the rest is fetched and decoded, small segments are merged.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use rempart_format::{PackEntry, for_each_pack};
use rempart_model::{IndexId, PackId};
use rempart_storage::ObjectKind;

use super::build::Collector;
use super::files::IndexedPack;
use super::shelf::{SegmentShelf, Shelved};
use super::{BlobLocation, Index};
use crate::{Repository, RepositoryError, Result, files};

/// Entries decoded before they are written as a segment: 48 bytes each in memory.
const SEGMENT_ENTRIES: usize = 400_000;
/// Segments that a look-up may have to touch before the small ones are merged.
const MANY_SEGMENTS: usize = 4;
/// A segment is merged with all smaller ones when those hold this part of it.
const MERGE_FACTOR: usize = 4;

pub(crate) fn load(repo: &Repository) -> Result<Index> {
    let alive: HashSet<IndexId> = repo.index_ids()?.into_iter().collect();
    let shelf = SegmentShelf::new(repo.inner.cache.as_ref());
    let mut segments = shelf.usable(&alive);
    let covered: HashSet<IndexId> = segments.iter().flat_map(|shelved| shelved.segment.sources()).collect();
    let missing: Vec<IndexId> = alive.iter().filter(|id| !covered.contains(id)).copied().collect();
    segments.extend(fetch(repo, &shelf, &missing)?);
    let mut segments = compact(&shelf, segments, &alive)?;
    segments.sort_by_key(|shelved| std::cmp::Reverse(shelved.segment.len()));
    Ok(Index::new(segments.into_iter().map(|shelved| shelved.segment).collect()))
}

/// Decodes index files on several threads into as few segments as memory allows.
fn fetch(repo: &Repository, shelf: &SegmentShelf<'_>, ids: &[IndexId]) -> Result<Vec<Shelved>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let next = AtomicUsize::new(0);
    let built: Mutex<Vec<Shelved>> = Mutex::new(Vec::new());
    let worker = || -> Result<()> {
        let mut collected = Collector::default();
        while let Some(&id) = ids.get(next.fetch_add(1, Ordering::Relaxed)) {
            match read_index_file(repo, id) {
                Ok(json) => collect(&mut collected, id, &json)?,
                // Replaced by another process since it was listed: what it named, the next listing names.
                Err(RepositoryError::NoSuchFile { .. }) => {}
                Err(error) => {
                    next.store(ids.len(), Ordering::Relaxed);
                    return Err(error);
                }
            }
            if collected.len() >= SEGMENT_ENTRIES {
                let full = std::mem::take(&mut collected);
                built.lock().push(shelf.build(full)?);
            }
        }
        if collected.has_sources() {
            built.lock().push(shelf.build(collected)?);
        }
        Ok(())
    };
    let threads = repo.read_threads().min(ids.len());
    if threads <= 1 {
        worker()?;
    } else {
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
            workers.into_iter().try_for_each(|worker| worker.join().expect("an index worker does not panic"))
        })?;
    }
    Ok(built.into_inner())
}

pub(crate) fn read_index_file(repo: &Repository, id: IndexId) -> Result<Vec<u8>> {
    Ok(files::read(repo, ObjectKind::Index, id.0)?.0)
}

fn collect(collected: &mut Collector, id: IndexId, json: &[u8]) -> Result<()> {
    collected.begin_source(id);
    for_each_pack(json, |pack, blobs| {
        collect_pack(collected, pack, blobs);
        Ok::<(), rempart_format::FormatError>(())
    })
    .map_err(|error| files::damaged(ObjectKind::Index, id.0, error))
}

fn collect_pack(collected: &mut Collector, pack: PackId, blobs: &[PackEntry]) {
    collected.begin_pack(pack);
    for blob in blobs {
        collected.add(blob.kind, blob.id, &BlobLocation::of_entry(pack, blob));
    }
}

/// Index files that this process wrote: a segment for the cache, and for the index where that is loaded.
pub(crate) fn add_written(repo: &Repository, written: &[(IndexId, &[IndexedPack])]) -> Result<()> {
    let loaded = repo.inner.index.read().clone();
    if loaded.is_none() && repo.inner.cache.is_none() {
        return Ok(());
    }
    let mut collected = Collector::default();
    for (id, packs) in written {
        collected.begin_source(*id);
        packs.iter().for_each(|(pack, blobs)| collect_pack(&mut collected, *pack, blobs));
    }
    let shelved = SegmentShelf::new(repo.inner.cache.as_ref()).build(collected)?;
    if let Some(index) = loaded {
        index.push(Arc::clone(&shelved.segment));
    }
    Ok(())
}

/// Rewrites what holds dead sources, and merges small segments once there are many.
fn compact(shelf: &SegmentShelf<'_>, segments: Vec<Shelved>, alive: &HashSet<IndexId>) -> Result<Vec<Shelved>> {
    let (dying, mut segments): (Vec<_>, Vec<_>) = segments.into_iter().partition(|shelved| shelved.has_dead_sources);
    for shelved in dying {
        segments.push(shelf.merge(vec![shelved], alive)?);
    }
    segments.sort_by_key(|shelved| shelved.segment.len());
    let lengths: Vec<usize> = segments.iter().map(|shelved| shelved.segment.len()).collect();
    let merged = small_ones(&lengths);
    if merged > 1 {
        let large = segments.split_off(merged);
        let small = std::mem::replace(&mut segments, large);
        segments.push(shelf.merge(small, alive)?);
    }
    Ok(segments)
}

/// How many of the segments, whose lengths come ascending, are to be merged into one.
fn small_ones(lengths: &[usize]) -> usize {
    if lengths.len() <= MANY_SEGMENTS {
        return 0;
    }
    let mut merged = 1;
    let mut below = lengths[0];
    for (place, length) in lengths.iter().enumerate().skip(1) {
        // Few must be left in the end, whatever their lengths.
        if below.saturating_mul(MERGE_FACTOR) >= *length || lengths.len() - place >= MANY_SEGMENTS {
            merged = place + 1;
        }
        below += length;
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_segments_are_merged_and_a_large_one_is_left_alone() {
        for (lengths, expected) in [
            (&[][..], 0),
            (&[1, 1, 1, 1], 0),
            (&[1, 1, 1, 1, 1_000_000], 4),
            (&[1, 1, 1, 300_000, 1_000_000], 5),
            (&[10, 100, 1000, 10_000, 100_000, 1_000_000], 3),
        ] {
            assert_eq!(small_ones(lengths), expected, "{lengths:?}");
        }
    }

    #[test]
    fn however_lengths_grow_few_segments_stay() {
        let mut lengths: Vec<usize> = Vec::new();
        let mut rewritten = 0;
        for step in 0..2000usize {
            lengths.push(1 + step * 7919 % 100);
            lengths.sort_unstable();
            let merged = small_ones(&lengths);
            if merged > 1 {
                let sum: usize = lengths.drain(..merged).sum();
                rewritten += sum;
                lengths.push(sum);
                lengths.sort_unstable();
            }
            assert!(lengths.len() <= MANY_SEGMENTS + 1, "{} segments after {step} steps: {lengths:?}", lengths.len());
        }
        let total: usize = lengths.iter().sum();
        assert!(rewritten < total * 40, "each entry was rewritten {} times on average", rewritten / total);
    }
}
