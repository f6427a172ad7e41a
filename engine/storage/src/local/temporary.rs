//! Files that have no final name yet.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::new_file;

/// `tmp-<host>-<process>-<token>-<number>`: who wrote it can be told, and no identifier looks like it. The token is drawn
/// by each process, since numbers of processes come again (in a container always the same).
const PREFIX: &str = "tmp-";

/// A file under a temporary name, removed when dropped unless it was kept.
pub(super) struct TempFile {
    file: Arc<File>,
    path: PathBuf,
    kept: AtomicBool,
}

impl TempFile {
    pub fn create_in(dir: &Path, mode: u32) -> io::Result<Self> {
        static COUNTER: AtomicU64 = AtomicU64::new(0);
        loop {
            let number = COUNTER.fetch_add(1, Ordering::Relaxed);
            let path = dir.join(format!("{PREFIX}{}-{}-{}-{number}", host(), std::process::id(), token()));
            match new_file(&path, mode) {
                Ok(file) => return Ok(Self { file: Arc::new(file), path, kept: AtomicBool::new(false) }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    pub fn file(&self) -> &Arc<File> {
        &self.file
    }

    pub fn write_all_at(&self, data: &[u8], offset_bytes: u64) -> io::Result<()> {
        rempart_disk::write_all_at(&*self.file, data, offset_bytes)
    }

    /// Objects are read-only, as in restic. File systems without modes are left as they are.
    pub fn seal(&self, mode: u32) -> io::Result<()> {
        match self.file.set_permissions(Permissions::from_mode(mode & !0o222)) {
            Err(error) if !matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::Unsupported) => {
                Err(error)
            }
            _ => Ok(()),
        }
    }

    /// Renames; fails with `AlreadyExists` where the name is taken.
    pub fn rename_to_free(&self, path: &Path) -> io::Result<()> {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        use rustix::io::Errno;
        match renameat_with(CWD, &self.path, CWD, path, RenameFlags::NOREPLACE) {
            // File systems (NFS, some FUSE) that cannot refuse to replace: names are content hashes, so the gap between
            // the look and the rename can only replace an object by its equal.
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
                if path.exists() {
                    return Err(io::ErrorKind::AlreadyExists.into());
                }
                fs::rename(&self.path, path)
            }
            outcome => outcome.map_err(io::Error::from),
        }
    }

    /// The file has got its final name and stays.
    pub fn keep(&self) {
        self.kept.store(true, Ordering::Relaxed);
    }

    pub fn is_kept(&self) -> bool {
        self.kept.load(Ordering::Relaxed)
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        if !self.is_kept() {
            // Nothing depends on it; a leftover is found by `remove_stale`.
            let _ = fs::remove_file(&self.path);
        }
    }
}

pub(super) fn is_temporary(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(PREFIX.as_bytes())
}

/// Removes temporary files of dead writers in one folder. A writer on another host is taken for dead by age alone.
pub(super) fn remove_stale(dir: &Path, older_than: Duration) -> io::Result<u64> {
    let mut removed = 0;
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        if !is_temporary(&name) || written_by_the_living(&name) {
            continue;
        }
        let age = match entry.metadata().and_then(|metadata| metadata.modified()) {
            // A time in the future is a clock that was set, and says nothing about age.
            Ok(modified) => modified.elapsed().unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        if age >= older_than {
            match fs::remove_file(entry.path()) {
                Ok(()) => removed += 1,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(removed)
}

fn written_by_the_living(name: &OsStr) -> bool {
    let Some(name) = name.to_str().and_then(|name| name.strip_prefix(PREFIX)) else { return false };
    // The host may hold dashes, so the fields are taken from the end.
    let mut fields = name.rsplitn(4, '-').skip(1);
    let (Some(written_with), Some(process), Some(written_on)) = (fields.next(), fields.next(), fields.next()) else {
        return false;
    };
    let Ok(process) = process.parse::<i32>() else { return false };
    if written_on != host() {
        return false;
    }
    match u32::try_from(process) == Ok(std::process::id()) {
        true => written_with == token(),
        false => rustix::process::Pid::from_raw(process).is_some_and(lives),
    }
}

fn lives(process: rustix::process::Pid) -> bool {
    // Not permitted to signal it means that it is there.
    !matches!(rustix::process::test_kill_process(process), Err(rustix::io::Errno::SRCH))
}

fn token() -> &'static str {
    static TOKEN: OnceLock<String> = OnceLock::new();
    TOKEN.get_or_init(|| {
        // Without a random number the time tells processes apart well enough.
        let now = || std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        format!("{:016x}", getrandom::u64().unwrap_or_else(|_| now().as_nanos() as u64))
    })
}

/// The host's name with nothing in it that a file name could mind.
fn host() -> String {
    let name: OsString = {
        use std::os::unix::ffi::OsStringExt;
        OsString::from_vec(rustix::system::uname().nodename().to_bytes().to_vec())
    };
    name.to_string_lossy()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '_' })
        .take(64)
        .collect()
}
