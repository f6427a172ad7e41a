//! Remembers what a restore told.

use std::collections::BTreeMap;
use std::sync::Mutex;

use rempart_archive::restore::{Action, Problem, RestoreObserver};
use rempart_format::NodeKind;

use crate::explain;

#[derive(Default)]
pub struct Watcher {
    entries: Mutex<BTreeMap<String, Action>>,
    problems: Mutex<Vec<String>>,
}

impl Watcher {
    /// What was done with an entry; fails the test where nothing was told of it.
    pub fn action(&self, path: &str) -> Action {
        let entries = self.entries.lock().expect("no panic before");
        *entries.get(path).unwrap_or_else(|| panic!("nothing was told of {path}, but of {:?}", entries.keys()))
    }

    pub fn actions(&self) -> BTreeMap<String, Action> {
        self.entries.lock().expect("no panic before").clone()
    }

    pub fn problems(&self) -> Vec<String> {
        self.problems.lock().expect("no panic before").clone()
    }
}

impl RestoreObserver for Watcher {
    fn wants_entries(&self) -> bool {
        true
    }

    fn entry(&self, path: &[u8], _kind: Option<NodeKind>, action: Action, _bytes: u64) {
        let path = String::from_utf8_lossy(path).into_owned();
        self.entries.lock().expect("no panic before").insert(path, action);
    }

    fn problem(&self, problem: &Problem) {
        self.problems.lock().expect("no panic before").push(explain(problem));
    }
}
