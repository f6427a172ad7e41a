//! `tag`: changes the tags of snapshots. A snapshot is named by its content, so each is written anew and the old removed.

use rempart_model::SnapshotId;
use rempart_repository::LockMode;
use serde::Serialize;

use crate::cli::maintain::Tag;
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::output::human;
use crate::run::Run;
use crate::snapshots::{Finder, all_tags};

#[derive(Serialize)]
struct Changed {
    old_snapshot_id: String,
    new_snapshot_id: String,
}

#[derive(Serialize)]
struct Summary {
    changed_snapshots: usize,
}

/// What is done to a list of tags.
enum Edit {
    Set(Vec<String>),
    Change { add: Vec<String>, remove: Vec<String> },
}

impl Edit {
    fn apply(&self, tags: &[String]) -> Vec<String> {
        match self {
            Self::Set(tags) => tags.clone(),
            Self::Change { add, remove } => {
                let mut edited: Vec<String> = tags.iter().filter(|tag| !remove.contains(tag)).cloned().collect();
                edited.extend(add.iter().filter(|tag| !tags.contains(tag) || remove.contains(tag)).cloned());
                edited
            }
        }
    }
}

pub fn tag(run: &Run, args: &Tag) -> anyhow::Result<ExitCode> {
    let edit = match (args.set.is_empty(), args.add.is_empty() && args.remove.is_empty()) {
        (true, true) => {
            return Err(Failure::usage("nothing to change").hint("use --add, --remove or --set").into());
        }
        (false, _) => Edit::Set(all_tags(&args.set)),
        (true, false) => Edit::Change { add: all_tags(&args.add), remove: all_tags(&args.remove) },
    };
    let repository = run.open()?;
    let lock = run.lock(&repository, LockMode::Exclusive)?;
    let snapshots = Finder::new(&repository, &args.filter).many(&args.snapshots)?;
    let mut replaced: Vec<SnapshotId> = Vec::new();
    let mut written = 0;
    for stored in snapshots {
        run.check_canceled()?;
        let tags = edit.apply(&stored.snapshot.tags);
        if tags == stored.snapshot.tags {
            continue;
        }
        let mut snapshot = stored.snapshot;
        snapshot.tags = tags;
        snapshot.original.get_or_insert(stored.id);
        let id = repository.save_snapshot(&lock, &snapshot)?;
        written += 1;
        // The new one is durable: only now may the old one go.
        replaced.push(stored.id);
        if run.out.is_json() {
            let (old, new) = (stored.id.to_string(), id.to_string());
            run.out.message("changed", Changed { old_snapshot_id: old, new_snapshot_id: new })?;
        } else {
            run.out.note(format!("{} is now {}", stored.id.short(), id.short()));
        }
    }
    repository.remove_snapshots(&lock, &replaced)?;
    if run.out.is_json() {
        run.out.message("summary", Summary { changed_snapshots: written })?;
    } else {
        run.out.line(format!("changed the tags of {}", human::count(written as u64, "snapshot")))?;
    }
    Ok(ExitCode::Success)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_added_once_and_removed_first() {
        let words = |text: &str| crate::snapshots::split_tags(text);
        for (add, remove, before, after) in [
            ("c", "", "a,b", "a,b,c"),
            ("a", "", "a,b", "a,b"),
            ("", "a", "a,b", "b"),
            ("c", "a", "a,b", "b,c"),
            ("a", "a", "a,b", "b,a"),
        ] {
            let edit = Edit::Change { add: words(add), remove: words(remove) };
            assert_eq!(edit.apply(&words(before)), words(after), "+{add} -{remove} on {before}");
        }
        assert_eq!(Edit::Set(words("x")).apply(&words("a,b")), words("x"));
    }
}
