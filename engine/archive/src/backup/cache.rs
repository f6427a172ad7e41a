//! The change cache: what the last backup of the same sources saw, laid out so that a pass over an unchanged tree is a
//! linear comparison.
//!
//! A *body* file holds a record a directory (of a huge one, several): for each entry what `stat` said and where its content is, and the id of
//! the directory's tree. A record refers to those of its subdirectories by position, so one read a directory is all it
//! takes. Bodies are immutable. A small *head* file names the body that counts, from when on times are not trusted, and
//! the index files of the repository that were there when all of it was known to be stored.
//!
//! Every record and the head carry checksums: what is damaged is as good as absent, and the parent snapshot takes over.

mod body;
mod checksum;
mod head;
mod record;
mod store;

pub(crate) use body::BodyReader;
pub(crate) use record::{Record, RecordBuffer, RecordFrame, RecordRef, encode as encode_record};
pub(crate) use store::{CacheRun, Trust};
pub use store::{ChangeCacheLocation, UnpublishedCache};

/// Sets the moment from which on times are not trusted into the far future, as if the cache were old.
#[cfg(test)]
pub(crate) fn trust_everything_for_tests(head: &std::path::Path) {
    store::trust_everything_for_tests(head);
}
