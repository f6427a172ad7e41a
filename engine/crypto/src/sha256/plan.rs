//! Which kernel to run for how many streams: what this core has, and what each takes here, measured once.
//!
//! Measured and not assumed, because the order differs from core to core: one stream through SHA-NI beats eight AVX2 lanes,
//! sixteen AVX-512 lanes beat it on some, and two streams at once are as fast as those on others.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use super::constants::INITIAL;
use super::lanes::{BLOCK_BYTES, Kernel, LaneStates, MAX_LANES};
use super::single::{self, Compress};

/// A vector kernel, and what one block for each of its lanes takes.
pub(super) struct Width {
    pub(super) lanes: usize,
    pub(super) kernel: Kernel,
    row_cost: Duration,
}

/// The means of this core.
pub(super) struct Plan {
    pub(super) single: Compress,
    single_cost: Duration,
    /// Narrowest first.
    widths: Vec<Width>,
}

/// Blocks run for a measurement: some microseconds.
const MEASURED_BLOCKS: usize = 8;

impl Plan {
    /// That of this core. The first call measures, for about a fifth of a millisecond.
    pub(super) fn get() -> &'static Self {
        static PLAN: OnceLock<Plan> = OnceLock::new();
        PLAN.get_or_init(|| {
            let single = single::compress();
            let blocks = [[0; BLOCK_BYTES]; MEASURED_BLOCKS];
            let mut state = INITIAL;
            Self {
                single,
                single_cost: cost(|| single(&mut state, &blocks)),
                widths: kernels().into_iter().map(|(lanes, kernel)| Width::measured(lanes, kernel)).collect(),
            }
        })
    }

    /// The width that hashes the most bytes a second when there are streams enough, or `None` for one by one. A wider
    /// one must be much faster: streams differ in length, so it would run with empty lanes more often, and whoever has
    /// to gather streams for it pays with memory.
    pub(super) fn widest_useful(&self) -> Option<&Width> {
        let mut best: Option<&Width> = None;
        for width in &self.widths {
            let (cost, worth) = match best {
                None => (self.single_cost, 9),
                Some(narrower) => (narrower.lane_cost(), 8),
            };
            if width.lane_cost() < cost * worth / 10 {
                best = Some(width);
            }
        }
        best
    }

    /// The width for the last `active` streams, when no others will take the place of one that ends. A narrower one than
    /// that takes them in turns.
    pub(super) fn for_the_last(&self, active: usize) -> Option<&Width> {
        let cost_of_a_row = |width: &Width| width.row_cost * active.div_ceil(width.lanes) as u32;
        let one_by_one = self.single_cost * active as u32;
        let useful = self.widths.iter().filter(|width| cost_of_a_row(width) < one_by_one);
        useful.min_by_key(|width| cost_of_a_row(width))
    }
}

impl Width {
    /// What a block takes while all lanes are full.
    fn lane_cost(&self) -> Duration {
        self.row_cost / self.lanes as u32
    }

    fn measured(lanes: usize, kernel: Kernel) -> Self {
        let bytes = [0; BLOCK_BYTES * MEASURED_BLOCKS];
        let mut states = LaneStates([[0; MAX_LANES]; 8]);
        // SAFETY: `kernels` saw the features, and every pointer has as many blocks before it as are asked for.
        let row_cost = cost(|| unsafe { kernel(&mut states, &mut [bytes.as_ptr(); MAX_LANES], MEASURED_BLOCKS) });
        Self { lanes, kernel, row_cost }
    }
}

/// The kernels whose processor features are present, narrowest first.
pub(super) fn kernels() -> Vec<(usize, Kernel)> {
    #[cfg(target_arch = "x86_64")]
    {
        use super::lanes::{compress_2, compress_8, compress_8_avx2, compress_16};
        let mut kernels: Vec<(usize, Kernel)> = Vec::new();
        if is_x86_feature_detected!("sha") && is_x86_feature_detected!("sse4.1") && is_x86_feature_detected!("ssse3") {
            kernels.push((2, compress_2));
        }
        let avx512 = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx2");
        if avx512 {
            kernels.push((8, compress_8));
            kernels.push((16, compress_16));
        } else if is_x86_feature_detected!("avx2") {
            kernels.push((8, compress_8_avx2));
        }
        kernels
    }
    #[cfg(not(target_arch = "x86_64"))]
    Vec::new()
}

/// The least of several runs. The first ones wake the vector units, which takes some ten microseconds.
fn cost(mut run: impl FnMut()) -> Duration {
    let timed = (0..24).map(|_| {
        let start = Instant::now();
        run();
        start.elapsed()
    });
    timed.min().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Other kernels than the chosen ones must be right too: another core chooses them.
    #[test]
    fn every_kernel_that_runs_here_equals_the_portable_compression() {
        const COUNT: usize = 3;
        let bytes: Vec<u8> = (0..MAX_LANES * (COUNT * BLOCK_BYTES + 5)).map(|i| (i * 89 + i / 11) as u8).collect();
        for (lanes, kernel) in every_kernel() {
            let mut states = LaneStates([[0; MAX_LANES]; 8]);
            let mut expected = [[0; 8]; MAX_LANES];
            let mut blocks = [bytes.as_ptr(); MAX_LANES];
            for lane in 0..lanes {
                let start = lane * (COUNT * BLOCK_BYTES + 5);
                blocks[lane] = bytes[start..].as_ptr();
                let mut state: [u32; 8] =
                    std::array::from_fn(|word| ((lane * 1000 + word * 77) as u32).wrapping_mul(0x01f3_5a7b));
                for (words, word) in states.0.iter_mut().zip(state) {
                    words[lane] = word;
                }
                let message = bytes[start..][..COUNT * BLOCK_BYTES].as_chunks().0;
                sha2::block_api::compress256(&mut state, message);
                expected[lane] = state;
            }
            let starts = blocks;
            // SAFETY: the kernels are for this core, and COUNT blocks lie behind each pointer.
            unsafe { kernel(&mut states, &mut blocks, COUNT) };
            for lane in 0..lanes {
                assert_eq!(states.0.map(|words| words[lane]), expected[lane], "lane {lane} of {lanes}");
                assert_eq!(blocks[lane], starts[lane].wrapping_add(COUNT * BLOCK_BYTES), "pointer {lane} of {lanes}");
            }
        }
    }

    fn every_kernel() -> Vec<(usize, Kernel)> {
        let mut kernels = kernels();
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") {
            kernels.push((8, super::super::lanes::compress_8_avx2));
        }
        kernels
    }

    #[test]
    fn the_plan_takes_the_cheapest_way() {
        fn never(_: &mut LaneStates, _: &mut [*const u8; MAX_LANES], _: usize) {}
        let microseconds = Duration::from_micros;
        let width = |lanes, cost| Width { lanes, kernel: never, row_cost: microseconds(cost) };
        let plan = |single, widths| Plan { single: single::compress(), single_cost: microseconds(single), widths };
        let lanes = |width: Option<&Width>| width.map_or(1, |width| width.lanes);

        let slow_single = plan(100, vec![width(8, 120), width(16, 180)]);
        assert_eq!(lanes(slow_single.widest_useful()), 16);
        let chosen: Vec<usize> = (1..=16).map(|active| lanes(slow_single.for_the_last(active))).collect();
        assert_eq!(chosen, [1, 8, 8, 8, 8, 8, 8, 8, 16, 16, 16, 16, 16, 16, 16, 16]);

        let fast_single = plan(20, vec![width(8, 120), width(16, 180)]);
        assert_eq!(lanes(fast_single.widest_useful()), 16);
        let chosen: Vec<usize> = (1..=16).map(|active| lanes(fast_single.for_the_last(active))).collect();
        assert_eq!(chosen, [1, 1, 1, 1, 1, 1, 8, 8, 1, 16, 16, 16, 16, 16, 16, 16]);

        // Two streams at once, nearly as fast as sixteen: not worth gathering sixteen, and the last ones go in pairs.
        let pairs = plan(100, vec![width(2, 110), width(8, 420), width(16, 720)]);
        assert_eq!(lanes(pairs.widest_useful()), 2);
        let chosen: Vec<usize> = (1..=8).map(|active| lanes(pairs.for_the_last(active))).collect();
        assert_eq!(chosen, [1, 2, 2, 2, 2, 2, 8, 8]);
        assert_eq!(lanes(plan(100, vec![width(2, 110), width(16, 600)]).widest_useful()), 16);

        assert_eq!(lanes(plan(10, vec![width(8, 120), width(16, 180)]).widest_useful()), 1);
        assert_eq!(lanes(plan(10, vec![]).widest_useful()), 1);
    }
}
