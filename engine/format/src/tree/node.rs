//! Reading one node, whatever version of restic wrote it.

use rempart_model::BlobId;

use crate::json::read::Reader;
use crate::{FileTime, FormatError, Node, NodeKind, Xattr, text, time};

/// Reads a node. `null` and missing fields keep their defaults; unknown fields are skipped; a name is required.
pub(super) fn read_node(reader: &mut Reader<'_>) -> Result<Node, FormatError> {
    let mut node = Node::new(Vec::new(), NodeKind::Other);
    let mut named = false;
    let mut raw_target = None;
    reader.object(|r, key| {
        match key {
            "name" => {
                let quoted = r.string()?;
                node.name.clear();
                node.name.reserve_exact(quoted.len());
                text::unquote("tree", &quoted, &mut node.name)?;
                named = true;
            }
            "type" => r.field(&mut node.kind, |r| Ok(NodeKind::from_word(&r.string()?)))?,
            "mode" => r.field(&mut node.mode, Reader::u32)?,
            "mtime" => r.field(&mut node.mtime, read_time)?,
            "atime" => r.field(&mut node.atime, read_time)?,
            "ctime" => r.field(&mut node.ctime, read_time)?,
            "uid" => r.field(&mut node.uid, Reader::u32)?,
            "gid" => r.field(&mut node.gid, Reader::u32)?,
            "user" => r.field(&mut node.user, Reader::owned_string)?,
            "group" => r.field(&mut node.group, Reader::owned_string)?,
            "inode" => r.field(&mut node.inode, Reader::u64)?,
            "device_id" => r.field(&mut node.device_id, Reader::u64)?,
            "size" => r.field(&mut node.size, Reader::u64)?,
            "links" => r.field(&mut node.links, Reader::u64)?,
            "linktarget" => r.field(&mut node.link_target, |r| Ok(r.owned_string()?.into_bytes()))?,
            "linktarget_raw" => raw_target = r.optional(Reader::base64)?,
            "extended_attributes" => r.field(&mut node.xattrs, read_xattrs)?,
            "generic_attributes" => node.generic_attributes = r.optional(read_raw)?,
            "device" => r.field(&mut node.device, Reader::u64)?,
            "content" => node.content = r.optional(read_content)?,
            "subtree" => node.subtree = r.optional(Reader::id)?.map(BlobId),
            "error" => r.field(&mut node.error, Reader::owned_string)?,
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
    Ok(node)
}

fn read_time(reader: &mut Reader<'_>) -> Result<FileTime, FormatError> {
    let text = reader.string()?;
    match time::parse(&text) {
        Some(parsed) => Ok(parsed.time),
        None => reader.refuse("a time before here, as RFC 3339 writes it,"),
    }
}

fn read_raw(reader: &mut Reader<'_>) -> Result<String, FormatError> {
    reader.raw_value().map(|text| String::from_utf8_lossy(text).into_owned())
}

fn read_content(reader: &mut Reader<'_>) -> Result<Vec<BlobId>, FormatError> {
    let mut content = Vec::new();
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
            "name" => r.field(&mut xattr.name, |r| Ok(r.owned_string()?.into_bytes())),
            "value" => r.field(&mut xattr.value, Reader::base64),
            _ => r.skip(),
        })?;
        xattrs.push(xattr);
        Ok(())
    })?;
    Ok(xattrs)
}
