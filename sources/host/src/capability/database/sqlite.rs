//! SQLite: files that begin as its files do (<https://sqlite.org/fileformat.html>, section 1.3), open in some process or lying
//! where programs keep them.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::super::process::Process;
use super::{Access, Database, DatabaseKind, Method, Outcome};
use crate::path::HostPath;

const MAGIC: &[u8; 16] = b"SQLite format 3\0";
const ENDINGS: [&str; 5] = ["sqlite", "sqlite3", "db", "db3", "sqlitedb"];
/// Where programs keep what they store.
const FOLDERS: [&str; 5] = ["/var/lib", "/srv", "/opt", "/var/www", "/home"];
/// What is Docker's is its containers'; what the package managers keep is no data of anybody.
const LEFT_OUT: [&str; 5] =
    ["/var/lib/docker", "/var/lib/containers", "/var/lib/containerd", "/var/lib/apt", "/var/lib/dpkg"];
/// What lies there is gone tomorrow.
const PASSING: [&str; 5] = ["/tmp", "/var/tmp", "/var/cache", "/run", "/dev"];
const DEEPEST: usize = 5;
const MOST: usize = 100;
const PATIENCE: Duration = Duration::from_secs(5);

pub fn find(processes: &[Process]) -> Vec<Database> {
    let until = Instant::now() + PATIENCE;
    let mut files = open_files(processes);
    for folder in FOLDERS {
        walk(Path::new(folder), DEEPEST, until, &mut files);
    }
    files.iter().filter_map(|file| database(file)).take(MOST).collect()
}

/// Files with such an ending that processes of this machine have open.
fn open_files(processes: &[Process]) -> BTreeSet<PathBuf> {
    let mut files = BTreeSet::new();
    for process in processes.iter().filter(|process| process.container.is_none()) {
        let Ok(entries) = std::fs::read_dir(format!("/proc/{}/fd", process.pid)) else { continue };
        let targets = entries.filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok());
        let lasts = |file: &PathBuf| file.is_absolute() && !PASSING.iter().any(|folder| file.starts_with(folder));
        files.extend(targets.filter(|target| lasts(target) && has_ending(target)));
    }
    files
}

/// Follows no link, and stays on real disks: what is mounted below is another matter.
fn walk(folder: &Path, deepest: usize, until: Instant, files: &mut BTreeSet<PathBuf>) {
    let is_left_out = LEFT_OUT.iter().any(|left_out| folder == Path::new(left_out));
    if deepest == 0 || is_left_out || Instant::now() >= until {
        return;
    }
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() {
            walk(&entry.path(), deepest - 1, until, files);
        } else if kind.is_file() && has_ending(&entry.path()) {
            files.insert(entry.path());
        }
    }
}

fn has_ending(file: &Path) -> bool {
    file.extension().and_then(|ending| ending.to_str()).is_some_and(|ending| ENDINGS.contains(&ending))
}

/// `None` where it is something else, or may not be read.
fn database(file: &Path) -> Option<Database> {
    let metadata = file.symlink_metadata().ok().filter(std::fs::Metadata::is_file)?;
    let mut begin = [0; 16];
    std::fs::File::open(file).ok()?.read_exact(&mut begin).ok()?;
    if &begin != MAGIC {
        return None;
    }
    Some(Database {
        name: file.file_name().map(|name| name.to_string_lossy().into_owned()),
        size_bytes: Some(metadata.len()),
        data_dir: Some(HostPath::from(file)),
        access: vec![Access { method: Method::File, outcome: Outcome::Works, detail: None }],
        ..Database::new(DatabaseKind::Sqlite)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_what_it_begins_with() {
        let place = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| {
            std::fs::create_dir_all(place.path().join("a/b")).unwrap();
            std::fs::write(place.path().join(name), bytes).unwrap();
        };
        let real = [&MAGIC[..], &[0; 84]].concat();
        write("a/b/shop.db", &real);
        write("a/other.db", b"Berkeley DB, or so");
        write("a/short.sqlite", b"SQL");
        write("a/noend", &real);
        std::os::unix::fs::symlink(place.path().join("a/b/shop.db"), place.path().join("a/link.db")).unwrap();
        let mut files = BTreeSet::new();
        walk(place.path(), DEEPEST, Instant::now() + Duration::from_secs(60), &mut files);
        let found: Vec<Database> = files.iter().filter_map(|file| database(file)).collect();
        let names: Vec<_> = found.iter().filter_map(|database| database.name.as_deref()).collect();
        assert_eq!((names, found[0].size_bytes), (vec!["shop.db"], Some(100)));
    }
}
