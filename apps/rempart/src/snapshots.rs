//! Which snapshots are meant: ids, `latest`, `latest~2`, and filters by host, tags and paths.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use rempart_format::Snapshot;
use rempart_model::{IdPrefix, SnapshotId};
use rempart_repository::{Repository, StoredSnapshot};

use crate::cli::select::SnapshotFilter;
use crate::environment;
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::output::Output;

/// Conditions that a snapshot must meet.
#[derive(Debug, Default)]
pub struct Filter {
    hosts: Vec<String>,
    /// Any of these lists; all tags of a list.
    tags: Vec<Vec<String>>,
    /// All of these.
    paths: Vec<String>,
}

impl Filter {
    #[must_use]
    pub fn new(args: &SnapshotFilter) -> Self {
        let mut hosts = args.hosts.clone();
        if hosts.is_empty() {
            hosts.extend(environment::HOST.text());
        }
        Self {
            hosts,
            tags: args.tags.iter().map(|list| split_tags(list)).collect(),
            paths: args.paths.iter().map(absolute).collect(),
        }
    }

    #[must_use]
    pub fn matches(&self, snapshot: &Snapshot) -> bool {
        let has_all = |tags: &Vec<String>| match tags.as_slice() {
            // `--tag ''` asks for snapshots without tags.
            [] => snapshot.tags.is_empty(),
            tags => tags.iter().all(|tag| snapshot.tags.contains(tag)),
        };
        (self.hosts.is_empty() || self.hosts.contains(&snapshot.hostname))
            && (self.tags.is_empty() || self.tags.iter().any(has_all))
            && self.paths.iter().all(|path| snapshot.paths.contains(path))
    }
}

/// `a,b` as two tags; empty ones fall away.
#[must_use]
pub fn split_tags(list: &str) -> Vec<String> {
    list.split(',').map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned).collect()
}

/// Lists of tags, joined.
#[must_use]
pub fn all_tags(lists: &[String]) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for tag in lists.iter().flat_map(|list| split_tags(list)) {
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags
}

/// The path as snapshots hold it: absolute, without `.` and `..`, by text alone.
#[must_use]
pub fn absolute(path: impl AsRef<OsStr>) -> String {
    let path = path.as_ref();
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.into());
    let mut clean = std::path::PathBuf::from("/");
    for part in absolute.components() {
        match part {
            std::path::Component::Normal(name) => clean.push(name),
            std::path::Component::ParentDir => {
                clean.pop();
            }
            _ => {}
        }
    }
    clean.to_string_lossy().into_owned()
}

/// How a user names one snapshot.
#[derive(Debug, PartialEq, Eq)]
enum Name {
    /// The newest, or so many before it.
    Latest {
        back: usize,
    },
    Id(IdPrefix),
}

fn parse(name: &str) -> anyhow::Result<Name> {
    if name == "latest" {
        return Ok(Name::Latest { back: 0 });
    }
    if let Some(back) = name.strip_prefix("latest~").and_then(|number| number.parse().ok()) {
        return Ok(Name::Latest { back });
    }
    name.parse().map(Name::Id).map_err(|_| {
        Failure::usage(format!("{name:?} names no snapshot"))
            .hint("write an id or its beginning (as `rempart snapshots` shows it), latest, or latest~2")
            .into()
    })
}

/// Finds snapshots by name. Lists them at most once.
pub struct Finder<'a> {
    repository: &'a Repository,
    filter: Filter,
    /// Oldest first.
    matching: Option<Vec<StoredSnapshot>>,
}

impl<'a> Finder<'a> {
    #[must_use]
    pub fn new(repository: &'a Repository, filter: &SnapshotFilter) -> Self {
        Self { repository, filter: Filter::new(filter), matching: None }
    }

    /// Takes every snapshot.
    #[must_use]
    pub fn unfiltered(repository: &'a Repository) -> Self {
        Self { repository, filter: Filter::default(), matching: None }
    }

    /// All that pass the filter, oldest first.
    pub fn all(&mut self) -> anyhow::Result<&[StoredSnapshot]> {
        if self.matching.is_none() {
            let mut snapshots = self.repository.snapshots()?;
            snapshots.retain(|stored| self.filter.matches(&stored.snapshot));
            self.matching = Some(snapshots);
        }
        Ok(self.matching.as_deref().unwrap_or_default())
    }

    /// The one snapshot of this name. The filter only concerns `latest`: who types an id means that one.
    pub fn one(&mut self, name: &str) -> anyhow::Result<StoredSnapshot> {
        match parse(name)? {
            Name::Id(prefix) => Ok(self.repository.snapshot_by_prefix(&prefix)?),
            Name::Latest { back } => {
                let matching = self.all()?;
                let found = matching.len().checked_sub(back + 1).and_then(|at| matching.get(at)).cloned();
                found.ok_or_else(|| {
                    let count = matching.len();
                    Failure::new(ExitCode::NotFound, format!("{name} is not there: {count} snapshots match"))
                        .hint("`rempart snapshots` lists what there is; are --host, --tag and --path right?")
                        .into()
                })
            }
        }
    }

    /// The named ones (each once, as named), or all that pass the filter where none is named.
    pub fn many(&mut self, names: &[String]) -> anyhow::Result<Vec<StoredSnapshot>> {
        if names.is_empty() {
            return Ok(self.all()?.to_vec());
        }
        let mut found: Vec<StoredSnapshot> = Vec::new();
        for name in names {
            let snapshot = self.one(name)?;
            if !found.iter().any(|other| other.id == snapshot.id) {
                found.push(snapshot);
            }
        }
        Ok(found)
    }

    /// `SNAPSHOT[:PATH]`, parted.
    pub fn spec(&mut self, spec: &OsStr) -> anyhow::Result<(StoredSnapshot, Option<Vec<u8>>)> {
        let (name, path) = rempart_archive::browse::split_spec(spec.as_bytes());
        let name = std::str::from_utf8(name)
            .map_err(|_| Failure::usage(format!("{} names no snapshot", spec.to_string_lossy())))?;
        Ok((self.one(name)?, path.map(<[u8]>::to_vec)))
    }
}

/// Snapshots that cannot be read, said once; the rest is shown all the same.
pub fn warn_unreadable(out: &Output, unreadable: &[(SnapshotId, rempart_repository::RepositoryError)]) {
    for (id, error) in unreadable {
        out.item_error("snapshot", id.to_string().as_bytes(), &error.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rempart_format::WallTime;
    use rempart_model::BlobId;

    fn snapshot(host: &str, tags: &[&str], paths: &[&str]) -> Snapshot {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Snapshot {
            hostname: host.into(),
            tags: owned(tags),
            paths: owned(paths),
            ..Snapshot::new(BlobId::new([1; 32]), WallTime::default())
        }
    }

    #[test]
    fn filters_combine_as_documented() {
        let all =
            [snapshot("a", &["x", "y"], &["/1", "/2"]), snapshot("b", &["x"], &["/1"]), snapshot("b", &[], &["/2"])];
        let matching = |hosts: &[&str], tags: &[&str], paths: &[&str]| {
            let filter = Filter {
                hosts: hosts.iter().map(|h| (*h).to_owned()).collect(),
                tags: tags.iter().map(|t| split_tags(t)).collect(),
                paths: paths.iter().map(|p| (*p).to_owned()).collect(),
            };
            all.iter().map(|s| filter.matches(s)).collect::<Vec<_>>()
        };
        assert_eq!(matching(&[], &[], &[]), [true, true, true]);
        assert_eq!(matching(&["b"], &[], &[]), [false, true, true]);
        assert_eq!(matching(&["a", "b"], &[], &[]), [true, true, true]);
        assert_eq!(matching(&[], &["x,y"], &[]), [true, false, false], "all tags of a list");
        assert_eq!(matching(&[], &["y", "x"], &[]), [true, true, false], "any of the lists");
        assert_eq!(matching(&[], &[""], &[]), [false, false, true], "the empty tag asks for none");
        assert_eq!(matching(&[], &[], &["/1", "/2"]), [true, false, false], "all of the paths");
        assert_eq!(matching(&["b"], &["x"], &["/1"]), [false, true, false]);
    }

    #[test]
    fn names_are_ids_or_latest() {
        assert_eq!(parse("latest").unwrap(), Name::Latest { back: 0 });
        assert_eq!(parse("latest~3").unwrap(), Name::Latest { back: 3 });
        assert!(matches!(parse("ab12").unwrap(), Name::Id(_)));
        for wrong in ["", "newest", "latest~", "latest~x", "AB", "latest~-1"] {
            assert!(parse(wrong).is_err(), "{wrong:?} was taken for a snapshot");
        }
    }

    #[test]
    fn paths_become_absolute_by_text_alone() {
        assert_eq!(absolute(OsStr::new("/a/./b/../c/")), "/a/c");
        assert!(absolute(OsStr::new("x")).ends_with("/x"));
    }
}
