//! Work on a list by all cores.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Calls `work` for every item, on as many threads as the machine has cores; stops early once `work` returns false.
pub(crate) fn for_each_parallel<T: Sync>(items: &[T], work: impl Fn(&T) -> bool + Sync) {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(items.len());
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
}
