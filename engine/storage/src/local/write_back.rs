//! Starts writing packs to the disk while others are still being made, so that `sync` has little left to wait for.

use std::collections::VecDeque;
use std::fs::File;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Weak};
use std::thread::JoinHandle;

use parking_lot::Mutex;

use super::files;
use crate::ReadAdvice;

/// Packs that are asked for again with each new one: what the disk has taken of them meanwhile leaves the memory, whose pages
/// the next packs then use.
const ASKED_AGAIN: usize = 4;

/// One thread, begun with the first pack and ended with the store.
#[derive(Default)]
pub(super) struct WriteBack(Mutex<Option<Running>>);

struct Running {
    queue: Sender<Weak<File>>,
    thread: JoinHandle<()>,
}

impl WriteBack {
    /// Takes a finished file on. Where no thread can be had, `sync` does all the work.
    pub fn take(&self, file: &Arc<File>) {
        let mut running = self.0.lock();
        if running.is_none() {
            let (sender, receiver) = channel::<Weak<File>>();
            let thread = std::thread::Builder::new().name("write-back".to_owned()).spawn(move || {
                let mut recent = VecDeque::new();
                for file in receiver {
                    if recent.len() == ASKED_AGAIN {
                        recent.pop_front();
                    }
                    recent.push_back(file);
                    // A file that was closed meanwhile is synced or removed.
                    recent.iter().filter_map(Weak::upgrade).for_each(|file| let_go(&file));
                }
            });
            *running = thread.ok().map(|thread| Running { queue: sender, thread });
        }
        if let Some(Running { queue, .. }) = &*running {
            // The thread ends only with this queue.
            let _ = queue.send(Arc::downgrade(file));
        }
    }

    /// Waits for the file that is under way; those behind it are passed over once they are closed.
    pub fn stop(&self) {
        if let Some(Running { queue, thread }) = self.0.lock().take() {
            drop(queue);
            let _ = thread.join();
        }
    }
}

/// Asks the kernel to write what is dirty of a file and to drop what is clean, of which a new file has none: its pages go
/// when it is asked once more. Unlike an fsync here and now that commits no journal, which other writers would wait for. An
/// error of the disk is told to the fsync that follows. What went past the page cache has no pages left.
pub(super) fn let_go(file: &File) {
    files::advise(file, ReadAdvice::Over);
}
