//! Listing: the entries of a place, with all below it or without.

use rempart_repository::BlobSource;

use super::error::BrowseError;
use super::resolve::Place;
use super::walk::{Entry, Walk};

/// What is listed.
#[derive(Debug, Clone, Default)]
pub struct ListOptions {
    /// Everything below, not the entries alone.
    pub recursive: bool,
    /// Where the place lies in its snapshot; paths are told from there. Empty for the root.
    pub prefix: Vec<u8>,
}

/// A listing under way; entries come in the order of a walk.
pub struct List<'s> {
    walk: Walk<'s>,
    recursive: bool,
}

impl<'s> List<'s> {
    /// A place that is no directory lists itself, below its own directory.
    #[must_use]
    pub fn of(source: &'s dyn BlobSource, place: &Place, options: &ListOptions) -> Self {
        let mut prefix = Vec::new();
        for name in options.prefix.split(|&byte| byte == b'/').filter(|name| !matches!(*name, b"" | b".")) {
            prefix.push(b'/');
            prefix.extend_from_slice(name);
        }
        if matches!(place, Place::Single { .. }) {
            prefix.truncate(prefix.iter().rposition(|&byte| byte == b'/').unwrap_or(0));
        }
        Self { walk: Walk::of(source, place).below(&prefix), recursive: options.recursive }
    }

    pub fn next_entry(&mut self) -> Option<Result<Entry<'_>, BrowseError>> {
        if !self.recursive {
            self.walk.skip_subtree();
        }
        self.walk.next_entry()
    }
}
