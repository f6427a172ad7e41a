//! Logical volumes: which one a device is, how much room its group has, how large a snapshot should be.

use std::collections::HashMap;
use std::path::Path;

use super::{Ability, Blocked};
use crate::capability::PATIENCE;
use crate::program;

/// A snapshot below this fills up before a backup has begun.
const SMALLEST_SNAPSHOT_BYTES: u64 = 256 << 20;

/// How long a backup from a snapshot is taken to last.
const BACKUP_SECONDS: u64 = 3600;
const GIB: u64 = 1 << 30;

/// Room of volume groups and sizes of volumes, by (group, volume).
pub type Figures = HashMap<(String, String), (u64, u64)>;

/// Of the file system on this device; `None` where it is no logical volume.
pub fn ability(device_number: &str, figures: Option<&Figures>) -> Option<Ability> {
    let mapper = Path::new("/sys/dev/block").join(device_number).join("dm");
    let read = |name| std::fs::read_to_string(mapper.join(name)).unwrap_or_default().trim().to_owned();
    let (group, volume) = read("uuid").starts_with("LVM-").then(|| logical_volume(&read("name"))).flatten()?;
    Some(of_volume(group, volume, figures, write_rate(device_number)))
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

/// Asks LVM, if it is there and lets us. Read-only it takes no locks and asks the kernel's device mapper nothing, which the
/// agent's service may not.
pub fn figures() -> Option<Figures> {
    let program = program::find("lvs")?;
    let arguments = [
        "--readonly",
        "--noheadings",
        "--nosuffix",
        "--units",
        "b",
        "--separator",
        "|",
        "-o",
        "vg_name,lv_name,lv_size,vg_free",
    ];
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
    use std::process::Command;

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

    /// A group of this test, in a file behind a loop device; without a device mapper no volume of it can be mounted.
    struct Group {
        name: String,
        device: String,
    }

    fn run(script: &str) -> String {
        let output = Command::new("sh").args(["-ec", script]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{script}: {said}; as root, with the package lvm2");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    impl Drop for Group {
        fn drop(&mut self) {
            let Self { name, device } = self;
            run(&format!("vgremove --quiet --force --driverloaded n {name} >&2; losetup --detach {device}"));
        }
    }

    #[test]
    fn the_room_of_a_real_group_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let image = folder.path().join("disk").display().to_string();
        let device = run(&format!("truncate --size 3G {image}; losetup --find --show {image}"));
        let group = Group { name: format!("rempart{}", std::process::id()), device };
        run(&format!(
            "vgcreate --driverloaded n {name} {device} >&2
             lvcreate --driverloaded n --activate n --zero n --wipesignatures n --size 1G --name pg-data {name} >&2",
            name = group.name,
            device = group.device
        ));
        let figures = figures().expect("lvs");
        // Of three gibibytes, one belongs to the volume and four mebibytes to LVM itself.
        let (gib, own) = (1_u64 << 30, 4_u64 << 20);
        assert_eq!(figures.get(&(group.name.clone(), "pg-data".to_owned())), Some(&(gib, 2 * gib - own)));
    }
}
