//! Names of users and groups, each looked up once.
//!
//! The files /etc/passwd and /etc/group are read as restic's (pure Go) build reads them. Directory services behind NSS
//! are asked through `getent` for ids that the files do not name, once per id.

use std::process::{Command, Stdio};

use hashbrown::HashMap;
use parking_lot::RwLock;

/// Users and groups by number.
#[derive(Debug)]
pub(crate) struct Owners {
    users: Table,
    groups: Table,
}

#[derive(Debug)]
struct Table {
    database: &'static str,
    asks_services: bool,
    names: RwLock<HashMap<u32, String>>,
}

impl Owners {
    pub(crate) fn load() -> Self {
        let switch = std::fs::read_to_string("/etc/nsswitch.conf").unwrap_or_default();
        Self {
            users: Table::load("passwd", "/etc/passwd", &switch),
            groups: Table::load("group", "/etc/group", &switch),
        }
    }

    /// Overwrites `name` with the user's; empty where there is none.
    pub(crate) fn user(&self, uid: u32, name: &mut String) {
        self.users.name(uid, name);
    }

    pub(crate) fn group(&self, gid: u32, name: &mut String) {
        self.groups.name(gid, name);
    }
}

impl Table {
    fn load(database: &'static str, file: &str, switch: &str) -> Self {
        let text = std::fs::read(file).unwrap_or_default();
        let mut names = HashMap::new();
        for line in text.split(|&byte| byte == b'\n') {
            let mut fields = line.split(|&byte| byte == b':');
            let (Some(name), Some(_), Some(number)) = (fields.next(), fields.next(), fields.next()) else { continue };
            let number = std::str::from_utf8(number).ok().and_then(|number| number.parse().ok());
            let (Some(number), Ok(name)) = (number, std::str::from_utf8(name)) else { continue };
            if !name.is_empty() && !name.starts_with(['#', '+', '-']) {
                // The first line of a number is the one that counts.
                names.entry(number).or_insert_with(|| name.to_owned());
            }
        }
        Self { database, asks_services: names_services(switch, database), names: RwLock::new(names) }
    }

    fn name(&self, number: u32, into: &mut String) {
        into.clear();
        if let Some(name) = self.names.read().get(&number) {
            into.push_str(name);
            return;
        }
        let name = if self.asks_services { ask(self.database, number) } else { None }.unwrap_or_default();
        into.push_str(&name);
        self.names.write().insert(number, name);
    }
}

/// Whether nsswitch.conf names more than the files for a database.
fn names_services(switch: &str, database: &str) -> bool {
    switch
        .lines()
        .filter_map(|line| line.trim().strip_prefix(database)?.trim_start().strip_prefix(':'))
        .flat_map(str::split_whitespace)
        .any(|service| !matches!(service, "files" | "compat" | "systemd") && !service.starts_with('['))
}

fn ask(database: &str, number: u32) -> Option<String> {
    let asked = Command::new("getent")
        .args([database, &number.to_string()])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let line = String::from_utf8(asked.stdout).ok()?;
    line.split_once(':').map(|(name, _)| name.to_owned()).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_numbers_have_names_and_unknown_ones_none() {
        let owners = Owners::load();
        let mut name = "left over".to_owned();
        owners.user(0, &mut name);
        assert_eq!(name, "root");
        owners.user(3_999_999_999, &mut name);
        assert_eq!(name, "");
        owners.group(0, &mut name);
        assert_eq!(name, "root");
    }

    #[test]
    fn services_are_asked_only_where_the_switch_names_one() {
        for (switch, asks) in [
            ("passwd: files systemd\n", false),
            ("passwd:         files\ngroup: ldap", false),
            ("passwd: files sss", true),
            ("passwd: files [NOTFOUND=return] ldap", true),
            ("# passwd: ldap", false),
            ("", false),
        ] {
            assert_eq!(names_services(switch, "passwd"), asks, "{switch:?}");
        }
    }
}
