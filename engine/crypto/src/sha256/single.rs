//! The compression function over one stream.

use std::sync::OnceLock;

use super::lanes::BLOCK_BYTES;

/// Feeds the blocks to a state.
pub(super) type Compress = fn(state: &mut [u32; 8], blocks: &[[u8; BLOCK_BYTES]]);

/// The fastest on this core.
pub(super) fn compress() -> Compress {
    static CHOICE: OnceLock<Compress> = OnceLock::new();
    *CHOICE.get_or_init(choose)
}

fn choose() -> Compress {
    #[cfg(target_arch = "x86_64")]
    if !is_x86_feature_detected!("sha") && is_x86_feature_detected!("avx2") && is_x86_feature_detected!("bmi2") {
        return compress_avx2;
    }
    // SHA-NI and ARM's SHA instructions where the core has them, portable code elsewhere.
    sha2::block_api::compress256
}

#[cfg(target_arch = "x86_64")]
fn compress_avx2(state: &mut [u32; 8], blocks: &[[u8; BLOCK_BYTES]]) {
    // SAFETY: `choose` saw the features.
    unsafe { avx2::compress(state, blocks) }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    //! Two blocks at a time: their message schedules are computed together in the halves of 256-bit vectors, beside the
    //! rounds of the first, which are scalar and leave the vector ports idle.

    use std::arch::x86_64::*;

    use super::super::constants::K;
    use super::BLOCK_BYTES;

    /// A round leaves all words but two in their places under other names, so the names move and not the words.
    macro_rules! round {
        ($word:expr, $a:ident $b:ident $c:ident $d:ident $e:ident $f:ident $g:ident $h:ident) => {
            let sigma1 = $e.rotate_right(6) ^ $e.rotate_right(11) ^ $e.rotate_right(25);
            // The two halves of "choose" have no bit in common, so they may be added one by one.
            let t1 = $h.wrapping_add($word).wrapping_add($e & $f).wrapping_add(!$e & $g).wrapping_add(sigma1);
            let sigma0 = $a.rotate_right(2) ^ $a.rotate_right(13) ^ $a.rotate_right(22);
            let majority = $b ^ (($a ^ $b) & ($b ^ $c));
            $d = $d.wrapping_add(t1);
            $h = t1.wrapping_add(sigma0).wrapping_add(majority);
        };
    }
    macro_rules! four_rounds {
        ($words:expr, $a:ident $b:ident $c:ident $d:ident $e:ident $f:ident $g:ident $h:ident) => {
            let words = &$words;
            round!(words[0], $a $b $c $d $e $f $g $h);
            round!(words[1], $h $a $b $c $d $e $f $g);
            round!(words[2], $g $h $a $b $c $d $e $f);
            round!(words[3], $f $g $h $a $b $c $d $e);
        };
    }

    /// Message words plus round constants of two blocks, four rounds of the first beside four of the second.
    #[repr(C, align(32))]
    struct Schedule([[[u32; 4]; 2]; 16]);

    #[target_feature(enable = "avx2,bmi1,bmi2")]
    pub(super) fn compress(state: &mut [u32; 8], blocks: &[[u8; BLOCK_BYTES]]) {
        let mut schedule = Schedule([[[0; 4]; 2]; 16]);
        let (pairs, rest) = blocks.as_chunks::<2>();
        for [first, second] in pairs {
            compress_scheduling(state, first, second, &mut schedule);
            compress_scheduled(state, &schedule);
        }
        for last in rest {
            compress_scheduling(state, last, last, &mut schedule);
        }
    }

    /// Schedules both blocks and compresses the first.
    #[target_feature(enable = "avx2,bmi1,bmi2")]
    #[inline]
    fn compress_scheduling(
        state: &mut [u32; 8],
        first: &[u8; BLOCK_BYTES],
        second: &[u8; BLOCK_BYTES],
        schedule: &mut Schedule,
    ) {
        let swap = _mm256_broadcastsi128_si256(_mm_set_epi32(0x0c0d0e0f, 0x08090a0b, 0x04050607, 0x00010203));
        let mut w = [swap; 4];
        for ((w, first), second) in w.iter_mut().zip(first.as_chunks::<16>().0).zip(second.as_chunks::<16>().0) {
            // SAFETY: both are 16 bytes.
            let (low, high) =
                unsafe { (_mm_loadu_si128(first.as_ptr().cast()), _mm_loadu_si128(second.as_ptr().cast())) };
            *w = _mm256_shuffle_epi8(_mm256_set_m128i(high, low), swap);
        }
        let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
        // Every pass extends the message by 16 words while it works on the 16 before; the fourth extends into nothing.
        for (sixteen, fours) in schedule.0.as_chunks_mut::<4>().0.iter_mut().enumerate() {
            macro_rules! four {
                ($i:literal, $a:ident $b:ident $c:ident $d:ident $e:ident $f:ident $g:ident $h:ident) => {
                    let with_constants = _mm256_add_epi32(w[$i], constants(4 * sixteen + $i));
                    // SAFETY: four words of each of two blocks are 32 bytes.
                    unsafe { _mm256_storeu_si256((&raw mut fours[$i]).cast(), with_constants) };
                    w[$i] = next_words(w[$i], w[($i + 1) % 4], w[($i + 2) % 4], w[($i + 3) % 4]);
                    four_rounds!(fours[$i][0], $a $b $c $d $e $f $g $h);
                };
            }
            four!(0, a b c d e f g h);
            four!(1, e f g h a b c d);
            four!(2, a b c d e f g h);
            four!(3, e f g h a b c d);
        }
        add(state, [a, b, c, d, e, f, g, h]);
    }

    /// Compresses the second block of a schedule.
    #[target_feature(enable = "avx2,bmi1,bmi2")]
    #[inline]
    fn compress_scheduled(state: &mut [u32; 8], schedule: &Schedule) {
        let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
        for [[_, words], [_, next_words]] in schedule.0.as_chunks::<2>().0 {
            four_rounds!(words, a b c d e f g h);
            four_rounds!(next_words, e f g h a b c d);
        }
        add(state, [a, b, c, d, e, f, g, h]);
    }

    fn add(state: &mut [u32; 8], after: [u32; 8]) {
        for (word, after) in state.iter_mut().zip(after) {
            *word = word.wrapping_add(after);
        }
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn constants(four: usize) -> __m256i {
        // SAFETY: four words are 16 bytes.
        _mm256_broadcastsi128_si256(unsafe { _mm_loadu_si128(K[4 * four..][..4].as_ptr().cast()) })
    }

    /// The four message words that follow the sixteen given ones.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn next_words(w0: __m256i, w4: __m256i, w8: __m256i, w12: __m256i) -> __m256i {
        let w1 = _mm256_alignr_epi8::<4>(w4, w0);
        let w9 = _mm256_alignr_epi8::<4>(w12, w8);
        let sigma0 = xor3(rotate_right::<7, 25>(w1), rotate_right::<18, 14>(w1), _mm256_srli_epi32::<3>(w1));
        let partial = _mm256_add_epi32(_mm256_add_epi32(w0, w9), sigma0);
        // The last term needs the words two before: for the first two these are known, and they give the other two.
        let first_two = _mm256_add_epi32(partial, _mm256_srli_si256::<8>(sigma1(w12)));
        let last_two = _mm256_slli_si256::<8>(sigma1(first_two));
        _mm256_add_epi32(first_two, last_two)
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn sigma1(w: __m256i) -> __m256i {
        xor3(rotate_right::<17, 15>(w), rotate_right::<19, 13>(w), _mm256_srli_epi32::<10>(w))
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn rotate_right<const RIGHT: i32, const LEFT: i32>(w: __m256i) -> __m256i {
        _mm256_or_si256(_mm256_srli_epi32::<RIGHT>(w), _mm256_slli_epi32::<LEFT>(w))
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn xor3(a: __m256i, b: __m256i, c: __m256i) -> __m256i {
        _mm256_xor_si256(_mm256_xor_si256(a, b), c)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sha256::constants::INITIAL;

    #[test]
    fn the_fast_single_stream_equals_the_portable_one() {
        let bytes: Vec<u8> = (0..BLOCK_BYTES * 9).map(|i| (i * 131 + i / 7) as u8).collect();
        let blocks = bytes.as_chunks::<BLOCK_BYTES>().0;
        for count in 0..=blocks.len() {
            let (mut expected, mut found) = (INITIAL, INITIAL);
            sha2::block_api::compress256(&mut expected, &blocks[..count]);
            compress()(&mut found, &blocks[..count]);
            assert_eq!(found, expected, "{count} blocks");
        }
    }
}
