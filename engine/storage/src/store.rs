//! The trait that every place and every decorator implements.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rempart_model::{CancelToken, Id};

use crate::{Listed, ObjectKind, ObjectName, Result};

/// A place for the objects of one repository. Shared between threads.
///
/// Objects are immutable: they are written whole, read, and removed. Every call blocks its thread; time-outs are the
/// backend's. A call that fails has either done nothing or all (a response can be lost), never half.
pub trait ObjectStore: Send + Sync {
    /// Where this is, without secrets, as people are told: `/srv/repo`, `s3:https://host/bucket/prefix`.
    fn location(&self) -> &str;

    /// Makes the folders or the bucket prefix. Harmless where they exist.
    fn create(&self) -> Result<()>;

    /// Makes the one folder that the store lies in, and none inside it. Where a place has no folders, it is looked at.
    fn create_root(&self) -> Result<()> {
        self.create()
    }

    /// Every object of the kind with its size, in no particular order. Foreign names are passed over (a warning in the
    /// log). A kind whose folder does not exist has none.
    fn list(&self, kind: ObjectKind) -> Result<Vec<Listed>>;

    fn size(&self, name: ObjectName) -> Result<u64>;

    fn read(&self, name: ObjectName) -> Result<Bytes>;

    /// Exactly these bytes; a range that reaches past the end is [`crate::ErrorKind::Damaged`].
    fn read_range(&self, name: ObjectName, offset_bytes: u64, len_bytes: usize) -> Result<Bytes>;

    /// Same, into a caller's buffer, of which all is filled. Backends that can avoid a copy do. After an error the
    /// buffer's content is unspecified.
    fn read_range_into(&self, name: ObjectName, offset_bytes: u64, buffer: &mut [u8]) -> Result<()> {
        let bytes = self.read_range(name, offset_bytes, buffer.len())?;
        buffer.copy_from_slice(&bytes);
        Ok(())
    }

    /// Same, into `room`, which grows as needed and is used again and again; returns where in it the bytes lie. For long
    /// ranges that nobody asks for again soon: a place on a disk of this machine reads past its page cache what the disk holds.
    /// Without reading ahead, so several threads ask at once.
    fn read_range_once(
        &self,
        name: ObjectName,
        offset_bytes: u64,
        len_bytes: usize,
        room: &mut Vec<u8>,
    ) -> Result<Range<usize>> {
        if room.len() < len_bytes {
            room.resize(len_bytes, 0);
        }
        self.read_range_into(name, offset_bytes, &mut room[..len_bytes])?;
        Ok(0..len_bytes)
    }

    /// Stores an object whole. Writing a name that exists with the same content succeeds (a lost response is repeated);
    /// [`crate::ErrorKind::AlreadyExists`] otherwise. Readable through this store at once; durable, and for packs
    /// visible to others, after the next [`ObjectStore::sync`].
    fn write(&self, name: ObjectName, data: Bytes) -> Result<()>;

    /// Begins a pack whose name is known only at its end, where the backend can hold unnamed bytes cheaply (a temporary
    /// file on the local disk). `None`: the caller assembles it in memory and calls [`ObjectStore::write`].
    fn begin_pack(&self) -> Result<Option<Box<dyn PendingPack>>> {
        Ok(None)
    }

    /// Reading the same bytes twice costs next to nothing (a local disk's page cache, not a network): check then reads a
    /// pack once to hash its file and once for its blobs.
    fn rereads_are_cheap(&self) -> bool {
        false
    }

    /// Says how an object is going to be read. A hint: it changes no answer and never fails.
    fn advise(&self, name: ObjectName, advice: ReadAdvice) {
        let _ = (name, advice);
    }

    /// Makes all that was written through this store so far survive a crash of the machine, file and directory alike.
    /// Fails where any of it is lost; it then keeps failing, since a later success would be taken for a promise about
    /// what went before.
    fn sync(&self) -> Result<()>;

    /// Removes an object. [`crate::ErrorKind::NotFound`] where it is not there.
    fn remove(&self, name: ObjectName) -> Result<()>;

    /// What is free for new objects, where the place can tell.
    fn free_bytes(&self) -> Result<Option<u64>> {
        Ok(None)
    }

    /// How much the place holds in all, free or not, where it can tell.
    fn capacity_bytes(&self) -> Result<Option<u64>> {
        Ok(None)
    }

    /// Removes what died writers left under temporary names, when last touched longer ago than `older_than`. Returns
    /// how many were removed. Never touches an object, nor what a living process of this machine is writing.
    fn remove_leftovers(&self, older_than: Duration) -> Result<u64> {
        let _ = older_than;
        Ok(0)
    }

    /// The same place for work that somebody may cancel: its waits (for another try, for its turn under a limit) then end
    /// soon, with the error that made it wait where there is one. `None`: it never waits.
    fn canceled_by(&self, cancel: &CancelToken) -> Option<Arc<dyn ObjectStore>> {
        let _ = cancel;
        None
    }
}

/// How an object is going to be read, for a store whose disk can fetch beside other work and whose cache others use too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadAdvice {
    /// Whole, soon.
    Soon,
    /// Not again soon.
    Over,
}

/// A pack being appended to. Dropped unfinished, it leaves nothing behind.
pub trait PendingPack: Send {
    fn append(&mut self, data: &[u8]) -> Result<()>;

    /// Gives it its name. Readable at once, durable after the next [`ObjectStore::sync`].
    fn finish(self: Box<Self>, id: Id) -> Result<()>;
}
