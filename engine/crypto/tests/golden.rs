//! A key file and a config that restic made, opened (see `data/README.md`), and restic's own published envelope.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use rempart_crypto::{CryptoError, KdfParams, MasterKey, MasterKeyParts, derive_key, sha256};
use serde_json::{Value, json};

const KEY_FILE: &[u8] = include_bytes!("data/restic-0.14.key.json");
const CONFIG: &[u8] = include_bytes!("data/restic-0.14.config");

fn bytes(value: &Value) -> Vec<u8> {
    BASE64.decode(value.as_str().expect("a string")).expect("base64")
}

fn array<const N: usize>(value: &Value) -> [u8; N] {
    bytes(value).try_into().expect("the length of a key")
}

fn unlock(password: &[u8]) -> Result<Vec<u8>, CryptoError> {
    let file: Value = serde_json::from_slice(KEY_FILE).expect("restic writes JSON");
    let number = |name: &str| file[name].as_u64().expect("a number");
    let params = KdfParams { n: number("N"), r: number("r") as u32, p: number("p") as u32 };
    assert_eq!(params, KdfParams { n: 32768, r: 8, p: 5 }, "what restic calibrated");
    derive_key(password, &bytes(&file["salt"]), params)?.open(&bytes(&file["data"]))
}

#[test]
fn restics_key_file_opens_with_its_password_and_gives_the_key_of_its_config() {
    let keys: Value = serde_json::from_slice(&unlock(b"rempart").expect("the password is right")).expect("JSON");
    let expected = json!({
        "mac": { "k": "gFPc5+YlOommtg8ip7j/kw==", "r": "HEm5DyDdYAdodDsMJNG6CQ==" },
        "encrypt": "mR6YFr8zcvw9dRC2bSnGvXipoyneP7ZVga3HfFKFGjU=",
    });
    assert_eq!(keys, expected);

    let master = MasterKey::from_parts(MasterKeyParts {
        encrypt: array(&keys["encrypt"]),
        mac_k: array(&keys["mac"]["k"]),
        mac_r: array(&keys["mac"]["r"]),
    });
    let config: Value = serde_json::from_slice(&master.open(CONFIG).expect("its own key")).expect("JSON");
    let expected = json!({
        "version": 2,
        "id": "1fab25f961870e007816b5d4796193380574b36c68651b755c5eff9c9929b11e",
        "chunker_polynomial": "26d2b1f8da6e85",
    });
    assert_eq!(config, expected);
}

#[test]
fn a_wrong_password_is_told_from_damage_by_nothing_but_is_an_error() {
    assert!(matches!(unlock(b"rempar"), Err(CryptoError::BadMac)));
}

/// The pair that restic's own tests hold.
#[test]
fn restics_published_envelope_opens() {
    let hex = |text: &str| -> Vec<u8> {
        (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).expect("hex")).collect()
    };
    let key = MasterKey::from_parts(MasterKeyParts {
        encrypt: hex("303e8687b1d7db18421bdc6bb8588ccadac4d59ee87b8ff70c44e635790cafef").try_into().expect("32 bytes"),
        mac_k: hex("ef4d8824cb80b2bcc5fbff8a9b12a42c").try_into().expect("16 bytes"),
        mac_r: hex("cc8d4b948ee0ebfe1d415de921d10353").try_into().expect("16 bytes"),
    });
    let envelope = hex(concat!(
        "69fb41c62d12def4593bd71757138606338f621aeaeb39da0fe4f99233f8037a",
        "54ea63338a813bcf3f75d8c3cc75dddf8750",
    ));
    assert_eq!(key.open(&envelope).expect("restic's pair"), b"Dies ist ein Test!");
}

#[test]
fn every_damaged_byte_and_every_truncation_is_refused_and_leaves_nothing() {
    let key = MasterKey::generate();
    let envelope = key.seal(&[5; 100]);
    let mut out = vec![1, 2, 3];
    for at in 0..envelope.len() {
        let mut damaged = envelope.clone();
        damaged[at] ^= 1 << (at % 8);
        assert!(matches!(key.open_into(&damaged, &mut out), Err(CryptoError::BadMac)), "byte {at}");
        assert!(out.is_empty(), "byte {at} left something");
    }
    for len in 0..envelope.len() {
        let error = key.open_into(&envelope[..len], &mut out).expect_err("a truncated envelope was opened");
        assert_eq!(
            matches!(error, CryptoError::TooShort { len_bytes } if len_bytes == len),
            len < 32,
            "{len}: {error}"
        );
        assert!(out.is_empty(), "{len} bytes left something");
    }
    assert!(matches!(MasterKey::generate().open(&envelope), Err(CryptoError::BadMac)), "another key opened it");
}

#[test]
fn an_all_zero_iv_is_refused() {
    let key = MasterKey::generate();
    let mut envelope = key.seal(b"x");
    envelope[..16].fill(0);
    assert!(matches!(key.open(&envelope), Err(CryptoError::NullIv)));
}

#[test]
fn sealing_appends_and_opening_replaces() {
    let key = MasterKey::generate();
    let copy = MasterKey::from_parts(key.to_parts());
    for len in [0, 1, 15, 16, 17, 8191, 8192, 8193, 100_000] {
        let plaintext: Vec<u8> = (0..len).map(|i| (i % 251) as u8).collect();
        let mut out = b"before".to_vec();
        key.seal_into(&plaintext, &mut out);
        assert_eq!(&out[..6], b"before");
        assert_eq!(out.len(), 6 + len + rempart_crypto::OVERHEAD_BYTES);
        let mut opened = b"rubbish".to_vec();
        copy.open_into(&out[6..], &mut opened).expect("the same key");
        assert_eq!(sha256(&opened), sha256(&plaintext), "{len} bytes");
    }
}

#[test]
fn scrypt_parameters_outside_the_bounds_are_refused_with_the_reason() {
    let refused = |n, r, p| {
        let error = derive_key(b"", b"", KdfParams { n, r, p }).err().expect("accepted");
        error.to_string()
    };
    for (n, r, p) in [(0, 8, 1), (1, 8, 1), (3, 8, 1), (u64::MAX, 8, 1), (32768, 0, 1), (32768, 8, 0)] {
        let message = refused(n, r, p);
        assert!(message.contains("must be"), "N={n} r={r} p={p}: {message}");
    }
    for (n, r, p) in [(1 << 21, 8, 1), (1 << 63, u32::MAX, 1), (2, u32::MAX, u32::MAX), (1 << 10, 1 << 14, 1)] {
        let message = refused(n, r, p);
        assert!(message.contains("memory"), "N={n} r={r} p={p}: {message}");
    }
    let message = refused(1 << 20, 8, 9);
    assert!(message.contains("minutes"), "{message}");
    assert!(derive_key(b"p", b"s", KdfParams::INSECURE_FOR_TESTS).is_ok());
}
