//! The file system as it is read: metadata, directories, attributes, owners. Nothing here knows of snapshots.

pub(crate) mod dir;
pub(crate) mod owner;
pub(crate) mod reader;
pub(crate) mod stat;
pub(crate) mod xattr;

pub(crate) use dir::{DirBuffer, Names, open_dir_at, open_dir_path};
pub(crate) use owner::Owners;
pub(crate) use reader::{Input, Reader};
pub(crate) use stat::Stat;
pub(crate) use xattr::{UnreadableXattr, XattrReader};
