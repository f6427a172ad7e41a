//! Every mounted disk and the room on it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::mounts::{Mount, mounts};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Disk {
    #[serde(flatten)]
    pub mount: Mount,
    /// Absent where asking could hang: on file systems of other machines, whose server may be gone.
    pub space: Option<Space>,
}

/// Of a file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Space {
    pub total_bytes: u64,
    /// With what is reserved for root.
    pub free_bytes: u64,
    /// What ordinary users can still write.
    pub available_bytes: u64,
    /// Files that it can hold, and still. Both 0 where it has no such bound.
    pub files_total: u64,
    pub files_free: u64,
}

/// Where the data is on another machine.
const REMOTE: [&str; 12] = [
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "ceph",
    "9p",
    "afs",
    "fuse.sshfs",
    "fuse.rclone",
    "fuse.s3fs",
    "fuse.glusterfs",
];
/// Devices that hold an image of something read-only, such as a snap package: always full, and no disk.
const IMAGES: [&str; 3] = ["squashfs", "erofs", "iso9660"];
/// File systems on disks that do not name them by a path in `/dev`.
const POOLED: [&str; 3] = ["zfs", "btrfs", "bcachefs"];

/// One of each file system, at the place where it was mounted first.
pub(super) fn disks() -> Result<Vec<Disk>> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for mount in mounts()?.into_iter().filter(is_disk) {
        if seen.insert((mount.device_number.clone(), mount.device.clone())) {
            let space = (!is_remote(&mount)).then(|| space(&mount)).flatten();
            found.push(Disk { mount, space });
        }
    }
    Ok(found)
}

fn is_remote(mount: &Mount) -> bool {
    REMOTE.contains(&mount.file_system.as_str())
}

/// The root is one whatever it is: of a container it is all there is.
fn is_disk(mount: &Mount) -> bool {
    let file_system = mount.file_system.as_str();
    let on_device = mount.device.as_bytes().starts_with(b"/dev/") && !IMAGES.contains(&file_system);
    on_device || POOLED.contains(&file_system) || is_remote(mount) || mount.mount_point.as_bytes() == b"/"
}

/// `None` where this process may not look, or the mount has gone.
fn space(mount: &Mount) -> Option<Space> {
    let stat = rustix::fs::statvfs(mount.mount_point.as_path()).ok()?;
    Some(Space {
        total_bytes: stat.f_blocks.saturating_mul(stat.f_frsize),
        free_bytes: stat.f_bfree.saturating_mul(stat.f_frsize),
        available_bytes: stat.f_bavail.saturating_mul(stat.f_frsize),
        files_total: stat.f_files,
        files_free: stat.f_ffree,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::HostPath;

    #[test]
    fn disks_are_told_from_what_the_kernel_makes_up() {
        let mount = |device: &str, file_system: &str, point: &str| Mount {
            mount_point: HostPath::from(point),
            root: HostPath::from("/"),
            device: HostPath::from(device),
            file_system: file_system.into(),
            read_only: false,
            device_number: "8:1".into(),
        };
        for (mount, disk) in [
            (mount("/dev/sda1", "ext4", "/srv"), true),
            (mount("/dev/mapper/vg-data", "xfs", "/data"), true),
            (mount("tank/home", "zfs", "/home"), true),
            (mount("nas:/export", "nfs4", "/mnt/nas"), true),
            (mount("overlay", "overlay", "/"), true),
            (mount("overlay", "overlay", "/var/lib/docker/overlay2/x/merged"), false),
            (mount("/dev/loop3", "squashfs", "/snap/core/1"), false),
            (mount("tmpfs", "tmpfs", "/run"), false),
            (mount("proc", "proc", "/proc"), false),
        ] {
            assert_eq!(is_disk(&mount), disk, "{mount:?}");
        }
    }

    #[test]
    fn the_root_of_this_machine_has_the_room_that_df_says() {
        let disks = disks().unwrap();
        let root = disks.iter().find(|disk| disk.mount.mount_point == HostPath::from("/")).expect("a root");
        let df = std::process::Command::new("df").args(["-B1", "--output=size", "/"]).output().unwrap();
        let size: u64 = String::from_utf8(df.stdout).unwrap().lines().nth(1).unwrap().trim().parse().unwrap();
        let space = root.space.expect("the root is here");
        assert_eq!(space.total_bytes, size);
        assert!(space.available_bytes <= space.free_bytes && space.free_bytes <= space.total_bytes);
    }
}
