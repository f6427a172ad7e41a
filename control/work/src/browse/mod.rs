//! What is in a snapshot, without restoring it: folders page by page, a search by name, downloads as streams.

mod download;
mod list;
mod path;
mod service;

pub use download::{Download, DownloadForm};
pub use list::{Entry, EntryKind, FOUND_AT_MOST, FindPage, ListPage, find, list};
pub use path::{path_bytes, path_text, readable_path};
