//! Check: is everything there that the snapshots need, and is it what it should be?
//!
//! Structure (always): indexes, packs against indexes, every tree that a snapshot reaches. Data (on request): the bytes of
//! the packs themselves, all of them or a part, the part that was verified longest ago first.

mod data;
mod pieces;
mod problem;
mod read_data;
mod structure;
mod verified;
mod walk;

use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use parking_lot::Mutex;
use rempart_model::PackId;

use super::{MaintenanceObserver, Step};
use crate::{Repository, Result};
use verified::VerifiedPacks;

pub use problem::{Problem, Severity};
pub(super) use read_data::parse_bytes;
pub use read_data::{ParseReadDataError, ReadData};

/// What to look at.
#[derive(Debug, Clone, Default)]
pub struct CheckOptions {
    pub read_data: ReadData,
}

/// What a check found.
#[derive(Debug)]
pub struct CheckReport {
    /// In the order: indexes, packs, snapshots, trees, data; within each, as found.
    pub problems: Vec<Problem>,
    pub snapshots: u64,
    pub packs: u64,
    pub packs_read: u64,
    pub bytes_read: u64,
    /// Packs whose bytes this machine has never verified.
    pub packs_never_verified: u64,
    /// When the pack that was verified longest ago was read, among those that were read at all.
    pub oldest_verification: Option<Timestamp>,
    /// The check was stopped before its end: what it did not say is unknown.
    pub canceled: bool,
}

impl CheckReport {
    /// Something that is stored, or needed, is lost or wrong.
    #[must_use]
    pub fn is_damaged(&self) -> bool {
        self.problems.iter().any(|problem| problem.severity() == Severity::Damage)
    }
}

/// Where the threads of a check put what they find.
struct Findings {
    problems: Mutex<Vec<Problem>>,
    canceled: AtomicBool,
}

impl Findings {
    fn tell(&self, problem: Problem) {
        self.problems.lock().push(problem);
    }

    fn note_cancel(&self, observer: &dyn MaintenanceObserver) -> bool {
        let canceled = observer.is_canceled();
        if canceled {
            self.canceled.store(true, Ordering::Relaxed);
        }
        canceled
    }
}

impl Repository {
    /// Checks the repository. Problems are findings, not errors: an error means that the check itself could not be made.
    pub fn check(&self, options: &CheckOptions, observer: &dyn MaintenanceObserver) -> Result<CheckReport> {
        let findings = Findings { problems: Mutex::default(), canceled: AtomicBool::new(false) };
        let mut packs = structure::check_packs(self, &findings, observer)?;
        if options.read_data == ReadData::None {
            // Of use to a reading alone, and some fifty bytes for each blob there is.
            packs.iter_mut().for_each(|pack| pack.entries = Vec::new());
        }
        let snapshots = structure::check_snapshots(self, &findings, observer)?;

        let mut verified = VerifiedPacks::load(self.cache_dir());
        let all: Vec<(PackId, u64)> = packs.iter().map(|pack| (pack.id, pack.stored_bytes)).collect();
        verified.retain(&all);
        let chosen = options.read_data.choose(&all, &verified);
        let mut bytes_read = 0;
        if !chosen.is_empty() {
            observer.begin(Step::ReadPacks, Some(chosen.len() as u64));
            let chosen: Vec<_> = packs.iter().filter(|pack| chosen.contains(&pack.id)).collect();
            let sound = data::check_packs(self, &chosen, &findings, observer);
            bytes_read = chosen.iter().map(|pack| pack.stored_bytes).sum();
            verified.record(&sound, self.clock().now());
            verified.save(self.cache_dir());
        }
        Ok(CheckReport {
            problems: findings.problems.into_inner(),
            snapshots,
            packs: packs.len() as u64,
            packs_read: chosen.len() as u64,
            bytes_read,
            packs_never_verified: verified.never(&all),
            oldest_verification: verified.oldest(),
            canceled: findings.canceled.into_inner() || observer.is_canceled(),
        })
    }
}
