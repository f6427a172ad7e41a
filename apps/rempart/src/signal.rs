//! Ctrl-C and friends: the first asks for an orderly end (locks removed, exit 130), the second ends at once.

use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;
use rempart_archive::cancel::CancelToken;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::exit_code::ExitCode;

static ASKED: AtomicBool = AtomicBool::new(false);

/// Lets the signals cancel the token from now on.
pub fn cancel_on_signals(token: &CancelToken) -> anyhow::Result<()> {
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        let token = token.clone();
        let handler = move || {
            if ASKED.swap(true, Ordering::Relaxed) {
                signal_hook::low_level::exit(i32::from(ExitCode::Canceled.number()));
            }
            token.cancel();
        };
        // SAFETY: the handler stores to atomics or calls `_exit`; it neither allocates nor locks, so it may interrupt
        // anything.
        unsafe { signal_hook::low_level::register(signal, handler) }.context("cannot watch for signals")?;
    }
    Ok(())
}
