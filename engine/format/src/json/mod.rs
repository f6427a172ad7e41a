//! JSON as Go's encoding/json writes it, and a tolerant reader that builds no document in memory.

pub(crate) mod hex;
pub(crate) mod read;
pub(crate) mod write;
