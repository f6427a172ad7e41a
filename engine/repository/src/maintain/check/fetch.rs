//! Reading ahead: threads that wait for the disk, so that those who verify do not.

use std::ops::Range;

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use rempart_model::PackId;

use super::data::name;
use crate::Repository;
use crate::maintain::reach::chain;

/// Threads that read: each has one request with the disk, which serves several faster than one by one.
const READERS: usize = 4;

/// A part of a pack, wanted soon.
struct Request {
    pack: PackId,
    range: Range<u64>,
    room: Vec<u8>,
    answer: Sender<Fetched>,
}

/// What came of it: where in the room the bytes lie, or why they cannot be had.
pub(super) struct Fetched {
    pub(super) room: Vec<u8>,
    pub(super) outcome: Result<Range<usize>, String>,
}

/// Takes requests on.
#[derive(Clone)]
pub(super) struct Fetcher(Sender<Request>);

/// Something asked for, and not there yet.
pub(super) struct Coming(Receiver<Fetched>);

impl Fetcher {
    pub(super) fn ask(&self, pack: PackId, range: Range<u64>, room: Vec<u8>) -> Coming {
        let (answer, coming) = bounded(1);
        // The readers end after the last who asks.
        let _ = self.0.send(Request { pack, range, room, answer });
        Coming(coming)
    }
}

impl Coming {
    pub(super) fn wait(self) -> Fetched {
        let nobody = |_| Fetched { room: Vec::new(), outcome: Err("a thread that reads has ended".to_owned()) };
        self.0.recv().unwrap_or_else(nobody)
    }
}

/// Runs `work`, and the readers beside it. `again`: what they read was read just before, and is in memory perhaps.
pub(super) fn with_readers<T>(repository: &Repository, again: bool, work: impl FnOnce(Fetcher) -> T) -> T {
    let (asks, asked) = unbounded::<Request>();
    std::thread::scope(|scope| {
        for _ in 0..READERS {
            let asked = asked.clone();
            scope.spawn(move || asked.into_iter().for_each(|request| serve(repository, again, request)));
        }
        work(Fetcher(asks))
    })
}

fn serve(repository: &Repository, again: bool, request: Request) {
    let Request { pack, range, mut room, answer } = request;
    let (store, len) = (repository.store(), range.end.saturating_sub(range.start) as usize);
    let read = if again {
        room.resize(room.len().max(len), 0);
        store.read_range_into(name(pack), range.start, &mut room[..len]).map(|()| 0..len)
    } else {
        store.read_range_once(name(pack), range.start, len, &mut room)
    };
    // Whoever asked may have been canceled.
    let _ = answer.send(Fetched { room, outcome: read.map_err(|error| chain(&error)) });
}
