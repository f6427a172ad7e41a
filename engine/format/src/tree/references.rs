//! What a tree refers to, without decoding its nodes: for prune, check and statistics, which see every tree there is.

use rempart_model::{BlobId, Id};

use crate::json::read::Reader;
use crate::{BlobKind, FormatError};

/// Calls `visit` with each chunk and each subtree, in the order in which they stand. Nothing is allocated.
pub fn for_each_reference<E: From<FormatError>>(
    json: &[u8],
    mut visit: impl FnMut(BlobKind, BlobId) -> Result<(), E>,
) -> Result<(), E> {
    // The reader's errors are its own; one of `visit` waits here until the reader has come back.
    let mut refused = None;
    let mut reader = Reader::new("tree", json);
    let mut visit = |kind, id: Id| match visit(kind, BlobId(id)) {
        Ok(()) => Ok(()),
        Err(error) => {
            refused = Some(error);
            Err(FormatError::Empty)
        }
    };
    let result = reader
        .object(|r, key| match key {
            b"nodes" => r.array(|r| of_node(r, &mut visit)),
            _ => r.skip(),
        })
        .and_then(|()| reader.end());
    match refused {
        Some(error) => Err(error),
        None => Ok(result?),
    }
}

/// Reads a node for what it refers to.
pub(super) fn of_node(
    reader: &mut Reader<'_>,
    visit: &mut impl FnMut(BlobKind, Id) -> Result<(), FormatError>,
) -> Result<(), FormatError> {
    reader.object(|r, key| match key {
        b"content" => r.array(|r| r.id().and_then(|id| visit(BlobKind::Data, id))),
        b"subtree" => r.optional(Reader::id)?.map_or(Ok(()), |id| visit(BlobKind::Tree, id)),
        _ => r.skip(),
    })
}
