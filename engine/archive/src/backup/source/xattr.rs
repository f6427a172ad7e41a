//! Extended attributes, POSIX ACLs among them, in the order in which the kernel lists them.

use std::ffi::{CStr, CString};
use std::os::fd::{AsRawFd, BorrowedFd};

use rempart_format::Xattr;
use rustix::io::Errno;

/// Reads attributes; holds the buffers for it.
#[derive(Debug, Default)]
pub(crate) struct XattrReader {
    list: Vec<u8>,
    value: Vec<u8>,
}

/// A few names fit without asking for the length first.
const LIST_START_BYTES: usize = 1024;
const VALUE_START_BYTES: usize = 4096;
/// Larger than any kernel's bound on a list or a value (64 KiB): ends the growing.
const LARGEST_BYTES: usize = 1 << 20;

/// An attribute that is listed and cannot be read.
#[derive(Debug)]
pub(crate) struct UnreadableXattr {
    pub(crate) name: Vec<u8>,
    pub(crate) errno: Errno,
}

impl XattrReader {
    /// Of an open file or directory. One system call where there are none.
    pub(crate) fn of_open(
        &mut self,
        file: BorrowedFd<'_>,
        unreadable: &mut Vec<UnreadableXattr>,
    ) -> Result<Vec<Xattr>, Errno> {
        let found = grow(&mut self.list, LIST_START_BYTES, |buffer| rustix::fs::flistxattr(file, buffer));
        self.collect(found, unreadable, |name, buffer| rustix::fs::fgetxattr(file, name, buffer))
    }

    /// Of a name in an open directory that is not opened itself: symbolic links, devices, pipes, sockets.
    pub(crate) fn of_name(
        &mut self,
        dir: BorrowedFd<'_>,
        name: &CStr,
        unreadable: &mut Vec<UnreadableXattr>,
    ) -> Result<Vec<Xattr>, Errno> {
        // There is no listxattrat before Linux 6.13; this path is short however deep the directory lies.
        let mut path = format!("/proc/self/fd/{}/", dir.as_raw_fd()).into_bytes();
        path.extend_from_slice(name.to_bytes());
        let path = CString::new(path).map_err(|_| Errno::INVAL)?;
        let path = path.as_c_str();
        let found = grow(&mut self.list, LIST_START_BYTES, |buffer| rustix::fs::llistxattr(path, buffer));
        self.collect(found, unreadable, |name, buffer| rustix::fs::lgetxattr(path, name, buffer))
    }

    fn collect(
        &mut self,
        listed: Result<usize, Errno>,
        unreadable: &mut Vec<UnreadableXattr>,
        get: impl Fn(&CStr, &mut [u8]) -> Result<usize, Errno>,
    ) -> Result<Vec<Xattr>, Errno> {
        let len = match listed {
            Ok(len) => len,
            // The file system knows no attributes.
            Err(Errno::NOTSUP | Errno::NODATA) => 0,
            Err(errno) => return Err(errno),
        };
        let mut found = Vec::new();
        for name in self.list[..len].split_inclusive(|&byte| byte == 0) {
            let Ok(c_name) = CStr::from_bytes_with_nul(name) else { continue };
            match grow(&mut self.value, VALUE_START_BYTES, |buffer| get(c_name, buffer)) {
                Ok(len) => {
                    found.push(Xattr { name: c_name.to_bytes().to_vec(), value: self.value[..len].to_vec() });
                }
                // restic stores it with an empty value: listed, but the file system will not say.
                Err(Errno::NOTSUP | Errno::NODATA) => {
                    found.push(Xattr { name: c_name.to_bytes().to_vec(), value: Vec::new() });
                }
                Err(errno) => unreadable.push(UnreadableXattr { name: c_name.to_bytes().to_vec(), errno }),
            }
        }
        Ok(found)
    }
}

/// Calls with a buffer that grows until what is asked for fits.
fn grow(
    buffer: &mut Vec<u8>,
    start_bytes: usize,
    call: impl Fn(&mut [u8]) -> Result<usize, Errno>,
) -> Result<usize, Errno> {
    if buffer.len() < start_bytes {
        buffer.resize(start_bytes, 0);
    }
    loop {
        match call(buffer.as_mut_slice()) {
            Err(Errno::RANGE | Errno::TOOBIG) if buffer.len() < LARGEST_BYTES => buffer.resize(buffer.len() * 4, 0),
            done => return done,
        }
    }
}
