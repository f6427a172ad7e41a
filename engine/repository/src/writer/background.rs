//! Work beside the writers: uploads, where the store takes packs whole, and the index of what is stored.

use std::sync::Arc;
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, bounded};
use parking_lot::Mutex;
use rempart_storage::{ObjectKind, ObjectName};

use super::core::{Core, spawn};
use super::pack::FinishedPack;
use crate::{RepositoryError, Result};

/// Threads that run while needed. The channel holds nothing: a pack is either with a writer or with an upload thread, so
/// their number bounds the memory.
#[derive(Default)]
struct Crew {
    packs: Option<Sender<FinishedPack>>,
    uploads: Vec<JoinHandle<()>>,
    indexer: Option<JoinHandle<()>>,
}

pub(super) struct Background {
    core: Arc<Core>,
    upload_threads: usize,
    crew: Mutex<Crew>,
}

impl Background {
    pub(super) fn new(core: Arc<Core>, upload_threads: usize) -> Self {
        Self { core, upload_threads: upload_threads.max(1), crew: Mutex::new(Crew::default()) }
    }

    /// Stores what is not stored yet; waits while all upload threads are busy.
    pub(super) fn take(&self, packs: Vec<FinishedPack>) -> Result<()> {
        for pack in packs {
            if pack.upload.is_some() {
                let sender = self.sender()?;
                // All receivers are gone only when each of them failed.
                sender.send(pack).map_err(|_| RepositoryError::WriterStopped)?;
            } else if self.core.pack_stored(pack) {
                self.index_soon()?;
            }
        }
        if self.core.is_behind() {
            self.core.write_index()?;
        }
        Ok(())
    }

    fn sender(&self) -> Result<Sender<FinishedPack>> {
        let mut crew = self.crew.lock();
        if let Some(sender) = &crew.packs {
            return Ok(sender.clone());
        }
        let (sender, receiver) = bounded(0);
        for _ in 0..self.upload_threads {
            let receiver = receiver.clone();
            crew.uploads.push(spawn(&self.core, "upload", move |core| upload(core, &receiver))?);
        }
        crew.packs = Some(sender.clone());
        Ok(sender)
    }

    fn index_soon(&self) -> Result<()> {
        let mut crew = self.crew.lock();
        if crew.indexer.as_ref().is_none_or(JoinHandle::is_finished) {
            crew.indexer = Some(spawn(&self.core, "index", Core::write_index)?);
        }
        Ok(())
    }

    /// Waits until all is stored. The threads end; new ones are started when needed.
    pub(super) fn settle(&self) {
        let Crew { packs, uploads, indexer } = std::mem::take(&mut *self.crew.lock());
        drop(packs);
        for thread in uploads.into_iter().chain(indexer) {
            if thread.join().is_err() {
                self.core.fail(RepositoryError::WriterStopped);
            }
        }
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.settle();
    }
}

fn upload(core: &Core, packs: &Receiver<FinishedPack>) -> Result<()> {
    while let Ok(mut pack) = packs.recv() {
        // After an error the senders still wait for somebody to take their packs.
        if core.is_going() {
            if let Some(bytes) = pack.upload.take() {
                let name = ObjectName::Named(ObjectKind::Pack, pack.id.0);
                if let Err(error) = core.repo.store().write(name, bytes) {
                    core.fail(error.into());
                    continue;
                }
            }
            if core.pack_stored(pack) {
                core.write_index()?;
            }
        }
    }
    Ok(())
}
