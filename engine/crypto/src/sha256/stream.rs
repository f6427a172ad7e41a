//! A message that comes in pieces.

use super::constants::INITIAL;
use super::lanes::BLOCK_BYTES;
use super::plan::Plan;
use super::schedule::{self, Scratch, Start, Streams};
use super::{digest_of, padded_end, single};

/// A SHA-256 in progress.
#[derive(Clone)]
pub struct Sha256Stream {
    state: [u32; 8],
    len_bytes: u64,
    /// The bytes since the last whole block: the first `len_bytes % 64`.
    pending: [u8; BLOCK_BYTES],
}

impl Default for Sha256Stream {
    fn default() -> Self {
        Self::new()
    }
}

impl Sha256Stream {
    #[must_use]
    pub const fn new() -> Self {
        Self { state: INITIAL, len_bytes: 0, pending: [0; BLOCK_BYTES] }
    }

    pub fn update(&mut self, data: &[u8]) {
        let taken = self.take(data);
        let compress = single::compress();
        if taken.filled {
            compress(&mut self.state, std::slice::from_ref(&self.pending));
        }
        if !taken.blocks.is_empty() {
            compress(&mut self.state, taken.blocks);
        }
        self.keep(taken.rest);
    }

    /// Advances many streams together, each by its own data; the lengths may differ.
    pub fn update_many(streams: &mut [(&mut Self, &[u8])]) {
        if let [(stream, data)] = streams {
            return stream.update(data);
        }
        schedule::run(Plan::get(), &mut Updates(streams));
    }

    #[must_use]
    pub fn finish(self) -> [u8; 32] {
        let mut end: Scratch = [[0; BLOCK_BYTES]; 2];
        let mut state = self.state;
        let pending = &self.pending[..self.pending_bytes()];
        single::compress()(&mut state, padded_end(pending, self.len_bytes, &mut end));
        digest_of(state)
    }

    fn pending_bytes(&self) -> usize {
        (self.len_bytes % BLOCK_BYTES as u64) as usize
    }

    /// Completes the pending block and sees what follows it. The state is left behind: by the pending block if it was
    /// filled, then by the whole blocks; then the rest is to be [kept](Self::keep).
    fn take<'d>(&mut self, data: &'d [u8]) -> Taken<'d> {
        let pending_bytes = self.pending_bytes();
        self.len_bytes = self.len_bytes.wrapping_add(data.len() as u64);
        if pending_bytes == 0 {
            let (blocks, rest) = data.as_chunks();
            return Taken { filled: false, blocks, rest };
        }
        let (head, tail) = data.split_at(data.len().min(BLOCK_BYTES - pending_bytes));
        self.pending[pending_bytes..][..head.len()].copy_from_slice(head);
        if pending_bytes + head.len() < BLOCK_BYTES {
            return Taken { filled: false, blocks: &[], rest: &[] };
        }
        let (blocks, rest) = tail.as_chunks();
        Taken { filled: true, blocks, rest }
    }

    fn keep(&mut self, rest: &[u8]) {
        self.pending[..rest.len()].copy_from_slice(rest);
    }
}

struct Taken<'d> {
    /// The pending block is whole.
    filled: bool,
    blocks: &'d [[u8; BLOCK_BYTES]],
    rest: &'d [u8],
}

struct Updates<'s, 'm, 'd>(&'s mut [(&'m mut Sha256Stream, &'d [u8])]);

// SAFETY: a stream's parts lie in its data, which is borrowed for longer, and in its pending block, which only its own
// `start` and `end` touch.
unsafe impl Streams for Updates<'_, '_, '_> {
    fn count(&self) -> usize {
        self.0.len()
    }
    fn blocks(&self, stream: usize) -> usize {
        let (stream, data) = &self.0[stream];
        (stream.pending_bytes() + data.len()) / BLOCK_BYTES
    }
    fn start<'a>(&'a mut self, stream: usize, _: &'a mut Scratch) -> Start<'a> {
        let (stream, data) = &mut self.0[stream];
        let taken = stream.take(data);
        *data = taken.rest;
        let filled: &[_] = if taken.filled { std::slice::from_ref(&stream.pending) } else { &[] };
        Start { state: stream.state, parts: [filled, taken.blocks] }
    }
    fn end(&mut self, stream: usize, state: [u32; 8]) {
        let (stream, rest) = &mut self.0[stream];
        stream.state = state;
        stream.keep(rest);
    }
}
