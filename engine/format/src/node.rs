//! Nodes: the entries of a tree. One file, directory, link or device with its metadata.
use rempart_model::BlobId;

/// Seconds and nanoseconds since 1970, as file systems keep them. Printed with the local offset of that instant, as Go does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct FileTime { pub seconds: i64, pub nanoseconds: u32 }

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NodeKind { File, Dir, Symlink, Dev, CharDev, Fifo, Socket }

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Xattr { pub name: Vec<u8>, pub value: Vec<u8> }

#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Raw bytes of the name; never contains `/` or NUL in what we write; readers must check with `is_safe_name`.
    pub name: Vec<u8>,
    pub kind: NodeKind,
    /// Go's os.FileMode bits. `GoMode::from_unix(st_mode)` / `to_unix_permissions()` convert.
    pub mode: u32,
    pub mtime: FileTime, pub atime: FileTime, pub ctime: FileTime,
    pub uid: u32, pub gid: u32,
    pub user: String, pub group: String,
    pub inode: u64,
    pub device_id: u64,
    pub size: u64,
    pub links: u64,
    /// Raw bytes of the target.
    pub link_target: Vec<u8>,
    pub xattrs: Vec<Xattr>,
    /// `generic_attributes` as found (raw JSON text), kept for display only.
    pub generic_attributes: Option<String>,
    pub device: u64,
    /// `None` prints as null (what is no file).
    pub content: Option<Vec<BlobId>>,
    pub subtree: Option<BlobId>,
    pub error: String,
}
