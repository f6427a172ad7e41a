//! Counts what a store is asked, so that the I/O cost of an operation is a deterministic test.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use rempart_model::Id;

use crate::{Listed, ObjectKind, ObjectName, ObjectStore, Operation, PendingPack, ReadAdvice, Result};

/// Passes every call on and counts it, whether it succeeds or not.
pub struct RecordStore {
    inner: Arc<dyn ObjectStore>,
    counts: Arc<Mutex<Counts>>,
}

/// How often, and how many bytes of objects went through.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub calls: u64,
    pub bytes: u64,
}

/// What a store was asked, per operation and kind of object. Displayed as one line for each, in a fixed order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts(BTreeMap<(Operation, Option<ObjectKind>), Tally>);

impl Counts {
    /// One operation on all kinds of objects together.
    #[must_use]
    pub fn of(&self, operation: Operation) -> Tally {
        self.0.iter().filter(|((counted, _), _)| *counted == operation).fold(Tally::default(), |sum, (_, tally)| {
            Tally { calls: sum.calls + tally.calls, bytes: sum.bytes + tally.bytes }
        })
    }

    /// One operation on one kind; `None` is the config, and what concerns no object.
    #[must_use]
    pub fn of_kind(&self, operation: Operation, kind: Option<ObjectKind>) -> Tally {
        self.0.get(&(operation, kind)).copied().unwrap_or_default()
    }

    fn add(&mut self, operation: Operation, kind: Option<ObjectKind>, bytes: usize) {
        let tally = self.0.entry((operation, kind)).or_default();
        tally.calls += 1;
        tally.bytes += bytes as u64;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for ((operation, kind), Tally { calls, bytes }) in &self.0 {
            let kind = kind.map_or_else(|| "-".to_owned(), |kind| kind.to_string());
            writeln!(f, "{operation:<16} {kind:<8} {calls} calls, {bytes} bytes")?;
        }
        Ok(())
    }
}

impl RecordStore {
    #[must_use]
    pub fn new(inner: Arc<dyn ObjectStore>) -> Self {
        Self { inner, counts: Arc::default() }
    }

    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts.lock().clone()
    }

    /// The counts since the last call of this.
    pub fn take_counts(&self) -> Counts {
        std::mem::take(&mut *self.counts.lock())
    }

    fn note(&self, operation: Operation, kind: Option<ObjectKind>, bytes: usize) {
        self.counts.lock().add(operation, kind, bytes);
    }
}

impl ObjectStore for RecordStore {
    fn location(&self) -> &str {
        self.inner.location()
    }

    fn create(&self) -> Result<()> {
        self.note(Operation::Create, None, 0);
        self.inner.create()
    }

    fn list(&self, kind: ObjectKind) -> Result<Vec<Listed>> {
        self.note(Operation::List, Some(kind), 0);
        self.inner.list(kind)
    }

    fn size(&self, name: ObjectName) -> Result<u64> {
        self.note(Operation::Size, name.kind(), 0);
        self.inner.size(name)
    }

    fn read(&self, name: ObjectName) -> Result<Bytes> {
        let outcome = self.inner.read(name);
        self.note(Operation::Read, name.kind(), outcome.as_ref().map_or(0, Bytes::len));
        outcome
    }

    fn read_range(&self, name: ObjectName, offset_bytes: u64, len_bytes: usize) -> Result<Bytes> {
        self.note(Operation::ReadRange, name.kind(), len_bytes);
        self.inner.read_range(name, offset_bytes, len_bytes)
    }

    fn read_range_into(&self, name: ObjectName, offset_bytes: u64, buffer: &mut [u8]) -> Result<()> {
        self.note(Operation::ReadRange, name.kind(), buffer.len());
        self.inner.read_range_into(name, offset_bytes, buffer)
    }

    fn write(&self, name: ObjectName, data: Bytes) -> Result<()> {
        self.note(Operation::Write, name.kind(), data.len());
        self.inner.write(name, data)
    }

    fn begin_pack(&self) -> Result<Option<Box<dyn PendingPack>>> {
        self.note(Operation::BeginPack, Some(ObjectKind::Pack), 0);
        let pack = self.inner.begin_pack()?;
        Ok(pack.map(|inner| Box::new(RecordedPack { inner, counts: self.counts.clone() }) as Box<dyn PendingPack>))
    }

    fn sync(&self) -> Result<()> {
        self.note(Operation::Sync, None, 0);
        self.inner.sync()
    }

    fn remove(&self, name: ObjectName) -> Result<()> {
        self.note(Operation::Remove, name.kind(), 0);
        self.inner.remove(name)
    }

    fn advise(&self, name: ObjectName, advice: ReadAdvice) {
        self.inner.advise(name, advice);
    }

    fn rereads_are_cheap(&self) -> bool {
        self.inner.rereads_are_cheap()
    }

    fn free_bytes(&self) -> Result<Option<u64>> {
        self.note(Operation::FreeBytes, None, 0);
        self.inner.free_bytes()
    }

    fn capacity_bytes(&self) -> Result<Option<u64>> {
        self.inner.capacity_bytes()
    }

    fn remove_leftovers(&self, older_than: Duration) -> Result<u64> {
        self.note(Operation::RemoveLeftovers, None, 0);
        self.inner.remove_leftovers(older_than)
    }
}

struct RecordedPack {
    inner: Box<dyn PendingPack>,
    counts: Arc<Mutex<Counts>>,
}

impl PendingPack for RecordedPack {
    fn append(&mut self, data: &[u8]) -> Result<()> {
        self.counts.lock().add(Operation::Append, Some(ObjectKind::Pack), data.len());
        self.inner.append(data)
    }

    fn finish(self: Box<Self>, id: Id) -> Result<()> {
        self.counts.lock().add(Operation::Finish, Some(ObjectKind::Pack), 0);
        self.inner.finish(id)
    }
}
