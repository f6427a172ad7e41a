//! Processes of the machine, as `/proc` shows them: proc_pid(5).

use std::collections::HashSet;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use super::container;
use crate::path::HostPath;

/// One that runs.
#[derive(Debug, Clone)]
pub struct Process {
    pub pid: u32,
    pub parent: u32,
    /// The program's file, as the process sees it: without the part by which the kernel says that it was replaced.
    pub program: PathBuf,
    pub arguments: Vec<String>,
    /// The id of the container that it is in.
    pub container: Option<String>,
}

/// All that this process may look at. Those of the kernel have no program.
pub fn processes() -> Vec<Process> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    pids.filter_map(Process::read).collect()
}

impl Process {
    /// `None` where it has ended, or may not be looked at.
    fn read(pid: u32) -> Option<Self> {
        let folder = folder(pid);
        let program = std::fs::read_link(folder.join("exe")).ok()?;
        let bytes = program.as_os_str().as_bytes();
        let whole = bytes.strip_suffix(b" (deleted)").unwrap_or(bytes);
        let program = PathBuf::from(std::ffi::OsString::from_vec(whole.to_vec()));
        let line = std::fs::read(folder.join("cmdline")).ok()?;
        let arguments = line.split(|byte| *byte == 0).filter(|word| !word.is_empty());
        let arguments = arguments.map(|word| String::from_utf8_lossy(word).into_owned()).collect();
        let status = std::fs::read_to_string(folder.join("stat")).ok()?;
        // The name stands in parentheses and may hold any: what follows the last one counts.
        let parent = status.rsplit(')').next()?.split_whitespace().nth(1)?.parse().ok()?;
        let cgroup = std::fs::read_to_string(folder.join("cgroup")).unwrap_or_default();
        Some(Self { pid, parent, program, arguments, container: container::of_cgroup(&cgroup) })
    }

    pub fn program_name(&self) -> &str {
        self.program.file_name().and_then(|name| name.to_str()).unwrap_or_default()
    }

    /// The value of `--name=value` or `--name value`, however many hyphens there are.
    pub fn argument(&self, name: &str) -> Option<&str> {
        for (at, word) in self.arguments.iter().enumerate() {
            let word = word.trim_start_matches('-');
            if let Some(value) = word.strip_prefix(name).and_then(|rest| rest.strip_prefix('=')) {
                return Some(value);
            }
            if word == name {
                return self.arguments.get(at + 1).map(String::as_str);
            }
        }
        None
    }

    /// Where it works: databases that keep one data directory work in it.
    pub fn working_folder(&self) -> Option<PathBuf> {
        std::fs::read_link(folder(self.pid).join("cwd")).ok()
    }

    /// A file as the process names it, to be opened from here.
    pub fn seen_from_here(&self, path: &Path) -> PathBuf {
        if self.container.is_none() {
            return path.to_owned();
        }
        folder(self.pid).join("root").join(path.strip_prefix("/").unwrap_or(path))
    }

    /// A variable of the environment that it was started with; one that is empty says nothing.
    pub fn given(&self, variable: &str) -> Option<String> {
        let environment = std::fs::read(folder(self.pid).join("environ")).ok()?;
        let begin = format!("{variable}=");
        let value = environment.split(|byte| *byte == 0).find_map(|pair| pair.strip_prefix(begin.as_bytes()))?;
        Some(String::from_utf8_lossy(value).into_owned()).filter(|value| !value.is_empty())
    }

    /// Ports of TCP at which it listens, lowest first.
    pub fn ports(&self) -> Vec<u16> {
        let inodes = self.socket_inodes();
        let mut ports = Vec::new();
        for table in ["tcp", "tcp6"] {
            let text = std::fs::read_to_string(folder(self.pid).join("net").join(table)).unwrap_or_default();
            ports.extend(
                text.lines().filter_map(listening).filter(|(_, inode)| inodes.contains(inode)).map(|(port, _)| port),
            );
        }
        ports.sort_unstable();
        ports.dedup();
        ports
    }

    /// Paths of the sockets at which it listens, as it names them.
    pub fn unix_sockets(&self) -> Vec<HostPath> {
        let inodes = self.socket_inodes();
        let text = std::fs::read_to_string(folder(self.pid).join("net/unix")).unwrap_or_default();
        // `address: references protocol flags type state inode path`; one flag says that it listens.
        let path = |line: &str| {
            let mut fields = line.split_whitespace();
            let flags = u32::from_str_radix(fields.nth(3)?, 16).ok()?;
            let inode: u64 = fields.nth(2)?.parse().ok()?;
            let path = fields.next().filter(|path| path.starts_with('/'))?;
            (flags & ACCEPTS != 0 && inodes.contains(&inode)).then(|| HostPath::from(path))
        };
        text.lines().filter_map(path).collect()
    }

    fn socket_inodes(&self) -> HashSet<u64> {
        let Ok(entries) = std::fs::read_dir(folder(self.pid).join("fd")) else { return HashSet::new() };
        let inode = |entry: std::io::Result<std::fs::DirEntry>| {
            let target = std::fs::read_link(entry.ok()?.path()).ok()?;
            target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
        };
        entries.filter_map(inode).collect()
    }
}

/// `__SO_ACCEPTCON` of the kernel's include/uapi/linux/net.h.
const ACCEPTS: u32 = 1 << 16;

fn folder(pid: u32) -> PathBuf {
    Path::new("/proc").join(pid.to_string())
}

/// Port and inode of a line of `/proc/net/tcp` whose state is "listening" (0A).
fn listening(line: &str) -> Option<(u16, u64)> {
    let mut fields = line.split_whitespace();
    let local = fields.nth(1)?;
    let state = fields.nth(1)?;
    let inode = fields.nth(5)?.parse().ok()?;
    let port = u16::from_str_radix(local.rsplit(':').next()?, 16).ok()?;
    (state == "0A").then_some((port, inode))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_found_with_its_ports_and_sockets() {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("here.sock");
        let _socket = std::os::unix::net::UnixListener::bind(&path).unwrap();
        let own = processes().into_iter().find(|process| process.pid == std::process::id()).expect("this process");
        assert_eq!(own.program, std::env::current_exe().unwrap());
        assert!(own.ports().contains(&port.local_addr().unwrap().port()));
        assert!(own.unix_sockets().contains(&HostPath::from(path.as_path())), "{:?}", own.unix_sockets());
        assert_eq!(own.working_folder(), std::env::current_dir().ok());
        assert_eq!((own.given("PATH"), own.given("NO_SUCH_VARIABLE")), (std::env::var("PATH").ok(), None));
    }

    #[test]
    fn arguments_are_found_in_their_spellings() {
        let process = Process {
            pid: 1,
            parent: 0,
            program: "/usr/sbin/mysqld".into(),
            arguments: ["mysqld", "--datadir=/srv/a", "--port", "3307", "-D", "/pg"].map(str::to_owned).to_vec(),
            container: None,
        };
        let found = ["datadir", "port", "D", "socket"].map(|name| process.argument(name));
        assert_eq!(found, [Some("/srv/a"), Some("3307"), Some("/pg"), None]);
    }

    #[test]
    fn only_listening_sockets_have_a_port() {
        let head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";
        let listens =
            "   0: 0100007F:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000   104        0 24680 1";
        assert_eq!((listening(head), listening(listens)), (None, Some((5432, 24680))));
        assert_eq!(listening(&listens.replace(" 0A ", " 01 ")), None);
    }
}
