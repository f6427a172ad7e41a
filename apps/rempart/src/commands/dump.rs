//! `dump`: a file's content, or a folder as an archive, to the standard output or a file.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::unix::ffi::OsStrExt as _;

use anyhow::Context as _;
use rempart_archive::browse::{self, ArchiveFormat, Place};
use rempart_repository::Repository;
use serde::Serialize;

use crate::cli::browse::{Dump, DumpFormat};
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::output::Output;
use crate::run::Run;
use crate::snapshots::Finder;

#[derive(Serialize)]
struct Summary {
    entries: u64,
    bytes: u64,
    left_out: usize,
}

pub fn dump(run: &Run, args: &Dump) -> anyhow::Result<ExitCode> {
    if run.out.is_json() && args.target.is_none() {
        return Err(Failure::usage("the data goes to the standard output, where JSON would be in its way")
            .hint("name a file with --target, or leave --json out")
            .into());
    }
    let repository = run.open()?;
    let _lock = run.lock_for_reading(&repository)?;
    let (snapshot, below) = Finder::new(&repository, &args.filter).spec(&args.snapshot)?;
    let mut path = below.unwrap_or_default();
    path.push(b'/');
    path.extend_from_slice(args.path.as_bytes());
    let place = browse::resolve(&repository, snapshot.snapshot.tree, &path)?;
    let written = match &args.target {
        None => {
            let mut out = Stdout { out: &run.out, failure: None };
            let result = write(run, args, &repository, &path, &place, &mut out);
            if let Some(failure) = out.failure {
                return Err(failure);
            }
            result?
        }
        Some(target) => {
            let cannot = || format!("cannot write {}", target.display());
            let mut out = BufWriter::with_capacity(1 << 20, File::create(target).with_context(cannot)?);
            let written = write(run, args, &repository, &path, &place, &mut out).and_then(|written| {
                out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
                Ok(written)
            });
            if written.is_err() {
                // Half a file must not pass for a whole one.
                let _ = std::fs::remove_file(target);
            }
            written.with_context(cannot)?
        }
    };
    if run.out.is_json() {
        run.out.message("summary", &written)?;
    }
    Ok(if written.left_out > 0 { ExitCode::RestoreIncomplete } else { ExitCode::Success })
}

fn write(
    run: &Run,
    args: &Dump,
    repository: &Repository,
    path: &[u8],
    place: &Place,
    out: &mut dyn Write,
) -> anyhow::Result<Summary> {
    if let (Place::Single { node }, None) = (place, args.archive) {
        let bytes = browse::dump_file(repository, path, node, out, &run.cancel)?;
        return Ok(Summary { entries: 1, bytes, left_out: 0 });
    }
    let format = match args.archive {
        Some(DumpFormat::Zip) => ArchiveFormat::Zip,
        Some(DumpFormat::Tar) | None => ArchiveFormat::Tar,
    };
    let stats = browse::dump_archive(repository, place, format, out, &run.cancel)?;
    for error in &stats.left_out {
        run.out.warn(error.to_string());
    }
    Ok(Summary { entries: stats.entries, bytes: stats.content_bytes, left_out: stats.left_out.len() })
}

/// The standard output as a writer. Why it failed is kept: the engine only knows that it did.
struct Stdout<'a> {
    out: &'a Output,
    failure: Option<anyhow::Error>,
}

impl Write for Stdout<'_> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        match self.out.bytes(data) {
            Ok(()) => Ok(data.len()),
            Err(failure) => {
                self.failure = Some(failure);
                Err(io::Error::other("the standard output does not take the data"))
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
