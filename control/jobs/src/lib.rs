//! Who works when: the durable queue's rules, workers, the scheduler's tick. No SQL, no HTTP.
//!
//! - **Owns**: the `JobStore` trait, leases, limits, retries, the worker loop, the scheduler's tick.
//! - **May use**: `policy`, `model`.
//! - **Must not know**: SQL, HTTP, what a job's kind does.
//! - **Invariants**: a write of a worker is conditional on its lease; no transition that `model` does not allow.
