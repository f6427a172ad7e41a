//! Decompressing, with one context per thread and a bound on what comes out.

use std::cell::RefCell;
use std::io::Cursor;

use zstd::zstd_safe::{self, DCtx, InBuffer, OutBuffer, ResetDirective};

use crate::FormatError;

thread_local! {
    static CONTEXT: RefCell<Option<DCtx<'static>>> = const { RefCell::new(None) };
}

/// What is reserved ahead for a frame that does not tell its size.
const STEP_BYTES: usize = 256 << 10;

fn with_context<T>(work: impl FnOnce(&mut DCtx<'static>) -> Result<T, FormatError>) -> Result<T, FormatError> {
    CONTEXT.with_borrow_mut(|slot| {
        if slot.is_none() {
            *slot = DCtx::try_create();
        }
        work(slot.as_mut().ok_or(FormatError::OutOfMemory { len_bytes: 0 })?)
    })
}

fn damaged(code: usize) -> FormatError {
    FormatError::Decompress { detail: zstd_safe::get_error_name(code) }
}

fn reserve(out: &mut Vec<u8>, len_bytes: usize) -> Result<(), FormatError> {
    out.try_reserve_exact(len_bytes).map_err(|_| FormatError::OutOfMemory { len_bytes: len_bytes as u64 })
}

/// Replaces `out` by the plaintext of a blob, which must be `uncompressed_bytes` long. `out` is empty on error.
pub fn decompress_into(payload: &[u8], uncompressed_bytes: u32, out: &mut Vec<u8>) -> Result<(), FormatError> {
    out.clear();
    decompress_behind(payload, uncompressed_bytes, out)
}

/// Appends the plaintext of a blob, which must be `uncompressed_bytes` long, to `out`, which is unchanged on error.
pub fn decompress_behind(payload: &[u8], uncompressed_bytes: u32, out: &mut Vec<u8>) -> Result<(), FormatError> {
    let expected_bytes = u64::from(uncompressed_bytes);
    // A frame that says otherwise is not worth the memory.
    if let Ok(Some(actual_bytes)) = zstd_safe::get_frame_content_size(payload)
        && actual_bytes > expected_bytes
    {
        return Err(FormatError::UncompressedLength { expected_bytes, actual_bytes });
    }
    out.try_reserve(uncompressed_bytes as usize).map_err(|_| FormatError::OutOfMemory { len_bytes: expected_bytes })?;
    let start = out.len();
    let mut tail = Cursor::new(&mut *out);
    tail.set_position(start as u64);
    let actual_bytes = with_context(|context| context.decompress(&mut tail, payload).map_err(damaged))? as u64;
    if actual_bytes != expected_bytes {
        out.truncate(start);
        return Err(FormatError::UncompressedLength { expected_bytes, actual_bytes });
    }
    Ok(())
}

/// Whether a frame is that of this plaintext and of nothing else. Long ones are unpacked piece by piece: what is compared
/// is needed no more.
pub(super) fn unpacks_to(frame: &[u8], plaintext: &[u8]) -> bool {
    PIECE.with_borrow_mut(|piece| {
        piece.resize(COMPARED_BYTES, 0);
        with_context(|context| compare(context, frame, plaintext, piece)).unwrap_or(false)
    })
}

/// Unpacks a frame and gives its plaintext away piece by piece.
pub fn unpack_pieces(frame: &[u8], mut give: impl FnMut(&[u8])) -> Result<(), FormatError> {
    PIECE.with_borrow_mut(|piece| {
        piece.resize(COMPARED_BYTES, 0);
        with_context(|context| {
            context.reset(ResetDirective::SessionOnly).map_err(damaged)?;
            let mut input = InBuffer::around(frame);
            loop {
                let mut output = OutBuffer::around(&mut piece[..]);
                let hint = context.decompress_stream(&mut output, &mut input).map_err(damaged)?;
                let len = output.pos();
                give(&piece[..len]);
                let consumed = input.pos() == frame.len();
                if hint == 0 && consumed {
                    return Ok(());
                }
                if hint == 0 || (len == 0 && consumed) {
                    return Err(FormatError::Decompress { detail: "it is not one whole frame" });
                }
            }
        })
    })
}

/// A frame that is unpacked as its plaintext is needed. Owns it, and a context of its own.
pub struct Unpacker {
    context: DCtx<'static>,
    frame: Vec<u8>,
    position: usize,
    done: bool,
}

impl Unpacker {
    pub fn new(frame: Vec<u8>) -> Result<Self, FormatError> {
        let context = DCtx::try_create().ok_or(FormatError::OutOfMemory { len_bytes: 0 })?;
        Ok(Self { context, frame, position: 0, done: false })
    }

    /// Appends some of what follows to `out`, about `len_bytes` of it. False at the end.
    pub fn read(&mut self, len_bytes: usize, out: &mut Vec<u8>) -> Result<bool, FormatError> {
        let from = out.len();
        reserve(out, len_bytes.max(STEP_BYTES))?;
        while !self.done && out.len() < from + len_bytes && out.len() < out.capacity() {
            let mut input = InBuffer { src: &self.frame, pos: self.position };
            let start = out.len();
            let mut output = OutBuffer::around_pos(out, start);
            let hint = self.context.decompress_stream(&mut output, &mut input).map_err(damaged)?;
            self.position = input.pos();
            let consumed = self.position == self.frame.len();
            self.done = hint == 0 && consumed;
            if !self.done && (hint == 0 || (consumed && out.len() == start)) {
                return Err(FormatError::Decompress { detail: "it is not one whole frame" });
            }
        }
        Ok(out.len() > from)
    }
}

/// What is unpacked and compared at a time.
const COMPARED_BYTES: usize = 256 << 10;

thread_local! {
    static PIECE: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

fn compare(context: &mut DCtx<'static>, frame: &[u8], plaintext: &[u8], piece: &mut [u8]) -> Result<bool, FormatError> {
    if plaintext.len() <= piece.len() {
        // One call with room for all keeps no window of its own.
        let len = context.decompress(piece, frame).map_err(damaged)?;
        return Ok(piece[..len] == *plaintext);
    }
    context.reset(ResetDirective::SessionOnly).map_err(damaged)?;
    let mut input = InBuffer::around(frame);
    let mut rest = plaintext;
    loop {
        let mut output = OutBuffer::around(&mut *piece);
        let hint = context.decompress_stream(&mut output, &mut input).map_err(damaged)?;
        let len = output.pos();
        let unpacked = &piece[..len];
        let Some(behind) = rest.strip_prefix(unpacked) else { return Ok(false) };
        rest = behind;
        if hint == 0 {
            return Ok(rest.is_empty() && input.pos() == frame.len());
        }
        if unpacked.is_empty() && input.pos() == frame.len() {
            return Ok(false);
        }
    }
}

/// Replaces `out` by the plaintext of frames whose length nobody promised, up to `limit_bytes`.
pub fn decompress_within(payload: &[u8], limit_bytes: usize, out: &mut Vec<u8>) -> Result<(), FormatError> {
    out.clear();
    let result = with_context(|context| {
        context.reset(ResetDirective::SessionOnly).map_err(damaged)?;
        stream(context, payload, limit_bytes, out)
    });
    if result.is_err() {
        out.clear();
    }
    result
}

fn stream(
    context: &mut DCtx<'static>,
    payload: &[u8],
    limit_bytes: usize,
    out: &mut Vec<u8>,
) -> Result<(), FormatError> {
    let mut input = InBuffer::around(payload);
    if let Ok(Some(promised)) = zstd_safe::get_frame_content_size(payload) {
        // Believed only as far as the payload could plausibly reach; the rest grows as it comes.
        let plausible = payload.len().saturating_mul(64).min(limit_bytes);
        reserve(out, usize::try_from(promised).unwrap_or(usize::MAX).min(plausible))?;
    }
    loop {
        if out.len() == out.capacity() {
            if out.len() > limit_bytes {
                return Err(FormatError::TooLarge { limit_bytes: limit_bytes as u64 });
            }
            reserve(out, out.len().clamp(STEP_BYTES, limit_bytes.max(STEP_BYTES)))?;
        }
        let from = out.len();
        let mut output = OutBuffer::around_pos(out, from);
        let hint = context.decompress_stream(&mut output, &mut input).map_err(damaged)?;
        let written = output.pos() - from;
        if out.len() > limit_bytes {
            return Err(FormatError::TooLarge { limit_bytes: limit_bytes as u64 });
        }
        let consumed = input.pos() == payload.len();
        if consumed && hint == 0 {
            return Ok(());
        }
        if consumed && written == 0 {
            return Err(FormatError::Decompress { detail: "it ends in the middle of a frame" });
        }
    }
}
