//! What tests of the whole program need: the tools as processes, a tree with everything a file system can hold, and a
//! comparer of two trees.
//!
//! - **Owns**: starting the real `rempart`, restic and rustic; the strange tree; what "restored" means.
//! - **May use**: the programs, as a user would. Nothing of the engine: a comparer that shared its code would share its
//!   mistakes.
//! - **Must not know**: repository bytes.
//! - **Invariants**: a program that is missing fails the test and says what to run; a failed command shows its words,
//!   its exit code and all it printed; folders lie below `.cache/whole` and are removed with the test.
//!
//! ```no_run
//! use rempart_tests_support::{Place, Tool, strange, tree};
//! let place = Place::new("example");
//! strange::make(&place.source());
//! Tool::Rempart.init(&place);
//! Tool::Rempart.backup(&place, &[]);
//! let restored = Tool::Restic.restore(&place, "latest", "restored");
//! tree::assert_equal(&place.source(), &restored, tree::ALL, "rempart to restic");
//! ```

mod place;
mod program;
pub mod strange;
mod tool;
pub mod tree;

pub use place::Place;
pub use program::{Program, Ran};
pub use tool::Tool;
