//! Nodes: the entries of a tree. One file, directory, link or device with its metadata.

use rempart_model::BlobId;

use crate::FileTime;

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NodeKind {
    File,
    Dir,
    Symlink,
    Dev,
    CharDev,
    Fifo,
    Socket,
    /// restic's `irregular`, and every word this version does not know: shown, never written or restored.
    Other,
}

impl NodeKind {
    /// The word that trees use; empty for [`Self::Other`].
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Dir => "dir",
            Self::Symlink => "symlink",
            Self::Dev => "dev",
            Self::CharDev => "chardev",
            Self::Fifo => "fifo",
            Self::Socket => "socket",
            Self::Other => "",
        }
    }

    #[must_use]
    pub fn from_word(word: &str) -> Self {
        match word {
            "file" => Self::File,
            "dir" => Self::Dir,
            "symlink" => Self::Symlink,
            "dev" => Self::Dev,
            "chardev" => Self::CharDev,
            "fifo" => Self::Fifo,
            "socket" => Self::Socket,
            _ => Self::Other,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Xattr {
    pub name: Vec<u8>,
    pub value: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Raw bytes of the name; never contains `/` or NUL in what we write; readers must check with [`Self::has_safe_name`].
    pub name: Vec<u8>,
    pub kind: NodeKind,
    /// Go's os.FileMode bits. [`crate::GoMode`] converts.
    pub mode: u32,
    pub mtime: FileTime,
    pub atime: FileTime,
    pub ctime: FileTime,
    pub uid: u32,
    pub gid: u32,
    pub user: String,
    pub group: String,
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

impl Node {
    /// A node without metadata: times are [`FileTime::MISSING`], a file is empty.
    #[must_use]
    pub fn new(name: impl Into<Vec<u8>>, kind: NodeKind) -> Self {
        Self {
            name: name.into(),
            kind,
            mode: 0,
            mtime: FileTime::MISSING,
            atime: FileTime::MISSING,
            ctime: FileTime::MISSING,
            uid: 0,
            gid: 0,
            user: String::new(),
            group: String::new(),
            inode: 0,
            device_id: 0,
            size: 0,
            links: 0,
            link_target: Vec::new(),
            xattrs: Vec::new(),
            generic_attributes: None,
            device: 0,
            content: (kind == NodeKind::File).then(Vec::new),
            subtree: None,
            error: String::new(),
        }
    }

    /// Whether the name can be that of a file in a directory. Joining any other to a path may leave the directory.
    #[must_use]
    pub fn has_safe_name(&self) -> bool {
        is_safe_name(&self.name)
    }

    /// The chunks of a file; empty for what is no file.
    #[must_use]
    pub fn content(&self) -> &[BlobId] {
        self.content.as_deref().unwrap_or_default()
    }
}

/// False for `""`, `.`, `..`, and what contains `/` or NUL.
#[must_use]
pub fn is_safe_name(name: &[u8]) -> bool {
    !matches!(name, b"" | b"." | b"..") && !name.iter().any(|b| matches!(b, b'/' | 0))
}
