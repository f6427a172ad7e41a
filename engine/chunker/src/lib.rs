//! Cut points: where a file's bytes are divided into chunks.
//!
//! - **Owns**: restic's Rabin fingerprint cuts (content-defined) and page-aligned cuts (database files).
//! - **May use**: nothing of the house. Pure: bytes in, lengths out.
//! - **Must not know**: files, hashes, repositories.
//! - **Invariants**: cuts depend on the polynomial and the bytes alone, never on buffer sizes or threads; they equal
//!   restic's (golden vectors are a test).
#![allow(dead_code, unused_variables, clippy::todo)] // SEAM: signatures first; the bodies follow

/// Smallest chunk but for the last of a file.
pub const MIN_CHUNK_BYTES: usize = 512 * 1024;
/// Largest chunk.
pub const MAX_CHUNK_BYTES: usize = 8 * 1024 * 1024;

#[derive(Debug, thiserror::Error)]
pub enum ChunkerError {
    #[error("{0:#x} is not an irreducible polynomial of degree 53")]
    Polynomial(u64),
}

/// An irreducible polynomial of degree 53 over GF(2): bit i is the coefficient of x^i.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Polynomial(u64);

impl Polynomial {
    /// Draws one at random, as `init` does.
    pub fn random() -> Self { todo!() }
    /// Refuses what is reducible or of another degree.
    pub fn new(bits: u64) -> Result<Self, ChunkerError> { todo!() }
    pub fn bits(self) -> u64 { self.0 }
}

/// The tables of one polynomial. Cheap to share (`&Chunker` from any thread), 4–8 KiB.
pub struct Chunker { /* private */ }

impl Chunker {
    pub fn new(polynomial: Polynomial) -> Self { todo!() }
    /// The length of the chunk at the start of `data`, where `data` begins at a chunk boundary.
    /// `None`: no cut in these bytes and more may follow (`at_end` false, fewer than [`MAX_CHUNK_BYTES`] given).
    /// With `at_end` the rest is the last chunk. Several places are scanned at once to hide the latency of the chain.
    pub fn next_cut(&self, data: &[u8], at_end: bool) -> Option<usize> { todo!() }
    /// Same, continuing a search: the first `scanned` bytes are known to hold no cut (what a `None` for that many bytes
    /// said), so a stream that grows is not scanned twice.
    pub fn next_cut_from(&self, data: &[u8], scanned: usize, at_end: bool) -> Option<usize> { todo!() }
}

/// Page-aligned cuts for files of fixed pages: 1 MiB aligned where cold, 64 KiB where the region changed since the parent.
pub mod pages {}
