//! What to leave out: from options to the engine's rules.

use anyhow::Context as _;
use rempart_archive::backup::{ExcludeTag, Excludes};

use crate::cli::backup::Backup;
use crate::cli::select;
use crate::commands::patterns;
use crate::failure::Failure;

pub fn excludes(args: &Backup) -> anyhow::Result<Excludes> {
    let mut tags = Vec::new();
    for text in &args.exclude_if_present {
        tags.push(
            text.to_string_lossy()
                .parse::<ExcludeTag>()
                .context(Failure::usage("--exclude-if-present cannot be understood"))?,
        );
    }
    if args.exclude_caches {
        tags.push(ExcludeTag::caches());
    }
    Ok(Excludes {
        patterns: patterns::excludes(&args.excludes)?,
        tags,
        larger_than_bytes: args.exclude_larger_than.map(|size| size.0),
        one_file_system: args.one_file_system,
    })
}

/// The patterns as the snapshot notes them.
#[must_use]
pub fn noted(args: &select::Excludes) -> Vec<String> {
    args.exclude.iter().chain(&args.iexclude).map(|word| word.to_string_lossy().into_owned()).collect()
}
