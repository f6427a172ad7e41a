//! A checksum against rot and torn writes, not against people: four multiply-and-rotate lanes, some 8 bytes a cycle.

const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

/// 64 bits over all parts, in order; how bytes are divided into parts counts too.
pub(super) fn checksum(parts: &[&[u8]]) -> u64 {
    let mut lanes = [0x243f_6a88_85a3_08d3_u64, 0x1319_8a2e_0370_7344, 0xa409_3822_299f_31d0, 0x082e_fa98_ec4e_6c89];
    for part in parts {
        let mut blocks = part.chunks_exact(32);
        for block in &mut blocks {
            for (lane, word) in lanes.iter_mut().zip(block.chunks_exact(8)) {
                mix(lane, u64::from_le_bytes(word.try_into().expect("eight bytes")));
            }
        }
        for (index, &byte) in blocks.remainder().iter().enumerate() {
            mix(&mut lanes[index % 4], u64::from(byte) | 0x100);
        }
        mix(&mut lanes[3], part.len() as u64);
    }
    let mut sum = 0;
    for lane in lanes {
        mix(&mut sum, lane);
    }
    sum ^ (sum >> 29)
}

fn mix(lane: &mut u64, word: u64) {
    *lane = (lane.rotate_left(29) ^ word).wrapping_mul(MULTIPLIER);
}

#[cfg(test)]
mod tests {
    use super::checksum;

    #[test]
    fn every_changed_byte_and_length_shows() {
        let data: Vec<u8> = (0..200).map(|i| (i * 7) as u8).collect();
        let whole = checksum(&[&data]);
        for at in 0..data.len() {
            let mut other = data.clone();
            other[at] ^= 1;
            assert_ne!(checksum(&[&other]), whole, "a flipped bit in byte {at} went unnoticed");
            assert_ne!(checksum(&[&data[..at]]), whole, "{at} bytes look like all of them");
            assert_ne!(checksum(&[&data[..at], &data[at..]]), whole, "a division at {at} went unnoticed");
        }
    }
}
