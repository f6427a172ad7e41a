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

/// A snapshot below this fills up before a backup has begun.
const SMALLEST_SNAPSHOT_BYTES: u64 = 256 << 20;

/// How long a backup from a snapshot is taken to last.
const BACKUP_SECONDS: u64 = 3600;
const GIB: u64 = 1 << 30;

/// Room of volume groups and sizes of volumes, by (group, volume).
type Figures = HashMap<(String, String), (u64, u64)>;

/// Of the file system that a folder lies on.
pub fn ability_of(folder: &HostPath) -> Result<Ability> {
    Ok(Abilities::read()?.of(folder))
}

/// What is known of the machine's volumes at one moment, for many questions.
pub(super) struct Abilities {
    mounts: Vec<Mount>,
    figures: Option<Figures>,
}

impl Abilities {
    pub fn read() -> Result<Self> {
        Ok(Self { mounts: mounts()?, figures: figures() })
    }

    pub fn of(&self, folder: &HostPath) -> Ability {
        mount_of(&self.mounts, folder).map_or(Ability::None, |mount| ability(mount, self.figures.as_ref()))
    }

    /// Every mount that has a volume manager below it.
    pub fn volumes(&self) -> Vec<Volume> {
        let ability = |mount: &Mount| ability(mount, self.figures.as_ref());
        let all = self.mounts.iter().map(|mount| Volume { ability: ability(mount), mount: mount.clone() });
        all.filter(|volume| volume.ability != Ability::None).collect()
    }
}

fn ability(mount: &Mount, figures: Option<&Figures>) -> Ability {
    if mount.file_system == "btrfs" {
        return Ability::Btrfs { subvolume: mount.root.clone() };
    }
    let mapper = Path::new("/sys/dev/block").join(&mount.device_number).join("dm");
    let read = |name| std::fs::read_to_string(mapper.join(name)).unwrap_or_default().trim().to_owned();
    let named = read("uuid").starts_with("LVM-").then(|| logical_volume(&read("name"))).flatten();
    named.map_or(Ability::None, |(group, volume)| of_volume(group, volume, figures, write_rate(&mount.device_number)))
}

/// Of a device, since the machine was started: sectors written are the seventh field of its `stat`, of 512 bytes always
/// (the kernel's Documentation/block/stat.rst).
fn write_rate(device_number: &str) -> Option<u64> {
    let stat = std::fs::read_to_string(Path::new("/sys/dev/block").join(device_number).join("stat")).ok()?;
    let sectors: u64 = stat.split_whitespace().nth(6)?.parse().ok()?;
    let uptime = std::fs::read_to_string("/proc/uptime").ok()?;
    let seconds: u64 = uptime.split('.').next()?.parse().ok()?;
    Some(sectors.saturating_mul(512) / seconds.max(1))
}

fn of_volume(group: String, volume: String, figures: Option<&Figures>, write_rate: Option<u64>) -> Ability {
    let known = figures.and_then(|figures| figures.get(&(group.clone(), volume.clone())));
    let Some(&(size_bytes, free_bytes)) = known else {
        return Ability::LvmBlocked { group, volume, reason: Blocked::FiguresUnknown };
    };
    if free_bytes < SMALLEST_SNAPSHOT_BYTES {
        return Ability::LvmBlocked { group, volume, reason: Blocked::GroupFull };
    }
    let written = write_rate.unwrap_or(0).saturating_mul(BACKUP_SECONDS);
    Ability::Lvm {
        group,
        volume,
        size_bytes,
        free_bytes,
        written_bytes_per_second: write_rate,
        aggressive_bytes: (written.saturating_mul(6) / 5).max(GIB).min(free_bytes),
        conservative_bytes: (size_bytes / 20).max(written.saturating_mul(3)).max(GIB).min(free_bytes),
    }
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
    fn a_snapshot_has_room_for_what_is_written_within_that_of_the_group() {
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
        let of = |group: &str, volume: &str, rate| of_volume(group.into(), volume.into(), Some(&figures), rate);
        let sizes = |ability: Ability| match ability {
            Ability::Lvm { aggressive_bytes, conservative_bytes, .. } => Some((aggressive_bytes, conservative_bytes)),
            _ => None,
        };
        // A mebibyte a second is 3600 in the hour of a backup.
        let (mib, rate) = (1_u64 << 20, Some(1 << 20));
        assert_eq!(sizes(of("vg", "data", rate)), Some((4320 * mib, 10_800 * mib)));
        assert_eq!(sizes(of("vg", "data", None)), Some((gib, 5 * gib)), "a quiet volume");
        assert_eq!(sizes(of("vg", "tiny", None)), Some((gib, gib)));
        assert_eq!(sizes(of("tight", "data", rate)), Some((2 * gib, 2 * gib)), "all that is free");
        let reason = |ability: Ability| match ability {
            Ability::LvmBlocked { reason, .. } => Some(reason),
            _ => None,
        };
        assert_eq!(reason(of("full", "data", None)), Some(Blocked::GroupFull));
        assert_eq!(reason(of("vg", "other", None)), Some(Blocked::FiguresUnknown));
        assert_eq!(reason(of_volume("vg".into(), "data".into(), None, None)), Some(Blocked::FiguresUnknown));
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
