//! Tests of the agent as a process: the real program, real sockets, a real repository.
//!
//! - **Owns**: a server that is no more than the protocol's machines around a repository, which tests hold, cut and question at
//!   points of their choice; the agent's process with a folder of its own; an HTTP proxy, and TLS in front of the server.
//! - **May use**: everything below the applications.
//! - **Must not know**: the server's rooms: how the gateway does its part is tested with it, in `tests/control`.
//! - **Invariants**: a point in the middle of a job is one that the server holds the job at, never one in time.

mod agent;
mod control;
mod data;
mod proxy;
mod server;

use std::time::{Duration, Instant};

pub use agent::{Agent, refused};
pub use data::Trouble;
pub use proxy::Way;
pub use server::{Seen, Server, lease};

/// What anything may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until there is something to see.
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(value) = look() {
            return value;
        }
        assert!(begun.elapsed() < PATIENCE, "never within {} s: {what}", PATIENCE.as_secs());
        std::thread::sleep(Duration::from_millis(10));
    }
}
