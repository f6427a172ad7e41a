//! Directories: opening them relative to each other, and reading their names.
//!
//! Everything is relative to an open directory, so paths of any length work, and a directory that is exchanged for a
//! symbolic link while we look is not followed.

use std::ffi::{CStr, CString};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{CWD, Mode, OFlags, RawDir};
use rustix::io::Errno;

/// Room for a few hundred names a system call.
const READ_BUFFER_BYTES: usize = 64 * 1024;

/// Names of this length together are worth no copy.
const LONG_BYTES: usize = 1024 * 1024;

/// The names of one directory, in one piece of memory, sorted by their bytes.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// Every name, each with the NUL that system calls want behind it.
    text: Vec<u8>,
    spans: Vec<Span>,
}

/// What names are read through; one a thread.
pub(crate) type DirBuffer = Vec<MaybeUninit<u8>>;

#[derive(Debug, Clone, Copy)]
struct Span {
    start: u32,
    /// Without the NUL.
    len: u16,
}

impl Names {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn len(&self) -> usize {
        self.spans.len()
    }

    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.spans.clear();
    }

    pub(crate) fn get(&self, index: usize) -> &[u8] {
        let span = self.spans[index];
        &self.text[span.start as usize..span.start as usize + usize::from(span.len)]
    }

    pub(crate) fn get_c(&self, index: usize) -> &CStr {
        let span = self.spans[index];
        let with_nul = &self.text[span.start as usize..=span.start as usize + usize::from(span.len)];
        CStr::from_bytes_with_nul(with_nul).expect("a name holds no NUL but the one behind it")
    }

    pub(crate) fn push(&mut self, name: &[u8]) {
        let start = u32::try_from(self.text.len()).expect("the names of a directory stay under 4 GiB");
        self.text.extend_from_slice(name);
        self.text.push(0);
        self.spans.push(Span { start, len: u16::try_from(name.len()).expect("a name has at most 255 bytes") });
    }

    /// Replaces what was held by the names in the directory.
    pub(crate) fn read(&mut self, dir: impl AsFd, buffer: &mut DirBuffer) -> Result<(), Errno> {
        self.clear();
        buffer.resize(READ_BUFFER_BYTES, MaybeUninit::uninit());
        let mut entries = RawDir::new(dir, buffer);
        while let Some(entry) = entries.next() {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if name != b"." && name != b".." {
                self.push(name);
            }
        }
        self.sort();
        Ok(())
    }

    /// Sorts, and drops names that a file system gave twice.
    pub(crate) fn sort(&mut self) {
        let text = &self.text;
        let name = |span: &Span| &text[span.start as usize..span.start as usize + usize::from(span.len)];
        self.spans.sort_unstable_by(|a, b| name(a).cmp(name(b)));
        self.spans.dedup_by(|a, b| name(a) == name(b));
    }

    /// Gives the names away, in no more memory than they need. Memory of many names goes with them, and is not copied.
    pub(crate) fn take(&mut self) -> Self {
        if self.text.len() >= LONG_BYTES {
            let mut taken = std::mem::take(self);
            taken.text.shrink_to_fit();
            taken.spans.shrink_to_fit();
            return taken;
        }
        Self { text: self.text.as_slice().to_vec(), spans: self.spans.as_slice().to_vec() }
    }

    /// Keeps the names for which `keep` says so.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&[u8]) -> bool) {
        let text = &self.text;
        self.spans.retain(|span| keep(&text[span.start as usize..span.start as usize + usize::from(span.len)]));
    }

    pub(crate) fn find(&self, wanted: &[u8]) -> Option<usize> {
        let text = &self.text;
        let name = |span: &Span| &text[span.start as usize..span.start as usize + usize::from(span.len)];
        self.spans.binary_search_by(|span| name(span).cmp(wanted)).ok()
    }
}

/// Opens a directory in a directory, to list it and to reach what is in it.
pub(crate) fn open_dir_at(parent: BorrowedFd<'_>, name: &CStr) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
    match rustix::fs::openat(parent, name, flags | OFlags::NOATIME, Mode::empty()) {
        // Only the owner (or root) may leave access times alone.
        Err(Errno::PERM) => rustix::fs::openat(parent, name, flags, Mode::empty()),
        done => done,
    }
}

/// Opens a directory by a path of any length, symbolic links followed, for reaching what is in it.
pub(crate) fn open_dir_path(path: &[u8]) -> Result<OwnedFd, Errno> {
    // Well under PATH_MAX, which counts the NUL.
    const PIECE_BYTES: usize = 2048;
    let flags = OFlags::RDONLY | OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let open = |at: BorrowedFd<'_>, piece: &[u8]| {
        let piece = CString::new(piece).map_err(|_| Errno::INVAL)?;
        rustix::fs::openat(at, piece.as_c_str(), flags, Mode::empty())
    };
    let start: &[u8] = if path.starts_with(b"/") { b"/" } else { b"." };
    let mut dir = open(CWD, start)?;
    let mut piece = Vec::new();
    for component in path.split(|&byte| byte == b'/').filter(|component| !component.is_empty()) {
        if piece.len() + component.len() > PIECE_BYTES {
            dir = open(dir.as_fd(), &piece)?;
            piece.clear();
        }
        if !piece.is_empty() {
            piece.push(b'/');
        }
        piece.extend_from_slice(component);
    }
    if !piece.is_empty() {
        dir = open(dir.as_fd(), &piece)?;
    }
    Ok(dir)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_sorted_by_bytes() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["b", "a", "B", "é", "a-", "a b"] {
            std::fs::write(dir.path().join(name), "").unwrap();
        }
        let mut names = Names::new();
        names.read(std::fs::File::open(dir.path()).unwrap(), &mut DirBuffer::new()).unwrap();
        let found: Vec<_> = (0..names.len()).map(|i| String::from_utf8_lossy(names.get(i)).into_owned()).collect();
        assert_eq!(found, ["B", "a", "a b", "a-", "b", "é"]);
        assert_eq!(names.find(b"a-"), Some(3));
        assert_eq!(names.find(b"c"), None);
    }

    #[test]
    fn a_directory_behind_a_path_longer_than_the_kernel_takes_is_opened() {
        let top = tempfile::tempdir().unwrap();
        let name = "x".repeat(200);
        let mut path = top.path().as_os_str().as_encoded_bytes().to_vec();
        let mut dir = open_dir_path(&path).unwrap();
        while path.len() < 9000 {
            rustix::fs::mkdirat(&dir, name.as_str(), Mode::RWXU).unwrap();
            path.push(b'/');
            path.extend_from_slice(name.as_bytes());
            dir = open_dir_path(&path).unwrap_or_else(|e| panic!("{} bytes of path: {e}", path.len()));
        }
    }
}
