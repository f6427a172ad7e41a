//! What the machine is called and runs.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct System {
    pub host_name: String,
    /// For people: `Debian GNU/Linux 12 (bookworm)`.
    pub os: String,
    /// For programs, from os-release(5): `debian`. Absent where there is no such file.
    pub os_id: Option<String>,
    /// `12`. Rolling systems have none.
    pub os_version: Option<String>,
    /// `6.1.0-28-amd64`
    pub kernel: String,
    /// As `uname -m` says it: `x86_64`.
    pub architecture: String,
}

impl System {
    #[must_use]
    pub fn read() -> Self {
        let uname = rustix::system::uname();
        let text = |value: &std::ffi::CStr| String::from_utf8_lossy(value.to_bytes()).into_owned();
        let file =
            ["/etc/os-release", "/usr/lib/os-release"].iter().find_map(|path| std::fs::read_to_string(path).ok());
        let file = file.unwrap_or_default();
        let mut release = os_release(&file);
        let host_name = text(uname.nodename());
        Self {
            host_name: if host_name.is_empty() { "localhost".to_owned() } else { host_name },
            os: release.remove("PRETTY_NAME").unwrap_or_else(|| text(uname.sysname())),
            os_id: release.remove("ID"),
            os_version: release.remove("VERSION_ID"),
            kernel: text(uname.release()),
            architecture: text(uname.machine()),
        }
    }
}

/// `KEY=value` lines, the values perhaps quoted as in a shell.
fn os_release(text: &str) -> HashMap<&str, String> {
    let pairs = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.trim().split_once('='));
    pairs.map(|(key, value)| (key, unquoted(value))).filter(|(_, value)| !value.is_empty()).collect()
}

fn unquoted(value: &str) -> String {
    for quote in ['"', '\''] {
        if let Some(inner) = value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            let mut plain = String::with_capacity(inner.len());
            let mut characters = inner.chars();
            while let Some(character) = characters.next() {
                // Only double quotes know the backslash.
                plain.extend(if character == '\\' && quote == '"' { characters.next() } else { Some(character) });
            }
            return plain;
        }
    }
    value.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn os_release_is_read_with_its_quotes() {
        let text = "# a comment=1\nNAME='Some Linux'\nID=debian\nPRETTY_NAME=\"Debian \\\"12\\\"\"\nVERSION_ID=\"12\"\nEMPTY=\n";
        let release = os_release(text);
        let get = |key| release.get(key).map(String::as_str);
        assert_eq!(get("NAME"), Some("Some Linux"));
        assert_eq!((get("ID"), get("PRETTY_NAME")), (Some("debian"), Some("Debian \"12\"")));
        assert_eq!((get("EMPTY"), get("# a comment")), (None, None));
    }

    #[test]
    fn this_machine_is_what_uname_says() {
        let uname = |flag| {
            let output = std::process::Command::new("uname").arg(flag).output().unwrap();
            String::from_utf8(output.stdout).unwrap().trim().to_owned()
        };
        let system = System::read();
        assert_eq!((system.host_name, system.kernel, system.architecture), (uname("-n"), uname("-r"), uname("-m")));
    }
}
