//! zip archives: deflated, written as a stream, ZIP64 where sizes ask for it.
//! Source: PKWARE APPNOTE 6.3.10.

use std::io::Write;

use flate2::{Compress, Compression, Crc, FlushCompress, Status};
use rempart_format::{GoMode, Node, NodeKind};

use super::ArchiveWriter;
use crate::browse::error::{BrowseError, shown};

const STORED: u16 = 0;
const DEFLATED: u16 = 8;
/// Sizes and checksum follow the data.
const FLAG_DESCRIPTOR: u16 = 1 << 3;
const FLAG_UTF8: u16 = 1 << 11;
const VERSION_ZIP64: u16 = 45;
const MADE_ON_UNIX: u16 = 3 << 8;
/// From here on an entry is written as ZIP64 from its beginning; deflating may add a little.
const LARGE_BYTES: u64 = 0xf000_0000;
const IN_ZIP64: u32 = u32::MAX;

pub(super) struct ZipWriter<'a> {
    out: &'a mut dyn Write,
    at_bytes: u64,
    /// The central directory, as it will be written.
    directory: Vec<u8>,
    entries: u64,
    entry: Option<Entry>,
    buffer: Vec<u8>,
}

struct Entry {
    path: Vec<u8>,
    flags: u16,
    method: u16,
    large: bool,
    offset_bytes: u64,
    begun_at_bytes: u64,
    deflate: Compress,
    crc: Crc,
    content_bytes: u64,
    time: u32,
    unix_time: u32,
    mode: u32,
}

impl<'a> ZipWriter<'a> {
    pub(super) fn new(out: &'a mut dyn Write) -> Self {
        Self { out, at_bytes: 0, directory: Vec::new(), entries: 0, entry: None, buffer: Vec::new() }
    }

    fn write(&mut self, data: &[u8]) -> Result<(), BrowseError> {
        self.at_bytes += data.len() as u64;
        self.out.write_all(data).map_err(BrowseError::Write)
    }

    fn deflate(&mut self, mut data: &[u8], flush: FlushCompress) -> Result<(), BrowseError> {
        let Some(mut entry) = self.entry.take() else { return Ok(()) };
        loop {
            self.buffer.clear();
            self.buffer.reserve(64 << 10);
            let before = entry.deflate.total_in();
            let status = entry
                .deflate
                .compress_vec(data, &mut self.buffer, flush)
                .map_err(|error| BrowseError::Write(std::io::Error::other(error)))?;
            data = &data[(entry.deflate.total_in() - before) as usize..];
            let deflated = std::mem::take(&mut self.buffer);
            let written = self.write(&deflated);
            self.buffer = deflated;
            written?;
            let more = match flush {
                FlushCompress::Finish => status != Status::StreamEnd,
                _ => !data.is_empty(),
            };
            if !more {
                break;
            }
        }
        self.entry = Some(entry);
        Ok(())
    }
}

impl ArchiveWriter for ZipWriter<'_> {
    fn begin(&mut self, path: &[u8], node: &Node, content_bytes: u64) -> Result<bool, BrowseError> {
        let method = match node.kind {
            NodeKind::File if content_bytes > 0 => DEFLATED,
            NodeKind::File | NodeKind::Dir | NodeKind::Symlink => STORED,
            _ => return Ok(false),
        };
        let mut name = path.strip_prefix(b"/").unwrap_or(path).to_vec();
        if node.kind == NodeKind::Dir {
            name.push(b'/');
        }
        if name.len() > usize::from(u16::MAX) {
            return Err(BrowseError::Unrepresentable { path: shown(path), reason: "its path is over 65,535 bytes" });
        }
        let utf8 = if std::str::from_utf8(&name).is_ok() { FLAG_UTF8 } else { 0 };
        let entry = Entry {
            flags: FLAG_DESCRIPTOR | utf8,
            method,
            large: content_bytes >= LARGE_BYTES,
            offset_bytes: self.at_bytes,
            begun_at_bytes: 0,
            deflate: Compress::new(Compression::default(), false),
            crc: Crc::new(),
            content_bytes: 0,
            time: dos_time(node.mtime.seconds),
            unix_time: u32::try_from(node.mtime.seconds).unwrap_or(0),
            mode: GoMode(node.mode).to_unix() & 0o7777 | file_type(node.kind),
            path: name,
        };
        let mut header = Fields(Vec::new());
        header.u32(0x0403_4b50).u16(if entry.large { VERSION_ZIP64 } else { 20 });
        header.u16(entry.flags).u16(method).u32(entry.time).u32(0);
        let size = if entry.large { IN_ZIP64 } else { 0 };
        header.u32(size).u32(size).u16(entry.path.len() as u16).u16(if entry.large { 29 } else { 9 });
        header.bytes(&entry.path);
        if entry.large {
            header.u16(1).u16(16).u64(0).u64(0);
        }
        header.unix_time(entry.unix_time);
        self.write(&header.0)?;
        self.entry = Some(Entry { begun_at_bytes: self.at_bytes, ..entry });
        if node.kind == NodeKind::Symlink {
            self.content(&node.link_target)?;
        }
        Ok(true)
    }

    fn content(&mut self, data: &[u8]) -> Result<(), BrowseError> {
        let Some(entry) = &mut self.entry else { return Ok(()) };
        entry.crc.update(data);
        entry.content_bytes += data.len() as u64;
        if entry.method == STORED { self.write(data) } else { self.deflate(data, FlushCompress::None) }
    }

    fn end(&mut self) -> Result<(), BrowseError> {
        if self.entry.as_ref().is_some_and(|entry| entry.method == DEFLATED) {
            self.deflate(&[], FlushCompress::Finish)?;
        }
        let Some(entry) = self.entry.take() else { return Ok(()) };
        let stored_bytes = self.at_bytes - entry.begun_at_bytes;
        let mut descriptor = Fields(Vec::new());
        descriptor.u32(0x0807_4b50).u32(entry.crc.sum());
        if entry.large {
            descriptor.u64(stored_bytes).u64(entry.content_bytes);
        } else {
            descriptor.u32(stored_bytes as u32).u32(entry.content_bytes as u32);
        }
        self.write(&descriptor.0)?;

        let zip64 = entry.large || entry.offset_bytes >= u64::from(IN_ZIP64);
        let narrow = |number: u64| if zip64 { IN_ZIP64 } else { number as u32 };
        let mut fields = Fields(std::mem::take(&mut self.directory));
        fields.u32(0x0201_4b50).u16(MADE_ON_UNIX | VERSION_ZIP64).u16(if zip64 { VERSION_ZIP64 } else { 20 });
        fields.u16(entry.flags).u16(entry.method).u32(entry.time).u32(entry.crc.sum());
        fields.u32(narrow(stored_bytes)).u32(narrow(entry.content_bytes));
        fields.u16(entry.path.len() as u16).u16(if zip64 { 37 } else { 9 }).u16(0).u16(0).u16(0);
        fields.u32(entry.mode << 16).u32(narrow(entry.offset_bytes)).bytes(&entry.path);
        if zip64 {
            fields.u16(1).u16(24).u64(entry.content_bytes).u64(stored_bytes).u64(entry.offset_bytes);
        }
        fields.unix_time(entry.unix_time);
        self.directory = fields.0;
        self.entries += 1;
        Ok(())
    }

    fn link(&mut self, _path: &[u8], _node: &Node, _first: &[u8]) -> Result<bool, BrowseError> {
        Ok(false)
    }

    fn finish(&mut self) -> Result<(), BrowseError> {
        let directory = std::mem::take(&mut self.directory);
        let (begins_at, len_bytes, entries) = (self.at_bytes, directory.len() as u64, self.entries);
        self.write(&directory)?;
        let mut fields = Fields(Vec::new());
        let zip64 = begins_at + len_bytes >= u64::from(IN_ZIP64) || entries >= u64::from(u16::MAX);
        if zip64 {
            let record_at = self.at_bytes;
            fields.u32(0x0606_4b50).u64(44).u16(MADE_ON_UNIX | VERSION_ZIP64).u16(VERSION_ZIP64).u32(0).u32(0);
            fields.u64(entries).u64(entries).u64(len_bytes).u64(begins_at);
            fields.u32(0x0706_4b50).u32(0).u64(record_at).u32(1);
        }
        let count = if zip64 { u16::MAX } else { entries as u16 };
        let narrow = |number: u64| if zip64 { IN_ZIP64 } else { number as u32 };
        fields
            .u32(0x0605_4b50)
            .u16(0)
            .u16(0)
            .u16(count)
            .u16(count)
            .u32(narrow(len_bytes))
            .u32(narrow(begins_at))
            .u16(0);
        self.write(&fields.0)?;
        self.out.flush().map_err(BrowseError::Write)
    }
}

fn file_type(kind: NodeKind) -> u32 {
    match kind {
        NodeKind::Dir => 0o040_000,
        NodeKind::Symlink => 0o120_000,
        _ => 0o100_000,
    }
}

/// Date and time in UTC as MS-DOS kept them: from 1980 to 2107, in steps of two seconds.
fn dos_time(unix_seconds: i64) -> u32 {
    let Ok(time) = jiff::Timestamp::from_second(unix_seconds) else { return 1 << 21 | 1 << 16 };
    let time = time.to_zoned(jiff::tz::TimeZone::UTC);
    let year = i32::from(time.year()) - 1980;
    if !(0..128).contains(&year) {
        return 1 << 21 | 1 << 16;
    }
    let date = (year as u32) << 9 | (time.month() as u32) << 5 | time.day() as u32;
    date << 16 | (time.hour() as u32) << 11 | (time.minute() as u32) << 5 | (time.second() as u32 / 2)
}

/// Little-endian fields.
struct Fields(Vec<u8>);

impl Fields {
    fn u16(&mut self, number: u16) -> &mut Self {
        self.bytes(&number.to_le_bytes())
    }
    fn u32(&mut self, number: u32) -> &mut Self {
        self.bytes(&number.to_le_bytes())
    }
    fn u64(&mut self, number: u64) -> &mut Self {
        self.bytes(&number.to_le_bytes())
    }
    fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }
    /// Info-ZIP's extended timestamp: the modification time.
    fn unix_time(&mut self, seconds: u32) -> &mut Self {
        self.u16(0x5455).u16(5).bytes(&[1]).u32(seconds)
    }
}
