//! Paths of orders, and problems as they are told.

use std::path::PathBuf;

use rempart_host::HostPath;
use rempart_protocol::order::FileProblem;

/// A path as the explorer or a person wrote it.
pub fn of_text(text: &str) -> PathBuf {
    HostPath::from_typed(text).as_path().to_owned()
}

/// `message` without the path before it, which is told beside.
pub fn problem(path: &[u8], kind: &str, message: &str) -> FileProblem {
    let path = String::from_utf8_lossy(path).into_owned();
    let message = message.strip_prefix(&*path).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(message).to_owned();
    FileProblem { path, kind: kind.to_owned(), message }
}
