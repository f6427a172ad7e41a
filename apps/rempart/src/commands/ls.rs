//! `ls`: what a snapshot holds.

use std::os::unix::ffi::OsStrExt as _;

use rempart_archive::browse::{self, Entry, Walk};
use serde::Serialize;

use crate::cli::browse::Ls;
use crate::exit_code::ExitCode;
use crate::output::{human, nodes, snapshots as show};
use crate::run::Run;
use crate::snapshots::Finder;

#[derive(Serialize, Default)]
struct Summary {
    entries: u64,
    files: u64,
    bytes: u64,
    errors: u64,
}

pub fn ls(run: &Run, args: &Ls) -> anyhow::Result<ExitCode> {
    let repository = run.open()?;
    let _lock = run.lock_for_reading(&repository)?;
    let (snapshot, path) = Finder::new(&repository, &args.filter).spec(&args.snapshot)?;
    let path = path.unwrap_or_default();
    let dirs: Vec<Vec<u8>> = args.dirs.iter().map(|dir| dir.as_bytes().to_vec()).collect();
    // Without folders everything is listed; with them what is directly in each, unless all below is asked for.
    let is_deep = dirs.is_empty() || args.recursive;
    let starts = if dirs.is_empty() {
        vec![path]
    } else {
        dirs.into_iter().map(|dir| [&path[..], &b"/"[..], &dir].concat()).collect()
    };
    if run.out.is_json() {
        show::message(&run.out, &snapshot)?;
    }
    let long = args.long.then(|| nodes::LongForm::new(args.human_readable));
    let mut summary = Summary::default();
    for start in starts {
        let place = browse::resolve(&repository, snapshot.snapshot.tree, &start)?;
        let prefix = match place.node() {
            // The walk of a single file adds its name to the folder it is in.
            Some(_) if place.tree().is_none() => parent(&clean(&start)),
            _ => clean(&start),
        };
        let mut walk = Walk::of(&repository, &place).below(&prefix);
        while let Some(entry) = walk.next_entry() {
            match entry {
                Ok(entry) => {
                    let is_top = entry.depth == 0;
                    show_entry(run, &entry, long.as_ref(), &mut summary)?;
                    if !is_deep && is_top {
                        walk.skip_subtree();
                    }
                }
                Err(error) => {
                    summary.errors += 1;
                    run.out.item_error("ls", b"", &format!("{:#}", anyhow::Error::new(error)));
                }
            }
            run.check_canceled()?;
        }
    }
    let code = if summary.errors > 0 { ExitCode::Damaged } else { ExitCode::Success };
    if run.out.is_json() {
        run.out.message("summary", summary)?;
    } else {
        run.out.flush()?;
        let entries = if summary.entries == 1 { "1 entry".to_owned() } else { format!("{} entries", summary.entries) };
        run.out.note(format!("{entries}, {}", human::bytes(summary.bytes)));
    }
    Ok(code)
}

fn show_entry(
    run: &Run,
    entry: &Entry<'_>,
    long: Option<&nodes::LongForm>,
    summary: &mut Summary,
) -> anyhow::Result<()> {
    summary.entries += 1;
    if entry.node.kind == rempart_format::NodeKind::File {
        summary.files += 1;
        summary.bytes += entry.node.size;
    }
    if run.out.is_json() {
        run.out.message("node", nodes::as_json(entry.path, entry.node))
    } else if let Some(long) = long {
        run.out.line(long.line(entry.path, entry.node))
    } else {
        run.out.line(entry.path)
    }
}

/// `/a/b`, from `//a/./b/`; the root is empty.
fn clean(path: &[u8]) -> Vec<u8> {
    let mut clean = Vec::new();
    for name in path.split(|byte| *byte == b'/').filter(|name| !matches!(*name, b"" | b".")) {
        clean.push(b'/');
        clean.extend_from_slice(name);
    }
    clean
}

fn parent(path: &[u8]) -> Vec<u8> {
    path[..path.iter().rposition(|byte| *byte == b'/').unwrap_or(0)].to_vec()
}
