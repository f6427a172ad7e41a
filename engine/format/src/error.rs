//! What can be wrong with bytes that claim to be restic's.

/// Why bytes were refused, or could not be written. `what` names the kind of document: "tree", "index", "snapshot", …
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    #[error("the {what} is not the JSON it should be: {expected} was expected at byte {at_byte}")]
    Json { what: &'static str, at_byte: usize, expected: &'static str },
    #[error("the {what} has no field {field:?}, which is required")]
    MissingField { what: &'static str, field: &'static str },
    #[error("the {what} holds the name {quoted:?}, which is not quoted as restic quotes names")]
    BadQuoting { what: &'static str, quoted: String },
    #[error("the repository's format version is {version}; versions 1 and 2 are understood: use a newer release")]
    UnsupportedVersion { version: u64 },
    #[error("the pack header is {len_bytes} bytes long, outside of 1 to {max_bytes}")]
    HeaderLength { len_bytes: usize, max_bytes: usize },
    #[error("entry {entry} of the pack header is cut off")]
    HeaderTruncated { entry: usize },
    #[error("entry {entry} of the pack header has the type {kind}, which is none of 0 to 3")]
    HeaderType { entry: usize, kind: u8 },
    #[error("entry {entry} of the pack header describes a blob of {sealed_bytes} bytes, which cannot be")]
    HeaderBlobLength { entry: usize, sealed_bytes: u32 },
    #[error("the blobs of the pack header from entry {entry} on lie beyond 4 GiB")]
    HeaderOverflow { entry: usize },
    #[error("the tree's names are not strictly ascending: {name:?} came after {previous:?}")]
    TreeNotSorted { previous: String, name: String },
    #[error("a node has the name {name:?}, which no file can have")]
    UnsafeName { name: String },
    #[error("the node {name:?} is of a type that this version does not know and cannot write")]
    UnknownNodeKind { name: String },
    #[error("the file begins with byte {first:#04x}: neither JSON nor a known compression")]
    UnknownEncoding { first: u8 },
    #[error("the file is empty")]
    Empty,
    #[error("compressed data is damaged: {detail}")]
    Decompress { detail: &'static str },
    #[error("compressed data unpacks to {actual_bytes} bytes where {expected_bytes} were promised")]
    UncompressedLength { expected_bytes: u64, actual_bytes: u64 },
    #[error("compressed data unpacks to more than the {limit_bytes} bytes allowed here")]
    TooLarge { limit_bytes: u64 },
    #[error("{len_bytes} bytes of memory are not to be had")]
    OutOfMemory { len_bytes: u64 },
    #[error("compression failed: {detail}")]
    Compress { detail: &'static str },
    #[error(
        "{len_bytes} bytes did not unpack to themselves after they were compressed: the memory or the processor of this \
         machine makes errors; test it before you trust what it stores"
    )]
    CompressedWrongly { len_bytes: u64 },
}

impl FormatError {
    /// A name as an error message shows it: what is not UTF-8 replaced.
    pub(crate) fn shown(name: &[u8]) -> String {
        String::from_utf8_lossy(name).into_owned()
    }
}
