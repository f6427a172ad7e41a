//! Reading what the disk holds, past the page cache.
//!
//! The disk itself puts the bytes where they are wanted (`O_DIRECT`): no pages are taken, none are copied, which on the
//! virtual machines of decision 15 is most of what reading costs. It asks for addresses, offsets and lengths that are
//! multiples of a sector, so a read begins and ends on the border of a page, and what was asked for lies inside. There is no
//! reading ahead either: whoever is in a hurry reads on several threads.

use std::fs::{File, OpenOptions};
use std::io;
use std::ops::Range;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::{OFlags, fcntl_setfl};
use rustix::io::Errno;

use crate::{PAGE_BYTES, WORTH_IT_BYTES};

/// A file whose long reads go to the disk. Where its file system refuses that, they are ordinary ones.
pub struct DirectFile {
    file: File,
}

impl DirectFile {
    /// # Errors
    /// As `open`.
    pub fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::DIRECT.bits().cast_signed();
        match OpenOptions::new().read(true).custom_flags(flags).open(path) {
            Err(error) if error.raw_os_error() == Some(Errno::INVAL.raw_os_error()) => File::open(path),
            opened => opened,
        }
        .map(|file| Self { file })
    }

    /// Reads `len` bytes from `offset_bytes` on into `room`, which grows as needed, and returns where in it they lie: fewer
    /// than were asked for only where the file ends.
    ///
    /// # Errors
    /// As `pread`.
    pub fn read_at(&self, offset_bytes: u64, len: usize, room: &mut Vec<u8>) -> io::Result<Range<usize>> {
        let page = PAGE_BYTES as usize;
        let before = (offset_bytes % PAGE_BYTES) as usize;
        let wanted = (before + len).next_multiple_of(page);
        // Room to begin on a border, wherever the vector lies.
        if room.len() < wanted + page {
            room.resize(wanted + page, 0);
        }
        let from = room.as_ptr().align_offset(page).min(page);
        let mut filled = 0;
        while filled < before + len {
            let at = offset_bytes - before as u64 + filled as u64;
            match rustix::io::pread(&self.file, &mut room[from + filled..from + wanted], at) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(Errno::INTR) => {}
                // Refused: at the end of a file whose length is no multiple of a sector, or altogether.
                Err(Errno::INVAL) if self.is_direct()? => fcntl_setfl(&self.file, OFlags::empty())?,
                Err(errno) => return Err(errno.into()),
            }
        }
        Ok(from + before..from + filled.clamp(before, before + len))
    }

    fn is_direct(&self) -> io::Result<bool> {
        Ok(rustix::fs::fcntl_getfl(&self.file)?.contains(OFlags::DIRECT))
    }
}

/// Whether so long a read is worth a way of its own.
#[must_use]
pub fn is_worth_it(len: usize) -> bool {
    len >= WORTH_IT_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_range_of_any_file_is_read_as_it_was_written() {
        let content: Vec<u8> = (0..1_000_003u32).map(|index| (index * 7 + index / 251) as u8).collect();
        // On the disk, and on a file system in memory, which has no other way than the page cache.
        for dir in [std::env::temp_dir(), "/dev/shm".into()] {
            for len in [0, 1, 4_096, 8_191, 300_000, content.len()] {
                let written = tempfile::NamedTempFile::new_in(&dir).unwrap();
                // Not synced: what waits in memory is read too.
                std::fs::write(written.path(), &content[..len]).unwrap();
                let file = DirectFile::open(written.path()).unwrap();
                let mut room = Vec::new();
                for offset in [0, 1, 4_095, 4_096, 131_072, 299_999, 999_999, 1_000_003, 2_000_000] {
                    for wanted in [0, 1, 4_096, 5_000, 262_144] {
                        let there = content[..len].get(offset..).unwrap_or_default();
                        let expected = &there[..wanted.min(there.len())];
                        let read = file.read_at(offset as u64, wanted, &mut room).unwrap();
                        assert!(room[read] == *expected, "{wanted} at {offset} of {len} in {}", dir.display());
                    }
                }
            }
        }
    }

    #[test]
    fn a_file_that_is_not_there_says_so() {
        let error = DirectFile::open(Path::new("/nowhere/at/all")).map(drop).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}
