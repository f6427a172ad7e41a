//! A disk of a few megabytes that fills up, or is read-only.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A tmpfs, mounted for the time of a test.
pub struct SmallDisk {
    folder: PathBuf,
}

impl SmallDisk {
    /// Mounts it on `folder`, with mount's options: `size=20m`, `nr_inodes=100`.
    pub fn mount(folder: &Path, options: &str) -> Self {
        std::fs::create_dir_all(folder).unwrap_or_else(|e| panic!("make {}: {e}", folder.display()));
        let disk = Self { folder: folder.to_path_buf() };
        disk.run_mount(&["-t", "tmpfs", "-o", options, "tmpfs"]);
        disk
    }

    /// Changes its options: `size=200m`, `ro`, `rw`.
    pub fn remount(&self, options: &str) {
        self.run_mount(&["-o", &format!("remount,{options}")]);
    }

    fn run_mount(&self, words: &[&str]) {
        let status = Command::new("mount").args(words).arg(&self.folder).status().expect("start mount");
        assert!(status.success(), "mount {words:?} {} (root is needed)", self.folder.display());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.folder).status();
    }
}
