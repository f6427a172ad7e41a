//! Where caches are kept on this machine, and what it is called.

use std::path::PathBuf;

use crate::cli::Global;
use crate::environment;

/// The folder of caches: an option, our variable, then XDG's places. `None` where nothing is to be kept or can be.
#[must_use]
pub fn cache_dir(global: &Global) -> Option<PathBuf> {
    if global.no_cache {
        return None;
    }
    if let Some(dir) = &global.cache_dir {
        return Some(dir.clone());
    }
    if let Some(dir) = environment::CACHE_DIR.value() {
        return Some(dir.into());
    }
    // XDG asks that relative paths be passed over.
    let absolute = |dir: std::ffi::OsString| Some(PathBuf::from(dir)).filter(|dir| dir.is_absolute());
    if let Some(dir) = environment::XDG_CACHE_HOME.value().and_then(absolute) {
        return Some(dir.join("rempart"));
    }
    environment::HOME.value().and_then(absolute).map(|home| home.join(".cache/rempart"))
}

/// The name snapshots are stored under when the user gives none.
#[must_use]
pub fn host_name() -> String {
    environment::HOST
        .text()
        .unwrap_or_else(|| String::from_utf8_lossy(rustix::system::uname().nodename().to_bytes()).into_owned())
}

/// The name of the user who runs this, from the account database, else the number.
#[must_use]
pub fn user_name() -> String {
    let uid = rustix::process::getuid().as_raw();
    let accounts = std::fs::read("/etc/passwd").unwrap_or_default();
    let number = uid.to_string();
    accounts
        .split(|byte| *byte == b'\n')
        .find_map(|line| {
            let mut fields = line.split(|byte| *byte == b':');
            let name = fields.next()?;
            (fields.nth(1)? == number.as_bytes()).then(|| String::from_utf8_lossy(name).into_owned())
        })
        .unwrap_or(number)
}
