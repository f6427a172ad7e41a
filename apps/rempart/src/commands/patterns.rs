//! Patterns, from options and files to the engine's lists.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use anyhow::Context as _;
use rempart_archive::backup::read_pattern_file;
use rempart_archive::pattern::{Case, Patterns};

use crate::cli::select::{Excludes, Includes};
use crate::failure::Failure;

/// What is left out, in the order: exclude, its files, iexclude, its files.
pub fn excludes(args: &Excludes) -> anyhow::Result<Patterns> {
    let mut patterns = Patterns::default();
    gather(&mut patterns, &args.exclude, &args.exclude_file, Case::Sensitive)?;
    gather(&mut patterns, &args.iexclude, &args.iexclude_file, Case::Insensitive)?;
    Ok(patterns)
}

/// What is picked, in the same order.
pub fn includes(args: &Includes) -> anyhow::Result<Patterns> {
    let mut patterns = Patterns::default();
    gather(&mut patterns, &args.include, &args.include_file, Case::Sensitive)?;
    gather(&mut patterns, &args.iinclude, &args.iinclude_file, Case::Insensitive)?;
    Ok(patterns)
}

fn gather(patterns: &mut Patterns, words: &[OsString], files: &[PathBuf], case: Case) -> anyhow::Result<()> {
    let wrong = || Failure::usage("a pattern cannot be understood");
    for word in words {
        patterns.push(word.as_bytes(), case).with_context(wrong)?;
    }
    for file in files {
        for line in read_pattern_file(file)? {
            patterns.push(&line, case).with_context(|| format!("in {}", file.display())).with_context(wrong)?;
        }
    }
    Ok(())
}
