//! When the bytes of each pack were last verified by this machine: a private file in the cache, never in the repository.
//!
//! Losing it costs nothing but the order of the next partial checks. Format: lines of `<pack id> <unix seconds>`.

use std::path::Path;

use hashbrown::{HashMap, HashSet};
use jiff::Timestamp;
use rempart_model::PackId;

const FILE: &str = "verified-packs";

/// What is known of the packs' last verification.
#[derive(Debug, Default)]
pub(super) struct VerifiedPacks {
    when: HashMap<PackId, Timestamp>,
}

impl VerifiedPacks {
    /// Reads the file; what cannot be read counts as never verified.
    pub(super) fn load(cache_dir: Option<&Path>) -> Self {
        let text = cache_dir.and_then(|dir| std::fs::read_to_string(dir.join(FILE)).ok()).unwrap_or_default();
        let entry = |line: &str| {
            let (id, seconds) = line.split_once(' ')?;
            Some((id.parse().ok()?, Timestamp::from_second(seconds.parse().ok()?).ok()?))
        };
        Self { when: text.lines().filter_map(entry).collect() }
    }

    /// Writes the file anew, whole or not at all. A cache that cannot be written is no failure of the check.
    pub(super) fn save(&self, cache_dir: Option<&Path>) {
        let Some(dir) = cache_dir else { return };
        let mut lines: Vec<String> =
            self.when.iter().map(|(id, when)| format!("{id} {}\n", when.as_second())).collect();
        lines.sort_unstable();
        let temporary = dir.join(format!("{FILE}.{}", std::process::id()));
        let written = std::fs::create_dir_all(dir)
            .and_then(|()| std::fs::write(&temporary, lines.concat()))
            .and_then(|()| std::fs::rename(&temporary, dir.join(FILE)));
        if let Err(error) = written {
            tracing::warn!(%error, "cannot note which packs were verified");
        }
    }

    /// Forgets packs that are no longer there.
    pub(super) fn retain(&mut self, packs: &[(PackId, u64)]) {
        let there: HashSet<PackId> = packs.iter().map(|(id, _)| *id).collect();
        self.when.retain(|id, _| there.contains(id));
    }

    pub(super) fn record(&mut self, packs: &[PackId], now: Timestamp) {
        self.when.extend(packs.iter().map(|&id| (id, now)));
    }

    pub(super) fn when(&self, id: &PackId) -> Option<Timestamp> {
        self.when.get(id).copied()
    }

    pub(super) fn oldest(&self) -> Option<Timestamp> {
        self.when.values().min().copied()
    }

    pub(super) fn never(&self, packs: &[(PackId, u64)]) -> u64 {
        packs.iter().filter(|(id, _)| !self.when.contains_key(id)).count() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_noted_is_read_again_and_rubbish_is_passed_over() {
        let dir = tempfile::tempdir().unwrap();
        let (id, now) = (PackId::new([7; 32]), Timestamp::from_second(1_700_000_000).unwrap());
        let mut verified = VerifiedPacks::default();
        verified.record(&[id], now);
        verified.save(Some(dir.path()));
        assert_eq!(VerifiedPacks::load(Some(dir.path())).when(&id), Some(now));

        let file = dir.path().join(FILE);
        let mut text = std::fs::read_to_string(&file).unwrap();
        text.push_str("rubbish\nrub bish\n\n");
        std::fs::write(&file, text).unwrap();
        let mut again = VerifiedPacks::load(Some(dir.path()));
        assert_eq!(again.when.len(), 1);
        again.retain(&[]);
        assert_eq!(again.oldest(), None);
    }
}
