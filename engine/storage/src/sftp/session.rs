//! Whole files over one SFTP session, with many requests in flight.

use std::any::Any;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt};
use russh_sftp::client::RawSftpSession;
use russh_sftp::client::error::Error as SftpError;
use russh_sftp::protocol::{File, FileAttributes, OpenFlags, StatusCode};

use crate::ErrorKind;
use crate::runtime::Failure;

/// Requests of one transfer in flight: at 32 KiB each as much as a fast line of 100 ms holds.
const REQUESTS_IN_FLIGHT: usize = 64;

/// What every server takes, where it does not tell its limits.
const SAFE_REQUEST_BYTES: u64 = 32 << 10;
/// More gains nothing, and OpenSSH's own limit is near.
const LARGEST_REQUEST_BYTES: u64 = 255 << 10;

pub(super) struct Session {
    sftp: RawSftpSession,
    /// Keeps the SSH connection open.
    _ssh: Box<dyn Any + Send + Sync>,
    read_bytes: usize,
    write_bytes: usize,
    can_fsync: bool,
    can_statvfs: bool,
    /// The connection broke; the next operation needs a new one.
    dead: AtomicBool,
}

/// Free space of the file system, and whether it takes writes.
pub(super) struct Room {
    pub free_bytes: u64,
    pub capacity_bytes: u64,
    pub read_only: bool,
}

impl Session {
    pub async fn begin(mut sftp: RawSftpSession, ssh: Box<dyn Any + Send + Sync>) -> Result<Self, Failure> {
        let version = sftp.init().await.map_err(|error| {
            Failure::new(ErrorKind::Unsupported, format!("the server does not speak SFTP ({error})"))
        })?;
        let has = |name: &str| version.extensions.contains_key(name);
        let mut limits = russh_sftp::client::rawsession::Limits::default();
        if has("limits@openssh.com")
            && let Ok(told) = sftp.limits().await
        {
            limits = told.into();
        }
        let request = |limit: Option<u64>| limit.unwrap_or(SAFE_REQUEST_BYTES).min(LARGEST_REQUEST_BYTES) as usize;
        let (read_bytes, write_bytes) = (request(limits.read_len), request(limits.write_len));
        sftp.set_limits(limits);
        Ok(Self {
            can_fsync: has("fsync@openssh.com"),
            can_statvfs: has("statvfs@openssh.com"),
            sftp,
            _ssh: ssh,
            read_bytes,
            write_bytes,
            dead: AtomicBool::new(false),
        })
    }

    pub fn is_dead(&self) -> bool {
        self.dead.load(Ordering::Relaxed)
    }

    fn failed(&self, error: SftpError) -> Failure {
        let (kind, told) = match error {
            SftpError::Status(status) => {
                let kind = match status.status_code {
                    StatusCode::NoSuchFile => ErrorKind::NotFound,
                    StatusCode::PermissionDenied => ErrorKind::Denied,
                    StatusCode::OpUnsupported => ErrorKind::Unsupported,
                    StatusCode::NoConnection | StatusCode::ConnectionLost => ErrorKind::Network,
                    StatusCode::Ok | StatusCode::Eof | StatusCode::Failure | StatusCode::BadMessage => ErrorKind::Other,
                };
                return Failure::new(kind, format!("the server answered: {}", status.error_message));
            }
            SftpError::Timeout => (ErrorKind::Timeout, "no answer in time".to_owned()),
            error => (ErrorKind::Network, format!("the connection broke ({error})")),
        };
        self.dead.store(true, Ordering::Relaxed);
        Failure::new(kind, told)
    }

    pub async fn size(&self, path: &str) -> Result<u64, Failure> {
        let attributes = self.sftp.stat(path).await.map_err(|error| self.failed(error))?.attrs;
        attributes.size.ok_or_else(|| Failure::new(ErrorKind::Other, "the server does not tell the object's size"))
    }

    /// The range, or the whole file. `Damaged` where it ends before.
    pub async fn read(&self, path: &str, range: Option<(u64, u64)>) -> Result<Vec<Vec<u8>>, Failure> {
        let flags = OpenFlags::READ;
        let handle =
            self.sftp.open(path, flags, FileAttributes::empty()).await.map_err(|error| self.failed(error))?.handle;
        let outcome = self.read_opened(&handle, range).await;
        let closed = self.sftp.close(handle).await;
        let pieces = outcome?;
        closed.map_err(|error| self.failed(error))?;
        Ok(pieces)
    }

    async fn read_opened(&self, handle: &str, range: Option<(u64, u64)>) -> Result<Vec<Vec<u8>>, Failure> {
        let (start, end) = match range {
            Some(range) => range,
            None => {
                let attributes = self.sftp.fstat(handle).await.map_err(|error| self.failed(error))?.attrs;
                (0, attributes.size.unwrap_or(0))
            }
        };
        futures_util::stream::iter((start..end).step_by(self.read_bytes))
            .map(|offset| self.read_piece(handle, offset, (end - offset).min(self.read_bytes as u64) as usize))
            .buffered(REQUESTS_IN_FLIGHT)
            .try_collect()
            .await
    }

    /// A server may answer with less than was asked for.
    async fn read_piece(&self, handle: &str, offset: u64, len: usize) -> Result<Vec<u8>, Failure> {
        let mut piece: Vec<u8> = Vec::new();
        while piece.len() < len {
            let rest = (len - piece.len()) as u32;
            match self.sftp.read(handle, offset + piece.len() as u64, rest).await {
                Ok(data) if data.data.is_empty() => {
                    return Err(Failure::new(ErrorKind::Damaged, "the file ends before"));
                }
                Ok(data) if piece.is_empty() => piece = data.data,
                Ok(data) => piece.extend_from_slice(&data.data),
                Err(SftpError::Status(status)) if status.status_code == StatusCode::Eof => {
                    return Err(Failure::new(ErrorKind::Damaged, "the file ends before"));
                }
                Err(error) => return Err(self.failed(error)),
            }
        }
        piece.truncate(len);
        Ok(piece)
    }

    /// A new file with this content, durable where the server can.
    pub async fn write_new(&self, path: &str, data: &Bytes) -> Result<(), Failure> {
        let flags = OpenFlags::CREATE | OpenFlags::EXCLUDE | OpenFlags::WRITE;
        let attributes = FileAttributes { permissions: Some(0o400), ..FileAttributes::empty() };
        let handle = self.sftp.open(path, flags, attributes).await.map_err(|error| self.failed(error))?.handle;
        let outcome = self.write_opened(&handle, data).await;
        let closed = self.sftp.close(handle).await.map_err(|error| self.failed(error));
        outcome.and(closed.map(|_| ()))
    }

    async fn write_opened(&self, handle: &str, data: &Bytes) -> Result<(), Failure> {
        futures_util::stream::iter((0..data.len()).step_by(self.write_bytes))
            .map(|start| {
                let piece = data[start..data.len().min(start + self.write_bytes)].to_vec();
                self.sftp.write(handle, start as u64, piece)
            })
            .buffer_unordered(REQUESTS_IN_FLIGHT)
            .try_for_each(|_| async { Ok(()) })
            .await
            .map_err(|error| self.failed(error))?;
        if self.can_fsync {
            self.sftp.fsync(handle).await.map_err(|error| self.failed(error))?;
        }
        Ok(())
    }

    /// Version 3's plain rename, which refuses a name that is taken (the extension posix-rename would replace it).
    pub async fn rename(&self, from: &str, to: &str) -> Result<(), Failure> {
        self.sftp.rename(from, to).await.map(|_| ()).map_err(|error| self.failed(error))
    }

    pub async fn remove(&self, path: &str) -> Result<(), Failure> {
        self.sftp.remove(path).await.map(|_| ()).map_err(|error| self.failed(error))
    }

    pub async fn make_dir(&self, path: &str) -> Result<(), Failure> {
        let attributes = FileAttributes { permissions: Some(0o700), ..FileAttributes::empty() };
        match self.sftp.mkdir(path, attributes).await {
            Ok(_) => Ok(()),
            Err(error) => {
                let failure = self.failed(error);
                // "Failure" is all that version 3 says of a folder that exists.
                match self.sftp.stat(path).await {
                    Ok(found) if found.attrs.is_dir() => Ok(()),
                    _ => Err(failure),
                }
            }
        }
    }

    /// What is in a folder; a folder that is not there holds nothing.
    pub async fn list(&self, path: &str) -> Result<Option<Vec<File>>, Failure> {
        let handle = match self.sftp.opendir(path).await {
            Ok(handle) => handle.handle,
            Err(error) => match self.failed(error) {
                failure if failure.kind == ErrorKind::NotFound => return Ok(None),
                failure => return Err(failure),
            },
        };
        let mut found = Vec::new();
        let outcome = loop {
            match self.sftp.readdir(handle.as_str()).await {
                Ok(name) => found.extend(name.files),
                Err(SftpError::Status(status)) if status.status_code == StatusCode::Eof => break Ok(()),
                Err(error) => break Err(self.failed(error)),
            }
        };
        let _ = self.sftp.close(handle).await;
        outcome.map(|()| Some(found))
    }

    /// `None` where the server cannot tell.
    pub async fn room(&self, path: &str) -> Result<Option<Room>, Failure> {
        if !self.can_statvfs {
            return Ok(None);
        }
        let stat = self.sftp.statvfs(path).await.map_err(|error| self.failed(error))?;
        let free_bytes = stat.blocks_avail.saturating_mul(stat.fragment_size);
        let reserved = stat.blocks_free.saturating_sub(stat.blocks_avail);
        let capacity_bytes = stat.blocks.saturating_sub(reserved).saturating_mul(stat.fragment_size);
        Ok(Some(Room { free_bytes, capacity_bytes, read_only: stat.flags & 1 != 0 }))
    }
}
