//! A double for tests: objects in memory, of which a crash of the machine may take what was not synced.

use std::collections::BTreeMap;

use bytes::Bytes;
use parking_lot::Mutex;

use crate::error::{past_the_end, taken};
use crate::{ErrorKind, Listed, ObjectKind, ObjectName, ObjectStore, Result, StorageError};

/// An in-memory place as unreliable as the trait allows: what was written or removed since the last `sync` may be gone,
/// or there, after [`CrashStore::crash`], each object for itself and in any order.
#[derive(Default)]
pub struct CrashStore {
    objects: Mutex<Objects>,
}

#[derive(Default)]
struct Objects {
    visible: BTreeMap<ObjectName, Bytes>,
    durable: BTreeMap<ObjectName, Bytes>,
}

/// What becomes of each object that was written, and each removal that was made, since the last `sync`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsynced {
    /// As if it had never been done.
    Vanishes,
    /// It got through.
    Survives,
    /// Each for itself gets through or does not, decided by the seed.
    Either { seed: u64 },
    /// Each for itself gets through, does not, or (written objects) is cut short or ends in zeros under its name. More
    /// than the trait allows, as on a remote file system whose server cannot sync; for tests of `check` and `repair`.
    MayTear { seed: u64 },
}

const LOCATION: &str = "memory";

impl CrashStore {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The machine crashes and comes back: what is visible is what the crash left, and all of it is durable.
    pub fn crash(&self, unsynced: Unsynced) {
        let objects = &mut *self.objects.lock();
        let mut dice = Dice(match unsynced {
            Unsynced::Either { seed } | Unsynced::MayTear { seed } => seed,
            Unsynced::Vanishes | Unsynced::Survives => 0,
        });
        let names: Vec<ObjectName> = objects.visible.keys().chain(objects.durable.keys()).copied().collect();
        for name in names {
            let (new, old) = (objects.visible.get(&name).cloned(), objects.durable.get(&name).cloned());
            if new == old {
                continue;
            }
            let left = match (unsynced, new) {
                (Unsynced::Survives, new) => new,
                (Unsynced::Vanishes, _) => old,
                (Unsynced::MayTear { .. }, Some(new)) => match dice.throw(4) {
                    0 => old,
                    1 => Some(new),
                    2 => Some(new.slice(..dice.throw(new.len()))),
                    _ => Some(ending_in_zeros(&new, dice.throw(new.len()))),
                },
                (Unsynced::Either { .. } | Unsynced::MayTear { .. }, new) => {
                    if dice.throw(2) == 0 {
                        old
                    } else {
                        new
                    }
                }
            };
            match left {
                Some(bytes) => objects.durable.insert(name, bytes),
                None => objects.durable.remove(&name),
            };
        }
        objects.visible = objects.durable.clone();
    }

    /// All objects as they are visible now, for comparisons.
    #[must_use]
    pub fn objects(&self) -> BTreeMap<ObjectName, Bytes> {
        self.objects.lock().visible.clone()
    }

    /// Replaces or removes an object behind the back of whoever uses the store: damage to be found.
    pub fn damage(&self, name: ObjectName, content: Option<Bytes>) {
        let objects = &mut *self.objects.lock();
        for map in [&mut objects.visible, &mut objects.durable] {
            match &content {
                Some(bytes) => map.insert(name, bytes.clone()),
                None => map.remove(&name),
            };
        }
    }

    fn get(&self, name: ObjectName) -> Result<Bytes> {
        self.objects
            .lock()
            .visible
            .get(&name)
            .cloned()
            .ok_or_else(|| StorageError::new(ErrorKind::NotFound, "read", name, LOCATION, "there is no such object"))
    }
}

fn ending_in_zeros(bytes: &Bytes, from: usize) -> Bytes {
    let mut torn = bytes.to_vec();
    torn[from..].fill(0);
    torn.into()
}

/// xorshift: a crash is repeatable by its seed.
struct Dice(u64);

impl Dice {
    /// Below `sides`; 0 where there are none.
    fn throw(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % (sides.max(1) as u64)).unwrap_or(0)
    }
}

impl ObjectStore for CrashStore {
    fn location(&self) -> &str {
        LOCATION
    }

    fn create(&self) -> Result<()> {
        Ok(())
    }

    fn list(&self, kind: ObjectKind) -> Result<Vec<Listed>> {
        let objects = self.objects.lock();
        Ok(objects
            .visible
            .iter()
            .filter_map(|(name, bytes)| match name {
                ObjectName::Named(of, id) if *of == kind => Some(Listed { id: *id, size_bytes: bytes.len() as u64 }),
                _ => None,
            })
            .collect())
    }

    fn size(&self, name: ObjectName) -> Result<u64> {
        self.get(name).map(|bytes| bytes.len() as u64)
    }

    fn read(&self, name: ObjectName) -> Result<Bytes> {
        self.get(name)
    }

    fn read_range(&self, name: ObjectName, offset_bytes: u64, len_bytes: usize) -> Result<Bytes> {
        let bytes = self.get(name)?;
        let range = usize::try_from(offset_bytes)
            .ok()
            .and_then(|start| Some(start..start.checked_add(len_bytes)?))
            .filter(|range| range.end <= bytes.len());
        match range {
            Some(range) => Ok(bytes.slice(range)),
            None => Err(past_the_end(name, LOCATION, offset_bytes, len_bytes, Some(bytes.len() as u64))),
        }
    }

    fn write(&self, name: ObjectName, data: Bytes) -> Result<()> {
        let visible = &mut self.objects.lock().visible;
        match visible.get(&name) {
            Some(there) if *there == data => Ok(()),
            Some(_) => Err(taken("write", name, LOCATION)),
            None => {
                visible.insert(name, data);
                Ok(())
            }
        }
    }

    fn sync(&self) -> Result<()> {
        let objects = &mut *self.objects.lock();
        objects.durable = objects.visible.clone();
        Ok(())
    }

    fn remove(&self, name: ObjectName) -> Result<()> {
        match self.objects.lock().visible.remove(&name) {
            Some(_) => Ok(()),
            None => Err(StorageError::new(ErrorKind::NotFound, "remove", name, LOCATION, "there is no such object")),
        }
    }
}
