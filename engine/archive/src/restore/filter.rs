//! Which entries are restored.

use crate::pattern::{Patterns, Verdict};

/// Include and exclude patterns over paths that begin with `/` at the root of what is restored. Where there are include
/// patterns, an entry must match one; an exclude pattern that matches leaves it out all the same.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub include: Patterns,
    pub exclude: Patterns,
}

impl Filter {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.include.is_empty() && self.exclude.is_empty()
    }

    /// `matched`: it is to be restored. `child_may_match`: something in it may be.
    pub(super) fn verdict(&self, path: &[u8]) -> Verdict {
        if !self.exclude.is_empty() && self.exclude.matches(path) {
            return Verdict { matched: false, child_may_match: false };
        }
        if self.include.is_empty() {
            return Verdict { matched: true, child_may_match: true };
        }
        self.include.verdict(path)
    }
}
