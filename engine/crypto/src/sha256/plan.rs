//! Which kernel to run for how many streams: what this core has, and what each takes here, measured once.
//!
//! Measured and not assumed, because the order differs from core to core: SHA-NI beats eight AVX2 lanes, and sixteen
//! AVX-512 lanes beat some SHA-NI units.

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

    /// The width that hashes the most bytes a second when there are streams enough, or `None` for one by one.
    pub(super) fn widest_useful(&self) -> Option<&Width> {
        // A tenth faster would not pay for gathering streams.
        let single_cost = self.single_cost * 9 / 10;
        let per_lane = |width: &Width| width.row_cost / width.lanes as u32;
        self.widths.iter().filter(|width| per_lane(width) < single_cost).min_by_key(|width| per_lane(width))
    }

    /// The width for the last `active` streams, when no others will take the place of one that ends.
    pub(super) fn for_the_last(&self, active: usize) -> Option<&Width> {
        let one_by_one = self.single_cost * active as u32;
        let wide_enough = self.widths.iter().filter(|width| width.lanes >= active && width.row_cost < one_by_one);
        wide_enough.min_by_key(|width| width.row_cost)
    }
}

impl Width {
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
        use super::lanes::{compress_8, compress_8_avx2, compress_16};
        let avx512 = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx2");
        if avx512 {
            return vec![(8, compress_8), (16, compress_16)];
        }
        if is_x86_feature_detected!("avx2") {
            return vec![(8, compress_8_avx2)];
        }
    }
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

        assert_eq!(lanes(plan(10, vec![width(8, 120), width(16, 180)]).widest_useful()), 1);
        assert_eq!(lanes(plan(10, vec![]).widest_useful()), 1);
    }
}
