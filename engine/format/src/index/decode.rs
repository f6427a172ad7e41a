//! Reading index files, pack by pack, with one reused list of blobs.

use std::num::NonZeroU32;

use rempart_model::{BlobId, PackId};

use crate::json::read::Reader;
use crate::{BlobKind, FormatError, PackEntry};

/// Calls `visit` with each pack and its blobs, in the order of the file. Tolerates `supersedes` (restic before 0.15),
/// unknown fields and nulls; a pack may come twice, and so may a blob.
pub fn for_each_pack<E: From<FormatError>>(
    json: &[u8],
    mut visit: impl FnMut(PackId, &[PackEntry]) -> Result<(), E>,
) -> Result<(), E> {
    let mut reader = Reader::new("index", json);
    let mut blobs = Vec::new();
    if reader.null() {
        return Ok(reader.end()?);
    }
    reader.expect(b'{', "an object")?;
    let mut first_key = true;
    while let Some(key) = reader.next_key(first_key)? {
        first_key = false;
        if &*key != b"packs" {
            reader.skip()?;
            continue;
        }
        if reader.null() {
            continue;
        }
        reader.expect(b'[', "an array of packs")?;
        let mut first_pack = true;
        while reader.next_item(first_pack)? {
            first_pack = false;
            let pack = read_pack(&mut reader, &mut blobs)?;
            visit(pack, &blobs)?;
        }
    }
    Ok(reader.end()?)
}

fn read_pack(reader: &mut Reader<'_>, blobs: &mut Vec<PackEntry>) -> Result<PackId, FormatError> {
    let mut pack = None;
    blobs.clear();
    reader.object(|r, key| {
        match key {
            b"id" => pack = r.optional(Reader::id)?.map(PackId),
            b"blobs" => r.array(|r| {
                let blob = match canonical_blob(r) {
                    Some(blob) => blob,
                    None => read_blob(r)?,
                };
                blobs.push(blob);
                Ok(())
            })?,
            _ => r.skip()?,
        }
        Ok(())
    })?;
    pack.filter(|pack| !pack.0.is_null()).ok_or(FormatError::MissingField { what: "index", field: "id" })
}

/// A blob exactly as every writer prints it; anything else is left to [`read_blob`], with nothing consumed.
fn canonical_blob(reader: &mut Reader<'_>) -> Option<PackEntry> {
    let whole = reader.rest();
    let rest = whole.strip_prefix(br#"{"id":""#)?;
    let (digits, rest) = rest.split_first_chunk::<64>()?;
    let id = BlobId(crate::json::hex::id(digits)?);
    let rest = rest.strip_prefix(br#"","type":""#)?;
    let (kind, rest) = match rest.split_first_chunk::<4>()? {
        (b"data", rest) => (BlobKind::Data, rest),
        (b"tree", rest) => (BlobKind::Tree, rest),
        _ => return None,
    };
    let (offset_bytes, rest) = digits_u32(rest.strip_prefix(br#"","offset":"#)?)?;
    let (sealed_bytes, rest) = digits_u32(rest.strip_prefix(br#","length":"#)?)?;
    let (uncompressed_bytes, rest) = match rest.strip_prefix(br#","uncompressed_length":"#) {
        Some(rest) => digits_u32(rest)?,
        None => (0, rest),
    };
    let rest = rest.strip_prefix(b"}")?;
    reader.advance(whole.len() - rest.len());
    let uncompressed_bytes = NonZeroU32::new(uncompressed_bytes);
    Some(PackEntry { id, kind, offset_bytes, sealed_bytes, uncompressed_bytes })
}

fn digits_u32(text: &[u8]) -> Option<(u32, &[u8])> {
    let mut number = 0u64;
    let mut len = 0;
    // Ten digits hold u32::MAX and cannot overflow u64.
    while len < 10
        && let Some(digit) = text.get(len).map(|b| b.wrapping_sub(b'0'))
        && digit < 10
    {
        number = number * 10 + u64::from(digit);
        len += 1;
    }
    let odd = len == 0 || (len > 1 && text[0] == b'0');
    if odd { None } else { Some((u32::try_from(number).ok()?, &text[len..])) }
}

#[cold]
fn read_blob(reader: &mut Reader<'_>) -> Result<PackEntry, FormatError> {
    let (mut id, mut kind) = (None, None);
    let (mut offset_bytes, mut sealed_bytes, mut uncompressed_bytes) = (0, 0, 0);
    reader.object(|r, key| match key {
        b"id" => {
            id = r.optional(Reader::id)?.map(BlobId);
            Ok(())
        }
        b"type" => {
            kind = match &*r.string()? {
                "data" => Some(BlobKind::Data),
                "tree" => Some(BlobKind::Tree),
                _ => return r.refuse("\"data\" or \"tree\" before here"),
            };
            Ok(())
        }
        b"offset" => r.field(&mut offset_bytes, Reader::u32),
        b"length" => r.field(&mut sealed_bytes, Reader::u32),
        b"uncompressed_length" => r.field(&mut uncompressed_bytes, Reader::u32),
        _ => r.skip(),
    })?;
    let missing = |field| FormatError::MissingField { what: "index", field };
    let id = id.ok_or_else(|| missing("id"))?;
    let kind = kind.ok_or_else(|| missing("type"))?;
    Ok(PackEntry { id, kind, offset_bytes, sealed_bytes, uncompressed_bytes: NonZeroU32::new(uncompressed_bytes) })
}
