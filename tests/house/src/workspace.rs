//! The workspace as cargo and the file system see it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

/// One package of the workspace, and the packages of the workspace that its manifest names (dev and build too).
#[derive(Debug, Clone)]
pub struct Package {
    pub name: String,
    pub license: Option<String>,
    /// Relative to the root of the workspace: `engine/crypto`.
    pub folder: PathBuf,
    pub uses: BTreeSet<String>,
}

impl Package {
    /// The first part of the folder: `model`, `engine`, `sources`, `control`, `apps`, `tests`, `benches`.
    pub fn floor(&self) -> &str {
        self.folder.components().next().and_then(|part| part.as_os_str().to_str()).unwrap_or("")
    }
}

/// Folders that hold what was made, not what was written.
const NOT_OURS: [&str; 6] = [".git", ".cache", "target", "data", "node_modules", "corpus"];

/// The root of the workspace.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).expect("tests/house lies two folders below the root").to_path_buf()
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Manifest>,
}

#[derive(Deserialize)]
struct Manifest {
    name: String,
    license: Option<String>,
    manifest_path: PathBuf,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    path: Option<PathBuf>,
}

/// Every package of the workspace, by `cargo metadata`.
///
/// # Panics
/// When cargo cannot read the workspace: then nothing else could be tested either.
pub fn packages() -> Vec<Package> {
    let root = root();
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(&root)
        .output()
        .expect("cargo starts");
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Metadata = serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON");
    metadata.packages.into_iter().map(|manifest| package(&root, manifest)).collect()
}

fn package(root: &Path, manifest: Manifest) -> Package {
    let folder = manifest.manifest_path.parent().expect("a manifest lies in a folder");
    Package {
        folder: folder.strip_prefix(root).expect("members lie below the root").to_path_buf(),
        uses: manifest.dependencies.into_iter().filter(|d| d.path.is_some()).map(|d| d.name).collect(),
        name: manifest.name,
        license: manifest.license,
    }
}

/// Every file below the root that people wrote, relative to the root, sorted.
pub fn files() -> Vec<PathBuf> {
    let root = root();
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        let listing = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("list {}: {e}", folder.display()));
        for entry in listing {
            let entry = entry.expect("a directory entry");
            let kind = entry.file_type().expect("a file type");
            let name = entry.file_name();
            if kind.is_dir() && !NOT_OURS.iter().any(|skipped| name == *skipped) && !is_target(&name) {
                folders.push(entry.path());
            } else if kind.is_file() {
                found.push(entry.path().strip_prefix(&root).expect("below the root").to_path_buf());
            }
        }
    }
    found.sort();
    found
}

/// `target-lab` and the like, as .gitignore has it.
fn is_target(name: &std::ffi::OsStr) -> bool {
    name.to_str().is_some_and(|name| name.starts_with("target-"))
}

/// The text of a file below the root.
pub fn text(path: &Path) -> String {
    let whole = root().join(path);
    std::fs::read_to_string(&whole).unwrap_or_else(|e| panic!("read {}: {e}", whole.display()))
}
