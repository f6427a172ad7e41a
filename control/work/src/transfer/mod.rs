//! Moving a whole server: its catalog and its master key in one file, sealed by a passphrase.
//!
//! The file holds everything that a stranger needs to read every backup, so all of it is encrypted, not the key alone; and
//! it is authenticated from its first byte to its last, so that a torn or changed file is refused before anything is
//! written.

mod bundle;
mod sealed_stream;

pub use bundle::{Imported, TransferError, export, import};
