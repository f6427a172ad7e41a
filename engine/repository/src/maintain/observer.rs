//! How maintenance tells what it is doing, and learns that it should stop.

use std::sync::atomic::{AtomicBool, Ordering};

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    ReadIndexes,
    ListPacks,
    WalkTrees,
    ReadPacks,
    CopyBlobs,
    RepackBlobs,
    WriteIndexes,
    RemoveIndexes,
    RemovePacks,
}

impl Step {
    /// As people are told: "walking trees".
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::ReadIndexes => "reading indexes",
            Self::ListPacks => "listing packs",
            Self::WalkTrees => "walking trees",
            Self::ReadPacks => "reading packs",
            Self::CopyBlobs => "copying blobs",
            Self::RepackBlobs => "repacking blobs",
            Self::WriteIndexes => "writing indexes",
            Self::RemoveIndexes => "removing old indexes",
            Self::RemovePacks => "removing packs",
        }
    }
}

/// Watches maintenance. Called from several threads.
pub trait MaintenanceObserver: Sync {
    /// A step begins; `total` items (of the step's own kind) where that is known.
    fn begin(&self, step: Step, total: Option<u64>) {
        let _ = (step, total);
    }
    /// So many more items of the step are done.
    fn advance(&self, step: Step, items: u64) {
        let _ = (step, items);
    }
    /// Asked between items: true ends the work at the next place where nothing is half done.
    fn is_canceled(&self) -> bool {
        false
    }
}

/// Watches nothing and never cancels.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoObserver;

impl MaintenanceObserver for NoObserver {}

/// Hands on what is told, and stops the work also where the house itself has closed the gate.
pub(super) struct Gate<'o> {
    observer: &'o dyn MaintenanceObserver,
    is_closed: AtomicBool,
}

impl<'o> Gate<'o> {
    pub(super) fn new(observer: &'o dyn MaintenanceObserver) -> Self {
        Self { observer, is_closed: AtomicBool::new(false) }
    }

    pub(super) fn close(&self) {
        self.is_closed.store(true, Ordering::Relaxed);
    }
}

impl MaintenanceObserver for Gate<'_> {
    fn begin(&self, step: Step, total: Option<u64>) {
        self.observer.begin(step, total);
    }
    fn advance(&self, step: Step, items: u64) {
        self.observer.advance(step, items);
    }
    fn is_canceled(&self) -> bool {
        self.is_closed.load(Ordering::Relaxed) || self.observer.is_canceled()
    }
}

/// For work beside other work: nothing of it is told, and it is canceled with the other.
pub(super) struct Unheard<'o>(pub(super) &'o dyn MaintenanceObserver);

impl MaintenanceObserver for Unheard<'_> {
    fn is_canceled(&self) -> bool {
        self.0.is_canceled()
    }
}
