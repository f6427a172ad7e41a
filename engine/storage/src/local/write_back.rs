//! Starts writing packs to the disk while others are still being made, so that `sync` has little left to wait for.

use std::fs::File;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Weak};
use std::thread::JoinHandle;

use parking_lot::Mutex;
use rustix::fs::{Advice, fadvise};

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
                // A file that was closed meanwhile is synced or removed.
                for file in receiver.iter().filter_map(|file| file.upgrade()) {
                    begin(&file);
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

/// The advice that pages are not needed any more makes Linux begin to write the dirty ones, and drop only clean ones, of
/// which a new file has none. Unlike an fsync here and now it commits no journal, which other writers would wait for. An
/// error of the disk is told to the fsync that follows.
fn begin(file: &File) {
    let _ = fadvise(file, 0, None, Advice::DontNeed);
}
