//! The rules of the house, read from the house itself: what the tests of this crate compare with what they expect.
//!
//! - **Owns**: reading `layers.toml`, the workspace's manifests, its source files and its documents; the rules as pure
//!   functions that return every breach, so that one run names them all.
//! - **May use**: cargo's metadata and the files of the workspace.
//! - **Must not know**: what any room does inside.
//! - **Invariants**: a rule never stops at its first breach; a breach says where it is and what to do about it.
//!
//! ```
//! use rempart_house_tests::{Layers, layers::breaches, workspace::packages};
//! let broken = breaches(&packages(), &Layers::read());
//! assert!(broken.is_empty(), "{}", broken.join("\n"));
//! ```

pub mod documents;
pub mod layers;
pub mod rooms;
pub mod workspace;

pub use layers::Layers;
pub use workspace::{Package, root};
