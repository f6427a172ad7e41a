//! The few system calls of the local store.

use std::fs::{self, File, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt};
use std::path::Path;

use rustix::fs::{Advice, fadvise};

use crate::ReadAdvice;

/// Permissions of new folders and files.
#[derive(Debug, Clone, Copy)]
pub(super) struct Modes {
    pub dir: u32,
    pub file: u32,
}

impl Modes {
    /// Private, or shared with the group where the config is: restic's rule, so both tools may write one repository.
    pub fn like_config(root: &Path) -> Self {
        match fs::metadata(root.join("config")) {
            Ok(metadata) if metadata.mode() & 0o040 != 0 => Self { dir: 0o770, file: 0o660 },
            _ => Self { dir: 0o700, file: 0o600 },
        }
    }
}

/// Makes names in a folder durable. File systems that cannot sync a folder have nothing to sync.
pub(super) fn fsync_dir(path: &Path) -> io::Result<()> {
    match File::open(path)?.sync_all() {
        Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Ok(()),
        outcome => outcome,
    }
}

/// The whole file.
pub(super) fn read_whole(file: &File) -> io::Result<Vec<u8>> {
    let size = usize::try_from(file.metadata()?.len()).map_err(|_| ErrorKind::OutOfMemory)?;
    // Until the end rather than for the size: a file of the right length need not have it when the disk is damaged.
    read_range(file, 0, size)?.ok_or_else(|| ErrorKind::UnexpectedEof.into())
}

/// Exactly these bytes, or none where the file ends before. Long reads leave the page cache as it was.
pub(super) fn read_range(file: &File, offset_bytes: u64, len_bytes: usize) -> io::Result<Option<Vec<u8>>> {
    let mut content = Vec::new();
    content.try_reserve_exact(len_bytes)?;
    content.resize(len_bytes, 0);
    let mut filled = 0;
    while filled < len_bytes {
        match rempart_disk::read_at(file, &mut content[filled..], offset_bytes + filled as u64)? {
            0 => return Ok(None),
            count => filled += count,
        }
    }
    Ok(Some(content))
}

/// Where the kernel takes no advice, it reads as it does for everybody.
pub(super) fn advise(file: &File, advice: ReadAdvice) {
    let advice = match advice {
        ReadAdvice::Soon => Advice::WillNeed,
        ReadAdvice::Over => Advice::DontNeed,
    };
    let _ = fadvise(file, 0, None, advice);
}

/// Whether a file that was just written equals one that is there.
pub(super) fn same_content(written: &File, path: &Path) -> io::Result<bool> {
    same_files(written, &File::open(path)?)
}

pub(super) fn same_files(written: &File, there: &File) -> io::Result<bool> {
    let size = written.metadata()?.len();
    if there.metadata()?.len() != size {
        return Ok(false);
    }
    let (mut one, mut other) = (vec![0; 256 << 10], vec![0; 256 << 10]);
    let mut offset = 0;
    while offset < size {
        let len = usize::try_from(size - offset).unwrap_or(usize::MAX).min(one.len());
        written.read_exact_at(&mut one[..len], offset)?;
        there.read_exact_at(&mut other[..len], offset)?;
        if one[..len] != other[..len] {
            return Ok(false);
        }
        offset += len as u64;
    }
    Ok(true)
}

/// Removes a file. Some network file systems refuse while it is read-only.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            // The first refusal is the one to report.
            fs::set_permissions(path, Permissions::from_mode(0o600))
                .and_then(|()| fs::remove_file(path))
                .map_err(|_| error)
        }
        outcome => outcome,
    }
}

/// What an unprivileged writer may still use.
pub(super) fn free_bytes(path: &Path) -> io::Result<u64> {
    let stat = rustix::fs::statvfs(path)?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// What the file system holds in all, but for what is kept for root.
pub(super) fn capacity_bytes(path: &Path) -> io::Result<u64> {
    let stat = rustix::fs::statvfs(path)?;
    let reserved = stat.f_bfree.saturating_sub(stat.f_bavail);
    Ok(stat.f_blocks.saturating_sub(reserved).saturating_mul(stat.f_frsize))
}
