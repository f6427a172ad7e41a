//! Writing segments: from entries collected in memory, or merged from other segments.

use std::collections::BinaryHeap;
use std::io::{self, Seek, SeekFrom, Write};

use rempart_format::BlobKind;
use rempart_model::{BlobId, Id, IndexId, PackId};

use super::BlobLocation;
use super::layout::{Checksum, ENTRY_BYTES, Entry, FIXED_BYTES, MAGIC, MAX_PACKS, Plan, RawEntry, slot};
use super::segment::Segment;

/// Writes one segment to a seekable place whose parts before the entries are filled in at the end.
struct SegmentWriter<'a, W: Write + Seek> {
    out: io::BufWriter<W>,
    plan: Plan,
    sources: &'a [IndexId],
    packs: &'a [(PackId, u32)],
    fanout: Vec<u32>,
    sum: Checksum,
    entries: u32,
}

impl<'a, W: Write + Seek> SegmentWriter<'a, W> {
    fn new(out: W, sources: &'a [IndexId], packs: &'a [(PackId, u32)], expected: u64) -> io::Result<Self> {
        if packs.len() >= MAX_PACKS || u32::try_from(expected).is_err() {
            return Err(io::Error::other("too many entries for one segment"));
        }
        let plan = Plan::for_entries(sources.len(), packs.len(), expected);
        let mut out = io::BufWriter::with_capacity(1 << 16, out);
        out.seek(SeekFrom::Start(plan.entries_at() as u64))?;
        let fanout = vec![0; plan.fanout_slots()];
        Ok(Self { out, plan, sources, packs, fanout, sum: Checksum::new(), entries: 0 })
    }

    /// Entries come ascending by id.
    fn push(&mut self, raw: &RawEntry) -> io::Result<()> {
        self.fanout[slot(raw, self.plan.fanout_bits) + 1] += 1;
        self.sum.add(raw);
        self.entries += 1;
        self.out.write_all(raw)
    }

    fn finish(mut self) -> io::Result<W> {
        let body_bytes = u64::from(self.entries) * ENTRY_BYTES as u64;
        // What `Checksum::of` makes of the whole body, whose length is a multiple of a block.
        self.sum.add(&[0; ENTRY_BYTES]);
        let mut head = Vec::with_capacity(self.plan.entries_at());
        head.extend_from_slice(MAGIC);
        head.extend_from_slice(&[0; 8]);
        head.extend_from_slice(&self.sum.finish(body_bytes).to_le_bytes());
        head.extend_from_slice(&(self.sources.len() as u32).to_le_bytes());
        head.extend_from_slice(&(self.packs.len() as u32).to_le_bytes());
        head.extend_from_slice(&u64::from(self.entries).to_le_bytes());
        head.extend_from_slice(&self.plan.fanout_bits.to_le_bytes());
        head.extend_from_slice(&[0; 4]);
        debug_assert_eq!(head.len(), FIXED_BYTES);
        self.sources.iter().for_each(|id| head.extend_from_slice(id.as_bytes()));
        self.packs.iter().for_each(|(id, _)| head.extend_from_slice(id.as_bytes()));
        self.packs.iter().for_each(|(_, source)| head.extend_from_slice(&source.to_le_bytes()));
        let mut below = 0u32;
        for count in &self.fanout {
            below += count;
            head.extend_from_slice(&below.to_le_bytes());
        }
        head.resize(self.plan.entries_at(), 0);
        let header_sum = Checksum::of(&head[16..]).to_le_bytes();
        head[8..16].copy_from_slice(&header_sum);
        self.out.seek(SeekFrom::Start(0))?;
        self.out.write_all(&head)?;
        self.out.into_inner().map_err(io::IntoInnerError::into_error)
    }
}

/// Entries on their way into a segment, 48 bytes each.
#[derive(Default)]
pub(super) struct Collector {
    sources: Vec<IndexId>,
    packs: Vec<(PackId, u32)>,
    entries: Vec<RawEntry>,
}

impl Collector {
    /// What follows belongs to this index file.
    pub(super) fn begin_source(&mut self, id: IndexId) {
        self.sources.push(id);
    }
    /// What follows lies in this pack.
    pub(super) fn begin_pack(&mut self, id: PackId) {
        self.packs.push((id, (self.sources.len() - 1) as u32));
    }
    pub(super) fn add(&mut self, kind: BlobKind, id: BlobId, location: &BlobLocation) {
        let entry = Entry {
            id,
            kind,
            pack: (self.packs.len() - 1) as u32,
            offset_bytes: location.offset_bytes,
            sealed_bytes: location.sealed_bytes,
            uncompressed_bytes: location.uncompressed_bytes,
        };
        self.entries.push(entry.to_raw());
    }
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }
    pub(super) fn has_sources(&self) -> bool {
        !self.sources.is_empty()
    }

    /// Sorts, so that it can be written, as often as need be.
    pub(super) fn finish(mut self) -> Collected {
        let mut sources = self.sources.clone();
        sources.sort_unstable();
        let place = |id: &IndexId| sources.binary_search(id).unwrap_or_default() as u32;
        let places: Vec<u32> = self.sources.iter().map(place).collect();
        self.packs.iter_mut().for_each(|(_, source)| *source = places[*source as usize]);
        self.entries.sort_unstable();
        Collected { sources, packs: self.packs, entries: self.entries }
    }
}

/// Entries in the order of a segment.
pub(super) struct Collected {
    /// Ascending.
    pub sources: Vec<IndexId>,
    packs: Vec<(PackId, u32)>,
    entries: Vec<RawEntry>,
}

impl Collected {
    pub(super) fn write_to<W: Write + Seek>(&self, out: W) -> io::Result<W> {
        let mut writer = SegmentWriter::new(out, &self.sources, &self.packs, self.entries.len() as u64)?;
        self.entries.iter().try_for_each(|raw| writer.push(raw))?;
        writer.finish()
    }
}

/// The sources, ascending, that are left of `inputs` when only those that `lives` accepts are kept.
pub(super) fn merged_sources(inputs: &[&Segment], lives: &dyn Fn(&IndexId) -> bool) -> Vec<IndexId> {
    let mut sources: Vec<IndexId> = inputs.iter().flat_map(|s| s.sources()).filter(|id| lives(id)).collect();
    sources.sort_unstable();
    sources.dedup();
    sources
}

/// Streams several segments into one, leaving out the entries of sources that `lives` refuses.
pub(super) fn merge<W: Write + Seek>(inputs: &[&Segment], lives: &dyn Fn(&IndexId) -> bool, out: W) -> io::Result<W> {
    let sources = merged_sources(inputs, lives);
    let mut packs: Vec<(PackId, u32)> = Vec::new();
    // For each input: the new number of each of its packs, where it is kept.
    let mut renumbered: Vec<Vec<Option<u32>>> = Vec::with_capacity(inputs.len());
    for input in inputs {
        let own: Vec<Option<u32>> =
            input.sources().map(|id| sources.binary_search(&id).ok().map(|place| place as u32)).collect();
        let numbers = (0..input.pack_count() as u32).map(|number| {
            let source = own.get(input.pack_source(number)?).copied().flatten()?;
            packs.push((input.pack(number)?, source));
            Some((packs.len() - 1) as u32)
        });
        renumbered.push(numbers.collect());
    }
    let expected = inputs.iter().map(|s| s.len() as u64).sum();
    let mut writer = SegmentWriter::new(out, &sources, &packs, expected)?;
    let mut heads: BinaryHeap<std::cmp::Reverse<(Id, usize, usize)>> = BinaryHeap::new();
    let head = |input: usize, at: usize| {
        inputs[input].entries().get(at).map(|raw| std::cmp::Reverse((super::layout::id_of(raw), input, at)))
    };
    heads.extend((0..inputs.len()).filter_map(|input| head(input, 0)));
    while let Some(std::cmp::Reverse((_, input, at))) = heads.pop() {
        let mut entry = Entry::from_raw(&inputs[input].entries()[at]);
        if let Some(Some(number)) = renumbered[input].get(entry.pack as usize) {
            entry.pack = *number;
            writer.push(&entry.to_raw())?;
        }
        heads.extend(head(input, at + 1));
    }
    writer.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn id(n: u32) -> [u8; 32] {
        rempart_crypto::sha256(&n.to_le_bytes())
    }

    fn segment(source: u32, blobs: std::ops::Range<u32>) -> Segment {
        let mut collector = Collector::default();
        collector.begin_source(IndexId::new(id(source)));
        for (n, blob) in blobs.enumerate() {
            if n % 10 == 0 {
                collector.begin_pack(PackId::new(id(1_000_000 + source * 1000 + n as u32)));
            }
            let location = BlobLocation {
                pack: PackId::new([0; 32]),
                offset_bytes: blob,
                sealed_bytes: 100 + blob,
                uncompressed_bytes: std::num::NonZeroU32::new(blob % 3),
            };
            let kind = if blob % 2 == 0 { BlobKind::Data } else { BlobKind::Tree };
            collector.add(kind, BlobId::new(id(blob)), &location);
        }
        Segment::from_vec(collector.finish().write_to(Cursor::new(Vec::new())).unwrap().into_inner()).unwrap()
    }

    fn copies(segment: &Segment, kind: BlobKind, blob: u32) -> Vec<BlobLocation> {
        segment.find(kind, &BlobId::new(id(blob))).map(|(_, location)| location).collect()
    }

    #[test]
    fn a_segment_finds_what_was_put_into_it_and_nothing_else() {
        for size in [0, 1, 7, 8, 100, 5000] {
            let segment = segment(1, 0..size);
            for blob in 0..size + 100 {
                let (kind, other) =
                    [(BlobKind::Data, BlobKind::Tree), (BlobKind::Tree, BlobKind::Data)][blob as usize % 2];
                let found = copies(&segment, kind, blob);
                assert_eq!(found.len(), usize::from(blob < size), "blob {blob} of {size}");
                if let Some(location) = found.first() {
                    assert_eq!((location.offset_bytes, location.sealed_bytes), (blob, 100 + blob));
                    assert_eq!(location.pack, PackId::new(id(1_001_000 + blob / 10 * 10)));
                }
                assert!(copies(&segment, other, blob).is_empty(), "blob {blob} found as {other:?}");
            }
        }
    }

    #[test]
    fn merging_keeps_every_copy_of_the_living_sources_and_drops_the_dead() {
        let (a, b, c) = (segment(1, 0..300), segment(2, 200..500), segment(3, 250..260));
        let dead = IndexId::new(id(2));
        for (kill, expected) in [(false, 610), (true, 310)] {
            let lives = |id: &IndexId| !kill || *id != dead;
            let bytes = merge(&[&a, &b, &c], &lives, Cursor::new(Vec::new())).unwrap().into_inner();
            let merged = Segment::from_vec(bytes).unwrap();
            assert_eq!(merged.len(), expected, "second source dead: {kill}");
            assert_eq!(merged.sources().count(), if kill { 2 } else { 3 });
            for blob in 0..520u32 {
                let kind = if blob % 2 == 0 { BlobKind::Data } else { BlobKind::Tree };
                let mut whole: Vec<BlobLocation> = copies(&a, kind, blob);
                if !kill {
                    whole.extend(copies(&b, kind, blob));
                }
                whole.extend(copies(&c, kind, blob));
                let mut found = copies(&merged, kind, blob);
                whole.sort_by_key(|l| l.pack);
                found.sort_by_key(|l| l.pack);
                assert_eq!(found, whole, "blob {blob}");
            }
        }
    }

    #[test]
    fn a_damaged_segment_is_refused_and_never_panics() {
        let mut collector = Collector::default();
        collector.begin_source(IndexId::new(id(1)));
        collector.begin_pack(PackId::new(id(2)));
        let location =
            BlobLocation { pack: PackId::new(id(2)), offset_bytes: 0, sealed_bytes: 40, uncompressed_bytes: None };
        (0..20).for_each(|n| collector.add(BlobKind::Data, BlobId::new(id(n)), &location));
        let good = collector.finish().write_to(Cursor::new(Vec::new())).unwrap().into_inner();
        for len in 0..good.len() {
            assert!(Segment::from_vec(good[..len].to_vec()).is_err(), "cut to {len} bytes");
        }
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 0x41;
            assert!(Segment::from_vec(bad).is_err(), "byte {at} changed");
        }
        assert!(Segment::from_vec(good).is_ok());
    }
}
