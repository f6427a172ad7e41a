//! Reading one node, whatever version of restic wrote it.

use rempart_model::BlobId;

use crate::json::read::Reader;
use crate::{FileTime, FormatError, Node, NodeKind, Xattr, text, time};

/// Reads a node. `null` and missing fields keep their defaults; unknown fields are skipped; a name is required.
pub(super) fn read_node(reader: &mut Reader<'_>, node: &mut Node) -> Result<(), FormatError> {
    let mut spare = clear(node);
    let mut named = false;
    let mut raw_target = None;
    // Mostly all three times are one and the same text; one of them is read.
    let mut last_time: (&[u8], FileTime) = (&[], FileTime::MISSING);
    reader.object(|r, key| {
        match key {
            b"name" => {
                let quoted = r.string()?;
                node.name.clear();
                text::unquote("tree", &quoted, &mut node.name)?;
                named = true;
            }
            b"type" => r.field(&mut node.kind, |r| Ok(NodeKind::from_word(&r.string()?)))?,
            b"mode" => r.field(&mut node.mode, Reader::u32)?,
            b"mtime" => r.field(&mut node.mtime, |r| read_time(r, &mut last_time))?,
            b"atime" => r.field(&mut node.atime, |r| read_time(r, &mut last_time))?,
            b"ctime" => r.field(&mut node.ctime, |r| read_time(r, &mut last_time))?,
            b"uid" => r.field(&mut node.uid, Reader::u32)?,
            b"gid" => r.field(&mut node.gid, Reader::u32)?,
            b"user" => read_string(r, &mut node.user)?,
            b"group" => read_string(r, &mut node.group)?,
            b"inode" => r.field(&mut node.inode, Reader::u64)?,
            b"device_id" => r.field(&mut node.device_id, Reader::u64)?,
            b"size" => r.field(&mut node.size, Reader::u64)?,
            b"links" => r.field(&mut node.links, Reader::u64)?,
            b"linktarget" => r.field(&mut node.link_target, |r| Ok(r.owned_string()?.into_bytes()))?,
            b"linktarget_raw" => raw_target = r.optional(Reader::base64)?,
            b"extended_attributes" => r.field(&mut node.xattrs, read_xattrs)?,
            b"generic_attributes" => node.generic_attributes = r.optional(read_raw)?,
            b"device" => r.field(&mut node.device, Reader::u64)?,
            b"content" => node.content = r.optional(|r| read_content(r, std::mem::take(&mut spare)))?,
            b"subtree" => node.subtree = r.optional(Reader::id)?.map(BlobId),
            b"error" => read_string(r, &mut node.error)?,
            _ => r.skip()?,
        }
        Ok(())
    })?;
    if !named {
        return Err(FormatError::MissingField { what: "tree", field: "name" });
    }
    if let Some(target) = raw_target {
        node.link_target = target;
    }
    Ok(())
}

/// Empties a node but keeps its memory; that of the content is returned, since "no content" must be `None`.
fn clear(node: &mut Node) -> Vec<BlobId> {
    let old = std::mem::replace(node, Node::new(Vec::new(), NodeKind::Other));
    (node.name, node.user, node.group) = (old.name, old.user, old.group);
    node.name.clear();
    node.user.clear();
    node.group.clear();
    let mut content = old.content.unwrap_or_default();
    content.clear();
    content
}

fn read_string(reader: &mut Reader<'_>, field: &mut String) -> Result<(), FormatError> {
    if !reader.null() {
        field.clear();
        field.push_str(&reader.string()?);
    }
    Ok(())
}

fn read_time<'a>(reader: &mut Reader<'a>, last: &mut (&'a [u8], FileTime)) -> Result<FileTime, FormatError> {
    reader.peek();
    if !last.0.is_empty() && reader.rest().starts_with(last.0) {
        reader.advance(last.0.len());
        return Ok(last.1);
    }
    let (rest, start) = (reader.rest(), reader.at_byte());
    let text = reader.string()?;
    match time::parse(&text) {
        Some(parsed) => {
            *last = (&rest[..reader.at_byte() - start], parsed.time);
            Ok(parsed.time)
        }
        None => reader.refuse("a time before here, as RFC 3339 writes it,"),
    }
}

fn read_raw(reader: &mut Reader<'_>) -> Result<String, FormatError> {
    reader.raw_value().map(|text| String::from_utf8_lossy(text).into_owned())
}

fn read_content(reader: &mut Reader<'_>, mut content: Vec<BlobId>) -> Result<Vec<BlobId>, FormatError> {
    content.clear();
    reader.array(|r| {
        content.push(BlobId(r.id()?));
        Ok(())
    })?;
    Ok(content)
}

fn read_xattrs(reader: &mut Reader<'_>) -> Result<Vec<Xattr>, FormatError> {
    let mut xattrs = Vec::new();
    reader.array(|r| {
        let mut xattr = Xattr { name: Vec::new(), value: Vec::new() };
        r.object(|r, key| match key {
            b"name" => r.field(&mut xattr.name, |r| Ok(r.owned_string()?.into_bytes())),
            b"value" => r.field(&mut xattr.value, Reader::base64),
            _ => r.skip(),
        })?;
        xattrs.push(xattr);
        Ok(())
    })?;
    Ok(xattrs)
}
