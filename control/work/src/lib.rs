//! What each kind of job does, with the engine at hand.
//!
//! - **Owns**: job handlers, pools and repositories as stores, sealed secrets, browsing and restoring of snapshots.
//! - **May use**: `catalog`, `jobs`, `policy`, the engine, `model`.
//! - **Must not know**: HTTP, sessions, roles.
//! - **Invariants**: a secret is in the catalog only sealed; a run that lost one file never says that it succeeded.

pub mod secret;

pub use secret::{MasterKey, MasterKeyError, SecretText};
