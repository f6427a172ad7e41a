//! What was committed, and a true copy of each: the memory against which a repository is held.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rempart_tests_support::{Place, Tool, strange, tree};

/// Snapshot id → the copy of what it holds. Copies are shared by snapshots of the same state.
pub struct Ledger<'p> {
    place: &'p Place,
    committed: BTreeMap<String, PathBuf>,
    copies: usize,
}

impl<'p> Ledger<'p> {
    pub fn new(place: &'p Place) -> Self {
        Self { place, committed: BTreeMap::new(), copies: 0 }
    }

    /// Copies a source as it is now.
    pub fn copy_of(&mut self, source: &Path) -> PathBuf {
        let copy = self.place.path().join(format!("copy-{}", self.copies));
        self.copies += 1;
        strange::copy(source, &copy);
        copy
    }

    /// After a backup of what `copy` holds, ended or killed: a snapshot that is there now is committed.
    /// Returns how many are new.
    pub fn note_new(&mut self, copy: &Path) -> usize {
        let now = Tool::snapshot_ids(self.place);
        let new: Vec<_> = now.into_iter().filter(|id| !self.committed.contains_key(id)).collect();
        let count = new.len();
        self.committed.extend(new.into_iter().map(|id| (id, copy.to_path_buf())));
        count
    }

    /// After a forget, ended or killed: what is gone was to be forgotten, and at least `kept` are there.
    pub fn note_forgotten(&mut self, kept: usize, what: &str) {
        let now = Tool::snapshot_ids(self.place);
        assert!(
            now.len() >= kept.min(self.committed.len()),
            "{what}: {} snapshots are left, {kept} to keep",
            now.len()
        );
        self.committed.retain(|id, _| now.contains(id));
        assert_eq!(now.len(), self.committed.len(), "{what}: forget made snapshots");
    }

    pub fn count(&self) -> usize {
        self.committed.len()
    }

    /// The referee finds no error, and every committed snapshot restores to what was backed up.
    pub fn assert_whole(&self, source: &Path, what: &str) {
        let there = Tool::snapshot_ids(self.place);
        for id in self.committed.keys() {
            assert!(there.contains(id), "{what}: the committed snapshot {id} is gone");
        }
        // Without a lock: the killed process left its own, which the referee would respect.
        let checked = Tool::Restic.on(self.place).args(["check", "--read-data", "--no-lock"]).run();
        assert_eq!(checked.code, Some(0), "{what}: {checked}");
        // All at once: a restore waits more than it works.
        std::thread::scope(|scope| {
            let restores: Vec<_> = (self.committed.iter())
                .map(|(id, copy)| scope.spawn(move || self.assert_restores(id, copy, source, what)))
                .collect();
            for restore in restores {
                restore.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            }
        });
    }

    fn assert_restores(&self, id: &str, copy: &Path, source: &Path, what: &str) {
        let target = self.place.path().join(format!("restored-{id}"));
        let restoring = Tool::Restic.on(self.place).args(["restore", "--no-lock", id, "--target"]).arg(&target);
        let restored = restoring.run();
        assert_eq!(restored.code, Some(0), "{what}: {restored}");
        let found = target.join(source.strip_prefix("/").expect("absolute"));
        tree::assert_equal(copy, &found, tree::ALL, &format!("{what}: snapshot {id}"));
        std::fs::remove_dir_all(&target).expect("remove what was restored");
    }

    /// Removes the copies that no committed snapshot needs.
    pub fn drop_unused_copies(&self) {
        let listing = std::fs::read_dir(self.place.path()).expect("list the place");
        for path in listing.map(|entry| entry.expect("an entry").path()) {
            let is_copy = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("copy-"));
            if is_copy && !self.committed.values().any(|copy| *copy == path) {
                std::fs::remove_dir_all(&path).expect("remove a copy");
            }
        }
    }
}
