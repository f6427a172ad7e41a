//! Check: is everything there that the snapshots need, and is it what it should be?
//!
//! Structure (always): indexes, packs against indexes, every tree that a snapshot reaches. Data (on request): the bytes of
//! the packs themselves, all of them or a part, the part that was verified longest ago first.

mod data;
mod fetch;
mod pieces;
mod problem;
mod read_data;
mod side_by_side;
mod structure;
mod verified;
mod walk;

use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use parking_lot::Mutex;
use rempart_model::PackId;

use super::observer::{Gate, Unheard};
use super::seen::Seen;
use super::{MaintenanceObserver, Step};
use crate::{LockGuard, PendingLock, Repository, Result};
use structure::CheckedPack;
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
#[derive(Default)]
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
        let findings = Findings::default();
        let mut packs = structure::check_packs(self, &findings, observer)?;
        if options.read_data == ReadData::None {
            // Of use to a reading alone, and some fifty bytes for each blob there is.
            packs.iter_mut().for_each(|pack| pack.entries = Vec::new());
        }
        let mut verified = VerifiedPacks::load(self.cache_dir());
        let all: Vec<(PackId, u64)> = packs.iter().map(|pack| (pack.id, pack.stored_bytes)).collect();
        verified.retain(&all);
        let chosen = options.read_data.choose(&all, &verified);
        let chosen: Vec<_> = packs.iter().filter(|pack| chosen.contains(&pack.id)).collect();
        let (snapshots, data) = self.check_snapshots_and_data(&chosen, &findings, observer)?;
        if let Some(data) = &data {
            verified.record(&data.sound, self.clock().now());
            verified.save(self.cache_dir());
        }
        let mut problems = findings.problems.into_inner();
        problems.extend(data.into_iter().flat_map(|data| data.findings.problems.into_inner()));
        Ok(CheckReport {
            problems,
            snapshots,
            packs: packs.len() as u64,
            packs_read: chosen.len() as u64,
            bytes_read: chosen.iter().map(|pack| pack.stored_bytes).sum(),
            packs_never_verified: verified.never(&all),
            oldest_verification: verified.oldest(),
            canceled: findings.canceled.into_inner() || observer.is_canceled(),
        })
    }

    /// Walks the trees, and reads the chosen packs beside: neither alone keeps disk and cores busy all the time.
    fn check_snapshots_and_data(
        &self,
        chosen: &[&CheckedPack],
        findings: &Findings,
        observer: &dyn MaintenanceObserver,
    ) -> Result<(u64, Option<Data>)> {
        if chosen.is_empty() {
            return Ok((structure::check_snapshots(self, findings, observer)?, None));
        }
        observer.begin(Step::ReadPacks, Some(chosen.len() as u64));
        // Of two steps at once people are told the one that takes long.
        let (reading, walking) = (Gate::new(observer), Unheard(observer));
        std::thread::scope(|scope| {
            let data = scope.spawn(|| {
                let findings = Findings::default();
                let sound = data::check_packs(self, chosen, &findings, &reading);
                Data { sound, findings }
            });
            let snapshots = structure::check_snapshots(self, findings, &walking).inspect_err(|_| reading.close());
            let data = data.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            Ok((snapshots?, Some(data)))
        })
    }

    /// The same, begun while an exclusive lock settles, and with the lock in the end. What was found by then counts only if
    /// the repository was still the same once the lock was certain; if it was not, all is looked at again.
    pub fn check_as_lock_settles(
        &self,
        pending: PendingLock,
        options: &CheckOptions,
        observer: &dyn MaintenanceObserver,
    ) -> Result<(CheckReport, LockGuard)> {
        pending.ensure_for(self, "check")?;
        let before = Seen::now(self, &[])?;
        let gate = Gate::new(observer);
        let (settled, report) = std::thread::scope(|scope| {
            let settled = scope.spawn(|| {
                let settled = pending.confirm().and_then(|guard| Ok((guard, Seen::now(self, &[])? == before)));
                if !matches!(settled, Ok((_, true))) {
                    gate.close();
                }
                settled
            });
            let report = self.check(options, &gate);
            (settled.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), report)
        });
        match settled? {
            (guard, true) => Ok((report?, guard)),
            (guard, false) => Ok((self.check(options, observer)?, guard)),
        }
    }
}

/// What a reading of the data brought.
struct Data {
    sound: Vec<PackId>,
    findings: Findings,
}
