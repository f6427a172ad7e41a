//! restic's envelope: `IV(16) ‖ AES-256-CTR(plaintext) ‖ Poly1305-AES(ciphertext)(16)`.
//!
//! The IV is the first counter block, a 128-bit big-endian number.

use aes::Aes256;
use aes::cipher::{InnerIvInit, StreamCipher, StreamCipherCoreWrapper};
use ctr::{CtrCore, flavors};
use subtle::ConstantTimeEq;

use crate::error::CryptoError;
use crate::key::MasterKey;
use crate::random;

pub const IV_LEN_BYTES: usize = 16;
pub const MAC_LEN_BYTES: usize = 16;
/// What sealing adds to a plaintext: the IV before it and the MAC behind it.
pub const OVERHEAD_BYTES: usize = IV_LEN_BYTES + MAC_LEN_BYTES;

/// What is copied, encrypted and authenticated in one go, so that the second and third step find it in the first-level
/// cache. A multiple of both ciphers' block lengths.
const PIECE_BYTES: usize = 8 * 1024;

type Iv = [u8; IV_LEN_BYTES];
type Keystream<'k> = StreamCipherCoreWrapper<CtrCore<&'k Aes256, flavors::Ctr128BE>>;

/// Appends the envelope of `plaintext` to `out`.
pub(crate) fn seal_into(key: &MasterKey, plaintext: &[u8], out: &mut Vec<u8>) {
    seal_with_iv(key, &random::iv(), plaintext, out);
}

fn seal_with_iv(key: &MasterKey, iv: &Iv, plaintext: &[u8], out: &mut Vec<u8>) {
    out.reserve(plaintext.len() + OVERHEAD_BYTES);
    out.extend_from_slice(iv);
    let mut keystream = keystream(&key.encrypt, iv);
    let mut mac = key.mac.start();
    for piece in plaintext.chunks(PIECE_BYTES) {
        let start = out.len();
        out.extend_from_slice(piece);
        keystream.apply_keystream(&mut out[start..]);
        mac.update(&out[start..]);
    }
    out.extend_from_slice(&key.mac.finish(mac, iv));
}

/// Checks the envelope and appends the plaintext to `out`, which is untouched on error.
pub(crate) fn open_into(key: &MasterKey, envelope: &[u8], out: &mut Vec<u8>) -> Result<(), CryptoError> {
    let (iv, ciphertext) = verified(key, envelope)?;
    out.reserve(ciphertext.len());
    let mut keystream = keystream(&key.encrypt, iv);
    for piece in ciphertext.chunks(PIECE_BYTES) {
        let start = out.len();
        out.extend_from_slice(piece);
        keystream.apply_keystream(&mut out[start..]);
    }
    Ok(())
}

/// Checks the envelope and decrypts it where it lies. Returns the plaintext, which is a part of it; an envelope that is
/// refused is as it was.
pub(crate) fn open_in_place<'e>(key: &MasterKey, envelope: &'e mut [u8]) -> Result<&'e mut [u8], CryptoError> {
    let (iv, ciphertext) = verified(key, envelope)?;
    let (iv, len) = (*iv, ciphertext.len());
    let text = &mut envelope[IV_LEN_BYTES..IV_LEN_BYTES + len];
    keystream(&key.encrypt, &iv).apply_keystream(text);
    Ok(text)
}

/// The IV and the ciphertext of an envelope whose MAC is right.
pub(crate) fn verified<'e>(key: &MasterKey, envelope: &'e [u8]) -> Result<(&'e Iv, &'e [u8]), CryptoError> {
    let too_short = CryptoError::TooShort { len_bytes: envelope.len() };
    let Some((iv, sealed)) = envelope.split_first_chunk::<IV_LEN_BYTES>() else { return Err(too_short) };
    let Some((ciphertext, stored_mac)) = sealed.split_last_chunk::<MAC_LEN_BYTES>() else { return Err(too_short) };
    if *iv == [0; IV_LEN_BYTES] {
        return Err(CryptoError::NullIv);
    }
    let mut mac = key.mac.start();
    mac.update(ciphertext);
    if !bool::from(key.mac.finish(mac, iv).ct_eq(stored_mac)) {
        return Err(CryptoError::BadMac);
    }
    Ok((iv, ciphertext))
}

fn keystream<'k>(aes: &'k Aes256, iv: &Iv) -> Keystream<'k> {
    StreamCipherCoreWrapper::from_core(CtrCore::inner_iv_init(aes, &(*iv).into()))
}

#[cfg(test)]
mod tests {
    use aes::cipher::{BlockCipherEncrypt, KeyInit, KeyIvInit};
    use poly1305::Poly1305;
    use proptest::prelude::*;

    use super::*;
    use crate::key::MasterKeyParts;

    fn parts(seed: u8) -> MasterKeyParts {
        let byte = |i: usize, of: u8| (i as u8).wrapping_mul(37).wrapping_add(seed).wrapping_mul(of);
        MasterKeyParts {
            encrypt: std::array::from_fn(|i| byte(i, 3)),
            mac_k: std::array::from_fn(|i| byte(i, 5)),
            mac_r: std::array::from_fn(|i| byte(i, 7)),
        }
    }

    /// The envelope put together from the crates, in the plainest way.
    fn oracle(parts: &MasterKeyParts, iv: &Iv, plaintext: &[u8]) -> Vec<u8> {
        let mut ciphertext = plaintext.to_vec();
        ctr::Ctr128BE::<Aes256>::new(&parts.encrypt.into(), &(*iv).into()).apply_keystream(&mut ciphertext);
        let mut s = (*iv).into();
        aes::Aes128::new(&parts.mac_k.into()).encrypt_block(&mut s);
        let one_time = [parts.mac_r, s.into()].concat();
        let one_time: [u8; 32] = one_time.try_into().expect("twice 16 bytes");
        let mac = Poly1305::new(&one_time.into()).compute_unpadded(&ciphertext);
        [&iv[..], &ciphertext, &mac].concat()
    }

    fn sealed(parts: &MasterKeyParts, iv: &Iv, plaintext: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        seal_with_iv(&MasterKey::from_parts(parts.clone()), iv, plaintext, &mut out);
        out
    }

    #[test]
    fn every_length_around_vectors_and_pieces_equals_the_crates() {
        let plaintext: Vec<u8> = (0..3 * PIECE_BYTES).map(|i| (i * 13 + i / 251) as u8).collect();
        let around = |middle: usize| middle.saturating_sub(20)..middle + 20;
        for len in (0..400).chain(around(PIECE_BYTES)).chain(around(2 * PIECE_BYTES)) {
            let expected = oracle(&parts(9), &[7; 16], &plaintext[..len]);
            assert!(sealed(&parts(9), &[7; 16], &plaintext[..len]) == expected, "{len} bytes");
        }
    }

    #[test]
    fn the_counter_carries_through_all_128_bits() {
        for iv in [[0xff; 16], u128::to_be_bytes(u128::from(u64::MAX) - 3), u128::to_be_bytes(u128::from(u32::MAX))] {
            let plaintext = [1; 200];
            assert_eq!(sealed(&parts(1), &iv, &plaintext), oracle(&parts(1), &iv, &plaintext), "{iv:02x?}");
        }
    }

    proptest! {
        #[test]
        fn envelopes_equal_the_crates_and_open_again(
            seed in any::<u8>(),
            iv in any::<[u8; 16]>(),
            plaintext in prop::collection::vec(any::<u8>(), 0..3000),
            extreme in prop::option::of(prop_oneof![Just(0u8), Just(0xff)]),
        ) {
            prop_assume!(iv != [0; 16]);
            let mut parts = parts(seed);
            if let Some(byte) = extreme {
                // All ones give the largest limbs there are.
                parts.mac_r = [byte; 16];
            }
            let envelope = sealed(&parts, &iv, &plaintext);
            prop_assert_eq!(&envelope, &oracle(&parts, &iv, &plaintext));
            let key = MasterKey::from_parts(parts);
            prop_assert!(key.verify(&envelope).is_ok());
            // With r = 0 every message has the same MAC.
            let mut damaged = envelope.clone();
            damaged[16 + plaintext.len() / 2] ^= 1;
            let refused = matches!(key.verify(&damaged), Err(CryptoError::BadMac));
            prop_assert!(refused || extreme == Some(0));
            if refused {
                let before = damaged.clone();
                prop_assert!(key.open_in_place(&mut damaged).is_err());
                prop_assert!(damaged == before, "a refused envelope was changed");
            }
            let mut in_place = envelope.clone();
            prop_assert_eq!(key.open_in_place(&mut in_place).ok().map(|text| text.to_vec()), Some(plaintext.clone()));
            prop_assert_eq!(key.open(&envelope).ok(), Some(plaintext));
        }
    }
}
