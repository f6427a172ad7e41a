//! Bodies: files of records. Read by position, written front to back, children before parents.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use parking_lot::Mutex;

use super::super::listing::Listing;
use super::record::{self, HEADER_BYTES, Record, RecordBuffer, RecordRef, relocate};

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

    /// All records of a directory, the one for its first names last: as they are to be popped.
    pub(crate) fn chain(&self, last: RecordRef) -> Option<Vec<RecordRef>> {
        let mut chain = vec![last];
        let mut header = [0; HEADER_BYTES];
        let mut at = last;
        loop {
            self.file.read_exact_at(&mut header, at.offset_bytes).ok()?;
            let Some(before) = record::before(&header) else { return Some(chain) };
            // Written front to back, so this comes to an end.
            if before.offset_bytes >= at.offset_bytes {
                return None;
            }
            at = before;
            chain.push(at);
        }
    }

    /// Appends the entries of a record to a listing. The buffers are working room.
    pub(crate) fn append_to(
        &self,
        listing: &mut Listing,
        at: RecordRef,
        buffers: &mut [RecordBuffer; 2],
    ) -> Option<()> {
        let [head, data] = buffers;
        let record = self.record(at, head)?;
        self.data(at, &record, data)?;
        record.append_to(listing, data)
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
const PREAMBLE: &[u8] = b"rempart change cache, body 2\n\0\0\0";

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
        let mut data = RecordBuffer::new();
        let mut stack = vec![CopiedDir::open(from, root)?];
        loop {
            let top = stack.last_mut()?;
            if let Some(child) = top.children.pop() {
                let child = CopiedDir::open(from, child)?;
                stack.push(child);
                continue;
            }
            let mut places = std::mem::take(&mut top.copied).into_iter();
            let record = Record::checked_before(&top.head);
            from.data(top.at, &record, &mut data)?;
            if !record.data_is_whole(&data) {
                return None;
            }
            relocate(&mut top.head, top.before, |_| places.next())?;
            let placed = self.append_parts([&top.head, &data], top.at.head_bytes).ok()?;
            top.before = Some(placed);
            if top.next_record(from)? {
                continue;
            }
            stack.pop();
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

/// A directory that is being copied, record by record: the children of each are copied before it.
struct CopiedDir {
    /// Records still to come, the next one last.
    rest: Vec<RecordRef>,
    at: RecordRef,
    /// Of the record at hand; its data are read when it is copied.
    head: RecordBuffer,
    /// Of the record at hand: those still to be copied, and those that are.
    children: Vec<RecordRef>,
    copied: Vec<RecordRef>,
    /// The copy of the record before.
    before: Option<RecordRef>,
}

impl CopiedDir {
    fn open(from: &BodyReader, last: RecordRef) -> Option<Self> {
        let (head, children, copied) = (RecordBuffer::new(), Vec::new(), Vec::new());
        let mut dir = Self { rest: vec![last], at: last, head, children, copied, before: None };
        dir.next_record(from)?;
        if Record::checked_before(&dir.head).before().is_some() {
            dir.rest = from.chain(last)?;
            dir.next_record(from)?;
        }
        Some(dir)
    }

    /// False where there is none any more.
    fn next_record(&mut self, from: &BodyReader) -> Option<bool> {
        let Some(at) = self.rest.pop() else { return Some(false) };
        let record = from.record(at, &mut self.head)?;
        self.children.clear();
        self.children.extend((0..record.len()).rev().filter_map(|index| Record::child(&record.stat(index))));
        self.at = at;
        Some(true)
    }
}
