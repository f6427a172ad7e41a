//! Bodies: files of records. Read by position, written front to back, children before parents.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use parking_lot::Mutex;

use super::record::{Record, RecordBuffer, RecordRef, relocate};

/// The records of the last run.
#[derive(Debug)]
pub(crate) struct BodyReader {
    file: File,
    len_bytes: u64,
}

impl BodyReader {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let len_bytes = file.metadata()?.len();
        Ok(Self { file, len_bytes })
    }

    /// Reads and checks the head of a record. `None` for anything that is not as it was written.
    pub(crate) fn record<'b>(&self, at: RecordRef, buffer: &'b mut RecordBuffer) -> Option<Record<'b>> {
        self.read(at.offset_bytes, u64::from(at.head_bytes), buffer)?;
        Record::parse(buffer)
    }

    /// Reads the data behind a record's head.
    pub(crate) fn data(&self, at: RecordRef, record: &Record<'_>, buffer: &mut RecordBuffer) -> Option<()> {
        self.read(at.offset_bytes.checked_add(at.head_bytes.into())?, record.data_bytes(), buffer)
    }

    fn read(&self, offset_bytes: u64, len_bytes: u64, buffer: &mut RecordBuffer) -> Option<()> {
        if offset_bytes.checked_add(len_bytes)? > self.len_bytes {
            return None;
        }
        let len = usize::try_from(len_bytes).ok()?;
        if buffer.len() < len {
            buffer.resize(len, 0);
        } else {
            buffer.truncate(len);
        }
        self.file.read_exact_at(buffer, offset_bytes).ok()
    }
}

/// The records of this run. The file appears with the first of them.
#[derive(Debug)]
pub(crate) struct BodyWriter {
    path: PathBuf,
    inner: Mutex<Option<Inner>>,
}

#[derive(Debug)]
struct Inner {
    file: io::BufWriter<File>,
    offset_bytes: u64,
}

/// Nothing lies at position 0, so that no reference is all zeros.
const PREAMBLE: &[u8] = b"rempart change cache, body 1\n\0\0\0";

impl BodyWriter {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, inner: Mutex::new(None) }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Appends a record that [`super::encode_record`] made.
    pub(crate) fn append(&self, record: &[u8], head_bytes: u32) -> io::Result<RecordRef> {
        self.append_parts([record, &[]], head_bytes)
    }

    fn append_parts(&self, parts: [&[u8]; 2], head_bytes: u32) -> io::Result<RecordRef> {
        let mut guard = self.inner.lock();
        let inner = match &mut *guard {
            Some(inner) => inner,
            empty => {
                let mut file = io::BufWriter::with_capacity(256 * 1024, File::create(&self.path)?);
                file.write_all(PREAMBLE)?;
                empty.insert(Inner { file, offset_bytes: PREAMBLE.len() as u64 })
            }
        };
        let at = RecordRef { offset_bytes: inner.offset_bytes, head_bytes, is_old: false };
        for part in parts {
            inner.file.write_all(part)?;
            inner.offset_bytes += part.len() as u64;
        }
        Ok(at)
    }

    /// Copies a record of the last run with all records below it. `None` where one of them is damaged or cannot be
    /// written: the directory is then one without a record.
    pub(crate) fn copy(&self, from: &BodyReader, root: RecordRef) -> Option<RecordRef> {
        // One level a frame: the children still to be copied, and those that are. The data are read when they are copied.
        struct Frame {
            at: RecordRef,
            head: RecordBuffer,
            children: Vec<RecordRef>,
            copied: Vec<RecordRef>,
        }
        let open = |at: RecordRef| -> Option<Frame> {
            let mut head = RecordBuffer::new();
            let record = from.record(at, &mut head)?;
            let children =
                (0..record.len()).rev().filter_map(|index| Record::child(&record.stat(index))).collect::<Vec<_>>();
            Some(Frame { at, head, children, copied: Vec::new() })
        };
        let mut data = RecordBuffer::new();
        let mut stack = vec![open(root)?];
        loop {
            let top = stack.last_mut()?;
            if let Some(child) = top.children.pop() {
                let child = open(child)?;
                stack.push(child);
                continue;
            }
            let mut done = stack.pop()?;
            let mut places = std::mem::take(&mut done.copied).into_iter();
            let record = Record::checked_before(&done.head);
            from.data(done.at, &record, &mut data)?;
            if !record.data_is_whole(&data) {
                return None;
            }
            relocate(&mut done.head, |_| places.next())?;
            let placed = self.append_parts([&done.head, &data], done.at.head_bytes).ok()?;
            match stack.last_mut() {
                Some(parent) => parent.copied.push(placed),
                None => return Some(placed),
            }
        }
    }

    /// Writes out what is buffered. Whether there is a file at all.
    pub(super) fn finish(&self) -> io::Result<bool> {
        match self.inner.lock().take() {
            Some(inner) => inner.file.into_inner().map_err(io::IntoInnerError::into_error).map(|_| true),
            None => Ok(false),
        }
    }
}
