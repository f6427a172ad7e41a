//! Seeds of the fuzz targets and their mutations through everything that reads a peer: on stable, in every run of the tests.

mod parsers;

use std::path::{Path, PathBuf};

use parsers::PROTOCOL_PARSERS;
use proptest::prelude::*;

fn seeds(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(target);
    let listed = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{} cannot be listed: {e}", folder.display()));
    let mut seeds: Vec<_> =
        listed.map(|entry| entry.unwrap().path()).map(|p| (p.clone(), std::fs::read(p).unwrap())).collect();
    seeds.sort();
    assert!(!seeds.is_empty(), "{} is empty", folder.display());
    seeds
}

fn run(target: &str, parser: fn(&[u8]), input: &[u8], name: &str) {
    let result = std::panic::catch_unwind(|| parser(input));
    assert!(result.is_ok(), "{target} panics on {name}: {:?}", String::from_utf8_lossy(input));
}

#[test]
fn every_seed_whole_and_cut_anywhere_goes_through_its_parser() {
    for (target, parser) in PROTOCOL_PARSERS {
        for (path, seed) in seeds(target) {
            run(target, parser, &seed, &path.display().to_string());
            for len in (0..seed.len()).step_by(seed.len() / 100 + 1) {
                run(target, parser, &seed[..len], &format!("{} cut to {len} bytes", path.display()));
            }
        }
    }
}

/// What is put in place of a stretch of a seed.
fn splinter() -> impl Strategy<Value = Vec<u8>> {
    let words: Vec<&[u8]> = vec![
        b"null",
        b"{}",
        b"[]",
        b"-1",
        b"1e99",
        b"18446744073709551615",
        b"\n",
        b"\"",
        b"\xff\xff\xff\xff",
        b"\0\0\0\0",
        b"\"seq\":0",
        b"\"seq\":1",
        b"\"generation\":2",
        b"\x02\0",
        b"\x01\0\0",
    ];
    prop_oneof![prop::sample::select(words).prop_map(<[u8]>::to_vec), prop::collection::vec(any::<u8>(), 0..9)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn seeds_with_splinters_go_through_their_parsers(
        which in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), cut in 0_usize..40,
        splinters in prop::collection::vec(splinter(), 1..4),
    ) {
        for (target, parser) in PROTOCOL_PARSERS {
            let seeds = seeds(target);
            let (path, mut input) = seeds[which.index(seeds.len())].clone();
            for splinter in &splinters {
                let start = at.index(input.len() + 1);
                let end = (start + cut).min(input.len());
                input.splice(start..end, splinter.iter().copied());
            }
            run(target, parser, &input, &format!("{} with splinters", path.display()));
        }
    }
}
