//! Fuzz targets for everything that reads what somebody else wrote.
//!
//! - **Owns**: the targets, and what must hold for any input of the parsers outside of `format`.
//! - **May use**: every room of the engine, and the protocol.
//! - **Must not know**: anything the rooms do not show.
//! - **Invariants**: a target is a parser by name in [`format`], [`protocol`] or here; each has a folder of seeds, and the
//!   seeds run on stable too (`cargo test -p rempart-format -p rempart-protocol --test hostile`, and the tests below).

#[path = "../../engine/format/tests/parsers/mod.rs"]
pub mod format;
#[path = "../../control/protocol/tests/parsers/mod.rs"]
pub mod protocol;

use rempart_crypto::{MasterKey, MasterKeyParts};
use rempart_storage::Location;

/// The parsers that are of neither [`format`] nor [`protocol`].
pub const OTHER_PARSERS: [format::Parser; 2] = [("location", location), ("envelope", envelope)];

/// A place as a user may write it: no panic, and no password in what is shown.
pub fn location(text: &[u8]) {
    use std::os::unix::ffi::OsStrExt;
    let Ok(location) = Location::from_os_str(std::ffi::OsStr::from_bytes(text)) else { return };
    let shown = format!("{location} {location:?}");
    assert!(!shown.is_empty());
    assert!(location == location.clone());
}

/// Bytes as an envelope, and as what is sealed in one.
pub fn envelope(bytes: &[u8]) {
    let key = MasterKey::from_parts(MasterKeyParts { encrypt: [1; 32], mac_k: [2; 16], mac_r: [3; 16] });
    // To forge a MAC takes more than a fuzzer has; what opens here is a seed made with this key.
    let _ = key.open(bytes);
    let mut sealed = key.seal(bytes);
    assert_eq!(key.open(&sealed).expect("our own"), bytes);
    let last = sealed.len() - 1;
    let at = bytes.first().map_or(last, |place| usize::from(*place) * last / 255);
    sealed[at] ^= 1;
    assert!(key.open(&sealed).is_err(), "byte {at} of {} was changed and nobody saw it", sealed.len());
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn all() -> impl Iterator<Item = format::Parser> {
        format::FORMAT_PARSERS.into_iter().chain(protocol::PROTOCOL_PARSERS).chain(OTHER_PARSERS)
    }

    #[test]
    fn every_target_has_a_parser_a_program_and_seeds() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let manifest = std::fs::read_to_string(root.join("Cargo.toml")).unwrap();
        for (target, _) in all() {
            assert!(manifest.contains(&format!("name = \"{target}\"")), "{target} is no program of Cargo.toml");
            let seeds = std::fs::read_dir(root.join("seeds").join(target)).map(Iterator::count);
            assert!(seeds.is_ok_and(|seeds| seeds > 0), "seeds/{target} has none");
        }
    }

    #[test]
    fn every_seed_goes_through_its_parser() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        for (target, parser) in all() {
            for seed in std::fs::read_dir(root.join("seeds").join(target)).unwrap() {
                parser(&std::fs::read(seed.unwrap().path()).unwrap());
            }
        }
    }
}
