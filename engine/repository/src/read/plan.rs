//! What to read in one go: blobs that lie close together in one pack.

use rempart_model::PackId;

use crate::BlobLocation;

/// Reading over a gap is cheaper than another request up to here.
pub(super) const MAX_GAP_BYTES: u64 = 1 << 20;
/// One read takes no more than this, unless a single blob is larger: a bound on memory.
pub(super) const MAX_RUN_BYTES: u64 = 4 << 20;

/// A wanted blob: its place in the request, and where it lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wanted {
    pub place: usize,
    pub location: BlobLocation,
}

/// Blobs of one pack that are read together.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Run<'a> {
    pub pack: PackId,
    pub offset_bytes: u64,
    pub len_bytes: usize,
    pub blobs: &'a [Wanted],
}

/// Sorts by pack and offset and cuts into runs.
pub(super) fn plan(wanted: &mut [Wanted]) -> Vec<Run<'_>> {
    wanted.sort_unstable_by_key(|w| (w.location.pack, w.location.offset_bytes, w.place));
    let mut runs = Vec::new();
    let mut rest: &[Wanted] = wanted;
    while let Some(first) = rest.first() {
        let start = u64::from(first.location.offset_bytes);
        let mut end = start;
        let mut len = 0;
        for blob in rest {
            let from = u64::from(blob.location.offset_bytes);
            let to = from + u64::from(blob.location.sealed_bytes);
            let joins = blob.location.pack == first.location.pack
                && from <= end + MAX_GAP_BYTES
                && to.max(end) - start <= MAX_RUN_BYTES;
            if len > 0 && !joins {
                break;
            }
            end = end.max(to);
            len += 1;
        }
        let (blobs, behind) = rest.split_at(len);
        runs.push(Run { pack: first.location.pack, offset_bytes: start, len_bytes: (end - start) as usize, blobs });
        rest = behind;
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(place: usize, pack: u8, offset_bytes: u32, sealed_bytes: u32) -> Wanted {
        let pack = PackId::new([pack; 32]);
        Wanted { place, location: BlobLocation { pack, offset_bytes, sealed_bytes, uncompressed_bytes: None } }
    }

    #[test]
    fn neighbours_are_read_together_and_distant_ones_apart() {
        let mut blobs = [
            wanted(0, 2, 0, 100),
            wanted(1, 1, 200, 100),
            wanted(2, 1, 0, 100),
            wanted(3, 1, 3 << 20, 100),
            wanted(4, 1, 200, 100),
        ];
        let runs = plan(&mut blobs);
        let shape: Vec<(u8, u64, usize, Vec<usize>)> = runs
            .iter()
            .map(|r| (r.pack.as_bytes()[0], r.offset_bytes, r.len_bytes, r.blobs.iter().map(|b| b.place).collect()))
            .collect();
        assert_eq!(shape, [(1, 0, 300, vec![2, 1, 4]), (1, 3 << 20, 100, vec![3]), (2, 0, 100, vec![0])]);
    }

    #[test]
    fn a_run_is_bounded_unless_one_blob_is_larger() {
        let mut blobs: Vec<Wanted> = (0..10).map(|n| wanted(n, 1, (n << 20) as u32, 1 << 20)).collect();
        blobs.push(wanted(10, 3, 5, 200 << 20));
        let lengths: Vec<usize> = plan(&mut blobs).iter().map(|run| run.len_bytes).collect();
        assert_eq!(lengths, [4 << 20, 4 << 20, 2 << 20, 200 << 20]);
    }
}
