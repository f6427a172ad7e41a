//! Bytes under a passphrase: AES-256-GCM in pieces, each bound to its place and the last one marked, so that pieces can be
//! neither swapped nor cut off.
//!
//! `rempart-export 1\n` ‖ N (8 bytes, big endian) ‖ r (4) ‖ p (4) ‖ salt (64) ‖ pieces. A piece is up to 64 KiB of
//! plaintext and its tag; its nonce is its number (11 bytes, big endian) and 1 for the last piece, 0 for the others. The
//! key comes from the passphrase and a new salt, so no nonce ever comes twice under one key.

use std::io::{self, Read, Write};

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use rempart_crypto::{CryptoError, KdfParams, derive_key, random_bytes};
use zeroize::Zeroizing;

const MAGIC: &[u8; 17] = b"rempart-export 1\n";
const PIECE_BYTES: usize = 64 << 10;
const TAG_BYTES: usize = 16;

#[derive(Debug, thiserror::Error)]
pub enum SealedStreamError {
    #[error("this is no file that `rempart admin export` wrote")]
    NotAnExport,
    #[error("the passphrase is wrong, or the file was changed or cut off")]
    Refused,
    #[error("a key cannot be derived from the passphrase")]
    Derive(#[source] CryptoError),
    #[error("the file cannot be read or written")]
    Io(#[from] io::Error),
}

struct Header {
    params: KdfParams,
    salt: [u8; 64],
}

impl Header {
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&self.params.n.to_be_bytes());
        bytes.extend_from_slice(&self.params.r.to_be_bytes());
        bytes.extend_from_slice(&self.params.p.to_be_bytes());
        bytes.extend_from_slice(&self.salt);
        bytes
    }

    fn read(from: &mut impl Read) -> Result<Self, SealedStreamError> {
        let mut magic = [0; MAGIC.len()];
        from.read_exact(&mut magic).map_err(|_| SealedStreamError::NotAnExport)?;
        if magic != *MAGIC {
            return Err(SealedStreamError::NotAnExport);
        }
        let (mut n, mut r, mut p, mut salt) = ([0; 8], [0; 4], [0; 4], [0; 64]);
        for field in [&mut n[..], &mut r, &mut p, &mut salt] {
            from.read_exact(field).map_err(|_| SealedStreamError::Refused)?;
        }
        let params = KdfParams { n: u64::from_be_bytes(n), r: u32::from_be_bytes(r), p: u32::from_be_bytes(p) };
        Ok(Self { params, salt })
    }

    fn cipher(&self, passphrase: &str) -> Result<Aes256Gcm, SealedStreamError> {
        let derived = derive_key(passphrase.as_bytes(), &self.salt, self.params).map_err(SealedStreamError::Derive)?;
        let key = Zeroizing::new(derived.to_parts().encrypt);
        Ok(Aes256Gcm::new_from_slice(&*key).expect("the key has 32 bytes"))
    }
}

fn nonce(number: u64, is_last: bool) -> Nonce<aes_gcm::aead::consts::U12> {
    let mut bytes = [0; 12];
    bytes[3..11].copy_from_slice(&number.to_be_bytes());
    bytes[11] = u8::from(is_last);
    Nonce::from(bytes)
}

/// Seals what is read until its end.
pub fn seal(from: &mut impl Read, to: &mut impl Write, passphrase: &str) -> Result<(), SealedStreamError> {
    let header = Header { params: KdfParams::DEFAULT, salt: random_bytes() };
    let cipher = header.cipher(passphrase)?;
    let header = header.bytes();
    to.write_all(&header)?;
    let mut piece = Zeroizing::new(Vec::new());
    let mut ahead = Zeroizing::new(Vec::new());
    fill(from, &mut piece, PIECE_BYTES)?;
    for number in 0.. {
        fill(from, &mut ahead, PIECE_BYTES)?;
        let is_last = ahead.is_empty();
        let payload = Payload { msg: &piece, aad: &header };
        let sealed = cipher.encrypt(&nonce(number, is_last), payload).expect("a piece is short");
        to.write_all(&sealed)?;
        if is_last {
            break;
        }
        std::mem::swap(&mut piece, &mut ahead);
    }
    Ok(())
}

/// Opens what was sealed. What was written to `to` counts only once this has returned: the last piece proves the end.
pub fn open(from: &mut impl Read, to: &mut impl Write, passphrase: &str) -> Result<(), SealedStreamError> {
    let header = Header::read(from)?;
    let cipher = header.cipher(passphrase)?;
    let header = header.bytes();
    let (mut piece, mut ahead) = (Vec::new(), Vec::new());
    fill(from, &mut piece, PIECE_BYTES + TAG_BYTES)?;
    for number in 0.. {
        fill(from, &mut ahead, PIECE_BYTES + TAG_BYTES)?;
        let is_last = ahead.is_empty();
        let payload = Payload { msg: &piece, aad: &header };
        let opened = cipher.decrypt(&nonce(number, is_last), payload).map_err(|_| SealedStreamError::Refused)?;
        to.write_all(&Zeroizing::new(opened))?;
        if is_last {
            break;
        }
        std::mem::swap(&mut piece, &mut ahead);
    }
    Ok(())
}

/// Up to `len` bytes; fewer only at the end.
fn fill(from: &mut impl Read, piece: &mut Vec<u8>, len: usize) -> io::Result<()> {
    piece.clear();
    from.take(len as u64).read_to_end(piece).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(content: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        seal(&mut &content[..], &mut out, "correct horse").unwrap();
        out
    }

    fn opened(sealed: &[u8], passphrase: &str) -> Result<Vec<u8>, SealedStreamError> {
        let mut out = Vec::new();
        open(&mut &sealed[..], &mut out, passphrase).map(|()| out)
    }

    #[test]
    fn what_was_sealed_opens_with_its_passphrase_alone() {
        for len in [0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 2 * PIECE_BYTES] {
            let content: Vec<u8> = (0..len).map(|at| at as u8).collect();
            let sealed = sealed(&content);
            assert!(opened(&sealed, "correct horse").unwrap() == content, "{len} bytes");
            assert!(matches!(opened(&sealed, "correct horsE"), Err(SealedStreamError::Refused)), "{len} bytes");
        }
    }

    #[test]
    fn a_changed_cut_or_reordered_file_is_refused() {
        let sealed = sealed(&vec![7; 2 * PIECE_BYTES + 100]);
        let header = MAGIC.len() + 16 + 64;
        let piece = PIECE_BYTES + TAG_BYTES;
        // The salt, each piece, each tag.
        for at in [header - 1, header, header + piece - 1, header + piece + 5, sealed.len() - 1] {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(opened(&changed, "correct horse").is_err(), "a changed byte at {at} was accepted");
        }
        for len in [0, 5, header, header + piece, header + 2 * piece, sealed.len() - 1] {
            assert!(opened(&sealed[..len], "correct horse").is_err(), "a file cut to {len} bytes was accepted");
        }
        let mut swapped = sealed[..header].to_vec();
        swapped.extend_from_slice(&sealed[header + piece..header + 2 * piece]);
        swapped.extend_from_slice(&sealed[header..header + piece]);
        swapped.extend_from_slice(&sealed[header + 2 * piece..]);
        assert!(opened(&swapped, "correct horse").is_err(), "pieces in another order were accepted");
        let mut longer = sealed.clone();
        longer.push(0);
        assert!(opened(&longer, "correct horse").is_err(), "a byte more was accepted");
        assert!(matches!(opened(b"PK\x03\x04 something else", "x"), Err(SealedStreamError::NotAnExport)));
    }
}
