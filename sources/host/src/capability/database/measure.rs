//! Sizes of data directories, while somebody waits.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::explorer;
use crate::path::HostPath;

/// Larger ones are measured by whoever backs them up.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the files of a folder take on the disk; `None` where that took too long, or it may not be read as a whole.
pub fn folder_bytes(folder: &Path) -> Option<u64> {
    // What a process in a container sees is below a link of /proc: resolved, it would be a folder of this machine.
    if folder.starts_with("/proc") {
        return None;
    }
    let folder = folder.canonicalize().ok()?;
    let (until, stop) = (Instant::now() + PATIENCE, AtomicBool::new(false));
    let size = explorer::tree_size(&HostPath::from(&*folder), &stop, |_| {
        if Instant::now() >= until {
            stop.store(true, Ordering::Relaxed);
        }
    });
    size.ok().filter(|size| size.unreadable == 0).map(|size| size.disk_bytes)
}
