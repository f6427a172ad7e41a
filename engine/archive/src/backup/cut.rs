//! From the bytes of a large file to chunks in batches; holes are passed over where their chunk is stored already.

use std::io;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, LazyLock};

use rempart_chunker::MIN_CHUNK_BYTES;
use rempart_crypto::sha256;
use rempart_model::BlobId;

use super::batch::{LargeFile, Owner, READ_STEP_BYTES};
use super::error::Result;
use super::source::Input;
use super::worker::Worker;

/// The name of the chunk that zeros are cut into: every 64 of them have a digest of zero, which is a cut as soon as a
/// chunk may end, whatever the polynomial.
static ZERO_CHUNK: LazyLock<BlobId> = LazyLock::new(|| BlobId::new(sha256(&vec![0; MIN_CHUNK_BYTES])));

impl Worker<'_, '_> {
    /// Cuts an input into chunks. The outer error ends the run, the inner one is reading's own.
    pub(crate) fn cut(
        &mut self,
        large: &Arc<LargeFile>,
        input: &mut dyn Input,
    ) -> Result<Result<u64, (u64, io::Error)>> {
        let mut total = 0;
        let mut index = 0;
        // The piece of the file that is in the arena and not cut yet, from the batch's end on.
        let (mut held, mut scanned) = (0, 0);
        // The last chunk was one of zeros: its bytes are on their way, and its name will do for those that follow.
        let mut after_zeros = false;
        let mut at_end = false;
        while !at_end {
            if after_zeros {
                let passed = input.pass_zeros(held as u64, MIN_CHUNK_BYTES as u64);
                if passed > 0 {
                    total += passed * MIN_CHUNK_BYTES as u64 - held as u64;
                    index += passed as usize;
                    (held, scanned) = (0, 0);
                    self.zeros_passed(large, passed);
                }
            }
            if self.batch.room().len() < held + READ_STEP_BYTES {
                self.hand_over_batch(self.batch.end, held)?;
            }
            if self.run.is_stopped() {
                return Ok(Ok(total));
            }
            let step = &mut self.batch.room()[held..held + READ_STEP_BYTES];
            let count = match input.read(step) {
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Ok(Err((total, error))),
            };
            at_end = count == 0;
            held += count;
            total += count as u64;
            while held > 0 {
                let data = &self.batch.room()[..held];
                let Some(len) = self.run.chunker.next_cut_from(data, scanned, at_end) else {
                    scanned = held;
                    break;
                };
                after_zeros = len == MIN_CHUNK_BYTES && data[..len].iter().all(|byte| *byte == 0);
                {
                    let mut parts = large.parts.lock();
                    parts.ids.push(None);
                    parts.missing += 1;
                }
                self.batch.push(len, Owner::Part { file: Arc::clone(large), index });
                index += 1;
                held -= len;
                scanned = 0;
            }
        }
        Ok(Ok(total))
    }

    fn zeros_passed(&self, large: &LargeFile, chunks: u64) {
        let mut parts = large.parts.lock();
        let known = parts.ids.len() + chunks as usize;
        parts.ids.resize(known, Some(*ZERO_CHUNK));
        self.run.progress.bytes_done.fetch_add(chunks * MIN_CHUNK_BYTES as u64, Relaxed);
    }
}
