//! What a receiver has of a session, as it opens a connection: so that only the rest is sent.

use super::wire::{Reader, put_length};
use crate::limits::ITEMS_IN_FLIGHT;
use crate::refusal::{Refusal, Result};

/// Items by their sequence numbers, and what may be sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Received {
    /// Every item below this one is here.
    pub below: u64,
    /// Stretches (first, behind the last) beyond `below` that are here too: ascending, apart from each other.
    pub beyond: Vec<(u64, u64)>,
    /// How much may be sent in all, since the session began: the cost of items ([`crate::limits::ITEM_COST_BYTES`] each,
    /// and their bodies), each counted once.
    pub limit_bytes: u64,
}

impl Received {
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.below.to_le_bytes());
        out.extend_from_slice(&self.limit_bytes.to_le_bytes());
        put_length(out, self.beyond.len());
        for (first, behind) in &self.beyond {
            out.extend_from_slice(&first.to_le_bytes());
            out.extend_from_slice(&behind.to_le_bytes());
        }
    }

    pub(super) fn read(reader: &mut Reader) -> Result<Self> {
        let (below, limit_bytes) = (reader.u64()?, reader.u64()?);
        // Every second item of those under way is the worst.
        let count = reader.length(usize::try_from(ITEMS_IN_FLIGHT / 2).unwrap_or(usize::MAX))?;
        let mut beyond = Vec::with_capacity(count);
        let mut last = below;
        for _ in 0..count {
            let (first, behind) = (reader.u64()?, reader.u64()?);
            if first <= last || behind <= first {
                return Err(Refusal::malformed(format!("received: {first} to {behind} behind {last}")));
            }
            last = behind;
            beyond.push((first, behind));
        }
        Ok(Self { below, beyond, limit_bytes })
    }

    /// The item behind the last that is here.
    #[must_use]
    pub(super) fn behind_all(&self) -> u64 {
        self.beyond.last().map_or(self.below, |(_, behind)| *behind)
    }
}
