//! A cheap look at a blob that tells whether compressing it can gain anything.
//!
//! Wrong only one way: what is called incompressible has a flat byte histogram in every window looked at, shows zstd
//! nothing on those windows together, and repeats no sector. One structured window, and the blob is compressed as usual.

use std::cell::RefCell;

use zstd::zstd_safe::{self, CCtx, CParameter};

/// Below this, looking costs about as much as compressing.
const MIN_BLOB_BYTES: usize = 256 << 10;
const WINDOW_BYTES: usize = 512;
/// Windows that a blob of 256 KiB to 1 MiB gets; what lies between two of them, unseen, is under 2 % of it.
const WINDOWS: usize = 64;
/// Longer blobs get a window in each stretch of this length.
const MAX_STRIDE_BYTES: usize = 16 << 10;
/// Archives and disk images are aligned to this.
const SECTOR_BYTES: usize = 512;
/// zstd's level for the trial on the windows.
const TRIAL_LEVEL: i32 = 1;

/// For random bytes, the sum of the squares of the counts of n bytes is n + n(n−1)/256 on average, with a standard
/// deviation of n·√2/16: 1534 ± 45 for a window. Five deviations above happen once in a million windows.
const MAX_SUM_OF_SQUARES: u32 = 1534 + 5 * 45;

/// Whether compressing is a waste: true only for what samples show to be as good as random.
#[must_use]
pub fn is_incompressible(plaintext: &[u8]) -> bool {
    if plaintext.len() < MIN_BLOB_BYTES {
        return false;
    }
    let stride_bytes = (plaintext.len() / WINDOWS).min(MAX_STRIDE_BYTES);
    let windows = || plaintext.chunks(stride_bytes).filter_map(|stretch| stretch.first_chunk::<WINDOW_BYTES>());
    windows().all(is_flat) && !repeats_a_sector(plaintext) && !trial_gains(windows())
}

fn is_flat(window: &[u8; WINDOW_BYTES]) -> bool {
    // Four histograms, since equal bytes in a row would wait for each other's count.
    let mut counts = [[0u16; 256]; 4];
    for four in window.chunks_exact(4) {
        for (counts, byte) in counts.iter_mut().zip(four) {
            counts[usize::from(*byte)] += 1;
        }
    }
    let squares = (0..256).map(|value| {
        let count = counts.iter().map(|counts| u32::from(counts[value])).sum::<u32>();
        count * count
    });
    squares.sum::<u32>() <= MAX_SUM_OF_SQUARES
}

/// Whether two sectors begin alike. Catches copies further apart than any window, and what is padded to sectors.
fn repeats_a_sector(plaintext: &[u8]) -> bool {
    thread_local! {
        static SEEN: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
    }
    // Twice as many slots as sectors; the top bits of the product choose one.
    let bits = (2 * (plaintext.len() / SECTOR_BYTES)).max(2).ilog2() + 1;
    SEEN.with_borrow_mut(|seen| {
        seen.clear();
        seen.resize(1 << bits, 0);
        plaintext.chunks(SECTOR_BYTES).filter_map(|sector| sector.first_chunk()).any(|head| {
            let head = u64::from_le_bytes(*head);
            // Fibonacci hashing; a slot overwritten by another head only makes a repeat go unseen.
            let slot = (head.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - bits)) as usize;
            std::mem::replace(&mut seen[slot], head) == head
        })
    })
}

/// Whether zstd finds anything in the windows put together.
fn trial_gains<'a>(windows: impl Iterator<Item = &'a [u8; WINDOW_BYTES]>) -> bool {
    struct Trial {
        context: CCtx<'static>,
        sample: Vec<u8>,
        frame: Vec<u8>,
    }
    thread_local! {
        static TRIAL: RefCell<Option<Trial>> = const { RefCell::new(None) };
    }
    TRIAL.with_borrow_mut(|slot| {
        if slot.is_none() {
            let Some(mut context) = CCtx::try_create() else { return true };
            if context.set_parameter(CParameter::CompressionLevel(TRIAL_LEVEL)).is_err() {
                return true;
            }
            *slot = Some(Trial { context, sample: Vec::new(), frame: Vec::new() });
        }
        let Some(trial) = slot else { return true };
        trial.sample.clear();
        windows.for_each(|window| trial.sample.extend_from_slice(window));
        trial.frame.clear();
        trial.frame.reserve(zstd_safe::compress_bound(trial.sample.len()));
        // Anything at all: what cannot be compressed comes out longer than it went in.
        match trial.context.compress2(&mut trial.frame, &trial.sample) {
            Ok(frame_bytes) => frame_bytes < trial.sample.len(),
            Err(_) => true,
        }
    })
}
