//! SHA-256 of one message, of many together, and of messages that come in pieces.

mod constants;
mod lanes;
mod plan;
mod schedule;
mod single;
mod stream;

pub use stream::Sha256Stream;

use constants::INITIAL;
use lanes::BLOCK_BYTES;
use plan::Plan;
use schedule::{Scratch, Start, Streams};

/// SHA-256 of one message, by the fastest single stream this core has.
#[must_use]
pub fn sha256(message: &[u8]) -> [u8; 32] {
    let (blocks, rest) = message.as_chunks();
    let compress = single::compress();
    let mut state = INITIAL;
    if !blocks.is_empty() {
        compress(&mut state, blocks);
    }
    compress(&mut state, padded_end(rest, message.len() as u64, &mut [[0; BLOCK_BYTES]; 2]));
    digest_of(state)
}

/// SHA-256 of many messages at once: interleaved over SIMD lanes (16 with AVX-512, 8 with AVX2) where that beats one
/// stream, one after the other where it does not (most cores with SHA-NI) or there are too few messages. Chosen at run
/// time. `digests` is filled in the order of `messages`.
///
/// # Panics
/// When there are not as many digests as messages.
pub fn sha256_many(messages: &[&[u8]], digests: &mut [[u8; 32]]) {
    assert_eq!(messages.len(), digests.len(), "every message needs a place for its digest");
    if let ([message], [digest]) = (messages, &mut *digests) {
        *digest = sha256(message);
        return;
    }
    schedule::run(Plan::get(), &mut Messages { messages, digests });
}

/// How many streams advance together at best on this core: 1 where one stream is as fast as many.
#[must_use]
pub fn sha256_lanes() -> usize {
    Plan::get().widest_useful().map_or(1, |width| width.lanes)
}

struct Messages<'m> {
    messages: &'m [&'m [u8]],
    digests: &'m mut [[u8; 32]],
}

// SAFETY: a stream's parts lie in its message, which is borrowed for longer and shared, and in the scratch room.
unsafe impl Streams for Messages<'_> {
    fn count(&self) -> usize {
        self.messages.len()
    }
    fn blocks(&self, stream: usize) -> usize {
        self.messages[stream].len() / BLOCK_BYTES
    }
    fn start<'a>(&'a mut self, stream: usize, scratch: &'a mut Scratch) -> Start<'a> {
        let message = self.messages[stream];
        let (blocks, rest) = message.as_chunks();
        Start { state: INITIAL, parts: [blocks, padded_end(rest, message.len() as u64, scratch)] }
    }
    fn end(&mut self, stream: usize, state: [u32; 8]) {
        self.digests[stream] = digest_of(state);
    }
}

/// The last block or two of a message: its last bytes, fewer than 64, a bit, zeros, and its length in bits.
fn padded_end<'s>(rest: &[u8], len_bytes: u64, scratch: &'s mut Scratch) -> &'s [[u8; BLOCK_BYTES]] {
    let end = scratch.as_flattened_mut();
    end.fill(0);
    end[..rest.len()].copy_from_slice(rest);
    end[rest.len()] = 0x80;
    let blocks = if rest.len() < BLOCK_BYTES - 8 { 1 } else { 2 };
    end[blocks * BLOCK_BYTES - 8..][..8].copy_from_slice(&len_bytes.wrapping_mul(8).to_be_bytes());
    &scratch[..blocks]
}

fn digest_of(state: [u32; 8]) -> [u8; 32] {
    let mut digest = [0; 32];
    for (bytes, word) in digest.as_chunks_mut().0.iter_mut().zip(state) {
        *bytes = word.to_be_bytes();
    }
    digest
}
