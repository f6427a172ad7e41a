//! A second look: everything that was restored is read again and compared with the snapshot.

use std::ffi::CString;
use std::os::fd::AsFd;
use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;
use rempart_format::{BlobKind, Node, NodeKind};
use rempart_repository::BlobSource;

use super::compare::{ChunkChecker, open_readable};
use super::directory::{Dir, Entered, open_directory};
use super::existing::{kind_of, look};
use super::options::RestoreOptions;
use super::report::{Cause, RestoreError, RestoreObserver, RestoreReport};
use super::session::{Session, open_root};
use crate::browse::{self, Event, Walk};
use crate::cancel::CancelToken;

/// Compares a target with a place of a snapshot, as far as the options' filter selects it: kinds, sizes, contents and
/// where links lead. What differs is in the report. Reads through the system's cache: it proves what was written, not
/// what a failing disk will give back.
pub fn verify(
    source: &dyn BlobSource,
    place: &browse::Place,
    target: &Path,
    options: &RestoreOptions,
    observer: &dyn RestoreObserver,
    cancel: &CancelToken,
) -> Result<RestoreReport, RestoreError> {
    let session = Session::new(source, options, observer, cancel);
    verify_target(&session, place, target)?;
    Ok(session.reporter.finish(cancel.is_canceled()))
}

/// A file that waits to be read.
struct Candidate {
    dir: Arc<Dir>,
    name: CString,
    node: Node,
}

/// Files that a batch of threads takes at once.
const BATCH_FILES: usize = 4096;

pub(super) fn verify_target(session: &Session<'_>, place: &browse::Place, target: &Path) -> Result<(), RestoreError> {
    let handle = open_root(target).map_err(|source| RestoreError::Target { target: target.to_owned(), source })?;
    let root = session.directories.root(Entered { handle: Some(handle), ..Entered::default() });
    let mut walk = Walk::of(session.source, place);
    let mut levels = vec![Some(root)];
    let mut batch = Vec::new();
    while !session.cancel.is_canceled() {
        let (node, depth, path) = match walk.next_event() {
            None => break,
            // The restore has told of it, or will.
            Some(Err(error)) => {
                session.reporter.problem(Vec::new(), "verify all of", Cause::Browse(Box::new(error)));
                continue;
            }
            Some(Ok(Event::Leave { .. })) => continue,
            Some(Ok(Event::Entry(entry))) => (entry.node.clone(), entry.depth, entry.path.to_vec()),
        };
        levels.truncate(depth + 1);
        let verdict = session.options.filter.verdict(&path);
        let Some(Some(dir)) = levels.last().cloned() else { continue };
        let Ok(name) = CString::new(node.name.as_slice()) else { continue };
        if session.is_passed_over(&path) {
            walk.skip_subtree();
        } else if node.kind == NodeKind::Dir {
            if verdict.matched || verdict.child_may_match {
                levels.push(enter(session, &dir, name, &path, verdict.matched));
            }
            if !verdict.child_may_match || matches!(levels.last(), Some(None)) {
                walk.skip_subtree();
            }
        } else if verdict.matched {
            batch.push(Candidate { dir, name, node });
            if batch.len() == BATCH_FILES {
                verify_batch(session, &std::mem::take(&mut batch));
            }
        }
    }
    verify_batch(session, &batch);
    Ok(())
}

fn enter(session: &Session<'_>, parent: &Arc<Dir>, name: CString, path: &[u8], selected: bool) -> Option<Arc<Dir>> {
    let handle = session.directories.open(parent).and_then(|parent| open_directory(parent.as_fd(), &name));
    match handle {
        Ok(handle) => {
            Some(session.directories.child(parent, name, Entered { handle: Some(handle), ..Entered::default() }))
        }
        Err(error) => {
            // A directory in which nothing was selected was not made.
            if selected || error.kind() != std::io::ErrorKind::NotFound {
                session.reporter.problem(path.to_vec(), "verify", Cause::Io(error));
            }
            None
        }
    }
}

fn verify_batch(session: &Session<'_>, batch: &[Candidate]) {
    let next = Mutex::new(batch.iter());
    session.in_parallel(batch.len(), || {
        let mut checker = ChunkChecker::new();
        loop {
            let Some(candidate) = next.lock().next() else { return };
            if session.cancel.is_canceled() {
                return;
            }
            match verify_one(session, candidate, &mut checker) {
                Ok(()) => session.reporter.verified(),
                Err(cause) => session.reporter.problem(candidate.dir.path_of(&candidate.name), "verify", cause),
            }
        }
    });
}

fn verify_one(session: &Session<'_>, candidate: &Candidate, checker: &mut ChunkChecker<u64>) -> Result<(), Cause> {
    let Candidate { dir, name, node } = candidate;
    let dir = session.directories.open(dir)?;
    if node.kind != NodeKind::File {
        let stat = look(dir.as_fd(), name)?;
        if stat.as_ref().and_then(kind_of) != Some(node.kind) {
            return Err(Cause::Refused("it is of another kind than in the snapshot, or missing"));
        }
        if node.kind == NodeKind::Symlink {
            let target = rustix::fs::readlinkat(&dir, name, Vec::new()).map_err(std::io::Error::from)?;
            if target.as_bytes() != node.link_target.as_slice() {
                return Err(Cause::Refused("the link leads elsewhere than in the snapshot"));
            }
        }
        return Ok(());
    }
    let (handle, stat) = open_readable(dir.as_fd(), name)?;
    let mut first_wrong: Option<u64> = None;
    let mut offset_bytes = 0;
    {
        let mut tell = |at: u64, right: bool| {
            if !right {
                first_wrong = Some(first_wrong.map_or(at, |first| first.min(at)));
            }
        };
        for id in node.content() {
            let Some(len_bytes) = session.source.plaintext_bytes(BlobKind::Data, id) else {
                checker.flush(&mut tell);
                return Err(Cause::Refused("the repository does not know its content"));
            };
            let checked = checker.check(handle.as_fd(), offset_bytes, len_bytes as u32, *id, offset_bytes, &mut tell);
            if let Err(error) = checked {
                checker.flush(&mut |_, _| {});
                return Err(error.into());
            }
            offset_bytes += len_bytes;
        }
        checker.flush(&mut tell);
    }
    if let Some(at_byte) = first_wrong {
        return Err(Cause::Differs { at_byte });
    }
    let actual_bytes = u64::try_from(stat.st_size).unwrap_or(0);
    if actual_bytes != offset_bytes {
        return Err(Cause::Length { expected_bytes: offset_bytes, actual_bytes });
    }
    Ok(())
}
