//! tar archives: ustar headers, with PAX records for what does not fit them.
//! Source: POSIX.1-2001, pax, "ustar Interchange Format" and "pax Extended Header".

use std::io::Write;

use rempart_format::{GoMode, Node, NodeKind};

use super::ArchiveWriter;
use crate::browse::error::BrowseError;

const BLOCK_BYTES: usize = 512;
/// The largest numbers of seven and eleven octal digits.
const MAX_7_DIGITS: u64 = 0o777_7777;
const MAX_11_DIGITS: u64 = 0o777_7777_7777;
const NAME_BYTES: usize = 100;

pub(super) struct TarWriter<'a> {
    out: &'a mut dyn Write,
    /// Of the entry under way.
    written_bytes: u64,
}

impl<'a> TarWriter<'a> {
    pub(super) fn new(out: &'a mut dyn Write) -> Self {
        Self { out, written_bytes: 0 }
    }

    fn write(&mut self, data: &[u8]) -> Result<(), BrowseError> {
        self.out.write_all(data).map_err(BrowseError::Write)
    }

    fn header(
        &mut self,
        path: &[u8],
        node: &Node,
        type_flag: u8,
        size_bytes: u64,
        link: &[u8],
    ) -> Result<(), BrowseError> {
        let mut name = path.strip_prefix(b"/").unwrap_or(path).to_vec();
        if node.kind == NodeKind::Dir {
            name.push(b'/');
        }
        let records = pax_records(&name, node, size_bytes, link);
        if !records.is_empty() {
            let mut header = Header::new(b"././@PaxHeader", b'x');
            header.number(124, 12, records.len() as u64);
            header.number(100, 8, 0o644);
            self.write(&header.finish())?;
            self.write(&records)?;
            self.pad(records.len() as u64)?;
        }
        let mut header = Header::new(&name, type_flag);
        header.number(100, 8, GoMode(node.mode).to_unix_permissions().into());
        header.number(108, 8, node.uid.into());
        header.number(116, 8, node.gid.into());
        header.number(124, 12, size_bytes);
        header.number(136, 12, u64::try_from(node.mtime.seconds).unwrap_or(0));
        header.text(157, NAME_BYTES, link);
        header.text(265, 31, node.user.as_bytes());
        header.text(297, 31, node.group.as_bytes());
        if matches!(node.kind, NodeKind::Dev | NodeKind::CharDev) {
            header.number(329, 8, rustix::fs::major(node.device).into());
            header.number(337, 8, rustix::fs::minor(node.device).into());
        }
        self.write(&header.finish())?;
        self.written_bytes = 0;
        Ok(())
    }

    fn pad(&mut self, after_bytes: u64) -> Result<(), BrowseError> {
        let over = (after_bytes % BLOCK_BYTES as u64) as usize;
        if over > 0 { self.write(&[0; BLOCK_BYTES][over..]) } else { Ok(()) }
    }
}

impl ArchiveWriter for TarWriter<'_> {
    fn begin(&mut self, path: &[u8], node: &Node, content_bytes: u64) -> Result<bool, BrowseError> {
        let type_flag = match node.kind {
            NodeKind::File => b'0',
            NodeKind::Symlink => b'2',
            NodeKind::CharDev => b'3',
            NodeKind::Dev => b'4',
            NodeKind::Dir => b'5',
            NodeKind::Fifo => b'6',
            NodeKind::Socket | NodeKind::Other => return Ok(false),
        };
        self.header(path, node, type_flag, content_bytes, &node.link_target)?;
        Ok(true)
    }

    fn content(&mut self, data: &[u8]) -> Result<(), BrowseError> {
        self.written_bytes += data.len() as u64;
        self.write(data)
    }

    fn end(&mut self) -> Result<(), BrowseError> {
        self.pad(self.written_bytes)
    }

    fn link(&mut self, path: &[u8], node: &Node, first: &[u8]) -> Result<bool, BrowseError> {
        self.header(path, node, b'1', 0, first.strip_prefix(b"/").unwrap_or(first))?;
        Ok(true)
    }

    fn finish(&mut self) -> Result<(), BrowseError> {
        self.write(&[0; 2 * BLOCK_BYTES])?;
        self.out.flush().map_err(BrowseError::Write)
    }
}

/// What the fixed fields cannot hold.
fn pax_records(name: &[u8], node: &Node, size_bytes: u64, link: &[u8]) -> Vec<u8> {
    let mut records = Vec::new();
    let long = |text: &[u8]| text.len() > NAME_BYTES;
    let not_utf8 = |text: &[u8]| std::str::from_utf8(text).is_err();
    if long(name) && not_utf8(name) || long(link) && not_utf8(link) {
        record(&mut records, b"hdrcharset", b"BINARY");
    }
    if long(name) {
        record(&mut records, b"path", name);
    }
    if long(link) {
        record(&mut records, b"linkpath", link);
    }
    if size_bytes > MAX_11_DIGITS {
        record(&mut records, b"size", size_bytes.to_string().as_bytes());
    }
    for (key, id) in [(b"uid", node.uid), (b"gid", node.gid)] {
        if u64::from(id) > MAX_7_DIGITS {
            record(&mut records, key, id.to_string().as_bytes());
        }
    }
    let (seconds, nanoseconds) = (node.mtime.seconds, node.mtime.nanoseconds);
    if nanoseconds != 0 || !u64::try_from(seconds).is_ok_and(|seconds| seconds <= MAX_11_DIGITS) {
        record(&mut records, b"mtime", decimal_time(seconds, nanoseconds).as_bytes());
    }
    for xattr in &node.xattrs {
        let mut key = b"SCHILY.xattr.".to_vec();
        for &byte in &xattr.name {
            match byte {
                b'=' => key.extend_from_slice(b"%3D"),
                b'%' => key.extend_from_slice(b"%25"),
                byte => key.push(byte),
            }
        }
        record(&mut records, &key, &xattr.value);
    }
    records
}

/// Nanoseconds always count forward from the second: 1.5 s before 1970 is second -2 and 500,000,000 ns.
fn decimal_time(seconds: i64, nanoseconds: u32) -> String {
    if seconds >= 0 || nanoseconds == 0 {
        return format!("{seconds}.{nanoseconds:09}");
    }
    format!("-{}.{:09}", -(seconds + 1), 1_000_000_000_u32.saturating_sub(nanoseconds))
}

/// `length key=value\n`, where the length counts its own digits.
fn record(records: &mut Vec<u8>, key: &[u8], value: &[u8]) {
    let rest_bytes = key.len() + value.len() + 3;
    let mut len_bytes = rest_bytes + 1;
    while len_bytes != rest_bytes + len_bytes.to_string().len() {
        len_bytes = rest_bytes + len_bytes.to_string().len();
    }
    records.extend_from_slice(format!("{len_bytes} ").as_bytes());
    records.extend_from_slice(key);
    records.push(b'=');
    records.extend_from_slice(value);
    records.push(b'\n');
}

struct Header([u8; BLOCK_BYTES]);

impl Header {
    fn new(name: &[u8], type_flag: u8) -> Self {
        let mut header = Self([0; BLOCK_BYTES]);
        header.text(0, NAME_BYTES, name);
        header.0[156] = type_flag;
        header.text(257, 8, b"ustar\x0000");
        header
    }

    /// Cut where it is too long; a PAX record holds the whole.
    fn text(&mut self, at: usize, len_bytes: usize, text: &[u8]) {
        let len_bytes = text.len().min(len_bytes);
        self.0[at..at + len_bytes].copy_from_slice(&text[..len_bytes]);
    }

    /// Octal digits and a NUL. What is too large stays 0; a PAX record holds it.
    fn number(&mut self, at: usize, len_bytes: usize, number: u64) {
        let digits = len_bytes - 1;
        let fits = number < 1 << (3 * digits);
        let text = format!("{:0digits$o}", if fits { number } else { 0 });
        self.text(at, digits, text.as_bytes());
    }

    fn finish(mut self) -> [u8; BLOCK_BYTES] {
        self.0[148..156].fill(b' ');
        let sum: u64 = self.0.iter().map(|&byte| u64::from(byte)).sum();
        let text = format!("{sum:06o}\0 ");
        self.text(148, 8, text.as_bytes());
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::{decimal_time, record};

    #[test]
    fn a_record_counts_its_own_length() {
        for (value_bytes, expected) in [(1, "9 path=x\n"), (2, "11 path=xx\n"), (90, "99 path="), (91, "101 path=")] {
            let mut records = Vec::new();
            record(&mut records, b"path", &b"x".repeat(value_bytes));
            let text = String::from_utf8(records).unwrap();
            assert!(text.starts_with(expected), "{value_bytes} bytes gave {text}");
            let says: usize = text.split(' ').next().unwrap().parse().unwrap();
            assert_eq!(says, text.len(), "{value_bytes} bytes");
        }
    }

    #[test]
    fn times_before_1970_are_negative_decimals() {
        for (seconds, nanoseconds, expected) in [
            (5, 0, "5.000000000"),
            (5, 7, "5.000000007"),
            (-1, 0, "-1.000000000"),
            (-2, 500_000_000, "-1.500000000"),
            (-1, 999_999_999, "-0.000000001"),
        ] {
            assert_eq!(decimal_time(seconds, nanoseconds), expected, "{seconds} s {nanoseconds} ns");
        }
    }
}
