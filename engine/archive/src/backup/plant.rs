//! The upper part of the tree: directories that are in the snapshot for the sake of the sources below them.

use std::ffi::CString;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;

use rustix::io::Errno;

use super::admit::Admission;
use super::blocks::Blocks;
use super::dir::{Dir, Listed, Previous};
use super::error::{BackupError, Result};
use super::exclude::{Excludes, TagVerdict};
use super::listing::{Content, Entry, Listing};
use super::previous::OldEntry;
use super::queue::SourceName;
use super::source::{Names, Stat, open_dir_path};
use super::targets::{Source, Target, absolute, join};
use super::worker::Worker;

impl Worker<'_, '_> {
    /// Begins with the root: everything below follows from the queue.
    pub(crate) fn plant(&mut self, dir: Arc<Dir>, target: &Target) -> Result<()> {
        let mut pending = vec![(dir, target)];
        let (mut some_found, mut some_missing) = (false, false);
        while let Some((dir, target)) = pending.pop() {
            let mut old = self.previous_listing(&dir);
            let (mut names, mut entries, mut below) = (Names::new(), Blocks::default(), Vec::new());
            let mut admission = Admission::new(&dir);
            // These few directories are made anew each time; whether they are as they were shows in their trees.
            for (slot, (name, child)) in target.children.iter().enumerate() {
                let was = old.as_mut().and_then(|old| old.advance_to(name));
                let planted = match &child.source {
                    Some(source) if child.children.is_empty() => self
                        .plant_source(&mut admission, name, source, was, slot)
                        .inspect(|entry| some_found |= entry.is_some())
                        .map_err(|errno| (absolute(&source.path), "stat", errno)),
                    _ => self
                        .plant_dir(&dir, name, child, was, slot)
                        .map(|(entry, child_dir)| {
                            admission.all_same &= entry.change == super::Change::Unmodified;
                            below.push((Arc::new(child_dir), child));
                            Some(entry)
                        })
                        .map_err(|errno| (absolute(&child.metadata_from), "open", errno)),
                };
                let entry = planted.unwrap_or_else(|(path, operation, errno)| {
                    some_missing = true;
                    self.run.failed(path, operation, errno);
                    None
                });
                names.push(name);
                entries.push(entry.unwrap_or_else(|| {
                    admission.all_same = false;
                    Entry { content: Content::LeftOut, ..Entry::new(Stat::default()) }
                }));
            }
            let same_as = self.same_as(&dir, old, &admission);
            admission.others = below.len();
            self.begin(dir, Listed { listing: Listing { names, entries }, same_as, xattrs: None }, admission)?;
            pending.extend(below);
        }
        // The directories above the sources are no backup of anything.
        if some_missing && !some_found {
            self.run.fail(BackupError::Empty);
        }
        Ok(())
    }

    /// A source: whatever lies there. `None` if it is left out; an error if it cannot be found.
    fn plant_source(
        &mut self,
        admission: &mut Admission,
        name: &[u8],
        source: &Source,
        old: Option<OldEntry<'_>>,
        slot: usize,
    ) -> Result<Option<Entry>, Errno> {
        let Some(FoundSource { at, stat, name: source }) = find_source(&self.run.options.excludes, source)? else {
            return Ok(None);
        };
        let base = source.name.clone();
        Ok(Some(self.admit(admission, &at, name, &base, stat, old, slot, Some(source))))
    }

    /// A directory above sources. As restic: links to it are followed, its attributes are those of the name.
    fn plant_dir(
        &mut self,
        dir: &Arc<Dir>,
        name: &[u8],
        target: &Target,
        old: Option<OldEntry<'_>>,
        slot: usize,
    ) -> Result<(Entry, Dir), Errno> {
        let fd = open_dir_path(&target.metadata_from)?;
        let stat = Stat::of_open(&fd)?;
        let mut entry = Entry::new(stat);
        let (at, base) = open_parent(&target.metadata_from)?;
        let mut unreadable = Vec::new();
        // What lies above a source may be closed to us, which harms nobody.
        entry.set_xattrs(self.xattrs.of_name(at.as_fd(), &base, &mut unreadable).unwrap_or_default());
        if self.run.options.with_atime {
            entry.extras_mut().atime = Some(Stat::atime_of_open(&fd)?);
        }
        let mut previous = Previous::Nothing;
        if let Some(old) = old {
            let same = self.compare(&stat, &old.entry.stat).same_metadata && old.entry.xattrs() == entry.xattrs();
            entry.change = if same { super::Change::Unmodified } else { super::Change::Changed };
            previous = Previous::of(&old.entry.content);
        }
        let mut child = Dir::new(Some((Arc::clone(dir), slot as u32)), absolute(&target.metadata_from), previous);
        child.set_snapshot_path(join(dir.snapshot_path.as_ref().unwrap_or(&dir.path), name));
        child.device = stat.device;
        child.change = entry.change;
        child.needs_xattrs = false;
        Ok((entry, child))
    }
}

/// A source where it lies.
pub(crate) struct FoundSource {
    /// The open directory that it is in.
    pub(crate) at: Arc<OwnedFd>,
    pub(crate) stat: Stat,
    pub(crate) name: SourceName,
}

/// Looks a source up. `None` if a rule leaves it out; an error if it cannot be found.
pub(crate) fn find_source(excludes: &Excludes, source: &Source) -> Result<Option<FoundSource>, Errno> {
    let path = absolute(&source.path);
    if !source.is_explicit && excludes.excludes_path(&path) {
        return Ok(None);
    }
    let (at, base) = open_parent(&source.path)?;
    let stat = Stat::at(at.as_fd(), &base)?;
    let dir_device = Stat::of_open(&at)?.device;
    if !source.is_explicit
        && (excludes.excludes_stat(&stat, dir_device, dir_device) || is_tagged(excludes, &at, base.to_bytes()))
    {
        return Ok(None);
    }
    let allowed_device = if source.is_explicit { stat.device } else { dir_device };
    let name = SourceName { name: base, path, allowed_device };
    Ok(Some(FoundSource { at: Arc::new(at), stat, name }))
}

/// Whether a tag file in the directory leaves this name of it out.
fn is_tagged(excludes: &Excludes, dir: &OwnedFd, name: &[u8]) -> bool {
    excludes.tags.iter().any(|tag| {
        let exists = CString::new(tag.name()).is_ok_and(|tag| Stat::at(dir.as_fd(), &tag).is_ok());
        exists && tag.name() != name && tag.verdict(dir.as_fd()) == TagVerdict::LeaveOut
    })
}

/// The directory that a path's last component is in, and that component.
fn open_parent(path: &[u8]) -> Result<(OwnedFd, CString), Errno> {
    let slash = path.iter().rposition(|&byte| byte == b'/');
    let (parent, base): (&[u8], &[u8]) = match slash {
        Some(0) => (b"/", &path[1..]),
        Some(at) => (&path[..at], &path[at + 1..]),
        None => (b".", path),
    };
    let base = CString::new(base).map_err(|_| Errno::INVAL)?;
    Ok((open_dir_path(parent)?, base))
}
