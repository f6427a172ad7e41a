//! When two trees are equal: content, kind, mode, owner, group, time to the nanosecond, extended attributes (ACLs are
//! some), hard links, targets of links, numbers of devices.

use std::collections::BTreeMap;
use std::ffi::{CString, OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

/// What is compared. A tool that cannot keep something is asked for less, in a table beside its name.
#[derive(Debug, Clone, Copy)]
pub struct Aspects {
    pub sockets: bool,
    pub hard_links: bool,
    pub xattrs: bool,
    pub device_numbers: bool,
    /// A mode without any permission, which the format leaves out as it does every zero.
    pub mode_zero: bool,
    /// The mode, owner and times of the folder that was backed up itself.
    pub top: bool,
}

/// Everything.
pub const ALL: Aspects =
    Aspects { sockets: true, hard_links: true, xattrs: true, device_numbers: true, mode_zero: true, top: true };

/// One entry, as it can be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    kind: &'static str,
    mode: u32,
    owner: (u32, u32),
    modified: (i64, i64),
    xattrs: BTreeMap<OsString, Vec<u8>>,
    /// A file's bytes, a link's target, a device's number.
    content: Vec<u8>,
    /// The first path (in order) of the same inode.
    same_as: Option<PathBuf>,
}

/// Fails the test with every difference between the two trees.
pub fn assert_equal(expected: &Path, found: &Path, aspects: Aspects, what: &str) {
    let differences = differences(expected, found, aspects);
    let (count, some) = (differences.len(), &differences[..differences.len().min(30)]);
    assert!(differences.is_empty(), "{what}: {count} differences\n{}", some.join("\n"));
}

/// Every difference, one line each, names escaped.
pub fn differences(expected: &Path, found: &Path, aspects: Aspects) -> Vec<String> {
    let (expected, found) = (read(expected, aspects), read(found, aspects));
    let mut lines = Vec::new();
    for (path, entry) in &expected {
        match found.get(path) {
            None => lines.push(format!("{path:?}: missing ({})", entry.kind)),
            Some(other) => {
                let mut other = other.clone();
                if entry.mode == 0 && !aspects.mode_zero {
                    other.mode = 0;
                }
                lines.extend(entry.compare(&other).map(|how| format!("{path:?}: {how}")));
            }
        }
    }
    lines.extend(found.keys().filter(|path| !expected.contains_key(*path)).map(|path| format!("{path:?}: too much")));
    lines
}

impl Entry {
    fn compare(&self, other: &Self) -> Option<String> {
        if self == other {
            return None;
        }
        let mut parts = Vec::new();
        if self.kind != other.kind {
            parts.push(format!("is a {}, was a {}", other.kind, self.kind));
        }
        if self.mode != other.mode {
            parts.push(format!("mode {:o}, was {:o}", other.mode, self.mode));
        }
        if self.owner != other.owner {
            parts.push(format!("owner {:?}, was {:?}", other.owner, self.owner));
        }
        if self.modified != other.modified {
            parts.push(format!("modified {:?}, was {:?}", other.modified, self.modified));
        }
        if self.xattrs != other.xattrs {
            parts.push(format!("xattrs {:?}, were {:?}", other.xattrs, self.xattrs));
        }
        if self.content != other.content {
            parts.push(content_difference(&self.content, &other.content));
        }
        if self.same_as != other.same_as {
            parts.push(format!("hard link to {:?}, was to {:?}", other.same_as, self.same_as));
        }
        Some(parts.join("; "))
    }
}

fn content_difference(expected: &[u8], found: &[u8]) -> String {
    let first = expected.iter().zip(found).position(|(a, b)| a != b).unwrap_or(expected.len().min(found.len()));
    format!("content of {} bytes, was {}, differs from byte {first}", found.len(), expected.len())
}

fn read(root: &Path, aspects: Aspects) -> BTreeMap<PathBuf, Entry> {
    let mut entries = BTreeMap::new();
    let mut inodes: BTreeMap<(u64, u64), Vec<PathBuf>> = BTreeMap::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(path) = folders.pop() {
        let metadata = std::fs::symlink_metadata(&path).unwrap_or_else(|e| panic!("look at {}: {e}", path.display()));
        let kind = kind(&metadata);
        if kind == "socket" && !aspects.sockets {
            continue;
        }
        if kind == "folder" {
            let listing = std::fs::read_dir(&path).unwrap_or_else(|e| panic!("list {}: {e}", path.display()));
            folders.extend(listing.map(|entry| entry.expect("an entry").path()));
        }
        let relative = path.strip_prefix(root).expect("below the root").to_path_buf();
        if kind != "folder" && metadata.nlink() > 1 && aspects.hard_links {
            inodes.entry((metadata.dev(), metadata.ino())).or_default().push(relative.clone());
        }
        if !relative.as_os_str().is_empty() || aspects.top {
            entries.insert(relative, entry(&path, kind, &metadata, aspects));
        }
    }
    for paths in inodes.values_mut() {
        paths.sort();
        for path in paths.iter() {
            entries.get_mut(path).expect("was inserted").same_as = Some(paths[0].clone());
        }
    }
    entries
}

fn entry(path: &Path, kind: &'static str, metadata: &std::fs::Metadata, aspects: Aspects) -> Entry {
    let content = match kind {
        "file" => std::fs::read(path).unwrap_or_else(|e| panic!("read {}: {e}", path.display())),
        "symlink" => std::fs::read_link(path).expect("read a link").into_os_string().into_vec(),
        "char device" | "block device" if aspects.device_numbers => metadata.rdev().to_be_bytes().to_vec(),
        _ => Vec::new(),
    };
    Entry {
        kind,
        mode: metadata.mode() & 0o7777,
        owner: (metadata.uid(), metadata.gid()),
        modified: (metadata.mtime(), metadata.mtime_nsec()),
        xattrs: if aspects.xattrs { xattrs(path) } else { BTreeMap::new() },
        content,
        same_as: None,
    }
}

fn kind(metadata: &std::fs::Metadata) -> &'static str {
    let kind = metadata.file_type();
    if kind.is_file() {
        "file"
    } else if kind.is_dir() {
        "folder"
    } else if kind.is_symlink() {
        "symlink"
    } else if kind.is_fifo() {
        "fifo"
    } else if kind.is_socket() {
        "socket"
    } else if kind.is_char_device() {
        "char device"
    } else {
        "block device"
    }
}

fn xattrs(path: &Path) -> BTreeMap<OsString, Vec<u8>> {
    let path_c = CString::new(path.as_os_str().as_bytes()).expect("paths hold no NUL");
    let mut names = vec![0; 65536];
    let length = match rustix::fs::llistxattr(&path_c, &mut names) {
        Ok(length) => length,
        Err(rustix::io::Errno::NOTSUP) => 0,
        Err(e) => panic!("list the xattrs of {}: {e}", path.display()),
    };
    let mut found = BTreeMap::new();
    for name in names[..length].split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
        let mut value = vec![0; 65536];
        let size = rustix::fs::lgetxattr(&path_c, name, &mut value)
            .unwrap_or_else(|e| panic!("xattr {:?} of {}: {e}", OsStr::from_bytes(name), path.display()));
        value.truncate(size);
        found.insert(OsString::from_vec(name.to_vec()), value);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Place, strange};

    fn copy(place: &Place) -> PathBuf {
        let copy = place.path().join("copy");
        strange::copy(&place.source(), &copy);
        copy
    }

    #[test]
    fn a_true_copy_is_equal() {
        let place = Place::new("comparer");
        strange::make(&place.source());
        assert_equal(&place.source(), &copy(&place), ALL, "cp -a");
    }

    #[test]
    fn every_kind_of_difference_is_seen() {
        use std::fs;
        let place = Place::new("comparer");
        strange::make(&place.source());
        let copy = copy(&place);
        let file = copy.join("plain/small.txt");
        type Change<'a> = (&'a str, Box<dyn Fn() + 'a>);
        let changes: Vec<Change> = vec![
            ("content", Box::new(|| fs::write(copy.join("plain/empty"), "x").expect("write"))),
            ("mode", Box::new(|| rustix::fs::chmod(copy.join("modes/setuid"), 0o755.into()).expect("chmod"))),
            ("owner", Box::new(|| std::os::unix::fs::chown(&file, Some(7), None).expect("chown"))),
            ("modified", Box::new(|| strange::set_time(&copy.join("times/fine"), 1, 2))),
            ("xattrs", Box::new(|| rustix::fs::removexattr(copy.join("xattrs/text"), "user.comment").expect("rm"))),
            ("missing", Box::new(|| fs::remove_file(copy.join("special/fifo")).expect("remove"))),
            ("too much", Box::new(|| fs::write(copy.join("new"), "").expect("write"))),
            ("hard link", Box::new(|| unlink_hard_link(&copy.join("links/hard-b")))),
        ];
        for (word, change) in changes {
            change();
            let found = differences(&place.source(), &copy, ALL);
            assert!(found.iter().any(|line| line.contains(word)), "{word} is not seen in {found:#?}");
        }
    }

    fn unlink_hard_link(path: &Path) {
        let bytes = std::fs::read(path).expect("read");
        std::fs::remove_file(path).expect("remove");
        std::fs::write(path, bytes).expect("write");
    }
}
