//! Hashes of programs as they lie there now, for pages that ask often.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs::{File, Metadata};
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest as _, Sha256};

const CHUNK_BYTES: usize = 64 << 10;

/// Shared by its clones.
#[derive(Debug, Clone, Default)]
pub(crate) struct Offered {
    known: Arc<Mutex<HashMap<PathBuf, Known>>>,
}

#[derive(Debug)]
struct Known {
    look: Look,
    sha256: String,
}

/// A file that was replaced or written to looks otherwise: (device, inode, bytes, changed at).
type Look = (u64, u64, u64, (i64, i64));

fn look(metadata: &Metadata) -> Look {
    (metadata.dev(), metadata.ino(), metadata.len(), (metadata.ctime(), metadata.ctime_nsec()))
}

impl Offered {
    /// In hexadecimal digits; `None` where it cannot be read.
    pub fn sha256(&self, path: &Path) -> Option<String> {
        let read = self.read(path);
        read.inspect_err(|error| tracing::warn!(path = %path.display(), %error, "the agent's program cannot be read"))
            .ok()
    }

    fn read(&self, path: &Path) -> io::Result<String> {
        let now = look(&std::fs::metadata(path)?);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(path).filter(|known| known.look == now) {
            return Ok(known.sha256.clone());
        }
        // Of the file that was opened, whatever is put in its place meanwhile.
        let mut file = File::open(path)?;
        let (look, mut hash) = (look(&file.metadata()?), Sha256::new());
        let mut chunk = vec![0; CHUNK_BYTES];
        loop {
            match file.read(&mut chunk)? {
                0 => break,
                read => hash.update(&chunk[..read]),
            }
        }
        let sha256 = digits(&hash.finalize());
        known.insert(path.to_owned(), Known { look, sha256: sha256.clone() });
        Ok(sha256)
    }
}

pub(crate) fn digits(hash: &[u8]) -> String {
    hash.iter().fold(String::with_capacity(2 * hash.len()), |mut digits, byte| {
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}
