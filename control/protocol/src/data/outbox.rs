//! The sending half of a link: what waits, what is under way, and by which connection.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use bytes::Bytes;

use super::frame::Order;
use super::link::ConnectionNumber;
use super::received::Received;
use crate::limits::{ITEM_COST_BYTES, ITEMS_IN_FLIGHT};
use crate::refusal::{Refusal, RefusalCode, Result};

/// What an item takes of the receiver's credit.
pub fn cost_bytes(body: &Bytes) -> u64 {
    body.len() as u64 + ITEM_COST_BYTES
}

/// Which of what waits goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Questions and answers: somebody waits for them.
    Urgent,
    /// Blobs, in their order.
    Bulk,
}

/// An item that is to be sent.
#[derive(Debug, Clone)]
pub struct Outgoing {
    pub order: Order,
    /// How many blobs end in it.
    pub blobs: usize,
    pub body: Bytes,
}

#[derive(Debug, Default)]
pub struct Outbox {
    urgent: VecDeque<Outgoing>,
    bulk: VecDeque<Outgoing>,
    waiting_bytes: u64,
    /// In what waits and what is under way.
    blobs: usize,
    under_way: BTreeMap<u64, UnderWay>,
    /// Of those under way, the ones whose connection was cut.
    lost: BTreeSet<u64>,
    next_seq: u64,
    below: u64,
    spent_bytes: u64,
    limit_bytes: u64,
}

#[derive(Debug)]
struct UnderWay {
    item: Outgoing,
    by: ConnectionNumber,
}

impl Outbox {
    pub fn push(&mut self, lane: Lane, item: Outgoing) {
        self.waiting_bytes += cost_bytes(&item.body);
        self.blobs += item.blobs;
        match lane {
            Lane::Urgent => self.urgent.push_back(item),
            Lane::Bulk => self.bulk.push_back(item),
        }
    }

    /// Blobs that were pushed and are not acknowledged.
    pub const fn blobs(&self) -> usize {
        self.blobs
    }

    /// What waits and has not been sent.
    pub const fn waiting_bytes(&self) -> u64 {
        self.waiting_bytes
    }

    /// What is kept because no acknowledgement has come.
    pub fn under_way_items(&self) -> usize {
        self.under_way.len()
    }

    /// The next item for a connection: first what a cut lost, then what waits, as far as credit goes.
    pub fn next(&mut self, by: ConnectionNumber) -> Option<(u64, Outgoing)> {
        if let Some(seq) = self.lost.pop_first() {
            let lost = self.under_way.get_mut(&seq).expect("what was lost is under way until it is acknowledged");
            lost.by = by;
            return Some((seq, lost.item.clone()));
        }
        if self.next_seq - self.below >= ITEMS_IN_FLIGHT {
            return None;
        }
        let lane = if self.urgent.is_empty() { &mut self.bulk } else { &mut self.urgent };
        let cost = cost_bytes(&lane.front()?.body);
        if cost > self.limit_bytes.saturating_sub(self.spent_bytes) {
            return None;
        }
        let item = lane.pop_front()?;
        self.waiting_bytes -= cost;
        self.spent_bytes += cost;
        let seq = self.next_seq;
        self.next_seq += 1;
        self.under_way.insert(seq, UnderWay { item: item.clone(), by });
        Some((seq, item))
    }

    /// A connection is no more: what went by it and is not acknowledged will go again.
    pub fn lose(&mut self, connection: ConnectionNumber) {
        self.lost.extend(self.under_way.iter().filter(|(_, item)| item.by == connection).map(|(seq, _)| *seq));
    }

    /// An older acknowledgement than the last is no news: it was overtaken on another connection.
    pub fn acknowledged(&mut self, below: u64, limit_bytes: u64) -> Result<()> {
        self.was_sent(below)?;
        self.limit_bytes = self.limit_bytes.max(limit_bytes);
        if below > self.below {
            self.below = below;
            let rest = self.under_way.split_off(&below);
            self.blobs -= self.under_way.values().map(|here| here.item.blobs).sum::<usize>();
            self.under_way = rest;
            self.lost = self.lost.split_off(&below);
        }
        Ok(())
    }

    /// What the peer opens a connection with.
    pub fn peer_has(&mut self, received: &Received) -> Result<()> {
        self.was_sent(received.behind_all())?;
        self.acknowledged(received.below, received.limit_bytes)?;
        for &(first, behind) in &received.beyond {
            let here: Vec<u64> = self.under_way.range(first..behind).map(|(seq, _)| *seq).collect();
            for seq in here {
                self.blobs -= self.under_way.remove(&seq).map_or(0, |here| here.item.blobs);
                self.lost.remove(&seq);
            }
        }
        Ok(())
    }

    fn was_sent(&self, below: u64) -> Result<()> {
        if below <= self.next_seq {
            return Ok(());
        }
        let detail = format!("everything below item {below}, and {} is the next to be sent", self.next_seq);
        Err(Refusal::new(RefusalCode::NeverSent, detail))
    }
}
