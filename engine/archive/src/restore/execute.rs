//! Executes one window: existing files are compared, missing chunks read in the order of the packs, files written, and
//! further names linked.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rempart_format::BlobKind;
use rempart_model::BlobId;
use rempart_repository::BlobError;

use super::compare::compare_existing;
use super::file::{OpenFiles, fail, finish_unwritten, show, write_chunk};
use super::links::restore_links;
use super::report::Cause;
use super::session::Session;
use super::window::Window;

pub(super) fn run_window(session: &Session<'_>, mut window: Window) {
    let right = compare_existing(session, &mut window);
    finish_those_without_chunks(session, &window);
    if session.executes() && !session.cancel.is_canceled() {
        write_chunks(session, &window, right.as_deref());
    }
    if !session.cancel.is_canceled() {
        account_for_the_rest(session, &window);
        restore_links(session, std::mem::take(&mut window.links));
    }
}

/// Files that need no content: empty, or right already. A run that only shows ends here.
fn finish_those_without_chunks(session: &Session<'_>, window: &Window) {
    let next = AtomicUsize::new(0);
    let needs_none = |remaining: u32| remaining == 0 || !session.executes();
    let count = window.files.iter().filter(|file| needs_none(file.remaining.load(Ordering::Relaxed))).count();
    session.in_parallel(count, || {
        while let Some(file) = window.files.get(next.fetch_add(1, Ordering::Relaxed)) {
            if session.cancel.is_canceled() {
                return;
            }
            let remaining = file.remaining.load(Ordering::Relaxed);
            if !needs_none(remaining) || file.finished.load(Ordering::Relaxed) {
                continue;
            }
            let done =
                if remaining == 0 { finish_unwritten(session, window, file) } else { show(session, window, file) };
            if let Err((doing, cause)) = done {
                fail(session, window, file, doing, cause);
            }
        }
    });
}

/// Reads each chunk that is needed once, and writes it wherever it belongs.
fn write_chunks(session: &Session<'_>, window: &Window, right: Option<&[bool]>) {
    let needed = |chunk: &u32| !right.is_some_and(|right| right[*chunk as usize]);
    let mut order: Vec<u32> = (0..window.chunks.len() as u32).filter(needed).collect();
    let id_of = |chunk: u32| &window.chunks[chunk as usize].id;
    order.sort_unstable_by(|&a, &b| id_of(a).cmp(id_of(b)).then(a.cmp(&b)));
    let mut ids: Vec<BlobId> = Vec::with_capacity(order.len());
    let mut uses: Vec<u32> = Vec::with_capacity(order.len() + 1);
    for (at, &chunk) in order.iter().enumerate() {
        if ids.last() != Some(id_of(chunk)) {
            ids.push(*id_of(chunk));
            uses.push(at as u32);
        }
    }
    uses.push(order.len() as u32);
    if ids.is_empty() {
        return;
    }

    let open_files = OpenFiles::default();
    let deliver = |at: usize, data: Result<&[u8], BlobError>| {
        let chunks = &order[uses[at] as usize..uses[at + 1] as usize];
        match data {
            Ok(data) => {
                for &chunk in chunks {
                    let chunk = &window.chunks[chunk as usize];
                    write_chunk(session, window, &open_files, chunk.file, data, chunk.offset_bytes);
                }
            }
            Err(error) => {
                let error = Arc::new(error);
                for &chunk in chunks {
                    let file = &window.files[window.chunks[chunk as usize].file as usize];
                    fail(session, window, file, "read the content of", Cause::Source(error.clone()));
                }
            }
        }
        !session.cancel.is_canceled()
    };
    if let Err(error) = session.source.read_blobs(BlobKind::Data, &ids, &deliver) {
        let error = Arc::new(error);
        for file in window.files.iter().filter(|file| !file.finished.load(Ordering::Relaxed)) {
            fail(session, window, file, "read the content of", Cause::Source(error.clone()));
        }
    }
}

/// Every file is either finished or has a problem; directories wait for both alike.
fn account_for_the_rest(session: &Session<'_>, window: &Window) {
    for file in &window.files {
        if !file.finished.swap(true, Ordering::AcqRel) {
            fail(session, window, file, "restore", Cause::Refused("its content was not delivered"));
            session.one_is_done(&file.dir);
        }
    }
}
