//! `find`: files by name, in all snapshots or some.

use std::os::unix::ffi::OsStrExt as _;

use anyhow::Context as _;
use rempart_archive::browse::{self, Criteria, Find as Search};
use rempart_archive::pattern::{Case, Patterns};
use rempart_format::FileTime;
use serde::Serialize;

use crate::cli::browse::Find;
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::output::{human, nodes};
use crate::run::Run;
use crate::snapshots::Finder;

#[derive(Serialize)]
struct Match<'a> {
    snapshot: &'a str,
    #[serde(flatten)]
    node: nodes::NodeLine<'a>,
}

#[derive(Serialize, Default)]
struct Summary {
    hits: u64,
    snapshots: usize,
    errors: u64,
}

pub fn find(run: &Run, args: &Find) -> anyhow::Result<ExitCode> {
    let case = if args.ignore_case { Case::Insensitive } else { Case::Sensitive };
    let time = |time: Option<jiff::Timestamp>| {
        time.map(|time| FileTime {
            seconds: time.as_second(),
            nanoseconds: u32::try_from(time.subsec_nanosecond()).unwrap_or(0),
        })
    };
    let criteria = Criteria {
        patterns: Patterns::parse(args.patterns.iter().map(|pattern| pattern.as_bytes()), case)
            .context(Failure::usage("a pattern cannot be understood"))?,
        modified_from: time(args.oldest),
        modified_until: time(args.newest),
        size_min_bytes: args.min_size.map(|size| size.0),
        ..Criteria::default()
    };
    let repository = run.open()?;
    let _lock = run.lock_for_reading(&repository)?;
    let snapshots = Finder::new(&repository, &args.filter).many(&args.snapshots)?;
    let long = args.long.then(|| nodes::LongForm::new(false));
    let mut summary = Summary { snapshots: snapshots.len(), ..Summary::default() };
    for stored in snapshots.iter().rev() {
        let place = browse::resolve(&repository, stored.snapshot.tree, b"")?;
        let mut search = Search::within(&repository, &place, &criteria);
        let id = stored.id.to_string();
        let mut is_first = true;
        while let Some(found) = search.next_found() {
            run.check_canceled()?;
            match found {
                Ok(found) => {
                    summary.hits += 1;
                    let (path, node) = (found.entry.path, found.entry.node);
                    if run.out.is_json() {
                        run.out.message("match", Match { snapshot: &id, node: nodes::as_json(path, node) })?;
                        continue;
                    }
                    if std::mem::take(&mut is_first) {
                        let zone = jiff::tz::TimeZone::system();
                        let time = human::time(stored.snapshot.time.instant, &zone);
                        run.out.flush()?;
                        run.out.note(format!("in snapshot {} of {time}:", stored.id.short()));
                    }
                    run.out.line(long.as_ref().map_or_else(|| path.to_vec(), |long| long.line(path, node)))?;
                }
                Err(error) => {
                    summary.errors += 1;
                    run.out.item_error("find", id.as_bytes(), &format!("{:#}", anyhow::Error::new(error)));
                }
            }
        }
    }
    let code = if summary.errors > 0 { ExitCode::Damaged } else { ExitCode::Success };
    if run.out.is_json() {
        run.out.message("summary", summary)?;
    } else {
        run.out.flush()?;
        run.out.note(format!(
            "{} in {}",
            human::count(summary.hits, "hit"),
            human::count(summary.snapshots as u64, "snapshot")
        ));
    }
    Ok(code)
}
