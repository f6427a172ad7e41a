//! Who runs the restore, and whose the entries become.

use std::fs;
use std::sync::OnceLock;

use hashbrown::HashMap;
use rempart_format::Node;

use super::options::Ownership;

/// Whom the system makes the owner of what this process creates, and the bits it takes away.
#[derive(Debug, Clone, Copy)]
pub(super) struct Identity {
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) umask: u32,
}

impl Identity {
    pub(super) fn of_process() -> Self {
        Self {
            uid: rustix::process::geteuid().as_raw(),
            gid: rustix::process::getegid().as_raw(),
            umask: read_umask().unwrap_or(0o777),
        }
    }

    pub(super) fn is_root(&self) -> bool {
        self.uid == 0
    }
}

/// Asked from /proc, as the system call can only be asked by changing the mask of all threads.
fn read_umask() -> Option<u32> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("Umask:"))?;
    u32::from_str_radix(line.trim(), 8).ok()
}

/// The owners a snapshot's nodes get here.
pub(super) struct Owners {
    ownership: Ownership,
    users: OnceLock<HashMap<String, u32>>,
    groups: OnceLock<HashMap<String, u32>>,
}

impl Owners {
    pub(super) fn new(ownership: Ownership) -> Self {
        Self { ownership, users: OnceLock::new(), groups: OnceLock::new() }
    }

    /// `None`: whoever creates it.
    pub(super) fn of(&self, node: &Node) -> Option<(u32, u32)> {
        match self.ownership {
            Ownership::ById => Some((node.uid, node.gid)),
            Ownership::Ours => None,
            Ownership::ByName => {
                let users = self.users.get_or_init(|| read_names("/etc/passwd"));
                let groups = self.groups.get_or_init(|| read_names("/etc/group"));
                let uid = users.get(node.user.as_str()).copied().unwrap_or(node.uid);
                let gid = groups.get(node.group.as_str()).copied().unwrap_or(node.gid);
                Some((uid, gid))
            }
        }
    }
}

/// `name:password:number:…` of passwd(5) and group(5). The first line of a name counts.
fn read_names(file: &str) -> HashMap<String, u32> {
    let text = String::from_utf8_lossy(&fs::read(file).unwrap_or_default()).into_owned();
    let mut numbers = HashMap::new();
    for line in text.lines() {
        let mut fields = line.split(':');
        if let (Some(name), Some(_), Some(number)) = (fields.next(), fields.next(), fields.next())
            && let Ok(number) = number.parse()
        {
            numbers.entry(name.to_owned()).or_insert(number);
        }
    }
    numbers
}
