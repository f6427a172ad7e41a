//! Chaos: the real program killed, starved of space and raced, again and again.
//!
//! - **Owns**: the moment of a kill ([`Course`]), what is seen of a repository from outside ([`Watch`]), a source that
//!   changes, and what must hold afterwards ([`Ledger`]); the tests are in `tests/`.
//! - **May use**: the test support, and the programs it starts. Of the engine one thing: making a repository whose key
//!   is cheap to derive, so that kills hit the work and not scrypt.
//! - **Must not know**: anything else inside the engine.
//! - **Invariants**: the referee is the newest restic, not Rempart; every committed snapshot is restored and compared; a
//!   kill counts only when the process was alive.

mod course;
pub mod kill;
mod ledger;
mod limited;
pub mod source;
mod steps;

pub use course::{Course, Moment};
pub use ledger::Ledger;
pub use limited::SmallDisk;
pub use steps::{Area, Change, Step, Watch};

use std::sync::Arc;

use rempart_crypto::KdfParams;
use rempart_repository::{InitOptions, OpenOptions, Repository};
use rempart_storage::LocalStore;
use rempart_tests_support::Place;

/// An empty repository for the place's password, whose key takes a millisecond to derive instead of a third of a second.
pub fn init_with_cheap_key(place: &Place) {
    let password = std::fs::read(place.password_file()).expect("read the password");
    // An irreducible polynomial of degree 53, from restic's own tests.
    let options = InitOptions { chunker_polynomial: 0x003D_A335_8B4D_C173, kdf: KdfParams { n: 1024, r: 8, p: 1 } };
    let store = Arc::new(LocalStore::new(place.repository()));
    Repository::init(store, password.trim_ascii_end(), &options, OpenOptions::default()).expect("init");
}
