//! The compression function over many streams at once: lane i of every vector belongs to stream i.
//!
//! The rounds are written once, as a macro, for vectors of three kinds; a macro, because functions with target features
//! cannot be methods of a trait. Each kind is a room of its own with the same few operations.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "x86_64")]
mod avx512_half;
#[cfg(target_arch = "x86_64")]
mod sha_ni;

#[cfg(target_arch = "x86_64")]
pub(super) use {
    avx2::compress as compress_8_avx2, avx512::compress as compress_16, avx512_half::compress as compress_8,
    sha_ni::compress as compress_2,
};

/// The widest kernel's lanes. Narrower ones use the first columns of the same arrays.
pub(super) const MAX_LANES: usize = 16;
pub(super) const BLOCK_BYTES: usize = 64;

/// The states of all lanes: word by word, lane by lane.
#[derive(Clone)]
#[repr(C, align(64))]
pub(super) struct LaneStates(pub(super) [[u32; MAX_LANES]; 8]);

/// Where each lane's next block begins.
pub(super) type LaneBlocks = [*const u8; MAX_LANES];

/// Feeds `count` blocks to each lane of a kernel and moves the pointers behind them.
///
/// # Safety
/// The processor has the kernel's features, and `count` blocks are readable at each of its lanes' pointers.
pub(super) type Kernel = unsafe fn(states: &mut LaneStates, blocks: &mut LaneBlocks, count: usize);

/// Writes the kernel of one kind of vector. In scope must be: the type `Words` (one 32-bit word for each lane), and the
/// functions `splat`, `load`, `store`, `add`, `shift_right`, `rotate_right`, `xor3`, `choose`, `majority`, and
/// `load_blocks`, which gives one block of each lane as its 16 words.
#[cfg(target_arch = "x86_64")]
macro_rules! kernel {
    ($features:literal) => {
        /// Feeds `count` blocks to each lane and moves the pointers behind them.
        ///
        /// # Safety
        /// `count` blocks are readable at each lane's pointer.
        #[target_feature(enable = $features)]
        pub(in super::super) unsafe fn compress(
            states: &mut crate::sha256::lanes::LaneStates,
            blocks: &mut crate::sha256::lanes::LaneBlocks,
            count: usize,
        ) {
            let mut state = [splat(0); 8];
            for (vector, words) in state.iter_mut().zip(&states.0) {
                *vector = load(words);
            }
            for _ in 0..count {
                // SAFETY: the caller vouches for `count` blocks, and this is one of them.
                let message = unsafe { load_blocks(blocks) };
                for pointer in blocks.iter_mut() {
                    *pointer = pointer.wrapping_add(crate::sha256::lanes::BLOCK_BYTES);
                }
                state = block(state, message);
            }
            for (vector, words) in state.into_iter().zip(&mut states.0) {
                store(vector, words);
            }
        }

        #[target_feature(enable = $features)]
        #[inline]
        fn block(before: [Words; 8], mut w: [Words; 16]) -> [Words; 8] {
            let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = before;
            macro_rules! round {
                ($a:ident $b:ident $c:ident $d:ident $e:ident $f:ident $g:ident $h:ident, $i:expr, $k:expr) => {
                    let sigma1 = xor3(rotate_right::<6>($e), rotate_right::<11>($e), rotate_right::<25>($e));
                    let t1 = add(add(add($h, add(w[$i], splat($k))), choose($e, $f, $g)), sigma1);
                    let sigma0 = xor3(rotate_right::<2>($a), rotate_right::<13>($a), rotate_right::<22>($a));
                    $d = add($d, t1);
                    $h = add(t1, add(sigma0, majority($a, $b, $c)));
                };
            }
            macro_rules! keep {
                ($i:literal) => {};
            }
            macro_rules! expand {
                ($i:literal) => {
                    let (w1, w14) = (w[($i + 1) % 16], w[($i + 14) % 16]);
                    let sigma0 = xor3(rotate_right::<7>(w1), rotate_right::<18>(w1), shift_right::<3>(w1));
                    let sigma1 = xor3(rotate_right::<17>(w14), rotate_right::<19>(w14), shift_right::<10>(w14));
                    w[$i] = add(add(add(w[$i], w[($i + 9) % 16]), sigma0), sigma1);
                };
            }
            // Written out, since the compiler must see every index to keep the 24 vectors in registers.
            macro_rules! sixteen_rounds {
                ($prepare:ident, $k:expr) => {
                    $prepare!(0);
                    round!(a b c d e f g h, 0, $k[0]);
                    $prepare!(1);
                    round!(h a b c d e f g, 1, $k[1]);
                    $prepare!(2);
                    round!(g h a b c d e f, 2, $k[2]);
                    $prepare!(3);
                    round!(f g h a b c d e, 3, $k[3]);
                    $prepare!(4);
                    round!(e f g h a b c d, 4, $k[4]);
                    $prepare!(5);
                    round!(d e f g h a b c, 5, $k[5]);
                    $prepare!(6);
                    round!(c d e f g h a b, 6, $k[6]);
                    $prepare!(7);
                    round!(b c d e f g h a, 7, $k[7]);
                    $prepare!(8);
                    round!(a b c d e f g h, 8, $k[8]);
                    $prepare!(9);
                    round!(h a b c d e f g, 9, $k[9]);
                    $prepare!(10);
                    round!(g h a b c d e f, 10, $k[10]);
                    $prepare!(11);
                    round!(f g h a b c d e, 11, $k[11]);
                    $prepare!(12);
                    round!(e f g h a b c d, 12, $k[12]);
                    $prepare!(13);
                    round!(d e f g h a b c, 13, $k[13]);
                    $prepare!(14);
                    round!(c d e f g h a b, 14, $k[14]);
                    $prepare!(15);
                    round!(b c d e f g h a, 15, $k[15]);
                };
            }
            let [first, others @ ..] = crate::sha256::constants::K.as_chunks::<16>().0 else { return before };
            sixteen_rounds!(keep, first);
            for k in others {
                sixteen_rounds!(expand, k);
            }
            let mut sum = before;
            for (word, after) in sum.iter_mut().zip([a, b, c, d, e, f, g, h]) {
                *word = add(*word, after);
            }
            sum
        }
    };
}
#[cfg(target_arch = "x86_64")]
use kernel;
