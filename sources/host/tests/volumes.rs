//! A real btrfs in a file, with subvolumes in it.

use std::path::{Path, PathBuf};
use std::process::Command;

use rempart_host::HostPath;
use rempart_host::capability::{Ability, Capabilities, ability_of};
use tempfile::TempDir;

/// Mounted for the test.
struct Btrfs {
    folder: TempDir,
}

impl Btrfs {
    fn make() -> Self {
        let folder = TempDir::with_prefix("rempart-btrfs-").expect("a temporary folder");
        let btrfs = Self { folder };
        run(Command::new("truncate").args(["--size", "256M"]).arg(btrfs.image()));
        run(Command::new("mkfs.btrfs").arg("--quiet").arg(btrfs.image()));
        std::fs::create_dir(btrfs.top()).unwrap();
        run(Command::new("mount").args(["-o", "loop"]).arg(btrfs.image()).arg(btrfs.top()));
        btrfs
    }

    fn image(&self) -> PathBuf {
        self.folder.path().join("image")
    }

    fn top(&self) -> PathBuf {
        self.folder.path().join("top")
    }

    fn subvolume(&self, name: &str) -> PathBuf {
        let path = self.top().join(name);
        run(Command::new("btrfs").args(["subvolume", "create"]).arg(&path));
        path
    }
}

impl Drop for Btrfs {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--recursive").arg(self.top()).status();
    }
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}; install btrfs-progs, as root"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn subvolume_of(folder: &Path) -> String {
    match ability_of(&HostPath::from(folder)).unwrap() {
        Ability::Btrfs { subvolume } => subvolume.to_text(),
        other => panic!("{}: {other:?}", folder.display()),
    }
}

#[test]
fn a_folder_of_btrfs_is_snapshot_by_the_innermost_subvolume_that_holds_it() {
    let btrfs = Btrfs::make();
    let outer = btrfs.subvolume("outer");
    let inner = btrfs.subvolume("outer/inner");
    for folder in [btrfs.top().join("plain/data"), outer.join("data"), inner.join("pg/16/main")] {
        std::fs::create_dir_all(folder).unwrap();
    }
    assert_eq!(subvolume_of(&btrfs.top().join("plain/data")), "/");
    assert_eq!(subvolume_of(&outer), "/outer");
    assert_eq!(subvolume_of(&outer.join("data")), "/outer");
    assert_eq!(subvolume_of(&inner.join("pg/16/main")), "/outer/inner");
    // What is there is so: the outer's snapshot has nothing of the inner.
    let taken = btrfs.top().join("taken");
    run(Command::new("btrfs").args(["subvolume", "snapshot", "-r"]).args([&outer, &taken]));
    assert!(taken.join("data").is_dir() && !taken.join("inner/pg").exists(), "btrfs has learnt something");
    // A subvolume that is mounted elsewhere is called by its own name.
    let elsewhere = btrfs.top().join("plain/data");
    run(Command::new("mount").args(["-o", "loop,subvol=/outer"]).arg(btrfs.image()).arg(&elsewhere));
    assert_eq!(subvolume_of(&elsewhere.join("inner/pg")), "/outer/inner");
    assert_eq!(subvolume_of(&elsewhere.join("data")), "/outer");

    let found = Capabilities::read().unwrap().volumes;
    let path = HostPath::from(btrfs.top().as_path());
    let volume = found.iter().find(|volume| volume.mount.mount_point == path).expect("the mount is listed");
    assert_eq!(volume.ability, Ability::Btrfs { subvolume: HostPath::from("/") });
}
