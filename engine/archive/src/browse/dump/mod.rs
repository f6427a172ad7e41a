//! Writing out of a snapshot into a stream: one file as it is, or a folder as a tar or zip archive.

mod content;
mod folder;
mod tar;
mod zip;

use std::io::Write;

use rempart_format::{Node, NodeKind};
use rempart_repository::BlobSource;

use super::error::{BrowseError, shown};
use super::resolve::Place;
use crate::cancel::CancelToken;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArchiveFormat {
    /// POSIX 1003.1-2001 (PAX): every name, nanoseconds, owners, extended attributes, hard links, devices.
    Tar,
    /// Files, folders and symbolic links; deflated.
    Zip,
}

/// What was written out.
#[derive(Debug, Default)]
pub struct DumpStats {
    pub entries: u64,
    pub content_bytes: u64,
    /// Entries that the archive has no form for, such as sockets.
    pub left_out: Vec<BrowseError>,
}

/// Writes the content of a regular file. `path` is for messages.
pub fn dump_file(
    source: &dyn BlobSource,
    path: &[u8],
    node: &Node,
    out: &mut dyn Write,
    cancel: &CancelToken,
) -> Result<u64, BrowseError> {
    if node.kind != NodeKind::File {
        return Err(BrowseError::NotAFile { path: shown(path) });
    }
    let mut written_bytes = 0;
    content::stream(source, path, node.content(), cancel, &mut |data| {
        written_bytes += data.len() as u64;
        out.write_all(data).map_err(BrowseError::Write)
    })?;
    out.flush().map_err(BrowseError::Write)?;
    Ok(written_bytes)
}

/// Writes a folder with all below it, or a single entry, as an archive. Names in it are relative to the place.
/// An error ends the archive before its end mark, so that it cannot pass for a whole one.
pub fn dump_archive(
    source: &dyn BlobSource,
    place: &Place,
    format: ArchiveFormat,
    out: &mut dyn Write,
    cancel: &CancelToken,
) -> Result<DumpStats, BrowseError> {
    match format {
        ArchiveFormat::Tar => folder::write(source, place, &mut tar::TarWriter::new(out), cancel),
        ArchiveFormat::Zip => folder::write(source, place, &mut zip::ZipWriter::new(out), cancel),
    }
}

/// A form of archive, written entry by entry.
trait ArchiveWriter {
    /// Begins an entry. For a file, `content_bytes` of content follow, and then [`ArchiveWriter::end`].
    /// `Ok(false)`: there is no form for it, and it was left out.
    fn begin(&mut self, path: &[u8], node: &Node, content_bytes: u64) -> Result<bool, BrowseError>;
    fn content(&mut self, data: &[u8]) -> Result<(), BrowseError>;
    fn end(&mut self) -> Result<(), BrowseError>;
    /// Writes a further name of a file. `Ok(false)`: the archive knows no such thing; write the file again.
    fn link(&mut self, path: &[u8], node: &Node, first: &[u8]) -> Result<bool, BrowseError>;
    fn finish(&mut self) -> Result<(), BrowseError>;
}
