//! Programs of the machine that backups can make use of, and their versions.

use serde::{Deserialize, Serialize};

use super::PATIENCE;
use crate::path::HostPath;
use crate::program;

/// How to ask a program for its version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ToolSpec {
    pub name: &'static str,
    pub arguments: &'static [&'static str],
}

const fn tool(name: &'static str, arguments: &'static [&'static str]) -> ToolSpec {
    ToolSpec { name, arguments }
}

/// Asked for without rights and without a connection to anything: each only prints.
pub const TOOLS: [ToolSpec; 20] = [
    tool("borg", &["--version"]),
    tool("btrfs", &["--version"]),
    tool("docker", &["--version"]),
    tool("lvm", &["version"]),
    tool("mariadb", &["--version"]),
    tool("mariadb-backup", &["--version"]),
    tool("mariadb-dump", &["--version"]),
    tool("mongodump", &["--version"]),
    tool("mysql", &["--version"]),
    tool("mysqldump", &["--version"]),
    tool("pg_basebackup", &["--version"]),
    tool("pg_dump", &["--version"]),
    tool("podman", &["--version"]),
    tool("psql", &["--version"]),
    tool("redis-cli", &["--version"]),
    tool("restic", &["version"]),
    tool("rsync", &["--version"]),
    tool("sqlite3", &["--version"]),
    tool("systemctl", &["--version"]),
    tool("xtrabackup", &["--version"]),
];

/// A program that is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tool {
    pub name: String,
    pub path: HostPath,
    /// Absent where it is there and does not say: it may be broken.
    pub version: Option<String>,
}

pub(super) fn look(spec: &ToolSpec) -> Option<Tool> {
    let path = program::find(spec.name)?;
    // What the program writes counts, not how it ends: `lvm version` complains where there is no device mapper.
    let said = program::output(&path, spec.arguments, PATIENCE).ok().map(|(_, output)| output);
    let version = said.and_then(|output| version(&String::from_utf8_lossy(&output)));
    Some(Tool { name: spec.name.to_owned(), path: HostPath::from(path.as_path()), version })
}

/// The first word of the first lines that begins with digits and a dot, or is all digits behind the program's name, as systemd
/// has it. A `v` before it does not count.
fn version(output: &str) -> Option<String> {
    let words = || output.lines().take(5).flat_map(|line| line.split([' ', '\t', ',', '(', ')'])).map(trimmed);
    let dotted = |word: &&str| {
        let digits = word.find(|c: char| !c.is_ascii_digit()).unwrap_or(word.len());
        digits > 0 && word[digits..].starts_with('.') && word[digits + 1..].starts_with(|c: char| c.is_ascii_digit())
    };
    let whole = |word: &&str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    words().find(dotted).or_else(|| words().find(whole)).map(str::to_owned)
}

fn trimmed(word: &str) -> &str {
    let word = word.strip_prefix('v').unwrap_or(word);
    word.trim_end_matches([';', ':', '.'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_what_programs_print() {
        for (output, expected) in [
            ("restic 0.19.1 compiled with go1.25 on linux/amd64\n", "0.19.1"),
            ("btrfs-progs v6.2\n", "6.2"),
            ("Docker version 27.3.1, build ce12230\n", "27.3.1"),
            ("  LVM version:     2.03.16(2) (2022-05-18)\n  Library version: 1.02.185 (2022-05-18)\n", "2.03.16"),
            ("mysqldump  Ver 10.19 Distrib 10.11.6-MariaDB, for debian-linux-gnu (x86_64)\n", "10.19"),
            ("pg_dump (PostgreSQL) 16.4 (Debian 16.4-1.pgdg120+1)\n", "16.4"),
            ("rsync  version 3.2.7  protocol version 31\n", "3.2.7"),
            ("3.40.1 2022-12-28 14:03:47 df5c253c0b3dd24916e4ec7cf77d3db5294cc9fd\n", "3.40.1"),
            ("systemd 252 (252.30-1~deb12u2)\n+PAM +AUDIT\n", "252.30-1~deb12u2"),
            ("systemd 219\n+PAM +AUDIT\n", "219"),
        ] {
            assert_eq!(version(output).as_deref(), Some(expected), "{output}");
        }
        assert_eq!(version("command not found\n"), None);
    }

    #[test]
    fn what_is_on_this_machine_is_found_where_it_is() {
        let spec = ToolSpec { name: "bash", arguments: &["--version"] };
        let bash = look(&spec).expect("the project's scripts need it");
        assert!(bash.path.as_path().exists());
        assert!(bash.version.is_some_and(|version| version.contains('.')));
        assert_eq!(look(&ToolSpec { name: "no-such-program", arguments: &[] }), None);
    }

    #[test]
    fn the_table_is_in_order_and_names_each_once() {
        assert!(TOOLS.windows(2).all(|pair| pair[0].name < pair[1].name));
    }
}
