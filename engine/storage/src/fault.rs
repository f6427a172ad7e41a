//! A double for tests: disturbs any store at chosen operations.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use rempart_model::Id;

use crate::{
    ErrorKind, Listed, ObjectKind, ObjectName, ObjectStore, Operation, PendingPack, ReadAdvice, Result, StorageError,
};

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The operation is not done and fails; the next one works again.
    Fail(ErrorKind),
    /// The operation is done, and its response is lost: it fails with [`ErrorKind::Network`].
    LoseResponse,
    /// A write stores the first half of its bytes under the name and fails; a read gives its bytes with one bit turned.
    /// Conforming stores do neither: this is for what a disk or a broken server does. Other operations fail.
    Tear,
    /// From here on everything that adds fails with [`ErrorKind::Full`]; reading and removing work.
    FillUp,
    /// From here on everything that writes or removes fails with [`ErrorKind::ReadOnly`].
    TurnReadOnly,
    /// The operation is not done, and from here on everything fails: the process is as good as dead. Combine with
    /// [`crate::CrashStore`] for what the machine forgets then.
    Crash,
}

/// When it goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trigger {
    /// Only operations of this sort count; `None`: all.
    pub operation: Option<Operation>,
    /// Only objects of this kind count; `None`: all.
    pub kind: Option<ObjectKind>,
    /// How many such operations pass before the one that is hit.
    pub after: u64,
    /// How many are hit in a row.
    pub times: u64,
}

impl Trigger {
    /// The operation number `n` of all, from 0.
    #[must_use]
    pub const fn at(n: u64) -> Self {
        Self { operation: None, kind: None, after: n, times: 1 }
    }

    /// The `n`-th operation of one sort, from 0.
    #[must_use]
    pub const fn at_operation(operation: Operation, n: u64) -> Self {
        Self { operation: Some(operation), kind: None, after: n, times: 1 }
    }

    /// Only where an object of this kind is concerned.
    #[must_use]
    pub const fn on(self, kind: ObjectKind) -> Self {
        Self { kind: Some(kind), ..self }
    }

    /// Hits so many in a row.
    #[must_use]
    pub const fn times(self, times: u64) -> Self {
        Self { times, ..self }
    }
}

/// Which faults strike when. Rules count on their own; the first that applies to an operation decides.
#[derive(Debug, Clone, Default)]
pub struct FaultPlan(Vec<(Trigger, Fault)>);

impl FaultPlan {
    #[must_use]
    pub fn new(trigger: Trigger, fault: Fault) -> Self {
        Self(vec![(trigger, fault)])
    }

    #[must_use]
    pub fn and(mut self, trigger: Trigger, fault: Fault) -> Self {
        self.0.push((trigger, fault));
        self
    }
}

/// A store that works until its plan says otherwise.
pub struct FaultStore {
    inner: Arc<dyn ObjectStore>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// Each rule with the number of operations that it has counted.
    rules: Vec<(Trigger, Fault, u64)>,
    operations: u64,
    struck: u64,
    full: bool,
    read_only: bool,
    crashed: bool,
}

/// What one operation has to do.
enum Course {
    Go,
    Refuse(ErrorKind),
    DoAndFail,
    DoHalf,
}

impl State {
    fn course(&mut self, operation: Operation, kind: Option<ObjectKind>) -> Course {
        self.operations += 1;
        let mut strikes = None;
        for (trigger, fault, counted) in &mut self.rules {
            let concerns = trigger.operation.is_none_or(|only| only == operation)
                && trigger.kind.is_none_or(|only| kind == Some(only));
            if concerns {
                let hit = *counted >= trigger.after && *counted - trigger.after < trigger.times;
                *counted += 1;
                if hit && strikes.is_none() {
                    strikes = Some(*fault);
                }
            }
        }
        if let Some(fault) = strikes {
            self.struck += 1;
            match fault {
                Fault::Fail(kind) => return Course::Refuse(kind),
                Fault::LoseResponse => return Course::DoAndFail,
                Fault::Tear => return Course::DoHalf,
                Fault::FillUp => self.full = true,
                Fault::TurnReadOnly => self.read_only = true,
                Fault::Crash => self.crashed = true,
            }
        }
        match operation {
            _ if self.crashed => Course::Refuse(ErrorKind::Other),
            _ if self.full && operation.adds() => Course::Refuse(ErrorKind::Full),
            _ if self.read_only && (operation.adds() || operation == Operation::Remove) => {
                Course::Refuse(ErrorKind::ReadOnly)
            }
            _ => Course::Go,
        }
    }
}

impl FaultStore {
    #[must_use]
    pub fn new(inner: Arc<dyn ObjectStore>, plan: FaultPlan) -> Self {
        let store = Self { inner, state: Arc::default() };
        store.set_plan(plan);
        store
    }

    /// Another plan from here on: counting begins anew, and a full, read-only or crashed store works again.
    pub fn set_plan(&self, plan: FaultPlan) {
        let rules = plan.0.into_iter().map(|(trigger, fault)| (trigger, fault, 0)).collect();
        *self.state.lock() = State { rules, ..State::default() };
    }

    /// How many operations were asked for: a first run without faults tells a test how many places there are to hit.
    #[must_use]
    pub fn operations(&self) -> u64 {
        self.state.lock().operations
    }

    /// How many times a fault struck. A test that expects one and finds none tested nothing.
    #[must_use]
    pub fn struck(&self) -> u64 {
        self.state.lock().struck
    }

    fn course(&self, operation: Operation, kind: Option<ObjectKind>) -> Course {
        self.state.lock().course(operation, kind)
    }

    fn disturb<T>(
        &self,
        operation: Operation,
        kind: Option<ObjectKind>,
        object: &dyn std::fmt::Display,
        run: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        disturbed(self.course(operation, kind), operation, object, self.location(), run)
    }
}

fn disturbed<T>(
    course: Course,
    operation: Operation,
    object: &dyn std::fmt::Display,
    location: &str,
    run: impl FnOnce() -> Result<T>,
) -> Result<T> {
    let fail = |kind, why| Err(StorageError::new(kind, operation.verb(), object, location, why));
    match course {
        Course::Go => run(),
        Course::Refuse(kind) => fail(kind, "a fault was injected before it was done"),
        Course::DoHalf => fail(ErrorKind::Network, "a fault was injected before it was done"),
        Course::DoAndFail => run().and_then(|_| fail(ErrorKind::Network, "a fault was injected after it was done")),
    }
}

fn one_bit_turned(bytes: &Bytes) -> Bytes {
    let mut turned = bytes.to_vec();
    let middle = turned.len() / 2;
    if let Some(byte) = turned.get_mut(middle) {
        *byte ^= 0x10;
    }
    turned.into()
}

impl ObjectStore for FaultStore {
    fn location(&self) -> &str {
        self.inner.location()
    }

    fn create(&self) -> Result<()> {
        self.disturb(Operation::Create, None, &"the folders", || self.inner.create())
    }

    fn list(&self, kind: ObjectKind) -> Result<Vec<Listed>> {
        self.disturb(Operation::List, Some(kind), &kind.folder(), || self.inner.list(kind))
    }

    fn size(&self, name: ObjectName) -> Result<u64> {
        self.disturb(Operation::Size, name.kind(), &name, || self.inner.size(name))
    }

    fn read(&self, name: ObjectName) -> Result<Bytes> {
        match self.course(Operation::Read, name.kind()) {
            Course::DoHalf => self.inner.read(name).map(|bytes| one_bit_turned(&bytes)),
            course => disturbed(course, Operation::Read, &name, self.location(), || self.inner.read(name)),
        }
    }

    fn read_range(&self, name: ObjectName, offset_bytes: u64, len_bytes: usize) -> Result<Bytes> {
        let run = || self.inner.read_range(name, offset_bytes, len_bytes);
        match self.course(Operation::ReadRange, name.kind()) {
            Course::DoHalf => run().map(|bytes| one_bit_turned(&bytes)),
            course => disturbed(course, Operation::ReadRange, &name, self.location(), run),
        }
    }

    fn write(&self, name: ObjectName, data: Bytes) -> Result<()> {
        match self.course(Operation::Write, name.kind()) {
            Course::DoHalf => {
                self.inner.write(name, data.slice(..data.len() / 2))?;
                disturbed(Course::DoHalf, Operation::Write, &name, self.location(), || Ok(()))
            }
            course => disturbed(course, Operation::Write, &name, self.location(), || self.inner.write(name, data)),
        }
    }

    fn begin_pack(&self) -> Result<Option<Box<dyn PendingPack>>> {
        let kind = Some(ObjectKind::Pack);
        let pack = self.disturb(Operation::BeginPack, kind, &"a pack", || self.inner.begin_pack())?;
        Ok(pack.map(|inner| {
            let location = self.location().to_owned();
            Box::new(FaultyPack { inner, state: self.state.clone(), location }) as Box<dyn PendingPack>
        }))
    }

    fn sync(&self) -> Result<()> {
        self.disturb(Operation::Sync, None, &"what was written", || self.inner.sync())
    }

    fn remove(&self, name: ObjectName) -> Result<()> {
        self.disturb(Operation::Remove, name.kind(), &name, || self.inner.remove(name))
    }

    fn advise(&self, name: ObjectName, advice: ReadAdvice) {
        self.inner.advise(name, advice);
    }

    fn rereads_are_cheap(&self) -> bool {
        self.inner.rereads_are_cheap()
    }

    fn free_bytes(&self) -> Result<Option<u64>> {
        self.disturb(Operation::FreeBytes, None, &"the free space", || self.inner.free_bytes())
    }

    fn remove_leftovers(&self, older_than: Duration) -> Result<u64> {
        let run = || self.inner.remove_leftovers(older_than);
        self.disturb(Operation::RemoveLeftovers, None, &"temporary files", run)
    }
}

struct FaultyPack {
    inner: Box<dyn PendingPack>,
    state: Arc<Mutex<State>>,
    location: String,
}

impl PendingPack for FaultyPack {
    fn append(&mut self, data: &[u8]) -> Result<()> {
        let course = self.state.lock().course(Operation::Append, Some(ObjectKind::Pack));
        disturbed(course, Operation::Append, &"a pack", &self.location, || self.inner.append(data))
    }

    fn finish(self: Box<Self>, id: Id) -> Result<()> {
        let Self { inner, state, location } = *self;
        let course = state.lock().course(Operation::Finish, Some(ObjectKind::Pack));
        let name = ObjectName::Named(ObjectKind::Pack, id);
        disturbed(course, Operation::Finish, &name, &location, || inner.finish(id))
    }
}
