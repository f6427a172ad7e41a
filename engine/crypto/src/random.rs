//! Random bytes from the operating system.

use std::cell::RefCell;

/// `N` fresh random bytes.
///
/// # Panics
/// When the operating system has no random numbers to give: nothing secret can be made then.
#[must_use]
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    fill(&mut bytes);
    bytes
}

pub(crate) fn fill(bytes: &mut [u8]) {
    if let Err(error) = getrandom::fill(bytes) {
        panic!("the operating system gives no random numbers: {error}");
    }
}

/// How many IVs a thread fetches at a time. A blob of 1 KB is sealed in half a microsecond, and every call into the
/// operating system takes about as long.
const POOLED_IVS: usize = 64;

/// A thread's supply of IVs. Each is handed out once.
struct IvPool {
    ivs: [[u8; 16]; POOLED_IVS],
    left: usize,
    /// The process that fetched them: after a fork, parent and child would hand out the same ones.
    process_id: u32,
}

thread_local! {
    static IV_POOL: RefCell<IvPool> = const {
        RefCell::new(IvPool { ivs: [[0; 16]; POOLED_IVS], left: 0, process_id: 0 })
    };
}

/// A fresh random IV, never all zeros.
pub(crate) fn iv() -> [u8; 16] {
    IV_POOL.with_borrow_mut(|pool| {
        loop {
            let process_id = std::process::id();
            if pool.left == 0 || pool.process_id != process_id {
                fill(pool.ivs.as_flattened_mut());
                (pool.left, pool.process_id) = (POOLED_IVS, process_id);
            }
            pool.left -= 1;
            let iv = pool.ivs[pool.left];
            if iv != [0; 16] {
                return iv;
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ivs_never_repeat_within_and_across_threads() {
        let fetch = || (0..5 * POOLED_IVS / 2).map(|_| iv()).collect::<Vec<_>>();
        let threads: Vec<_> = (0..4).map(|_| std::thread::spawn(fetch)).collect();
        let mut seen = HashSet::new();
        for thread in threads {
            for iv in thread.join().expect("the thread only fetches") {
                assert!(seen.insert(iv), "{iv:02x?} was handed out twice");
            }
        }
    }
}
