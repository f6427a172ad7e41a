//! Backups of real directories into memory, compared with restic's trees and with fresh full backups.

mod against_restic;
mod changes;
mod corpus;
mod foretold;
mod huge;
mod kinds;
mod memory;
mod problems;

/// The top of the project: the nearest folder above this crate that has its table of layers.
fn workspace() -> std::path::PathBuf {
    let mut folder = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    while !folder.join("layers.toml").exists() {
        assert!(folder.pop(), "the project's folder is not above {}", env!("CARGO_MANIFEST_DIR"));
    }
    folder
}
