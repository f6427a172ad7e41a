//! Plaintext lengths that the server told, in bounded memory.

use std::collections::HashMap;

use rempart_model::BlobId;
use rempart_protocol::data::{ChunkKind, PlainLength};

/// How many are kept at least; twice as many at most. Some 50 bytes each.
const KEPT: usize = 200_000;

/// Two generations: when the younger is full, the older is forgotten. What is forgotten is asked for again.
#[derive(Default)]
pub struct Lengths {
    young: HashMap<(ChunkKind, BlobId), PlainLength>,
    old: HashMap<(ChunkKind, BlobId), PlainLength>,
}

impl Lengths {
    /// `None`: not known here.
    pub fn get(&self, kind: ChunkKind, id: &BlobId) -> Option<PlainLength> {
        let key = (kind, *id);
        self.young.get(&key).or_else(|| self.old.get(&key)).copied()
    }

    pub fn learn(&mut self, kind: ChunkKind, ids: &[BlobId], lengths: &[PlainLength]) {
        for (id, length) in ids.iter().zip(lengths) {
            if self.young.len() >= KEPT {
                self.old = std::mem::take(&mut self.young);
            }
            self.young.insert((kind, *id), *length);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZeroU32;

    #[test]
    fn the_last_ones_told_are_known_and_memory_is_bounded() {
        let id = |number: u64| {
            let mut bytes = [0; 32];
            bytes[..8].copy_from_slice(&number.to_le_bytes());
            BlobId::new(bytes)
        };
        let length = |number: u64| NonZeroU32::new(number as u32);
        let mut lengths = Lengths::default();
        let count = 5 * KEPT as u64;
        for number in 0..count {
            lengths.learn(ChunkKind::Data, &[id(number)], &[length(number)]);
        }
        for number in count - KEPT as u64..count {
            assert_eq!(lengths.get(ChunkKind::Data, &id(number)), Some(length(number)), "{number}");
        }
        assert_eq!(lengths.get(ChunkKind::Data, &id(7)), None, "forgotten");
        assert_eq!(lengths.get(ChunkKind::Tree, &id(count - 1)), None, "of another kind");
        assert!(lengths.young.len() + lengths.old.len() <= 2 * KEPT);
    }
}
