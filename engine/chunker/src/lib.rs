//! Cut points: where a file's bytes are divided into chunks.
//!
//! - **Owns**: restic's Rabin fingerprint cuts (content-defined) and page-aligned cuts (database files).
//! - **May use**: nothing of the house. Pure: bytes in, lengths out.
//! - **Must not know**: files, hashes, repositories.
//! - **Invariants**: cuts depend on the polynomial and the bytes alone, never on buffer sizes, threads or the processor;
//!   they equal restic's (golden vectors are a test).
//!
//! ```
//! use rempart_chunker::{Chunker, Polynomial};
//!
//! let chunker = Chunker::new(Polynomial::new(0x3DA3_358B_4DC1_73)?);
//! let file = vec![0; 1_200_000];
//! let (mut rest, mut lengths) = (&file[..], Vec::new());
//! while let Some(length) = chunker.next_cut(rest, true) {
//!     lengths.push(length);
//!     rest = &rest[length..];
//! }
//! assert_eq!(lengths, [524_288, 524_288, 151_424]);
//! # Ok::<(), rempart_chunker::ChunkerError>(())
//! ```

mod cut;
pub mod pages;
mod polynomial;
#[cfg(test)]
mod reference;
mod scan;
mod tables;

pub use cut::{Chunker, MAX_CHUNK_BYTES, MIN_CHUNK_BYTES};
pub use polynomial::{ChunkerError, Polynomial};
