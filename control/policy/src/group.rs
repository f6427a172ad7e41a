//! Groups: retention counts within each, so that one server's snapshots never push out another's.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::Serialize;

use crate::Facts;

/// What makes a group. The default is restic's: by host and paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupBy {
    pub host: bool,
    pub paths: bool,
    pub tags: bool,
}

impl Default for GroupBy {
    fn default() -> Self {
        Self { host: true, paths: true, tags: false }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{word:?} is nothing to group by: write a list of host, paths and tags, such as host,paths, or an empty one")]
pub struct ParseGroupByError {
    pub word: String,
}

impl FromStr for GroupBy {
    type Err = ParseGroupByError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut by = Self { host: false, paths: false, tags: false };
        for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            match word {
                "host" | "hosts" => by.host = true,
                "path" | "paths" => by.paths = true,
                "tag" | "tags" => by.tags = true,
                _ => return Err(ParseGroupByError { word: word.to_owned() }),
            }
        }
        Ok(by)
    }
}

/// What the members of a group have in common; `None` for what was not asked about. Paths and tags are sorted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
pub struct GroupKey {
    pub host: Option<String>,
    pub paths: Option<Vec<String>>,
    pub tags: Option<Vec<String>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    pub key: GroupKey,
    pub members: Vec<Facts>,
}

/// Divides snapshots into groups, ordered by their keys; members keep their order.
#[must_use]
pub fn group(snapshots: &[Facts], by: GroupBy) -> Vec<Group> {
    let mut groups: BTreeMap<GroupKey, Vec<Facts>> = BTreeMap::new();
    for facts in snapshots {
        let key = GroupKey {
            host: by.host.then(|| facts.host.clone()),
            paths: by.paths.then(|| sorted(&facts.paths)),
            tags: by.tags.then(|| sorted(&facts.tags)),
        };
        groups.entry(key).or_default().push(facts.clone());
    }
    groups.into_iter().map(|(key, members)| Group { key, members }).collect()
}

fn sorted(words: &[String]) -> Vec<String> {
    let mut words = words.to_vec();
    words.sort();
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(host: &str, paths: &[&str], tags: &[&str]) -> Facts {
        let owned = |words: &[&str]| words.iter().map(|&w| w.to_owned()).collect();
        Facts {
            host: host.into(),
            paths: owned(paths),
            tags: owned(tags),
            ..Facts::new([0; 32], "2026-01-01T00:00:00Z")
        }
    }

    #[test]
    fn snapshots_share_a_group_when_all_that_is_asked_for_is_equal() {
        let all = [
            facts("a", &["/x", "/y"], &["t"]),
            facts("a", &["/y", "/x"], &[]),
            facts("b", &["/x", "/y"], &["t"]),
            facts("a", &["/x"], &["t"]),
        ];
        for (by, sizes) in [
            ("", vec![4]),
            ("host", vec![3, 1]),
            ("paths", vec![1, 3]),
            ("host,paths", vec![1, 2, 1]),
            ("tags", vec![1, 3]),
            ("host, paths, tags", vec![1, 1, 1, 1]),
        ] {
            let groups = group(&all, by.parse().unwrap());
            assert_eq!(groups.iter().map(|g| g.members.len()).collect::<Vec<_>>(), sizes, "grouped by {by:?}");
        }
    }

    #[test]
    fn an_unknown_word_is_named() {
        assert_eq!("host,user".parse::<GroupBy>(), Err(ParseGroupByError { word: "user".into() }));
    }
}
