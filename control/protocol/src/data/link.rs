//! A link: items in both directions over several connections, each exactly once.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use super::frame::{Frame, Order};
use super::inbox::Inbox;
use super::outbox::{Lane, Outbox, Outgoing};
use super::received::Received;
use crate::limits::{
    CONNECTIONS_IN_ALL, CONNECTIONS_PER_SESSION, ITEM_BODY_BYTES, SMALLEST_WINDOW_BYTES, WINDOW_BYTES,
};
use crate::refusal::{Refusal, RefusalCode, Result, within};

/// Names a connection of one session, once.
pub type ConnectionNumber = u32;

#[derive(Debug)]
pub struct Link {
    inbox: Inbox,
    outbox: Outbox,
    connections: BTreeMap<ConnectionNumber, Numbers>,
    used: BTreeSet<ConnectionNumber>,
}

/// Of frames on one connection. The opening was 0.
#[derive(Debug)]
struct Numbers {
    sent: u64,
    received: u64,
}

impl Default for Link {
    fn default() -> Self {
        Self::new(WINDOW_BYTES)
    }
}

impl Link {
    /// `window_bytes`: how far ahead of this side's session the peer may send. At least
    /// [`crate::limits::SMALLEST_WINDOW_BYTES`].
    #[must_use]
    pub fn new(window_bytes: u64) -> Self {
        Self {
            inbox: Inbox::new(window_bytes.max(SMALLEST_WINDOW_BYTES)),
            outbox: Outbox::default(),
            connections: BTreeMap::new(),
            used: BTreeSet::new(),
        }
    }

    /// What this side has: goes into its [`super::Opening`] or [`super::Opened`].
    pub fn received(&mut self) -> Received {
        self.inbox.received()
    }

    /// A connection is open. `peer` is what the other side said of itself in opening it.
    pub fn connect(&mut self, number: ConnectionNumber, peer: &Received) -> Result<()> {
        within("connections of a session", self.connections.len() + 1, CONNECTIONS_PER_SESSION)?;
        within("connections since the session began", self.used.len() + 1, CONNECTIONS_IN_ALL)?;
        if self.used.contains(&number) {
            return Err(Refusal::new(RefusalCode::OutOfOrder, format!("connection {number} was used before")));
        }
        self.outbox.peer_has(peer)?;
        self.used.insert(number);
        self.connections.insert(number, Numbers { sent: 1, received: 1 });
        Ok(())
    }

    /// A connection is no more. What it lost goes again by another.
    pub fn cut(&mut self, number: ConnectionNumber) {
        if self.connections.remove(&number).is_some() {
            self.outbox.lose(number);
            self.inbox.repeat();
        }
    }

    /// The frame to send next by a connection that can take one; `None` until something changes.
    pub fn next_frame(&mut self, number: ConnectionNumber) -> Option<Bytes> {
        let numbers = self.connections.get_mut(&number)?;
        let frame = if self.inbox.acknowledgement_is_due() {
            let (below, limit_bytes) = self.inbox.acknowledge();
            Frame::Acknowledge { below, limit_bytes }
        } else {
            let (seq, item) = self.outbox.next(number)?;
            Frame::Item { seq, order: item.order, body: item.body }
        };
        let encoded = frame.encode(numbers.sent);
        numbers.sent += 1;
        Some(encoded.into())
    }

    /// Takes a frame that came by a connection. An error is the end of the session.
    pub fn receive(&mut self, number: ConnectionNumber, frame: Bytes) -> Result<()> {
        let Some(numbers) = self.connections.get_mut(&number) else {
            return Err(Refusal::new(RefusalCode::Foreign, format!("connection {number} is not open")));
        };
        let frame = Frame::decode(frame, numbers.received)?;
        numbers.received += 1;
        match frame {
            Frame::Item { seq, order, body } => self.inbox.accept(seq, order, body),
            Frame::Acknowledge { below, limit_bytes } => self.outbox.acknowledged(below, limit_bytes),
            Frame::Close(refusal) => Err(refusal),
        }
    }

    /// The frame that tells the peer why, before a connection is closed.
    pub fn close(&mut self, number: ConnectionNumber, refusal: &Refusal) -> Option<Bytes> {
        let numbers = self.connections.remove(&number)?;
        Some(Frame::Close(refusal.clone()).encode(numbers.sent).into())
    }

    /// Acknowledges what is not worth a frame of its own yet. A few times a second, so that the peer may forget it.
    pub fn flush(&mut self) {
        self.inbox.flush();
    }

    /// Bytes that wait to be sent: where it is more than a few items, whoever fills the session should wait.
    #[must_use]
    pub const fn waiting_bytes(&self) -> u64 {
        self.outbox.waiting_bytes()
    }

    /// Items that were sent and are kept until they are acknowledged.
    #[must_use]
    pub fn under_way_items(&self) -> usize {
        self.outbox.under_way_items()
    }

    /// Connections that are open.
    pub fn connections(&self) -> impl Iterator<Item = ConnectionNumber> {
        self.connections.keys().copied()
    }

    /// Blobs that were sent, or wait to be, and are not acknowledged.
    pub(super) const fn blobs_on_their_way(&self) -> usize {
        self.outbox.blobs()
    }

    /// An item that somebody waits for.
    pub(super) fn push_urgent(&mut self, body: Vec<u8>) {
        self.push(Lane::Urgent, Order::Any, 0, body);
    }

    /// An item that is to be handed up after everything before it.
    pub(super) fn push_last(&mut self, body: Vec<u8>) {
        self.push(Lane::Bulk, Order::AfterAllBefore, 0, body);
    }

    /// An item with blobs, as many as end in it.
    pub(super) fn push_blobs(&mut self, order: Order, blobs: usize, body: Vec<u8>) {
        self.push(Lane::Bulk, order, blobs, body);
    }

    fn push(&mut self, lane: Lane, order: Order, blobs: usize, body: Vec<u8>) {
        debug_assert!(body.len() <= ITEM_BODY_BYTES, "who encodes a message keeps it within an item");
        self.outbox.push(lane, Outgoing { order, blobs, body: body.into() });
    }

    pub(super) fn take(&mut self) -> Option<Bytes> {
        self.inbox.take()
    }
}
