//! One directory of the change cache, as bytes.
//!
//! `header ‖ entries ‖ names ‖ data`, all little-endian. The first three are the *head*: enough to see that nothing has
//! changed. The data (ids of content, attributes, link targets) are read only when the directory is written anew.
//!
//! A directory of many entries has several records, in the order of its names. Each refers to the one before it, and the
//! last stands for the directory: so it is written, compared and read in little memory.

use rempart_format::Xattr;
use rempart_model::BlobId;

use super::super::listing::{Content, Entry, Extras, Listing};
use super::super::progress::Change;
use super::super::source::{Names, Stat};
use super::checksum::checksum;

const MAGIC: u32 = u32::from_le_bytes(*b"RDir");
pub(super) const HEADER_BYTES: usize = 88;
const ENTRY_BYTES: usize = 72;

/// Set where an entry lives on another device than its directory (something is mounted there): the entries do not say so,
/// hence the whole directory is looked at again.
const FLAG_MIXED_DEVICES: u32 = 1;

/// Where a record is in its body, and how long its head is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RecordRef {
    pub(crate) offset_bytes: u64,
    pub(crate) head_bytes: u32,
    /// Whether it is in the body of the last run rather than in the one being written.
    pub(crate) is_old: bool,
}

/// The memory a record is read into, used again and again.
pub(crate) type RecordBuffer = Vec<u8>;

/// The head of a record, checked.
#[derive(Clone, Copy)]
pub(crate) struct Record<'a> {
    head: &'a [u8],
    count: usize,
    names: &'a [u8],
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}

/// What the records of one directory have in common, and what is before the next of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RecordFrame {
    pub(crate) tree: BlobId,
    pub(crate) device: u64,
    pub(crate) before: Option<RecordRef>,
}

/// A record of some entries of a finished directory, the first of which has the name `names[from]`. Returns the length of
/// its head; `None` where it cannot be expressed: entries still pending, over 4 GiB.
pub(crate) fn encode(
    frame: &RecordFrame,
    names: &Names,
    from: usize,
    entries: &[Entry],
    out: &mut RecordBuffer,
) -> Option<u32> {
    out.clear();
    out.resize(HEADER_BYTES, 0);
    let (mut text, mut data) = (Vec::new(), Vec::new());
    let (mut count, mut flags) = (0_u32, 0);
    for (index, entry) in entries.iter().enumerate() {
        let mut stat = entry.stat;
        match &entry.content {
            Content::LeftOut => continue,
            Content::Pending => return None,
            Content::Tree(_, child) => {
                // A directory's node has neither size nor links: their place holds the way to its record.
                let child = child.unwrap_or(RecordRef { offset_bytes: 0, head_bytes: 0, is_old: false });
                (stat.size_bytes, stat.links) = (child.offset_bytes, child.head_bytes);
            }
            _ => {}
        }
        if stat.device != frame.device {
            flags |= FLAG_MIXED_DEVICES;
        }
        text.extend_from_slice(names.get(from + index));
        encode_data(entry, &mut data);
        encode_stat(&stat, out);
        out.extend_from_slice(&u32::try_from(text.len()).ok()?.to_le_bytes());
        out.extend_from_slice(&(data.len() as u64).to_le_bytes());
        count += 1;
    }
    out.extend_from_slice(&text);
    drop(text);
    let head_bytes = u32::try_from(out.len()).ok()?;
    out[0..4].copy_from_slice(&MAGIC.to_le_bytes());
    out[4..8].copy_from_slice(&count.to_le_bytes());
    out[8..12].copy_from_slice(&flags.to_le_bytes());
    out[16..24].copy_from_slice(&(data.len() as u64).to_le_bytes());
    out[24..32].copy_from_slice(&frame.device.to_le_bytes());
    out[32..64].copy_from_slice(frame.tree.as_bytes());
    out[72..80].copy_from_slice(&checksum(&[&data]).to_le_bytes());
    put_before(out, frame.before);
    seal(out);
    out.extend_from_slice(&data);
    Some(head_bytes)
}

fn put_before(head: &mut [u8], before: Option<RecordRef>) {
    let before = before.unwrap_or(RecordRef { offset_bytes: 0, head_bytes: 0, is_old: false });
    head[12..16].copy_from_slice(&before.head_bytes.to_le_bytes());
    head[80..88].copy_from_slice(&before.offset_bytes.to_le_bytes());
}

/// The record before one of the last run, by its header, which nobody has checked yet.
pub(super) fn before(header: &[u8; HEADER_BYTES]) -> Option<RecordRef> {
    let before = RecordRef { offset_bytes: u64_at(header, 80), head_bytes: u32_at(header, 12), is_old: true };
    (before.head_bytes > 0).then_some(before)
}

/// Writes the head's checksum, over all of it but the place where it stands.
fn seal(head: &mut [u8]) {
    let sum = checksum(&[&head[..64], &head[72..]]);
    head[64..72].copy_from_slice(&sum.to_le_bytes());
}

fn encode_stat(stat: &Stat, out: &mut Vec<u8>) {
    out.extend_from_slice(&stat.inode.to_le_bytes());
    out.extend_from_slice(&stat.size_bytes.to_le_bytes());
    out.extend_from_slice(&stat.mtime_seconds.to_le_bytes());
    out.extend_from_slice(&stat.ctime_seconds.to_le_bytes());
    for number in [stat.mtime_nanoseconds, stat.ctime_nanoseconds, stat.mode, stat.uid, stat.gid, stat.links] {
        out.extend_from_slice(&number.to_le_bytes());
    }
    out.extend_from_slice(&[0; 4]);
}

fn encode_data(entry: &Entry, data: &mut Vec<u8>) {
    let tree;
    let ids: &[BlobId] = match &entry.content {
        Content::Tree(id, _) => {
            tree = [*id];
            &tree
        }
        content => content.chunks(),
    };
    let empty = Extras::default();
    let extras = entry.extras.as_deref().unwrap_or(&empty);
    if ids.is_empty() && extras.link_target.is_empty() && extras.xattrs.is_empty() {
        return;
    }
    data.extend_from_slice(&(ids.len() as u32).to_le_bytes());
    for id in ids {
        data.extend_from_slice(id.as_bytes());
    }
    if extras.link_target.is_empty() && extras.xattrs.is_empty() {
        return;
    }
    push_bytes(data, &extras.link_target);
    for xattr in &extras.xattrs {
        push_bytes(data, &xattr.name);
        push_bytes(data, &xattr.value);
    }
}

fn push_bytes(data: &mut Vec<u8>, bytes: &[u8]) {
    data.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
    data.extend_from_slice(bytes);
}

impl<'a> Record<'a> {
    /// Checks a head. `None` for anything but what [`encode`] made.
    pub(crate) fn parse(head: &'a [u8]) -> Option<Self> {
        if head.len() < HEADER_BYTES || u32_at(head, 0) != MAGIC {
            return None;
        }
        if checksum(&[&head[..64], &head[72..]]) != u64_at(head, 64) {
            return None;
        }
        let count = u32_at(head, 4) as usize;
        let names = head.get(HEADER_BYTES.checked_add(count.checked_mul(ENTRY_BYTES)?)?..)?;
        Some(Self { head, count, names })
    }

    /// A head that [`Self::parse`] accepted.
    pub(crate) fn checked_before(head: &'a [u8]) -> Self {
        let count = u32_at(head, 4) as usize;
        Self { head, count, names: &head[HEADER_BYTES + count * ENTRY_BYTES..] }
    }

    pub(crate) fn len(&self) -> usize {
        self.count
    }

    pub(crate) fn tree(&self) -> BlobId {
        BlobId::new(self.head[32..64].try_into().expect("32 bytes"))
    }

    /// The record of the entries before these, if the directory has several.
    pub(crate) fn before(&self) -> Option<RecordRef> {
        before(self.head.first_chunk()?)
    }

    pub(crate) fn device(&self) -> u64 {
        u64_at(self.head, 24)
    }

    pub(crate) fn data_bytes(&self) -> u64 {
        u64_at(self.head, 16)
    }

    pub(crate) fn has_mixed_devices(&self) -> bool {
        u32_at(self.head, 8) & FLAG_MIXED_DEVICES != 0
    }

    fn entry(&self, index: usize) -> &'a [u8] {
        let start = HEADER_BYTES + index * ENTRY_BYTES;
        &self.head[start..start + ENTRY_BYTES]
    }

    pub(crate) fn name(&self, index: usize) -> &'a [u8] {
        let start = if index == 0 { 0 } else { u32_at(self.entry(index - 1), 60) as usize };
        // The checksum holds, so this is what was written; a fault in writing still must not panic.
        self.names.get(start..u32_at(self.entry(index), 60) as usize).unwrap_or(&[])
    }

    /// What `stat` said. Of a directory, `size_bytes` and `links` are what [`Self::child`] is made of.
    pub(crate) fn stat(&self, index: usize) -> Stat {
        let entry = self.entry(index);
        Stat {
            inode: u64_at(entry, 0),
            size_bytes: u64_at(entry, 8),
            mtime_seconds: u64_at(entry, 16) as i64,
            ctime_seconds: u64_at(entry, 24) as i64,
            mtime_nanoseconds: u32_at(entry, 32),
            ctime_nanoseconds: u32_at(entry, 36),
            mode: u32_at(entry, 40),
            uid: u32_at(entry, 44),
            gid: u32_at(entry, 48),
            links: u32_at(entry, 52),
            device: self.device(),
        }
    }

    pub(crate) fn child(stat: &Stat) -> Option<RecordRef> {
        let child = RecordRef { offset_bytes: stat.size_bytes, head_bytes: stat.links, is_old: true };
        (stat.is_dir() && child.head_bytes > 0).then_some(child)
    }

    /// Whether the data read for this record are what was written.
    pub(crate) fn data_is_whole(&self, data: &[u8]) -> bool {
        checksum(&[data]) == u64_at(self.head, 72)
    }

    /// Appends the entries as they were stored. `None` where the data are not this record's.
    pub(crate) fn append_to(&self, listing: &mut Listing, data: &[u8]) -> Option<()> {
        if !self.data_is_whole(data) {
            return None;
        }
        let mut start = 0;
        for index in 0..self.count {
            let end = usize::try_from(u64_at(self.entry(index), 64)).ok()?;
            listing.names.push(self.name(index));
            listing.entries.push(decode_entry(self.stat(index), data.get(start..end)?)?);
            start = end;
        }
        Some(())
    }
}

fn decode_entry(mut stat: Stat, data: &[u8]) -> Option<Entry> {
    let child = Record::child(&stat);
    if stat.is_dir() {
        (stat.size_bytes, stat.links) = (0, 0);
    }
    let mut entry = Entry::new(stat);
    entry.change = Change::Unmodified;
    let mut rest = data;
    let mut ids = Vec::new();
    if !rest.is_empty() {
        for _ in 0..take_u32(&mut rest)? {
            let (id, after) = rest.split_at_checked(32)?;
            ids.push(BlobId::new(id.try_into().ok()?));
            rest = after;
        }
    }
    if stat.is_dir() {
        entry.content = Content::Tree(*ids.first()?, child);
    } else if stat.is_file() {
        entry.content = Content::from_chunks(ids);
    }
    if !rest.is_empty() {
        let extras = entry.extras_mut();
        extras.link_target = take_bytes(&mut rest)?;
        while !rest.is_empty() {
            extras.xattrs.push(Xattr { name: take_bytes(&mut rest)?, value: take_bytes(&mut rest)? });
        }
    }
    Some(entry)
}

fn take_u32(rest: &mut &[u8]) -> Option<u32> {
    let (number, after) = rest.split_first_chunk::<4>()?;
    *rest = after;
    Some(u32::from_le_bytes(*number))
}

fn take_bytes(rest: &mut &[u8]) -> Option<Vec<u8>> {
    let len = take_u32(rest)? as usize;
    let (bytes, after) = rest.split_at_checked(len)?;
    *rest = after;
    Some(bytes.to_vec())
}

/// Puts the records of the children, and the record before, at other places, in a head that is to be copied into another
/// body.
pub(super) fn relocate(
    head: &mut [u8],
    before: Option<RecordRef>,
    mut place: impl FnMut(RecordRef) -> Option<RecordRef>,
) -> Option<()> {
    let count = u32_at(head, 4) as usize;
    for index in 0..count {
        let start = HEADER_BYTES + index * ENTRY_BYTES;
        let entry = &mut head[start..start + ENTRY_BYTES];
        let child = RecordRef { offset_bytes: u64_at(entry, 8), head_bytes: u32_at(entry, 52), is_old: true };
        let mode = u32_at(entry, 40);
        if (Stat { mode, ..Stat::default() }).is_dir() && child.head_bytes > 0 {
            let placed = place(child)?;
            entry[8..16].copy_from_slice(&placed.offset_bytes.to_le_bytes());
            entry[52..56].copy_from_slice(&placed.head_bytes.to_le_bytes());
        }
    }
    put_before(head, before);
    seal(head);
    Some(())
}
