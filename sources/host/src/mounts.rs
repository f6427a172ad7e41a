//! What is mounted where: `/proc/self/mountinfo`, as proc_pid_mountinfo(5) describes it.

use serde::{Deserialize, Serialize};

use crate::error::{HostError, Result};
use crate::path::HostPath;

/// One mounted file system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Mount {
    pub mount_point: HostPath,
    /// The folder of the file system that is seen there: `/`, or another in a bind mount or a btrfs subvolume.
    pub root: HostPath,
    /// Such as `/dev/sda1`, `nas:/export`, `tmpfs`.
    pub device: HostPath,
    /// Such as `ext4`, `btrfs`, `nfs4`.
    pub file_system: String,
    pub read_only: bool,
    /// The kernel's numbers of the device, `major:minor`.
    pub device_number: String,
}

const MOUNTINFO: &str = "/proc/self/mountinfo";

/// Every mount of this process, in the order in which they were mounted. One that another covers is left out.
pub fn mounts() -> Result<Vec<Mount>> {
    let bytes = std::fs::read(MOUNTINFO).map_err(|error| HostError::of(&HostPath::from(MOUNTINFO), error))?;
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let mut found: Vec<Mount> = Vec::new();
    for line in lines {
        let strange =
            || HostError::Strange { path: HostPath::from(MOUNTINFO), what: HostPath::new(line.to_vec()).to_text() };
        let mount = parse(line).ok_or_else(strange)?;
        found.retain(|earlier| earlier.mount_point != mount.mount_point);
        found.push(mount);
    }
    Ok(found)
}

/// The mount that a path lies on.
pub fn mount_of<'a>(mounts: &'a [Mount], path: &HostPath) -> Option<&'a Mount> {
    mounts.iter().filter(|mount| path.is_in(&mount.mount_point)).max_by_key(|mount| mount.mount_point.as_bytes().len())
}

/// `id parent major:minor root mount-point options [optional…] - type source super-options`
fn parse(line: &[u8]) -> Option<Mount> {
    let mut fields = line.split(|byte| *byte == b' ');
    let device_number = text(fields.nth(2)?);
    let root = unescaped(fields.next()?);
    let mount_point = unescaped(fields.next()?);
    let options = fields.next()?;
    let mut behind = fields.skip_while(|field| *field != b"-").skip(1);
    let file_system = text(behind.next()?);
    let device = unescaped(behind.next()?);
    let super_options = behind.next().unwrap_or_default();
    let is_ro = |options: &[u8]| options.split(|byte| *byte == b',').any(|option| option == b"ro");
    let read_only = is_ro(options) || is_ro(super_options);
    Some(Mount { mount_point, root, device, file_system, read_only, device_number })
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The kernel writes space, tab, newline and backslash as three octal digits.
fn unescaped(field: &[u8]) -> HostPath {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((&byte, after)) = rest.split_first() {
        let octal = after.get(..3).filter(|digits| byte == b'\\' && digits.iter().all(|d| (b'0'..=b'7').contains(d)));
        match octal.map(|digits| digits.iter().fold(0_u32, |value, digit| value * 8 + u32::from(digit - b'0'))) {
            Some(value @ 0..=255) => {
                bytes.push(u8::try_from(value).unwrap_or(b'?'));
                rest = &after[3..];
            }
            _ => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    HostPath::new(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_with_its_optional_fields_and_escapes() {
        let line =
            br"36 35 98:0 /mnt1 /mnt\040two\134 rw,noatime master:1 shared:2 - ext3 /dev/root rw,errors=continue";
        let expected = Mount {
            mount_point: HostPath::from("/mnt two\\"),
            root: HostPath::from("/mnt1"),
            device: HostPath::from("/dev/root"),
            file_system: "ext3".into(),
            read_only: false,
            device_number: "98:0".into(),
        };
        assert_eq!(parse(line), Some(expected));
        assert!(parse(b"1 2 0:3 / /cd rw - iso9660 /dev/sr0 ro").is_some_and(|mount| mount.read_only));
        assert_eq!(parse(b"36 35 98:0 /mnt1"), None);
    }

    #[test]
    fn a_path_lies_on_the_deepest_mount_above_it() {
        let at = |point: &str| Mount {
            mount_point: HostPath::from(point),
            ..parse(b"1 2 0:3 / / rw - ext4 /dev/a rw").unwrap()
        };
        let mounts = [at("/"), at("/srv"), at("/srv/data")];
        for (path, point) in [("/srv/data/x", "/srv/data"), ("/srv/database", "/srv"), ("/home", "/"), ("/srv", "/srv")]
        {
            assert_eq!(mount_of(&mounts, &HostPath::from(path)).unwrap().mount_point, HostPath::from(point), "{path}");
        }
    }

    #[test]
    fn this_machine_has_a_root() {
        assert!(mounts().unwrap().iter().any(|mount| mount.mount_point == HostPath::from("/")));
    }
}
