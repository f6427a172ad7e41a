//! Reading a file from front to back, holes included without a look at them.

use std::os::fd::BorrowedFd;

use rustix::fs::SeekFrom;
use rustix::io::Errno;

/// A position in a file, and what is known of holes from there on.
pub(crate) struct Reader<'f> {
    file: BorrowedFd<'f>,
    at: u64,
    size: u64,
    /// Whether the file occupies less than it is long, and holes are worth asking for.
    is_sparse: bool,
    /// The stretch around `at`: where it ends, and whether it is a hole.
    stretch: (u64, bool),
}

impl<'f> Reader<'f> {
    pub(crate) fn new(file: BorrowedFd<'f>, size: u64) -> Self {
        // st_blocks counts 512 bytes whatever the file system's block is.
        let is_sparse = rustix::fs::fstat(file).is_ok_and(|stat| (stat.st_blocks as u64) * 512 < size);
        let _ = rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::Sequential);
        Self { file, at: 0, size, is_sparse, stretch: (0, false) }
    }

    /// Fills a part of the buffer; 0 at the end of the file.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Errno> {
        let mut want = buffer.len();
        if self.is_sparse && self.at < self.size {
            if self.at >= self.stretch.0 {
                self.stretch = self.find_stretch();
            }
            want = want.min(usize::try_from(self.stretch.0 - self.at).unwrap_or(usize::MAX));
            if self.stretch.1 {
                buffer[..want].fill(0);
                self.at += want as u64;
                return Ok(want);
            }
        }
        let count = rustix::io::pread(self.file, &mut buffer[..want], self.at)?;
        self.at += count as u64;
        Ok(count)
    }

    fn find_stretch(&mut self) -> (u64, bool) {
        match rustix::fs::seek(self.file, SeekFrom::Data(self.at)) {
            Ok(data) if data > self.at => (data.min(self.size), true),
            Ok(_) => match rustix::fs::seek(self.file, SeekFrom::Hole(self.at)) {
                Ok(hole) if hole > self.at => (hole, false),
                _ => (u64::MAX, false),
            },
            // Nothing but a hole up to the end.
            Err(Errno::NXIO) => (self.size, true),
            Err(_) => {
                self.is_sparse = false;
                (u64::MAX, false)
            }
        }
    }
}
