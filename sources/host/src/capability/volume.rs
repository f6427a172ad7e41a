//! Folders of which an atomic snapshot can be made: on btrfs, or on a logical volume of LVM.

use std::collections::HashMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::PATIENCE;
use crate::error::Result;
use crate::mounts::{Mount, mount_of, mounts};
use crate::path::HostPath;
use crate::program;

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
        /// Enough for what is written during a backup of an ordinary database; at most what is free.
        recommended_bytes: u64,
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

/// A snapshot below this fills up before a backup has begun.
const SMALLEST_SNAPSHOT_BYTES: u64 = 256 << 20;

/// Of the volume's size: what databases write during an hour is mostly less.
const SNAPSHOT_SHARE_PERCENT: u64 = 15;

/// Room of volume groups and sizes of volumes, by (group, volume).
type Figures = HashMap<(String, String), (u64, u64)>;

/// Every mount that has a volume manager below it.
pub(super) fn volumes() -> Result<Vec<Volume>> {
    let figures = figures();
    let found = mounts()?.into_iter().map(|mount| Volume { ability: ability(&mount, figures.as_ref()), mount });
    Ok(found.filter(|volume| volume.ability != Ability::None).collect())
}

/// Of the file system that a folder lies on.
pub fn ability_of(folder: &HostPath) -> Result<Ability> {
    let mounts = mounts()?;
    let figures = figures();
    Ok(mount_of(&mounts, folder).map_or(Ability::None, |mount| ability(mount, figures.as_ref())))
}

fn ability(mount: &Mount, figures: Option<&Figures>) -> Ability {
    if mount.file_system == "btrfs" {
        return Ability::Btrfs { subvolume: mount.root.clone() };
    }
    let mapper = Path::new("/sys/dev/block").join(&mount.device_number).join("dm");
    let read = |name| std::fs::read_to_string(mapper.join(name)).unwrap_or_default().trim().to_owned();
    let named = read("uuid").starts_with("LVM-").then(|| logical_volume(&read("name"))).flatten();
    named.map_or(Ability::None, |(group, volume)| of_volume(group, volume, figures))
}

fn of_volume(group: String, volume: String, figures: Option<&Figures>) -> Ability {
    let known = figures.and_then(|figures| figures.get(&(group.clone(), volume.clone())));
    let Some(&(size_bytes, free_bytes)) = known else {
        return Ability::LvmBlocked { group, volume, reason: Blocked::FiguresUnknown };
    };
    if free_bytes < SMALLEST_SNAPSHOT_BYTES {
        return Ability::LvmBlocked { group, volume, reason: Blocked::GroupFull };
    }
    let share = size_bytes / 100 * SNAPSHOT_SHARE_PERCENT;
    let recommended_bytes = share.max(SMALLEST_SNAPSHOT_BYTES).min(free_bytes);
    Ability::Lvm { group, volume, size_bytes, free_bytes, recommended_bytes }
}

/// The device mapper's name of a volume: group and volume with a hyphen between, their own hyphens doubled (lvm(8)).
fn logical_volume(name: &str) -> Option<(String, String)> {
    let bytes = name.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match (bytes[at], bytes.get(at + 1)) {
            (b'-', Some(b'-')) => at += 2,
            (b'-', Some(_)) if at > 0 => {
                return Some((name[..at].replace("--", "-"), name[at + 1..].replace("--", "-")));
            }
            _ => at += 1,
        }
    }
    None
}

/// Asks LVM, if it is there and lets us.
fn figures() -> Option<Figures> {
    let program = program::find("lvs")?;
    let arguments =
        ["--noheadings", "--nosuffix", "--units", "b", "--separator", "|", "-o", "vg_name,lv_name,lv_size,vg_free"];
    let (ended_well, output) = program::output(&program, &arguments, PATIENCE).ok()?;
    ended_well.then(|| parse_figures(&String::from_utf8_lossy(&output)))
}

/// Lines that are no figures are warnings.
fn parse_figures(output: &str) -> Figures {
    let line = |line: &str| {
        let fields: Vec<&str> = line.trim().split('|').collect();
        let [group, volume, size, free] = fields[..] else { return None };
        Some(((group.to_owned(), volume.to_owned()), (size.parse().ok()?, free.parse().ok()?)))
    };
    output.lines().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_logical_volumes_are_told_apart_at_their_single_hyphen() {
        let pair = |group: &str, volume: &str| Some((group.to_owned(), volume.to_owned()));
        assert_eq!(logical_volume("vg0-data"), pair("vg0", "data"));
        assert_eq!(logical_volume("my--vg-pg--data--1"), pair("my-vg", "pg-data-1"));
        assert_eq!(logical_volume("vg0-a--b-real"), pair("vg0", "a-b-real"));
        for wrong in ["", "luks", "a--b", "-x", "x-"] {
            assert_eq!(logical_volume(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_snapshot_gets_a_share_of_its_volume_within_the_room_of_the_group() {
        let gib = 1_u64 << 30;
        let output = format!(
            "  WARNING: something\n  vg|data|{}|{}\n  vg|tiny|{}|{}\n  full|data|{}|0\n  tight|data|{}|{}\n",
            100 * gib,
            50 * gib,
            gib,
            50 * gib,
            100 * gib,
            100 * gib,
            2 * gib
        );
        let figures = parse_figures(&output);
        let of = |group: &str, volume: &str| of_volume(group.into(), volume.into(), Some(&figures));
        let recommended = |ability: Ability| match ability {
            Ability::Lvm { recommended_bytes, .. } => Some(recommended_bytes),
            _ => None,
        };
        assert_eq!(recommended(of("vg", "data")), Some(100 * gib / 100 * 15));
        assert_eq!(recommended(of("vg", "tiny")), Some(SMALLEST_SNAPSHOT_BYTES));
        assert_eq!(recommended(of("tight", "data")), Some(2 * gib), "all that is free");
        let reason = |ability: Ability| match ability {
            Ability::LvmBlocked { reason, .. } => Some(reason),
            _ => None,
        };
        assert_eq!(reason(of("full", "data")), Some(Blocked::GroupFull));
        assert_eq!(reason(of("vg", "other")), Some(Blocked::FiguresUnknown));
        assert_eq!(reason(of_volume("vg".into(), "data".into(), None)), Some(Blocked::FiguresUnknown));
    }

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
