//! Chaos: the real program killed, starved of space and raced, again and again.
//!
//! - **Owns**: the moment of a kill, a source that changes, and what must hold afterwards ([`Ledger`]); the tests are in
//!   `tests/`.
//! - **May use**: the test support, and the programs it starts.
//! - **Must not know**: anything inside the engine.
//! - **Invariants**: the referee is the newest restic, not Rempart; every committed snapshot is restored and compared; a
//!   run is repeated by its seed, as far as the moment of a kill can be.

pub mod kill;
mod ledger;
mod limited;
pub mod source;

pub use ledger::Ledger;
pub use limited::SmallDisk;
