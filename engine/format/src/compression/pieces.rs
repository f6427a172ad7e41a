//! One frame of a plaintext that is never held whole: trees of directories with hundreds of thousands of entries.

use rempart_crypto::Sha256Stream;
use zstd::zstd_safe::zstd_sys::ZSTD_EndDirective;
use zstd::zstd_safe::{CCtx, InBuffer, OutBuffer, ResetDirective};

use super::compressor::{Compressor, refused};
use super::decompress::unpack_pieces;
use crate::FormatError;

/// Room for what comes out at a time.
const STEP_BYTES: usize = 128 << 10;

/// A frame under way. Dropped, it is given up, and the compressor is as before.
pub struct FramePieces<'c> {
    context: &'c mut CCtx<'static>,
    frame: Vec<u8>,
    len_bytes: u64,
}

impl Compressor {
    /// Begins a frame of a plaintext of `len_bytes`, which its header tells.
    pub fn begin(&mut self, len_bytes: u64) -> Result<FramePieces<'_>, FormatError> {
        let context = self.context_mut()?;
        context.reset(ResetDirective::SessionOnly).map_err(refused)?;
        context.set_pledged_src_size(Some(len_bytes)).map_err(refused)?;
        Ok(FramePieces { context, frame: Vec::new(), len_bytes })
    }
}

impl FramePieces<'_> {
    pub fn push(&mut self, piece: &[u8]) -> Result<(), FormatError> {
        let mut input = InBuffer::around(piece);
        while input.pos() < piece.len() {
            self.step(&mut input, ZSTD_EndDirective::ZSTD_e_continue)?;
        }
        Ok(())
    }

    /// The whole frame, unpacked again and found to be of what has this SHA-256: as with [`Compressor::append`], no frame is
    /// handed out that does not give its plaintext back.
    pub fn finish(mut self, sha256: &[u8; 32]) -> Result<Vec<u8>, FormatError> {
        while self.step(&mut InBuffer::around(&[]), ZSTD_EndDirective::ZSTD_e_end)? > 0 {}
        let mut hash = Sha256Stream::new();
        let unpacked = unpack_pieces(&self.frame, |piece| hash.update(piece));
        if unpacked.is_ok() && hash.finish() == *sha256 {
            return Ok(self.frame);
        }
        Err(FormatError::CompressedWrongly { len_bytes: self.len_bytes })
    }

    /// Returns what is still held back, 0 once all is out.
    fn step(&mut self, input: &mut InBuffer<'_>, end: ZSTD_EndDirective) -> Result<usize, FormatError> {
        let from = self.frame.len();
        self.frame.try_reserve(STEP_BYTES).map_err(|_| FormatError::OutOfMemory { len_bytes: from as u64 })?;
        let mut output = OutBuffer::around_pos(&mut self.frame, from);
        self.context.compress_stream2(&mut output, input, end).map_err(refused)
    }
}

#[cfg(test)]
mod tests {
    use rempart_crypto::sha256;
    use zstd::zstd_safe;

    use super::*;
    use crate::{Compression, Unpacker, decompress_into};

    fn framed(compressor: &mut Compressor, plaintext: &[u8], piece_bytes: usize) -> Result<Vec<u8>, FormatError> {
        let mut pieces = compressor.begin(plaintext.len() as u64)?;
        plaintext.chunks(piece_bytes).try_for_each(|piece| pieces.push(piece))?;
        pieces.finish(&sha256(plaintext))
    }

    #[test]
    fn a_plaintext_in_pieces_gives_one_frame_that_tells_its_length() {
        let plaintext: Vec<u8> = (0..3_000_000).map(|n: u32| (n / 7 % 251) as u8 ^ (n / 4099) as u8).collect();
        let mut compressor = Compressor::new(Compression::Auto).unwrap();
        for (len, piece_bytes) in [(1, 1), (1000, 7), (300_000, 100_000), (3_000_000, 65_536), (3_000_000, 3_000_000)] {
            let frame = framed(&mut compressor, &plaintext[..len], piece_bytes).unwrap();
            let told = zstd_safe::get_frame_content_size(&frame).unwrap();
            assert_eq!(told, Some(len as u64));
            let mut back = Vec::new();
            decompress_into(&frame, len as u32, &mut back).unwrap();
            assert!(back == plaintext[..len], "{len} bytes in pieces of {piece_bytes}");
        }
    }

    #[test]
    fn a_frame_is_unpacked_as_it_is_needed_and_one_that_is_not_whole_is_refused() {
        let plaintext: Vec<u8> = (0..2_000_000).map(|n: u32| (n / 7 % 251) as u8 ^ (n / 4099) as u8).collect();
        let mut frame = Vec::new();
        Compressor::new(Compression::Auto).unwrap().compress(&plaintext, &mut frame).unwrap();
        let all = |frame: &[u8], step: usize| -> Result<Vec<u8>, FormatError> {
            let (mut unpacker, mut out) = (Unpacker::new(frame.to_vec())?, Vec::new());
            while unpacker.read(step, &mut out)? {}
            Ok(out)
        };
        for step in [1, 100_000, 5_000_000] {
            assert!(all(&frame, step).unwrap() == plaintext, "{step} bytes at a time");
        }
        assert!(all(&frame[..frame.len() - 1], 100_000).is_err(), "cut short");
        assert!(all(&[&frame[..], &frame[..]].concat(), 100_000).is_err(), "something behind it");
    }

    #[test]
    fn a_frame_given_up_or_of_something_else_leaves_the_compressor_usable() {
        let mut compressor = Compressor::new(Compression::Auto).unwrap();
        // Given one dropped half-way, one shorter than promised, and one whose plaintext is not what was hashed
        compressor.begin(1_000_000).unwrap().push(&[7; 1000]).unwrap();
        let mut short = compressor.begin(1_000_000).unwrap();
        short.push(&[7; 1000]).unwrap();
        assert!(short.finish(&sha256(&[7; 1000])).is_err());
        let mut other = compressor.begin(1000).unwrap();
        other.push(&[7; 1000]).unwrap();
        assert!(matches!(other.finish(&sha256(&[8; 1000])), Err(FormatError::CompressedWrongly { .. })));
        // Then the next ones are right, in pieces and whole
        assert!(framed(&mut compressor, &[9; 5000], 100).is_ok());
        let mut frame = Vec::new();
        compressor.compress(&[9; 5000], &mut frame).unwrap();
        let mut back = Vec::new();
        decompress_into(&frame, 5000, &mut back).unwrap();
        assert_eq!(back, [9; 5000]);
    }
}
