//! Waiting that ends when a stop is asked for.

use std::time::{Duration, Instant};

use rempart_model::CancelToken;

/// Between two looks at the token: a signal handler can set it, and wake nobody.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Sleeps for `delay`, or until shortly after the token is set.
pub(crate) fn wait(delay: Duration, cancel: &CancelToken) {
    let began = Instant::now();
    while !cancel.is_canceled() {
        let left = delay.saturating_sub(began.elapsed());
        if left.is_zero() {
            return;
        }
        std::thread::sleep(left.min(LOOK_EVERY));
    }
}
