//! The server as its users meet it: the real program, spoken to over HTTP, killed and started again.
//!
//! - **Owns**: starting `rempart server` and `rempart worker` on a scratch folder, a client of the API, what must hold of a
//!   catalog after a crash; the tests are in `tests/`.
//! - **May use**: the test support, the programs it starts, the catalog's private PostgreSQL.
//! - **Must not know**: anything inside the rooms.
//! - **Invariants**: nothing waits by sleeping a fixed time: it polls a condition, with a bound that fails the test and says
//!   what never came; processes are ended by the pid that was started.

mod catalog;
mod client;
mod link;
mod listener;
mod place;
mod process;
mod random;

pub use catalog::Database;
pub use client::{Answer, Client};
pub use link::Link;
pub use listener::Listener;
pub use place::{JOB, Place, Protected, all_ended, ended, protect, protect_with};
pub use process::{Agent, Extra, Server, Worker};
pub use random::Random;

use std::time::{Duration, Instant};

/// Polls until there is a value.
pub fn until<T>(what: &str, bound: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(value) = look() {
            return value;
        }
        assert!(begun.elapsed() < bound, "never within {} s: {what}", bound.as_secs());
        std::thread::sleep(Duration::from_millis(10));
    }
}
