//! The agent's folder: files that are whole or not there, and that only their owner may read.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use rustix::fs::FlockOperation;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A folder of mode 0700.
#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
}

/// Held while an agent works in its folder; released with its process, however that ends.
#[derive(Debug)]
pub struct Claim(#[expect(dead_code, reason = "holds the lock")] File);

impl Folder {
    /// Makes it where it is missing.
    pub fn create(path: &Path) -> anyhow::Result<Self> {
        let told = || format!("cannot make the folder {}: name another with --data", path.display());
        DirBuilder::new().recursive(true).mode(0o700).create(path).with_context(told)?;
        Self::open(path)
    }

    /// One that others may look into is refused: its key may be known to them.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        let found = match std::fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                bail!("there is no {shown}: enrol this machine first, with the command that the server's page shows")
            }
            found => found.with_context(|| format!("cannot look at {shown}"))?,
        };
        if !found.is_dir() {
            bail!("{shown} is no folder: name another with --data");
        }
        if found.mode() & 0o077 != 0 {
            bail!("others may look into {shown} (mode {:04o}): `chmod 700 {shown}`", found.mode() & 0o7777);
        }
        Ok(Self { path: path.to_owned() })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Fails where another agent works in this folder.
    pub fn claim(&self) -> anyhow::Result<Claim> {
        let path = self.path.join("lock");
        let told = || format!("cannot open {}", path.display());
        let file =
            OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path).with_context(told)?;
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Claim(file)),
            Err(rustix::io::Errno::WOULDBLOCK) => {
                bail!("another agent works in {}: stop it first, or name another folder", self.path.display())
            }
            Err(error) => Err(error).context(format!("cannot lock {}", path.display())),
        }
    }

    /// `None` where it is not there.
    pub fn read<T: DeserializeOwned>(&self, name: &str) -> anyhow::Result<Option<T>> {
        let path = self.path.join(name);
        let text = match std::fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            text => text.with_context(|| format!("cannot read {}", path.display()))?,
        };
        let damaged = || format!("{} is damaged: remove it and enrol this machine again", path.display());
        serde_json::from_slice(&text).map(Some).with_context(damaged)
    }

    /// Whole and on the disk when this returns, or as it was before.
    pub fn write<T: Serialize>(&self, name: &str, value: &T) -> anyhow::Result<()> {
        let path = self.path.join(name);
        let told = || format!("cannot write {}", path.display());
        let json = serde_json::to_vec_pretty(value).with_context(told)?;
        self.replace(name, &json).with_context(told)
    }

    fn replace(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let unfinished = self.path.join(format!("{name}.tmp"));
        match std::fs::remove_file(&unfinished) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&unfinished)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&unfinished, self.path.join(name))?;
        File::open(&self.path)?.sync_all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn files_are_private_and_come_back_and_others_may_not_look_in() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::create(&place.path().join("a/b")).unwrap();
        assert_eq!(folder.read::<u32>("number").unwrap(), None);
        for number in [1, 2] {
            folder.write("number", &number).unwrap();
            assert_eq!(folder.read::<u32>("number").unwrap(), Some(number));
        }
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o7777;
        assert_eq!((mode(folder.path()), mode(&folder.path().join("number"))), (0o700, 0o600));
        std::fs::write(folder.path().join("number"), "1x").unwrap();
        assert!(folder.read::<u32>("number").is_err(), "damaged");
        let claim = folder.claim().unwrap();
        assert!(folder.claim().is_err(), "claimed already");
        drop(claim);
        assert!(folder.claim().is_ok());
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o750)).unwrap();
        let error = Folder::open(folder.path()).expect_err("the group may look in").to_string();
        assert!(error.contains("chmod 700"), "{error}");
    }
}
