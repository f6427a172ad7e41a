//! Folders of which an atomic snapshot can be made: on btrfs, or on a logical volume of LVM.

mod lvm;

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::mounts::{Mount, mount_of, mounts};
use crate::path::HostPath;

/// A mounted file system with a volume manager below it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Volume {
    pub mount: Mount,
    pub ability: Ability,
}

/// What can be done, or why not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Ability {
    /// A read-only snapshot of the subvolume, of any size, at once.
    Btrfs { subvolume: HostPath },
    /// A snapshot that takes what is written meanwhile, in the free room of the volume group.
    Lvm {
        group: String,
        volume: String,
        size_bytes: u64,
        free_bytes: u64,
        /// Written to the volume, on average since the machine was started. Absent where the kernel does not say.
        written_bytes_per_second: Option<u64>,
        /// Enough for a backup of an hour if it goes on as it did; at most what is free.
        aggressive_bytes: u64,
        /// With room for more than double that; at most what is free.
        conservative_bytes: u64,
    },
    /// A logical volume, and no snapshot of it now.
    LvmBlocked { group: String, volume: String, reason: Blocked },
    /// No volume manager below it.
    None,
}

/// Why there can be no snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Blocked {
    /// The volume group has no room left: add a disk to it, or make another volume smaller.
    GroupFull,
    /// Its figures could not be read: the package lvm2 is missing, or this process is not root.
    FiguresUnknown,
}

/// Of the file system that a folder lies on.
pub fn ability_of(folder: &HostPath) -> Result<Ability> {
    Ok(Abilities::read()?.of(folder))
}

/// What is known of the machine's volumes at one moment, for many questions.
pub(super) struct Abilities {
    mounts: Vec<Mount>,
    figures: Option<lvm::Figures>,
}

impl Abilities {
    pub fn read() -> Result<Self> {
        Ok(Self { mounts: mounts()?, figures: lvm::figures() })
    }

    pub fn of(&self, folder: &HostPath) -> Ability {
        let Some(mount) = mount_of(&self.mounts, folder) else { return Ability::None };
        match ability(mount, self.figures.as_ref()) {
            // One may hold others: a snapshot of the outer has empty folders in their places.
            Ability::Btrfs { .. } => Ability::Btrfs { subvolume: subvolume(mount, folder) },
            other => other,
        }
    }

    /// Every mount that has a volume manager below it.
    pub fn volumes(&self) -> Vec<Volume> {
        let ability = |mount: &Mount| ability(mount, self.figures.as_ref());
        let all = self.mounts.iter().map(|mount| Volume { ability: ability(mount), mount: mount.clone() });
        all.filter(|volume| volume.ability != Ability::None).collect()
    }
}

fn ability(mount: &Mount, figures: Option<&lvm::Figures>) -> Ability {
    if mount.file_system == "btrfs" {
        return Ability::Btrfs { subvolume: mount.root.clone() };
    }
    lvm::ability(&mount.device_number, figures).unwrap_or(Ability::None)
}

/// The root folder of each subvolume has this inode number: `BTRFS_FIRST_FREE_OBJECTID` of the kernel's
/// include/uapi/linux/btrfs_tree.h.
const SUBVOLUME_INODE: u64 = 256;

/// The innermost subvolume that a folder lies in, as the file system names it from its top.
fn subvolume(mount: &Mount, folder: &HostPath) -> HostPath {
    let (top, folder) = (mount.mount_point.as_path(), folder.as_path());
    let is_root = |folder: &&Path| std::fs::metadata(folder).is_ok_and(|found| found.ino() == SUBVOLUME_INODE);
    let innermost = folder.ancestors().take_while(|folder| *folder != top).find(is_root);
    match innermost.and_then(|found| found.strip_prefix(top).ok()) {
        Some(below) => HostPath::from(mount.root.as_path().join(below).as_path()),
        None => mount.root.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn btrfs_is_able_by_its_subvolume_and_what_the_kernel_makes_up_is_not() {
        let mount = |file_system: &str, root: &str| Mount {
            mount_point: HostPath::from("/srv"),
            root: HostPath::from(root),
            device: HostPath::from("/dev/sdb"),
            file_system: file_system.into(),
            read_only: false,
            device_number: "0:999".into(),
        };
        assert_eq!(ability(&mount("btrfs", "/@srv"), None), Ability::Btrfs { subvolume: HostPath::from("/@srv") });
        assert_eq!(ability(&mount("ext4", "/"), None), Ability::None);
        assert_eq!(ability_of(&HostPath::from("/proc/self")).unwrap(), Ability::None);
    }
}
