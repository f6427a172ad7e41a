//! Reading and writing many bytes of files without pushing out of memory what others need there.
//!
//! - **Owns**: transfers that leave nothing behind in the page cache (`RWF_DONTCACHE`, Linux 6.14; `O_DIRECT`), and what to do
//!   without.
//! - **May use**: system calls. Nothing of the house.
//! - **Must not know**: what the bytes are.
//! - **Invariants**: the bytes are those that an ordinary read or write would have moved, on any kernel and file system;
//!   pages that were in the cache before stay there; nothing here makes anything durable.
//!
//! A backup reads and writes more than the memory of a machine, once. Left to itself the kernel keeps all of it and drops the
//! pages of the programs that the machine is there for. Taking pages anew has its price too, largest on virtual machines
//! whose host takes unused memory back: docs/decisions/0015-past-the-page-cache.md has the figures.
//!
//! ```
//! let file = tempfile::tempfile()?;
//! rempart_disk::write_all_at(&file, b"as ever", 0)?;
//! let mut read = [0; 7];
//! assert_eq!(rempart_disk::read_at(&file, &mut read, 0)?, 7);
//! assert_eq!(&read, b"as ever");
//! # Ok::<(), std::io::Error>(())
//! ```

mod direct;

use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::AsFd;

use rustix::io::{Errno, ReadWriteFlags};

pub use direct::{DirectFile, is_worth_it};

/// Transfers below this go through the cache: a few pages are soon reused, and the disk prefers to be asked for more at once.
pub const WORTH_IT_BYTES: usize = 128 << 10;

/// What the cache holds a file in.
const PAGE_BYTES: u64 = 4096;

/// `RWF_DONTCACHE` of `linux/fs.h`, which rustix does not name yet.
const DONT_CACHE: ReadWriteFlags = ReadWriteFlags::from_bits_retain(0x80);

/// Fills a part of the buffer from `offset_bytes` on; 0 at the end of the file.
///
/// # Errors
/// As `pread`.
pub fn read_at(file: impl AsFd, buffer: &mut [u8], offset_bytes: u64) -> io::Result<usize> {
    let file = file.as_fd();
    loop {
        let outcome = if buffer.len() < WORTH_IT_BYTES {
            rustix::io::pread(file, &mut *buffer, offset_bytes)
        } else {
            match rustix::io::preadv2(file, &mut [IoSliceMut::new(buffer)], offset_bytes, DONT_CACHE) {
                Err(errno) if is_unknown(errno) => rustix::io::pread(file, &mut *buffer, offset_bytes),
                outcome => outcome,
            }
        };
        match outcome {
            Err(Errno::INTR) => {}
            outcome => return Ok(outcome?),
        }
    }
}

/// Writes all of `data` at `offset_bytes`. Whole pages go past the cache; one that is written in part stays in it, for what
/// belongs beside would have to be read back from the disk otherwise.
///
/// # Errors
/// As `pwrite`, and `WriteZero` where the file takes nothing. A part may be written then.
pub fn write_all_at(file: impl AsFd, data: &[u8], offset_bytes: u64) -> io::Result<()> {
    let file = file.as_fd();
    let whole = whole_pages(data.len(), offset_bytes);
    if whole.len() < WORTH_IT_BYTES {
        return write_with(data, offset_bytes, |data, offset| rustix::io::pwrite(file, data, offset));
    }
    let cached = |data: &[u8], offset| rustix::io::pwrite(file, data, offset);
    write_with(&data[..whole.start], offset_bytes, cached)?;
    write_with(&data[whole.clone()], offset_bytes + whole.start as u64, |data, offset| {
        match rustix::io::pwritev2(file, &[IoSlice::new(data)], offset, DONT_CACHE) {
            Err(errno) if is_unknown(errno) => rustix::io::pwrite(file, data, offset),
            outcome => outcome,
        }
    })?;
    write_with(&data[whole.end..], offset_bytes + whole.end as u64, cached)
}

/// The part of `len` bytes at an offset that fills whole pages.
fn whole_pages(len: usize, offset_bytes: u64) -> std::ops::Range<usize> {
    let head = (offset_bytes.next_multiple_of(PAGE_BYTES) - offset_bytes) as usize;
    if head >= len {
        return 0..0;
    }
    let tail = ((offset_bytes + len as u64) % PAGE_BYTES) as usize;
    head..(len - tail).max(head)
}

fn write_with(
    mut data: &[u8],
    mut offset_bytes: u64,
    mut write: impl FnMut(&[u8], u64) -> Result<usize, Errno>,
) -> io::Result<()> {
    while !data.is_empty() {
        match write(data, offset_bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => {
                data = &data[written..];
                offset_bytes += written as u64;
            }
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Answers of kernels that do not know the call or the flag, and of file systems without it.
fn is_unknown(errno: Errno) -> bool {
    matches!(errno, Errno::OPNOTSUPP | Errno::INVAL | Errno::NOSYS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(len: usize) -> Vec<u8> {
        (0..len).map(|index| (index * 7 + index / 251) as u8).collect()
    }

    fn read_all(file: &std::fs::File, len: usize) -> Vec<u8> {
        let mut read = vec![0; len + 1];
        let mut at = 0;
        loop {
            match read_at(file, &mut read[at..], at as u64).unwrap() {
                0 => break,
                count => at += count,
            }
        }
        read.truncate(at);
        read
    }

    #[test]
    fn what_is_written_in_pieces_of_any_length_is_read_back() {
        let content = bytes(3_000_001);
        // On the disk, and on a file system in memory, which knows no such transfers.
        for dir in [std::env::temp_dir(), "/dev/shm".into()] {
            for piece in [1_000, 128 << 10, 300_001, 1 << 20, content.len()] {
                let file = tempfile::tempfile_in(&dir).unwrap();
                for (number, data) in content.chunks(piece).enumerate() {
                    write_all_at(&file, data, (number * piece) as u64).unwrap();
                }
                assert!(read_all(&file, content.len()) == content, "pieces of {piece} in {}", dir.display());
            }
        }
    }

    #[test]
    fn pieces_in_any_order_beside_each_other_keep_both() {
        let content = bytes(2_000_003);
        let file = tempfile::tempfile().unwrap();
        let cuts = [0, 500_000, 1_000_001, 1_500_007, content.len()];
        for part in [2, 0, 3, 1] {
            write_all_at(&file, &content[cuts[part]..cuts[part + 1]], cuts[part] as u64).unwrap();
        }
        assert!(read_all(&file, content.len()) == content);
    }

    #[test]
    fn whole_pages_are_those_between_the_first_and_the_last_boundary() {
        let cases = [
            ((10_000, 0), 0..8_192),
            ((8_192, 0), 0..8_192),
            ((10_000, 1), 4_095..8_191),
            ((100, 4_000), 0..0),
            ((4_095, 1), 0..0),
            ((4_096, 1), 4_095..4_095),
            ((0, 0), 0..0),
        ];
        for ((len, offset), expected) in cases {
            let whole = whole_pages(len, offset);
            assert_eq!((whole.len(), whole.is_empty()), (expected.len(), expected.is_empty()), "{len} at {offset}");
            if !expected.is_empty() {
                assert_eq!(whole, expected, "{len} at {offset}");
            }
        }
    }

    #[test]
    fn a_file_that_may_not_be_written_says_so() {
        let file = std::fs::File::open("/proc/self/exe").unwrap();
        let error = write_all_at(&file, &[0; 1 << 20], 0).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(Errno::BADF.raw_os_error()));
    }
}
