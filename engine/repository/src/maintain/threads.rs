//! Work on a list by all cores.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Threads for work that waits for the storage most of the time: a disk gains from several requests in its queue, a network
/// from many on their way.
pub(crate) const WAITING_THREADS: usize = 16;

/// Calls `work` for every item, on as many threads as the machine has cores; stops early once `work` returns false.
pub(crate) fn for_each_parallel<T: Sync>(items: &[T], work: impl Fn(&T) -> bool + Sync) {
    for_each_on(cores(), items, work);
}

pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Same, on so many threads.
pub(crate) fn for_each_on<T: Sync>(threads: usize, items: &[T], work: impl Fn(&T) -> bool + Sync) {
    let threads = threads.min(items.len());
    let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let run = || {
        while !stop.load(Ordering::Relaxed) {
            let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) else { return };
            if !work(item) {
                stop.store(true, Ordering::Relaxed);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(run);
        }
        run();
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_is_worked_on_once_until_somebody_says_stop() {
        let items: Vec<usize> = (0..1000).collect();
        let sum = AtomicUsize::new(0);
        for_each_parallel(&items, |&item| {
            sum.fetch_add(item, Ordering::Relaxed);
            true
        });
        assert_eq!(sum.into_inner(), 499_500);
        let calls = AtomicUsize::new(0);
        for_each_parallel(&items, |_| {
            calls.fetch_add(1, Ordering::Relaxed);
            false
        });
        assert!(calls.into_inner() < 1000);
        for_each_parallel(&[(); 0], |()| unreachable!("there is nothing to work on"));
    }

    #[test]
    fn so_many_threads_work_as_were_asked_for() {
        // Given work that ends only once as many are at it, it ends.
        let threads = 5;
        let together = std::sync::Barrier::new(threads);
        for_each_on(threads, &[(); 5], |()| {
            together.wait();
            true
        });
    }
}
