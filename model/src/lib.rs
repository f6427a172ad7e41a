//! The words that every room of the house shares.
//!
//! - **Owns**: identifiers ([`BlobId`], [`PackId`], [`SnapshotId`], …) and the outcome of a run ([`Outcome`]).
//! - **May use**: serde, and nothing else.
//! - **Must not know**: files, networks, formats, databases.
//! - **Invariants**: an identifier prints as 64 lowercase hexadecimal digits and reads nothing else.
//!
//! ```
//! use rempart_model::{BlobId, SnapshotId};
//! let id: BlobId = "00".repeat(32).parse().unwrap();
//! assert_eq!(id.short(), "00000000");
//! assert!("xyz".parse::<SnapshotId>().is_err());
//! ```

mod id;
mod outcome;

pub use id::{BlobId, Id, IdPrefix, IndexId, KeyId, LockId, PackId, ParseIdError, RepositoryId, SnapshotId};
pub use outcome::Outcome;
