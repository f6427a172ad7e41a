//! A data session: the protocol's machine, between connections that carry frames and a thread that works off what came.
//!
//! What has come and was not worked off is bounded by the credit that the machine gives; what waits to be sent, by the thread,
//! which waits for room.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use jiff::Timestamp;
use parking_lot::{Condvar, Mutex, MutexGuard};
use rempart_model::{BlobId, CancelToken};
use rempart_protocol::data::{
    Blob, ChunkKind, ConnectionNumber, Link, Pace, PlainLength, Received, ServerBackup, ServerRestore,
};
use rempart_protocol::limits::ITEM_BODY_BYTES;
use rempart_protocol::order::PaceStep;
use rempart_protocol::{Refusal, RefusalCode, Result};
use tokio::sync::watch;

/// A session as its connections see it. May be called from async tasks: no call waits for anything but a short lock.
pub trait Connections: Send + Sync {
    /// A connection joins, whose opening said what the agent has. What we have.
    fn connect(&self, number: ConnectionNumber, peer: &Received) -> Result<Received>;
    /// A frame came. An error is the end of the session.
    fn receive(&self, number: ConnectionNumber, frame: Bytes) -> Result<()>;
    /// The frame to send next; None until [`Self::changes`] changes.
    fn next_frame(&self, number: ConnectionNumber) -> Option<Bytes>;
    /// How long the frame to send next waits for its turn, where the session's pace is limited.
    fn turn(&self, frame: &Bytes) -> Duration;
    /// The last frame of a connection that is closed for a reason.
    fn closing(&self, number: ConnectionNumber, refusal: &Refusal) -> Option<Bytes>;
    /// The connection is no more.
    fn cut(&self, number: ConnectionNumber);
    /// A few times a second.
    fn flush(&self);
    /// Ends the session; the first reason stays.
    fn end(&self, refusal: &Refusal);
    /// Why the session is over, where it is.
    fn over(&self) -> Option<Refusal>;
    fn changes(&self) -> watch::Receiver<u64>;
}

/// The machines' common part.
pub trait Machine: Send + 'static {
    fn link(&mut self) -> &mut Link;
    fn send(&mut self, kind: ChunkKind, blobs: &[Blob]) -> Result<()>;
    fn missing(&mut self, kind: ChunkKind, id: BlobId, reason: &str) -> Result<()>;
    fn measured(&mut self, question: u32, lengths: &[PlainLength]) -> Result<()>;
    fn abort(&mut self, reason: &str);
}

macro_rules! machine {
    ($($machine:ident)+) => {$(
        impl Machine for $machine {
            fn link(&mut self) -> &mut Link {
                $machine::link(self)
            }
            fn send(&mut self, kind: ChunkKind, blobs: &[Blob]) -> Result<()> {
                $machine::send(self, kind, blobs)
            }
            fn missing(&mut self, kind: ChunkKind, id: BlobId, reason: &str) -> Result<()> {
                $machine::missing(self, kind, id, reason)
            }
            fn measured(&mut self, question: u32, lengths: &[PlainLength]) -> Result<()> {
                $machine::measured(self, question, lengths)
            }
            fn abort(&mut self, reason: &str) {
                $machine::abort(self, reason);
            }
        }
    )+};
}
machine!(ServerBackup ServerRestore);

/// A session as the thread sees it that works it off.
pub struct DataSession<M> {
    held: Mutex<Held<M>>,
    /// Something came, or room is there.
    came: Condvar,
    /// Counts what may have given a connection something to send.
    goes: watch::Sender<u64>,
    pace: Mutex<Pace>,
    began: Instant,
}

struct Held<M> {
    machine: M,
    over: Option<Refusal>,
}

/// Why a thread does not go on.
#[derive(Debug)]
pub enum Stopped {
    Canceled,
    Over(Refusal),
}

/// How often a waiting thread looks whether it should stop.
const LOOK: Duration = Duration::from_millis(250);
/// More than so many bytes that wait to be sent are waited for.
const AHEAD_BYTES: u64 = 4 * ITEM_BODY_BYTES as u64;

impl<M: Machine> DataSession<M> {
    #[must_use]
    pub fn new(machine: M) -> Arc<Self> {
        Arc::new(Self {
            held: Mutex::new(Held { machine, over: None }),
            came: Condvar::new(),
            goes: watch::Sender::new(0),
            pace: Mutex::new(Pace::new(Vec::new())),
            began: Instant::now(),
        })
    }

    /// What is sent from here on keeps to these limits.
    pub fn limit(&self, steps: Vec<PaceStep>) {
        *self.pace.lock() = Pace::new(steps);
    }

    /// Waits for what `take` finds. What it takes out gives the agent credit.
    pub fn next<T>(
        &self,
        cancel: &CancelToken,
        mut take: impl FnMut(&mut M) -> Result<Option<T>>,
    ) -> Result<T, Stopped> {
        let mut held = self.held.lock();
        loop {
            if cancel.is_canceled() {
                return Err(Stopped::Canceled);
            }
            if let Some(refusal) = &held.over {
                return Err(Stopped::Over(refusal.clone()));
            }
            let taken = take(&mut held.machine);
            self.goes.send_modify(|count| *count += 1);
            match taken {
                Ok(Some(taken)) => return Ok(taken),
                Ok(None) => self.came.wait_for(&mut held, LOOK),
                Err(refusal) => {
                    held.over.get_or_insert_with(|| refusal.clone());
                    return Err(Stopped::Over(refusal));
                }
            };
        }
    }

    /// Says something to the agent.
    pub fn say(&self, say: impl FnOnce(&mut M) -> Result<()>) -> Result<(), Stopped> {
        let mut held = self.held.lock();
        let said = say(&mut held.machine);
        self.goes.send_modify(|count| *count += 1);
        said.map_err(|refusal| {
            held.over.get_or_insert_with(|| refusal.clone());
            Stopped::Over(refusal)
        })
    }

    /// Waits until what is to be sent is little.
    pub fn wait_for_room(&self, cancel: &CancelToken) -> Result<(), Stopped> {
        self.wait(cancel, |link| link.waiting_bytes() <= AHEAD_BYTES)
    }

    /// Waits until the agent has everything, but no longer than `patience`.
    pub fn wait_until_told(&self, patience: Duration) {
        let begun = std::time::Instant::now();
        let never = CancelToken::new();
        let _ = self.wait(&never, |link| {
            begun.elapsed() > patience || (link.waiting_bytes() == 0 && link.under_way_items() == 0)
        });
    }

    fn wait(&self, cancel: &CancelToken, mut done: impl FnMut(&Link) -> bool) -> Result<(), Stopped> {
        let mut held = self.held.lock();
        loop {
            if done(held.machine.link()) {
                return Ok(());
            }
            if cancel.is_canceled() {
                return Err(Stopped::Canceled);
            }
            if let Some(refusal) = &held.over {
                return Err(Stopped::Over(refusal.clone()));
            }
            self.came.wait_for(&mut held, LOOK);
        }
    }

    /// Whether a connection is open.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.held.lock().machine.link().connections().next().is_some()
    }

    /// The server cannot go on: the agent is told why.
    pub fn abort(&self, reason: &str) {
        let mut held = self.held.lock();
        held.machine.abort(reason);
        drop(held);
        self.wait_until_told(Duration::from_secs(2));
        self.end(&Refusal::new(RefusalCode::Aborted, reason));
    }

    fn changed(&self, held: MutexGuard<'_, Held<M>>) {
        drop(held);
        self.goes.send_modify(|count| *count += 1);
        self.came.notify_all();
    }
}

impl<M: Machine> Connections for DataSession<M> {
    fn connect(&self, number: ConnectionNumber, peer: &Received) -> Result<Received> {
        let mut held = self.held.lock();
        if let Some(refusal) = &held.over {
            return Err(refusal.clone());
        }
        held.machine.link().connect(number, peer)?;
        let received = held.machine.link().received();
        self.changed(held);
        Ok(received)
    }

    fn receive(&self, number: ConnectionNumber, frame: Bytes) -> Result<()> {
        let mut held = self.held.lock();
        if let Some(refusal) = &held.over {
            return Err(refusal.clone());
        }
        let received = held.machine.link().receive(number, frame);
        if let Err(refusal) = &received {
            held.over = Some(refusal.clone());
        }
        self.changed(held);
        received
    }

    fn next_frame(&self, number: ConnectionNumber) -> Option<Bytes> {
        let mut held = self.held.lock();
        let frame = held.machine.link().next_frame(number);
        if frame.is_some() {
            self.came.notify_all();
        }
        frame
    }

    fn turn(&self, frame: &Bytes) -> Duration {
        self.pace.lock().turn(frame.len(), self.began.elapsed(), Timestamp::now())
    }

    fn closing(&self, number: ConnectionNumber, refusal: &Refusal) -> Option<Bytes> {
        self.held.lock().machine.link().close(number, refusal)
    }

    fn cut(&self, number: ConnectionNumber) {
        let mut held = self.held.lock();
        held.machine.link().cut(number);
        self.changed(held);
    }

    fn flush(&self) {
        self.held.lock().machine.link().flush();
        self.goes.send_modify(|count| *count += 1);
    }

    fn end(&self, refusal: &Refusal) {
        let mut held = self.held.lock();
        held.over.get_or_insert_with(|| refusal.clone());
        self.changed(held);
    }

    fn over(&self) -> Option<Refusal> {
        self.held.lock().over.clone()
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.goes.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rempart_protocol::data::{AgentBackup, Arriving};

    /// Both ends, one connection.
    fn pair() -> (AgentBackup, Arc<DataSession<ServerBackup>>) {
        let mut agent = AgentBackup::new();
        let server = DataSession::new(ServerBackup::new());
        let from_server = server.connect(1, &agent.link().received()).unwrap();
        agent.link().connect(1, &from_server).unwrap();
        (agent, server)
    }

    #[test]
    fn a_thread_hears_what_a_connection_brings_and_its_answer_goes_out() {
        let (mut agent, server) = pair();
        let question = agent.ask(ChunkKind::Data, &[BlobId::new([7; 32])]).unwrap();
        let worker = {
            let server = Arc::clone(&server);
            std::thread::spawn(move || {
                let asked = server.next(&CancelToken::new(), ServerBackup::next_event).unwrap();
                let Arriving::Asked { question, ids, .. } = asked else { panic!("{asked:?}") };
                server.say(|machine| machine.answer(question, &vec![true; ids.len()])).unwrap();
                question
            })
        };
        let mut changes = server.changes();
        while let Some(frame) = agent.link().next_frame(1) {
            server.receive(1, frame).unwrap();
        }
        assert_eq!(worker.join().unwrap(), question);
        assert!(changes.has_changed().unwrap());
        changes.mark_unchanged();
        while let Some(frame) = server.next_frame(1) {
            agent.link().receive(1, frame).unwrap();
        }
        assert!(agent.next_answer().unwrap().is_some(), "the answer arrived");
    }

    #[test]
    fn a_frame_that_is_wrong_ends_the_session_for_the_thread_too() {
        let (_, server) = pair();
        let refused = server.receive(1, Bytes::from_static(&[9; 40])).expect_err("no such frame");
        assert_eq!(server.over().as_ref(), Some(&refused));
        let stopped = server.next(&CancelToken::new(), ServerBackup::next_event).expect_err("it is over");
        assert!(matches!(stopped, Stopped::Over(refusal) if refusal == refused));
        assert!(server.connect(2, &Received::default()).is_err(), "nobody joins what is over");
    }

    #[test]
    fn a_thread_that_waits_is_canceled() {
        let (_, server) = pair();
        let cancel = CancelToken::new();
        cancel.cancel();
        let stopped = server.next(&cancel, ServerBackup::next_event).expect_err("nothing came");
        assert!(matches!(stopped, Stopped::Canceled));
    }
}
