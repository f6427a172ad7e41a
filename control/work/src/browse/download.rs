//! A file, or a folder as an archive, out of a snapshot as a stream: in memory is what the reader has not taken yet, and no
//! more than a few pieces of it.

use std::io::{self, Write};

use rempart_archive::browse::{self, ArchiveFormat, Place};
use rempart_archive::cancel::CancelToken;
use rempart_model::BlobId;
use rempart_repository::Repository;
use tokio::sync::mpsc;

use crate::trouble::{Result, Trouble, table};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DownloadForm {
    /// The file itself.
    File,
    Tar,
    Zip,
}

/// What will come, and the pieces of it. A piece that is an error ends the stream: the reader must break off, so that half
/// a file never passes for a whole one. Dropped, it ends the work behind it.
pub struct Download {
    /// For the reader's disk: the last component of the path.
    pub file_name: String,
    pub form: DownloadForm,
    /// Of a file.
    pub size_bytes: Option<u64>,
    pub pieces: mpsc::Receiver<io::Result<Vec<u8>>>,
}

const PIECE_BYTES: usize = 256 * 1024;
const PIECES_AHEAD: usize = 8;

impl Download {
    /// Begins one; to be called where blocking is allowed.
    pub fn begin(repository: &Repository, root: BlobId, path: &[u8], archive: Option<DownloadForm>) -> Result<Self> {
        let place = browse::resolve(repository, root, path)?;
        let name = path.rsplit(|byte| *byte == b'/').find(|name| !name.is_empty()).unwrap_or(b"snapshot");
        let name = String::from_utf8_lossy(name).into_owned();
        let node = place.node().filter(|_| place.tree().is_none()).cloned();
        let is_file = node.as_ref().is_some_and(|node| node.kind == rempart_format::NodeKind::File);
        let form = match (archive, is_file) {
            (Some(DownloadForm::Zip), _) => DownloadForm::Zip,
            (Some(DownloadForm::Tar), _) => DownloadForm::Tar,
            (None | Some(DownloadForm::File), true) => DownloadForm::File,
            (None | Some(DownloadForm::File), false) => DownloadForm::Zip,
        };
        if node.is_some() && !is_file && form == DownloadForm::Zip {
            let path = String::from_utf8_lossy(path);
            return Err(Trouble::new(&table::SNAPSHOT_NO_DOWNLOAD).with("path", path));
        }
        let (send, pieces) = mpsc::channel(PIECES_AHEAD);
        let size_bytes = node.as_ref().filter(|_| form == DownloadForm::File).map(|node| node.size);
        let file_name = match form {
            DownloadForm::File => name,
            DownloadForm::Tar => format!("{name}.tar"),
            DownloadForm::Zip => format!("{name}.zip"),
        };
        let (repository, path) = (repository.clone(), path.to_vec());
        let spawned = std::thread::Builder::new().name("download".to_owned()).spawn(move || {
            write(&repository, &place, &path, form, send);
        });
        spawned.map_err(|error| Trouble::new(&table::INTERNAL).because(error))?;
        Ok(Self { file_name, form, size_bytes, pieces })
    }
}

fn write(
    repository: &Repository,
    place: &Place,
    path: &[u8],
    form: DownloadForm,
    send: mpsc::Sender<io::Result<Vec<u8>>>,
) {
    let cancel = CancelToken::new();
    let mut out = Pieces { send, piece: Vec::with_capacity(PIECE_BYTES), cancel: cancel.clone() };
    let outcome = match (form, place) {
        (DownloadForm::File, Place::Single { node }) => {
            browse::dump_file(repository, path, node, &mut out, &cancel).map(drop)
        }
        (DownloadForm::Tar, place) => {
            browse::dump_archive(repository, place, ArchiveFormat::Tar, &mut out, &cancel).map(drop)
        }
        (_, place) => browse::dump_archive(repository, place, ArchiveFormat::Zip, &mut out, &cancel).map(drop),
    };
    let outcome = outcome
        .map_err(Trouble::from)
        .and_then(|()| out.flush().map_err(|error| Trouble::new(&table::INTERNAL).because(error)));
    if let Err(trouble) = outcome {
        let _ = out.send.blocking_send(Err(io::Error::other(trouble)));
    }
}

/// Gathers what the engine writes into pieces; waits while the reader is behind.
struct Pieces {
    send: mpsc::Sender<io::Result<Vec<u8>>>,
    piece: Vec<u8>,
    cancel: CancelToken,
}

impl Write for Pieces {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let taken = data.len().min(PIECE_BYTES - self.piece.len());
        self.piece.extend_from_slice(&data[..taken]);
        if self.piece.len() == PIECE_BYTES {
            self.flush()?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.piece.is_empty() {
            return Ok(());
        }
        let piece = std::mem::replace(&mut self.piece, Vec::with_capacity(PIECE_BYTES));
        self.send.blocking_send(Ok(piece)).map_err(|_| {
            self.cancel.cancel();
            io::Error::new(io::ErrorKind::BrokenPipe, "the reader has gone")
        })
    }
}
