//! Reading blobs: one by one, or many in the order that suits the storage.

mod batch;
mod plan;

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, Ordering};

use rempart_crypto::{IV_LEN_BYTES, Sha256Stream, sha256};
use rempart_format::{BlobKind, FormatError, TreeBytes, unpack_pieces};
use rempart_model::{BlobId, Id, PackId};
use rempart_storage::{ObjectKind, ObjectName};

use crate::decode::open_blob;
use crate::{BlobError, BlobLocation, BlobSource, Deliver, LONG_TREE_BYTES, Repository, RepositoryError, Result};

impl BlobSource for Repository {
    fn read_blob(&self, kind: BlobKind, id: &BlobId) -> Result<Vec<u8>, BlobError> {
        Ok(self.read_any_copy(kind, id, &[], &AtomicBool::new(false))?)
    }

    fn read_tree(&self, id: &BlobId) -> Result<TreeBytes, BlobError> {
        match self.is_long_tree(id) {
            true => Ok(self.read_long_tree(id)?),
            false => self.read_blob(BlobKind::Tree, id).map(TreeBytes::Whole),
        }
    }

    fn read_blobs(&self, kind: BlobKind, ids: &[BlobId], deliver: &Deliver<'_>) -> Result<(), BlobError> {
        Ok(batch::read_blobs(self, kind, ids, deliver)?)
    }

    fn plaintext_bytes(&self, kind: BlobKind, id: &BlobId) -> Option<u64> {
        Some(self.index().ok()?.find(kind, id)?.plaintext_bytes())
    }
}

impl Repository {
    /// The plaintext from the first copy that is intact, passing over `bad` ones. Where all fail and the index may be
    /// out of date (another process has moved blobs), it is loaded anew, unless `reloaded` says that it was.
    fn read_any_copy(
        &self,
        kind: BlobKind,
        id: &BlobId,
        bad: &[BlobLocation],
        reloaded: &AtomicBool,
    ) -> Result<Vec<u8>> {
        let mut plaintext = Vec::new();
        self.any_copy(kind, id, bad, reloaded, &mut |location, sealed| {
            plaintext.clear();
            open_blob(self.master_key(), &sealed, location.uncompressed_bytes, &mut Vec::new(), &mut plaintext)?;
            if sha256(&plaintext) == *id.as_bytes() { Ok(()) } else { Err(WRONG_HASH.to_owned()) }
        })?;
        Ok(plaintext)
    }

    /// The payload of a blob as it is stored (zstd where the second value is present), its MAC checked, for copying it
    /// to another repository without unpacking.
    pub(crate) fn read_payload(&self, kind: BlobKind, id: &BlobId) -> Result<(Vec<u8>, Option<NonZeroU32>)> {
        let (mut payload, mut uncompressed_bytes) = (Vec::new(), None);
        self.any_copy(kind, id, &[], &AtomicBool::new(false), &mut |location, sealed| {
            uncompressed_bytes = location.uncompressed_bytes;
            self.master_key().open_into(&sealed, &mut payload).map_err(|error| error.to_string())
        })?;
        Ok((payload, uncompressed_bytes))
    }

    /// Whether a tree is so long that it is not unpacked whole. One that no index knows is not.
    pub(crate) fn is_long_tree(&self, id: &BlobId) -> bool {
        self.plaintext_bytes(BlobKind::Tree, id).is_some_and(|len_bytes| len_bytes >= LONG_TREE_BYTES)
    }

    /// The frame of a tree, from the first copy that is intact: unpacked for its SHA-256, and not kept so.
    fn read_long_tree(&self, id: &BlobId) -> Result<TreeBytes> {
        let (mut payload, mut is_packed) = (Vec::new(), false);
        self.any_copy(BlobKind::Tree, id, &[], &AtomicBool::new(false), &mut |location, mut sealed| {
            let len = self.verify_in_place(&id.0, &mut sealed, location.uncompressed_bytes)?;
            sealed.truncate(IV_LEN_BYTES + len);
            sealed.drain(..IV_LEN_BYTES);
            (payload, is_packed) = (sealed, location.uncompressed_bytes.is_some());
            Ok(())
        })?;
        Ok(if is_packed { TreeBytes::Packed(payload) } else { TreeBytes::Whole(payload) })
    }

    /// Checks a sealed blob, its SHA-256 included, without a second buffer: it is decrypted where it lies, behind its IV,
    /// and unpacked piece by piece. Returns the length of what was decrypted.
    pub(crate) fn verify_in_place(
        &self,
        id: &Id,
        sealed: &mut [u8],
        uncompressed_bytes: Option<NonZeroU32>,
    ) -> Result<usize, String> {
        let payload = self.master_key().open_in_place(sealed).map_err(|error| error.to_string())?;
        let (mut hash, mut actual_bytes) = (Sha256Stream::new(), 0);
        let mut take = |piece: &[u8]| {
            hash.update(piece);
            actual_bytes += piece.len() as u64;
        };
        let expected_bytes = match uncompressed_bytes {
            Some(bytes) => {
                unpack_pieces(payload, take).map_err(|error| error.to_string())?;
                u64::from(bytes.get())
            }
            None => {
                take(&*payload);
                payload.len() as u64
            }
        };
        if actual_bytes != expected_bytes {
            return Err(FormatError::UncompressedLength { expected_bytes, actual_bytes }.to_string());
        }
        if hash.finish() == *id.as_bytes() { Ok(payload.len()) } else { Err(WRONG_HASH.to_owned()) }
    }

    fn any_copy(
        &self,
        kind: BlobKind,
        id: &BlobId,
        bad: &[BlobLocation],
        reloaded: &AtomicBool,
        take: &mut TakeCopy<'_>,
    ) -> Result<()> {
        let mut tried = bad.to_vec();
        let mut failure = None;
        let mut index = self.index()?;
        loop {
            for location in index.find_all(kind, id) {
                if tried.contains(&location) {
                    continue;
                }
                match self.try_copy(id, &location, take) {
                    Ok(()) => return Ok(()),
                    Err(error) if is_of_this_copy(&error) => {
                        tracing::warn!(%error, "trying another copy of the blob");
                        tried.push(location);
                        failure = Some(error);
                    }
                    Err(error) => return Err(error),
                }
            }
            if reloaded.swap(true, Ordering::Relaxed) {
                break;
            }
            index = self.reload_index()?;
        }
        Err(failure.unwrap_or(match tried.first() {
            // The caller knows better what was wrong with those.
            Some(location) => RepositoryError::BlobDamaged {
                id: *id,
                pack: location.pack,
                reason: "there is no other copy".to_owned(),
            },
            None => RepositoryError::BlobMissing { kind, id: *id },
        }))
    }

    fn try_copy(&self, id: &BlobId, location: &BlobLocation, take: &mut TakeCopy<'_>) -> Result<()> {
        let name = pack_name(location.pack);
        let read = self.store().read_range(name, u64::from(location.offset_bytes), location.sealed_bytes as usize);
        let sealed = read.map_err(|error| pack_error(error, location.pack, id))?;
        take(location, sealed.into()).map_err(|reason| RepositoryError::BlobDamaged {
            id: *id,
            pack: location.pack,
            reason,
        })
    }
}

/// Looks at one copy of a blob as it is sealed; refuses it in words.
type TakeCopy<'a> = dyn FnMut(&BlobLocation, Vec<u8>) -> Result<(), String> + 'a;

const WRONG_HASH: &str = "its content does not match its name";

const fn pack_name(pack: PackId) -> ObjectName {
    ObjectName::Named(ObjectKind::Pack, pack.0)
}

/// What a failed read of a pack means for a blob in it.
fn pack_error(error: rempart_storage::StorageError, pack: PackId, id: &BlobId) -> RepositoryError {
    match error.kind() {
        rempart_storage::ErrorKind::NotFound => RepositoryError::PackMissing { pack, id: *id },
        rempart_storage::ErrorKind::Damaged => RepositoryError::PackDamaged { pack, reason: error.chain() },
        _ => error.into(),
    }
}

/// Whether another copy may do better.
fn is_of_this_copy(error: &RepositoryError) -> bool {
    matches!(
        error,
        RepositoryError::BlobDamaged { .. } | RepositoryError::PackMissing { .. } | RepositoryError::PackDamaged { .. }
    )
}
