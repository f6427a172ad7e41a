//! The receiving half of a link: every item once, within the credit that was given.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use bytes::Bytes;

use super::frame::Order;
use super::outbox::cost_bytes;
use super::received::Received;
use crate::limits::ITEMS_IN_FLIGHT;
use crate::refusal::{Refusal, RefusalCode, Result};

#[derive(Debug)]
pub struct Inbox {
    /// Every item below is here.
    below: u64,
    /// Items beyond `below` that are here.
    beyond: BTreeSet<u64>,
    /// Of them, those that wait for the ones before.
    held: BTreeMap<u64, Bytes>,
    ready: VecDeque<Bytes>,
    window_bytes: u64,
    /// Cost of what came, and of what was taken out.
    came_bytes: u64,
    taken_bytes: u64,
    /// What the peer was told last.
    told_below: u64,
    told_limit: u64,
    due: bool,
}

impl Inbox {
    pub fn new(window_bytes: u64) -> Self {
        Self {
            below: 0,
            beyond: BTreeSet::new(),
            held: BTreeMap::new(),
            ready: VecDeque::new(),
            window_bytes,
            came_bytes: 0,
            taken_bytes: 0,
            told_below: 0,
            told_limit: 0,
            due: false,
        }
    }

    /// Takes an item. One that is here already came by two connections, of which one was cut: it is dropped.
    pub fn accept(&mut self, seq: u64, order: Order, body: Bytes) -> Result<()> {
        if seq < self.below || self.beyond.contains(&seq) {
            // The acknowledgement did not arrive.
            self.due = true;
            return Ok(());
        }
        if seq - self.below >= ITEMS_IN_FLIGHT {
            let detail = format!("item {seq} while {} is missing; {ITEMS_IN_FLIGHT} may be under way", self.below);
            return Err(Refusal::new(RefusalCode::CreditExceeded, detail));
        }
        let came = self.came_bytes + cost_bytes(&body);
        if came > self.told_limit {
            let detail = format!("{came} bytes in all, and {} were allowed", self.told_limit);
            return Err(Refusal::new(RefusalCode::CreditExceeded, detail));
        }
        self.came_bytes = came;
        self.beyond.insert(seq);
        match order {
            Order::Any => self.ready.push_back(body),
            Order::AfterAllBefore => {
                self.held.insert(seq, body);
            }
        }
        while self.beyond.remove(&self.below) {
            if let Some(body) = self.held.remove(&self.below) {
                self.ready.push_back(body);
                // The sender may wait at a point of order: it is told at once.
                self.due = true;
            }
            self.below += 1;
        }
        Ok(())
    }

    /// The next item for the session; room for others is made.
    pub fn take(&mut self) -> Option<Bytes> {
        let body = self.ready.pop_front()?;
        self.taken_bytes += cost_bytes(&body);
        Some(body)
    }

    const fn limit_bytes(&self) -> u64 {
        self.taken_bytes + self.window_bytes
    }

    /// Whether it is worth a frame. A sender never stands still for want of one: with everything taken out, it was told of at
    /// least three quarters of the window, and half a window holds any item; and of items, at least half may be under way.
    pub fn acknowledgement_is_due(&self) -> bool {
        self.due
            || self.limit_bytes() - self.told_limit >= self.window_bytes / 4
            || self.below - self.told_below >= ITEMS_IN_FLIGHT / 16
    }

    /// Says it even if little has changed.
    pub fn flush(&mut self) {
        self.due |= self.below > self.told_below || self.limit_bytes() > self.told_limit;
    }

    /// The last acknowledgement may be lost.
    pub fn repeat(&mut self) {
        self.due = true;
    }

    /// What to tell: (below, limit).
    pub fn acknowledge(&mut self) -> (u64, u64) {
        self.due = false;
        (self.told_below, self.told_limit) = (self.below, self.limit_bytes());
        (self.told_below, self.told_limit)
    }

    pub fn received(&mut self) -> Received {
        let mut beyond: Vec<(u64, u64)> = Vec::new();
        for &seq in &self.beyond {
            match beyond.last_mut() {
                Some((_, behind)) if *behind == seq => *behind += 1,
                _ => beyond.push((seq, seq + 1)),
            }
        }
        // The peer may never see this: what is news stays due.
        let due = self.due || self.below > self.told_below || self.limit_bytes() > self.told_limit;
        let (below, limit_bytes) = self.acknowledge();
        self.due = due;
        Received { below, beyond, limit_bytes }
    }
}
