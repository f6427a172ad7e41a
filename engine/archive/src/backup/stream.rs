//! Backing up what a program writes instead of what a file system holds: one file in the snapshot, read from a stream.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use rempart_format::FileTime;

use super::batch::{Ended, LargeFile, Parts};
use super::dir::{Dir, Listed, Previous, State};
use super::error::{BackupError, Result};
use super::listing::{Content, Entry, Listing};
use super::source::{Input, Names, Stat};
use super::targets::{clean, join};
use super::worker::Worker;

/// A stream and how it is called in the snapshot.
pub struct Stream<'s> {
    /// Where the file will be: `dump.sql`, `databases/shop.sql`. Taken from `/` on.
    pub name: &'s Path,
    /// The modification time of the file and of the directories above it.
    pub modified: FileTime,
    /// Read to its end. An error at any point, its end included, ends the backup without a snapshot: the reader of a
    /// command's output returns one if the command fails.
    pub reader: &'s mut (dyn Read + Send),
}

struct Piped<'s>(&'s mut (dyn Read + Send));

impl Input for Piped<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(buffer)
    }
}

const DIR_MODE: u32 = 0o040_755;
const FILE_MODE: u32 = 0o100_644;

impl Worker<'_, '_> {
    pub(crate) fn read_stream(&mut self, root: Arc<Dir>, stream: &mut Stream<'_>) -> Result<()> {
        let (dir, modified) = (self.plant_path(root, stream)?, stream.modified);
        let large = Arc::new(LargeFile { dir: Arc::clone(&dir), slot: 0, parts: Parts::default().into() });
        let read_bytes = match self.cut(&large, &mut Piped(stream.reader))? {
            Ok(read_bytes) => read_bytes,
            Err((read_bytes, source)) => return Err(BackupError::Stream { read_bytes, source }),
        };
        if self.run.is_stopped() {
            return Ok(());
        }
        if read_bytes == 0 {
            return Err(BackupError::EmptyStream);
        }
        if let State::Listed(listed) = &mut *dir.state.lock() {
            listed.listing.entries[0].stat = stat(FILE_MODE, modified, read_bytes);
        }
        self.run.progress.file_found(read_bytes);
        self.large_file_ended(&large, Ended::Whole)
    }

    /// The directories of the stream's name; the one that the file is in.
    fn plant_path(&mut self, root: Arc<Dir>, stream: &Stream<'_>) -> Result<Arc<Dir>> {
        let path = clean(&[b"/", stream.name.as_os_str().as_encoded_bytes()].concat());
        let names: Vec<&[u8]> = path[1..].split(|&byte| byte == b'/').collect();
        if names.iter().any(|name| name.is_empty() || name.len() > 255 || name.contains(&0)) {
            return Err(BackupError::StreamName { name: stream.name.to_owned() });
        }
        let mut dir = root;
        for (depth, name) in names.iter().enumerate() {
            let is_file = depth + 1 == names.len();
            let mut listed_names = Names::new();
            listed_names.push(name);
            let entry = Entry::new(stat(if is_file { FILE_MODE } else { DIR_MODE }, stream.modified, 0));
            debug_assert_eq!(entry.content, Content::Pending);
            let listing = Listing { names: listed_names, entries: vec![entry].into() };
            dir.wait_for(1);
            *dir.state.lock() = State::Listed(Listed { listing, same_as: None, xattrs: None });
            if !is_file {
                let path = join(&dir.path, name);
                dir = Arc::new(Dir::new(Some((dir, 0)), path, Previous::Nothing));
            }
        }
        Ok(dir)
    }
}

fn stat(mode: u32, modified: FileTime, size_bytes: u64) -> Stat {
    Stat {
        mode,
        size_bytes,
        mtime_seconds: modified.seconds,
        mtime_nanoseconds: modified.nanoseconds,
        ctime_seconds: modified.seconds,
        ctime_nanoseconds: modified.nanoseconds,
        uid: rustix::process::getuid().as_raw(),
        gid: rustix::process::getgid().as_raw(),
        ..Stat::default()
    }
}
