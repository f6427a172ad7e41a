//! Entries of snapshots, as `ls` and `find` show them.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rempart_format::{FileTime, GoMode, Node, NodeKind};
use serde::Serialize;

use super::human;

/// A line of `ls --json`; the fields are restic's.
#[derive(Serialize)]
pub struct NodeLine<'a> {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub path: String,
    pub uid: u32,
    pub gid: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    pub mode: u32,
    pub permissions: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mtime: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub atime: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ctime: Option<String>,
    pub inode: u64,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub user: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub group: &'a str,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub linktarget: String,
    pub struct_type: &'static str,
}

#[must_use]
pub fn as_json<'a>(path: &[u8], node: &'a Node) -> NodeLine<'a> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    NodeLine {
        name: text(&node.name),
        kind: node.kind.as_str(),
        path: text(path),
        uid: node.uid,
        gid: node.gid,
        size: (node.kind == NodeKind::File).then_some(node.size),
        mode: node.mode,
        permissions: permissions(node.mode),
        mtime: instant(node.mtime).map(|time| time.to_string()),
        atime: instant(node.atime).map(|time| time.to_string()),
        ctime: instant(node.ctime).map(|time| time.to_string()),
        inode: node.inode,
        user: &node.user,
        group: &node.group,
        linktarget: text(&node.link_target),
        struct_type: "node",
    }
}

fn instant(time: FileTime) -> Option<Timestamp> {
    Timestamp::new(time.seconds, i32::try_from(time.nanoseconds).ok()?).ok()
}

/// `-rw-r--r--`, as `ls -l` shows it.
#[must_use]
pub fn permissions(mode: u32) -> String {
    let has = |bit: u32| mode & bit != 0;
    let kind = match () {
        () if has(GoMode::DIR) => 'd',
        () if has(GoMode::SYMLINK) => 'l',
        () if has(GoMode::CHAR_DEVICE) => 'c',
        () if has(GoMode::DEVICE) => 'b',
        () if has(GoMode::NAMED_PIPE) => 'p',
        () if has(GoMode::SOCKET) => 's',
        () => '-',
    };
    let mut text = String::from(kind);
    for (shift, special, letter) in [(6, GoMode::SETUID, 's'), (3, GoMode::SETGID, 's'), (0, GoMode::STICKY, 't')] {
        let bits = mode >> shift;
        text.push(if bits & 4 != 0 { 'r' } else { '-' });
        text.push(if bits & 2 != 0 { 'w' } else { '-' });
        text.push(match (has(special), bits & 1 != 0) {
            (false, false) => '-',
            (false, true) => 'x',
            (true, true) => letter,
            (true, false) => letter.to_ascii_uppercase(),
        });
    }
    text
}

/// Columns of the long form, one space before the path.
pub struct LongForm {
    zone: TimeZone,
    human_sizes: bool,
}

impl LongForm {
    #[must_use]
    pub fn new(human_sizes: bool) -> Self {
        Self { zone: TimeZone::system(), human_sizes }
    }

    #[must_use]
    pub fn line(&self, path: &[u8], node: &Node) -> Vec<u8> {
        let size = if self.human_sizes { human::bytes(node.size) } else { node.size.to_string() };
        let time = instant(node.mtime).map_or_else(String::new, |time| human::time(time, &self.zone));
        let (uid, gid) = (node.uid, node.gid);
        let mut line = format!("{} {uid:>5} {gid:>5} {size:>12} {time} ", permissions(node.mode)).into_bytes();
        line.extend_from_slice(path);
        if node.kind == NodeKind::Symlink {
            line.extend_from_slice(b" -> ");
            line.extend_from_slice(&node.link_target);
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_are_shown_as_ls_shows_them() {
        for (st_mode, text) in [
            (0o100_644, "-rw-r--r--"),
            (0o040_755, "drwxr-xr-x"),
            (0o120_777, "lrwxrwxrwx"),
            (0o104_755, "-rwsr-xr-x"),
            (0o102_644, "-rw-r-Sr--"),
            (0o041_777, "drwxrwxrwt"),
            (0o020_620, "crw--w----"),
            (0o060_660, "brw-rw----"),
            (0o010_600, "prw-------"),
            (0o140_755, "srwxr-xr-x"),
        ] {
            assert_eq!(permissions(GoMode::from_unix(st_mode).0), text, "{st_mode:o}");
        }
    }
}
