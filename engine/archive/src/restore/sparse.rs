//! Writing content at its place, with holes where it is zeros.

use std::io;
use std::os::fd::BorrowedFd;

use rustix::fs::FallocateFlags;
use rustix::io::Errno;

/// Holes begin and end at multiples of this, as file systems keep them.
const BLOCK_BYTES: u64 = 4096;

/// Writes `data` at `offset_bytes`, leaving whole blocks of zeros out. `old_bytes`: below this length the file may hold
/// other bytes, which a hole must be punched into; beyond it reads as zeros already. `end_bytes`: the file's final length, which it has already.
pub(super) fn write_sparse_at(
    file: BorrowedFd<'_>,
    data: &[u8],
    offset_bytes: u64,
    old_bytes: u64,
    end_bytes: u64,
) -> io::Result<()> {
    for run in (Runs { data, offset_bytes, end_bytes }) {
        let bytes = &data[run.from..run.to];
        let at_bytes = offset_bytes + run.from as u64;
        if !run.zeros {
            rempart_disk::write_all_at(file, bytes, at_bytes)?;
        } else if at_bytes < old_bytes {
            let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
            match rustix::fs::fallocate(file, flags, at_bytes, bytes.len() as u64) {
                Ok(()) => {}
                Err(Errno::OPNOTSUPP | Errno::NOSYS) => rempart_disk::write_all_at(file, bytes, at_bytes)?,
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(())
}

struct Run {
    from: usize,
    to: usize,
    zeros: bool,
}

/// Parts data into runs of whole zero blocks and runs of anything else.
struct Runs<'a> {
    data: &'a [u8],
    offset_bytes: u64,
    end_bytes: u64,
}

impl Runs<'_> {
    /// The end of the block that `from` lies in, and whether it is a whole block of zeros. The last block of a file is
    /// whole up to the file's end.
    fn block(&self, from: usize) -> (usize, bool) {
        let into_block = (self.offset_bytes + from as u64) % BLOCK_BYTES;
        let to = self.data.len().min(from + (BLOCK_BYTES - into_block) as usize);
        let at_end = into_block == 0 && self.offset_bytes + to as u64 == self.end_bytes;
        let whole = at_end || to - from == BLOCK_BYTES as usize;
        (to, whole && is_zeros(&self.data[from..to]))
    }
}

impl<'a> IntoIterator for Runs<'a> {
    type Item = Run;
    type IntoIter = RunIterator<'a>;
    fn into_iter(self) -> RunIterator<'a> {
        RunIterator { runs: self, at: 0 }
    }
}

struct RunIterator<'a> {
    runs: Runs<'a>,
    at: usize,
}

impl Iterator for RunIterator<'_> {
    type Item = Run;
    fn next(&mut self) -> Option<Run> {
        let from = self.at;
        if from == self.runs.data.len() {
            return None;
        }
        let (mut to, zeros) = self.runs.block(from);
        while to < self.runs.data.len() {
            let (next, next_zeros) = self.runs.block(to);
            if next_zeros != zeros {
                break;
            }
            to = next;
        }
        self.at = to;
        Some(Run { from, to, zeros })
    }
}

/// Whether every byte is zero, looked at in words.
fn is_zeros(bytes: &[u8]) -> bool {
    let (before, words, after) = (bytes.get(..16).unwrap_or(bytes), bytes.chunks_exact(64), bytes);
    before.iter().all(|&byte| byte == 0)
        && words.clone().all(|word| word.iter().fold(0, |all, &byte| all | byte) == 0)
        && after[after.len() - words.remainder().len()..].iter().all(|&byte| byte == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_parted_at_whole_zero_blocks_of_the_file() {
        let mut data = vec![0; 5 * 4096];
        data[0] = 1;
        data[3 * 4096 + 7] = 1;
        let runs = |offset_bytes| {
            let runs = Runs { data: &data, offset_bytes, end_bytes: 1 << 20 };
            runs.into_iter().map(|run| (run.from, run.to, run.zeros)).collect::<Vec<_>>()
        };
        assert_eq!(
            runs(0),
            [(0, 4096, false), (4096, 12288, true), (12288, 16384, false), (16384, 20480, true)],
            "aligned"
        );
        assert_eq!(
            runs(100),
            [(0, 3996, false), (3996, 12188, true), (12188, 16284, false), (16284, 20380, true), (20380, 20480, false)],
            "not aligned: part of a block is never a hole"
        );
    }

    #[test]
    fn the_last_part_of_a_block_is_a_hole_where_the_file_ends() {
        let data = vec![0; 5000];
        for (end_bytes, holes) in [(5000, [true].as_slice()), (9000, &[true, false])] {
            let runs = Runs { data: &data, offset_bytes: 0, end_bytes };
            let zeros: Vec<bool> = runs.into_iter().map(|run| run.zeros).collect();
            assert_eq!(zeros, holes, "a file of {end_bytes} bytes");
        }
    }

    #[test]
    fn zeros_are_recognised_at_every_length() {
        for len in [0, 1, 15, 16, 63, 64, 65, 4096] {
            let mut bytes = vec![0; len];
            assert!(is_zeros(&bytes), "{len} zeros");
            for at in 0..len {
                bytes[at] = 1;
                assert!(!is_zeros(&bytes), "{len} bytes, one at {at}");
                bytes[at] = 0;
            }
        }
    }
}
