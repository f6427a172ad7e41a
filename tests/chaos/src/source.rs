//! A source of some megabytes that changes: quick to copy, and its backup fills several packs.

use std::path::Path;

use rempart_tests_support::strange::noise;

/// Numbers from a seed (splitmix64): the same run again.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// From 0 up to, and without, `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.roll() % limit
    }
}

/// Fills an empty folder: `files` files, some 40 KB each, 20 to a folder.
pub fn make(root: &Path, files: u64, dice: &mut Dice) {
    for number in 0..files {
        write(root, number, dice);
    }
}

/// Changes a third of the files, and removes a few.
pub fn change(root: &Path, files: u64, dice: &mut Dice) {
    for _ in 0..files / 3 {
        let number = dice.below(files);
        write(root, number, dice);
    }
    for _ in 0..files / 20 {
        let _ = std::fs::remove_file(path(root, dice.below(files)));
    }
}

fn write(root: &Path, number: u64, dice: &mut Dice) {
    let path = path(root, number);
    let folder = path.parent().expect("in a folder");
    std::fs::create_dir_all(folder).unwrap_or_else(|e| panic!("make {}: {e}", folder.display()));
    let mut bytes = noise(dice.roll(), dice.below(60_000) as usize);
    bytes.extend_from_slice(&b"text that compresses ".repeat(dice.below(1000) as usize));
    std::fs::write(&path, bytes).unwrap_or_else(|e| panic!("write {}: {e}", path.display()));
}

fn path(root: &Path, number: u64) -> std::path::PathBuf {
    root.join(format!("folder-{:02}/file-{number:04}", number / 20))
}
