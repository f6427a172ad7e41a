//! Seeds of the fuzz targets and their mutations through every parser: on stable, in every run of the tests.

mod parsers;

use std::path::{Path, PathBuf};

use parsers::FORMAT_PARSERS;
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

/// Runs a parser and says which input made it panic.
fn run(target: &str, parser: fn(&[u8]), input: &[u8], name: &str) {
    let result = std::panic::catch_unwind(|| parser(input));
    assert!(result.is_ok(), "the parser {target} panics on {name}: {:?}", String::from_utf8_lossy(input));
}

#[test]
fn every_seed_goes_through_its_parser() {
    for (target, parser) in FORMAT_PARSERS {
        for (path, seed) in seeds(target) {
            run(target, parser, &seed, &path.display().to_string());
        }
    }
}

#[test]
fn every_seed_cut_anywhere_goes_through_its_parser() {
    for (target, parser) in FORMAT_PARSERS {
        for (path, seed) in seeds(target) {
            // All of a short seed, a few hundred places of a long one.
            for len in (0..seed.len()).step_by(seed.len() / 300 + 1) {
                run(target, parser, &seed[..len], &format!("{} cut to {len} bytes", path.display()));
            }
        }
    }
}

/// What is put in place of a stretch of a seed: words that parsers stumble over, or anything.
fn splinter() -> impl Strategy<Value = Vec<u8>> {
    let words: Vec<&[u8]> = vec![
        b"null",
        b"[]",
        b"{}",
        b"\"",
        b"\\",
        b",",
        b":",
        b"-1",
        b"1e9",
        b"18446744073709551616",
        b"4294967296",
        b"true",
        b"\\ud800",
        b"\\u0000",
        b"\xff",
        b"\0",
        b"[[[[[[[[",
        b"\"nodes\":",
        b"\"content\":",
        b"0000-01-01T00:00:00+23:59",
    ];
    let any = prop::collection::vec(any::<u8>(), 0..9);
    prop_oneof![prop::sample::select(words).prop_map(<[u8]>::to_vec), any]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn seeds_with_splinters_go_through_their_parsers(
        which: prop::sample::Index, at: prop::sample::Index, cut in 0usize..40, splinters in prop::collection::vec(splinter(), 1..4),
    ) {
        for (target, parser) in FORMAT_PARSERS {
            let seeds = seeds(target);
            let mut input = which.get(&seeds).1.clone();
            for splinter in &splinters {
                let at = at.index(input.len() + 1);
                input.splice(at..(at + cut).min(input.len()), splinter.iter().copied());
            }
            run(target, parser, &input, "a mutated seed");
        }
    }

    #[test]
    fn any_bytes_go_through_every_parser(bytes: Vec<u8>) {
        for (target, parser) in FORMAT_PARSERS {
            run(target, parser, &bytes, "arbitrary bytes");
        }
    }
}
