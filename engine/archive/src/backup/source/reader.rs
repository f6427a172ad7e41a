//! Reading a file from front to back; holes are zeros that nobody reads from the disk.

use std::os::fd::BorrowedFd;

use rustix::fs::SeekFrom;
use rustix::io::Errno;

/// Bytes that come one behind the other: a file, or what a program writes.
pub(crate) trait Input {
    /// Fills a part of the buffer; 0 at the end.
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize>;

    /// Goes back over the last `given_bytes`, and then over as many stretches of `chunk_bytes` as a hole holds from there
    /// on. Returns how many; where there are none, nothing is changed.
    fn pass_zeros(&mut self, _given_bytes: u64, _chunk_bytes: u64) -> u64 {
        0
    }
}

/// A position in a file, and what is known of holes from there on.
pub(crate) struct Reader<'f> {
    file: BorrowedFd<'f>,
    at: u64,
    size: u64,
    /// Whether the file occupies less than it is long, and holes are worth asking for.
    is_sparse: bool,
    stretch: Stretch,
}

/// The surroundings of a position, as far as they are alike.
#[derive(Debug, Clone, Copy, Default)]
struct Stretch {
    start: u64,
    end: u64,
    is_hole: bool,
}

impl<'f> Reader<'f> {
    pub(crate) fn new(file: BorrowedFd<'f>, size: u64) -> Self {
        // st_blocks counts 512 bytes whatever the file system's block is.
        let is_sparse = rustix::fs::fstat(file).is_ok_and(|stat| (stat.st_blocks as u64) * 512 < size);
        let _ = rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::Sequential);
        Self { file, at: 0, size, is_sparse, stretch: Stretch::default() }
    }

    fn find_stretch(&mut self) -> Stretch {
        let stretch = |end, is_hole| Stretch { start: self.at, end, is_hole };
        match rustix::fs::seek(self.file, SeekFrom::Data(self.at)) {
            Ok(data) if data > self.at => stretch(data.min(self.size), true),
            Ok(_) => match rustix::fs::seek(self.file, SeekFrom::Hole(self.at)) {
                Ok(hole) if hole > self.at => stretch(hole, false),
                _ => stretch(u64::MAX, false),
            },
            // Nothing but a hole up to the end.
            Err(Errno::NXIO) => stretch(self.size, true),
            Err(_) => {
                let rest = stretch(u64::MAX, false);
                self.is_sparse = false;
                rest
            }
        }
    }
}

impl Input for Reader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let mut want = buffer.len();
        if self.is_sparse && self.at < self.size {
            if self.at >= self.stretch.end {
                self.stretch = self.find_stretch();
            }
            want = want.min(usize::try_from(self.stretch.end - self.at).unwrap_or(usize::MAX));
            if self.stretch.is_hole {
                buffer[..want].fill(0);
                self.at += want as u64;
                return Ok(want);
            }
        }
        let count = rempart_disk::read_at(self.file, &mut buffer[..want], self.at)?;
        self.at += count as u64;
        Ok(count)
    }

    fn pass_zeros(&mut self, given_bytes: u64, chunk_bytes: u64) -> u64 {
        let Stretch { start, end, is_hole } = self.stretch;
        let from = self.at.saturating_sub(given_bytes);
        if !is_hole || from < start || self.at > end {
            return 0;
        }
        let chunks = (end - from) / chunk_bytes;
        if chunks > 0 {
            self.at = from + chunks * chunk_bytes;
        }
        chunks
    }
}
