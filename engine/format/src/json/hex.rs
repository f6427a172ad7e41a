//! Identifiers from hexadecimal digits, eight digits at a time: indexes hold millions of them.

use rempart_model::Id;

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH_BITS: u64 = 0x80 * ONES;

/// 64 lowercase hexadecimal digits as an identifier.
pub(crate) fn id(digits: &[u8]) -> Option<Id> {
    let digits: &[u8; 64] = digits.try_into().ok()?;
    let mut bytes = [0; 32];
    let mut bad = 0;
    for (out, word) in bytes.chunks_exact_mut(4).zip(digits.chunks_exact(8)) {
        let word = u64::from_le_bytes(word.try_into().ok()?);
        let (value, wrong) = eight(word);
        bad |= wrong;
        out.copy_from_slice(&value.to_le_bytes());
    }
    (bad == 0).then(|| Id::new(bytes))
}

/// Four bytes of eight digits, in the order of the digits; the second value is zero if all eight are digits.
#[inline]
fn eight(word: u64) -> (u32, u64) {
    // Per byte, for ASCII: adding 128 − x sets the high bit from x on; no carry leaves a byte.
    let from = |x: u64| (word & !HIGH_BITS) + (0x80 - x) * ONES;
    let digit = from(0x30) & !from(0x3a);
    let letter = from(0x61) & !from(0x67);
    let wrong = (word | !(digit | letter)) & HIGH_BITS;
    // '0'..'9' end in 0..9, 'a'..'f' in 1..6 with bit 0x40 set: add 9.
    let values = (word & (0x0f * ONES)) + 9 * (word >> 6 & ONES);
    // Pairs: the first digit of two is the higher half.
    let pairs = (values << 4 | values >> 8) & 0x00ff_00ff_00ff_00ff;
    let quads = (pairs | pairs >> 8) & 0x0000_ffff_0000_ffff;
    ((quads | quads >> 16) as u32, wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_read_as_the_plain_reader_reads_it() {
        for position in 0..64 {
            for byte in 0..=255 {
                let mut digits = *b"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
                digits[position] = byte;
                assert_eq!(id(&digits), Id::from_hex(&digits).ok(), "byte {byte:#x} at position {position}");
            }
        }
        assert_eq!(id(b"00"), None, "too short");
    }
}
