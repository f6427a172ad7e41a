//! How long a job waits before it is tried again.

use std::time::Duration;

use rempart_model::JobId;

const FIRST_WAIT_MS: u64 = 30_000;
const LONGEST_WAIT_MS: u64 = 30 * 60_000;

/// The wait after the attempt of this number (1 for the first): twice as long each time, to half an hour, with up to a
/// quarter more or less, so that a hundred jobs that failed together do not come back together. The same job and attempt
/// give the same wait.
#[must_use]
pub fn wait_before_retry(job: JobId, attempt: u32) -> Duration {
    let doubled = FIRST_WAIT_MS.saturating_mul(1 << attempt.saturating_sub(1).min(16)).min(LONGEST_WAIT_MS);
    // splitmix64: small seeds, well mixed.
    let mut mixed = job.get().unsigned_abs().wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(u64::from(attempt));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed >> 31;
    let spread = doubled / 2;
    Duration::from_millis(doubled - spread / 2 + mixed % (spread + 1))
}

/// A job whose worker died is begun again this often at least, however few attempts it has: the fault was not the job's.
/// Not for ever: a job may be what kills its workers.
pub const ATTEMPTS_OVER_LOST_WORKERS: u32 = 3;

/// The wait after a worker died in the attempt of this number: none after the first.
#[must_use]
pub fn wait_after_loss(job: JobId, attempt: u32) -> Duration {
    if attempt <= 1 { Duration::ZERO } else { wait_before_retry(job, attempt - 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_to_half_an_hour_and_scatter() {
        for (attempt, around_seconds) in [(1, 30), (2, 60), (3, 120), (7, 1800), (60, 1800)] {
            let waits: Vec<_> = (1..200).map(|job| wait_before_retry(JobId::new(job), attempt).as_secs_f64()).collect();
            let (low, high) = (around_seconds as f64 * 0.75, around_seconds as f64 * 1.25);
            assert!(waits.iter().all(|wait| (low..=high).contains(wait)), "attempt {attempt}: {waits:?}");
            let early = waits.iter().filter(|wait| **wait < around_seconds as f64).count();
            assert!((50..150).contains(&early), "attempt {attempt}: {early} of 199 come early");
        }
        assert_eq!(wait_before_retry(JobId::new(7), 2), wait_before_retry(JobId::new(7), 2));
    }
}
