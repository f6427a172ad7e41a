//! restic's repository format, version 2: the bytes of blobs, packs, indexes, trees, snapshots, locks and keys.
//!
//! - **Owns**: encoding and decoding, bit-equal to current restic on what restic writes; tolerant reading.
//! - **May use**: `crypto`, `model`.
//! - **Must not know**: where bytes are stored, what is backed up.
//! - **Invariants**: encoding is deterministic; decoding never panics on any input and bounds what it allocates; a
//!   decoded foreign tree is never re-encoded to be stored again.
//! - **Source**: restic's doc/design.rst and the behaviour of its Go code (encoding/json, strconv.Quote, os.FileMode).
//!
//! ```
//! use rempart_format::{LocalZone, Node, NodeKind, TreeEncoder, TreeReader};
//! let mut tree = TreeEncoder::new(LocalZone::utc());
//! tree.push(&Node::new("etc", NodeKind::Dir))?;
//! tree.push(&Node::new(b"odd \xff", NodeKind::File))?;
//! let json = tree.into_bytes();
//! let names: Vec<_> = TreeReader::new(&json).map(|node| Ok(node?.name)).collect::<Result<_, rempart_format::FormatError>>()?;
//! assert_eq!(names, [b"etc".to_vec(), b"odd \xff".to_vec()]);
//! # Ok::<(), rempart_format::FormatError>(())
//! ```

mod blob;
mod compression;
mod config;
mod document;
mod error;
mod index;
mod json;
mod key;
mod lock;
mod mode;
mod node;
pub mod pack;
mod snapshot;
mod text;
mod time;
mod tree;
pub mod unpacked;

pub use blob::{BlobKind, PackEntry};
pub use compression::{
    Compression, Compressor, FramePieces, ParseCompressionError, StoredBlob, Unpacker, decompress_behind,
    decompress_into, decompress_within, is_incompressible, unpack_pieces,
};
pub use config::{Config, REPOSITORY_VERSION};
pub use error::FormatError;
pub use index::{INDEX_FULL_BLOBS, IndexEncoder, for_each_pack};
pub use key::{KDF_SCRYPT, KeyFile, decode_master_key, encode_master_key};
pub use lock::Lock;
pub use mode::GoMode;
pub use node::{Node, NodeKind, Xattr, is_safe_name};
pub use snapshot::{PathBytes, Snapshot, SnapshotSummary};
pub use text::{decode_name, encode_name, is_printable};
pub use time::{FileTime, LocalZone, TimeWriter, WallTime};
pub use tree::{TreeBytes, TreeCursor, TreeEncoder, TreeReader, for_each_reference};
