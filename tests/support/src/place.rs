//! A test's own folder: what is backed up, the repository, the password, caches, and what was restored.

use std::path::{Path, PathBuf};

/// Removed when dropped, unless `REMPART_KEEP` is set: then its path is printed.
pub struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    /// A new one below `.cache/whole` of the project: on a disk, where xattrs and devices can be made.
    pub fn new(name: &str) -> Self {
        let parent = workspace().join(".cache/whole");
        std::fs::create_dir_all(&parent).unwrap_or_else(|e| panic!("make {}: {e}", parent.display()));
        let mut builder = tempfile::Builder::new();
        builder.prefix(name).disable_cleanup(std::env::var_os("REMPART_KEEP").is_some());
        let folder =
            builder.tempdir_in(&parent).unwrap_or_else(|e| panic!("make a folder in {}: {e}", parent.display()));
        let place = Self { folder };
        for part in [place.source(), place.cache()] {
            std::fs::create_dir(&part).unwrap_or_else(|e| panic!("make {}: {e}", part.display()));
        }
        std::fs::write(place.password_file(), "correct horse\n").expect("write the password");
        if std::env::var_os("REMPART_KEEP").is_some() {
            eprintln!("kept: {}", place.path().display());
        }
        place
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// What is backed up.
    pub fn source(&self) -> PathBuf {
        self.path().join("source")
    }

    pub fn repository(&self) -> PathBuf {
        self.path().join("repository")
    }

    pub fn password_file(&self) -> PathBuf {
        self.path().join("password")
    }

    pub fn cache(&self) -> PathBuf {
        self.path().join("cache")
    }
}

/// The root of the workspace.
pub fn workspace() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).expect("tests/support lies two folders below the root").to_path_buf()
}
