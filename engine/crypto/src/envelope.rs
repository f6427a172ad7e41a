//! restic's envelope: `IV(16) ‖ AES-256-CTR(plaintext) ‖ Poly1305-AES(ciphertext)(16)`.
//!
//! The IV is the first counter block, a 128-bit big-endian number. The MAC's one-time key is r and AES-128 under k of
//! the IV; Poly1305 clamps r itself.

use aes::Aes256;
use aes::cipher::{BlockCipherEncrypt, InnerIvInit, KeyInit, StreamCipher, StreamCipherCoreWrapper};
use ctr::{CtrCore, flavors};
use poly1305::Poly1305;
use subtle::ConstantTimeEq;

use crate::error::CryptoError;
use crate::key::MasterKey;
use crate::random;

pub const IV_LEN_BYTES: usize = 16;
pub const MAC_LEN_BYTES: usize = 16;
/// What sealing adds to a plaintext: the IV before it and the MAC behind it.
pub const OVERHEAD_BYTES: usize = IV_LEN_BYTES + MAC_LEN_BYTES;

type Iv = [u8; IV_LEN_BYTES];
type Mac = [u8; MAC_LEN_BYTES];

pub(crate) fn seal_into(key: &MasterKey, plaintext: &[u8], out: &mut Vec<u8>) {
    let iv: Iv = random::random_bytes();
    out.reserve(plaintext.len() + OVERHEAD_BYTES);
    out.extend_from_slice(&iv);
    let start = out.len();
    out.extend_from_slice(plaintext);
    apply_keystream(&key.encrypt, &iv, &mut out[start..]);
    let mac = mac(key, &iv, &out[start..]);
    out.extend_from_slice(&mac);
}

pub(crate) fn open_into(key: &MasterKey, envelope: &[u8], out: &mut Vec<u8>) -> Result<(), CryptoError> {
    let too_short = CryptoError::TooShort { len_bytes: envelope.len() };
    let Some((iv, sealed)) = envelope.split_first_chunk::<IV_LEN_BYTES>() else { return Err(too_short) };
    let Some((ciphertext, stored_mac)) = sealed.split_last_chunk::<MAC_LEN_BYTES>() else { return Err(too_short) };
    if *iv == [0; IV_LEN_BYTES] {
        return Err(CryptoError::NullIv);
    }
    if !bool::from(mac(key, iv, ciphertext).ct_eq(stored_mac)) {
        return Err(CryptoError::BadMac);
    }
    out.extend_from_slice(ciphertext);
    apply_keystream(&key.encrypt, iv, out);
    Ok(())
}

fn apply_keystream(aes: &Aes256, iv: &Iv, data: &mut [u8]) {
    let core = CtrCore::<&Aes256, flavors::Ctr128BE>::inner_iv_init(aes, &(*iv).into());
    StreamCipherCoreWrapper::from_core(core).apply_keystream(data);
}

fn mac(key: &MasterKey, iv: &Iv, ciphertext: &[u8]) -> Mac {
    let mut one_time = [0; 32];
    one_time[..16].copy_from_slice(key.mac_r());
    let mut nonce = (*iv).into();
    key.mac_k.encrypt_block(&mut nonce);
    one_time[16..].copy_from_slice(&nonce);
    Poly1305::new(&one_time.into()).compute_unpadded(ciphertext).into()
}
