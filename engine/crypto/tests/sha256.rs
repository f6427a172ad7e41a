//! SHA-256 against the published vectors, and against the sha2 crate in everything that lanes can get wrong.

use proptest::prelude::*;
use rempart_crypto::{Sha256Stream, sha256, sha256_lanes, sha256_many};
use sha2::{Digest, Sha256};

fn oracle(message: &[u8]) -> [u8; 32] {
    Sha256::digest(message).into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// FIPS 180-4 and NIST's example values.
#[test]
fn the_published_vectors_hold() {
    let two_blocks = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    let million = vec![b'a'; 1_000_000];
    let vectors: [(&[u8], &str); 5] = [
        (b"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (b"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (two_blocks, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
        (&[0xbd], "68325720aabd7c82f30f554b313d0570c95accbb7dc4b5aae11204c08ffe732b"),
        (&million, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
    ];
    for (message, expected) in vectors {
        assert_eq!(hex(&sha256(message)), expected, "{} bytes", message.len());
    }
    let mut digests = [[0; 32]; 5];
    sha256_many(&vectors.map(|(message, _)| message), &mut digests);
    for ((message, expected), digest) in vectors.iter().zip(digests) {
        assert_eq!(hex(&digest), *expected, "{} bytes, among others", message.len());
    }
}

#[test]
fn every_length_around_the_block_borders_is_right_alone_and_among_others() {
    let bytes: Vec<u8> = (0..300).map(|i| (i * 7) as u8).collect();
    let messages: Vec<&[u8]> = (0..bytes.len()).map(|len| &bytes[..len]).collect();
    let mut digests = vec![[0; 32]; messages.len()];
    sha256_many(&messages, &mut digests);
    for (message, digest) in messages.iter().zip(&digests) {
        assert_eq!(*digest, oracle(message), "{} bytes, among others", message.len());
        assert_eq!(sha256(message), oracle(message), "{} bytes", message.len());
    }
}

#[test]
fn no_message_and_few_messages_are_right() {
    sha256_many(&[], &mut []);
    let long: Vec<u8> = (0..100_000).map(|i| (i / 3) as u8).collect();
    for count in 1..=2 * sha256_lanes() + 1 {
        let messages: Vec<&[u8]> = (0..count).map(|i| &long[i * 13..long.len() - i * 1000]).collect();
        let mut digests = vec![[0; 32]; count];
        sha256_many(&messages, &mut digests);
        for (i, (message, digest)) in messages.iter().zip(&digests).enumerate() {
            assert_eq!(*digest, oracle(message), "message {i} of {count}");
        }
    }
}

#[test]
#[should_panic(expected = "every message needs a place")]
fn a_missing_place_for_a_digest_is_a_mistake_of_the_caller() {
    sha256_many(&[b"one", b"two"], &mut [[0; 32]]);
}

fn messages() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let len = prop_oneof![0usize..5, 50usize..70, 100usize..140, 0usize..5000];
    prop::collection::vec(len.prop_flat_map(|len| prop::collection::vec(any::<u8>(), len)), 0..80)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn many_uneven_messages_have_their_own_digests(messages in messages()) {
        let messages: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
        let mut digests = vec![[0; 32]; messages.len()];
        sha256_many(&messages, &mut digests);
        for (i, (message, digest)) in messages.iter().zip(&digests).enumerate() {
            prop_assert_eq!(*digest, oracle(message), "message {} of {}", i, messages.len());
        }
    }

    #[test]
    fn a_stream_fed_in_pieces_equals_the_whole(message in prop::collection::vec(any::<u8>(), 0..2000), cuts in prop::collection::vec(0usize..300, 0..12)) {
        let (mut stream, mut rest) = (Sha256Stream::new(), &message[..]);
        for cut in cuts {
            let (piece, others) = rest.split_at(cut.min(rest.len()));
            stream.update(piece);
            rest = others;
        }
        stream.update(rest);
        prop_assert_eq!(stream.finish(), oracle(&message));
    }

    #[test]
    fn streams_advanced_together_in_uneven_pieces_equal_the_wholes(
        messages in messages(),
        pieces in prop::collection::vec(prop_oneof![0usize..10, 60usize..70, 0usize..1500], 1..200),
        alone in any::<bool>(),
    ) {
        let mut streams = vec![Sha256Stream::new(); messages.len()];
        let mut rests: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
        let mut pieces = pieces.into_iter().cycle();
        for _ in 0..3 {
            let mut updates = Vec::new();
            for (stream, rest) in streams.iter_mut().zip(&mut rests) {
                let (piece, others) = rest.split_at(pieces.next().unwrap_or(0).min(rest.len()));
                *rest = others;
                updates.push((stream, piece));
            }
            Sha256Stream::update_many(&mut updates);
        }
        if let (true, Some(stream), Some(rest)) = (alone, streams.first_mut(), rests.first_mut()) {
            stream.update(std::mem::take(rest));
        }
        Sha256Stream::update_many(&mut streams.iter_mut().zip(rests).collect::<Vec<_>>());
        for (i, (stream, message)) in streams.into_iter().zip(&messages).enumerate() {
            prop_assert_eq!(stream.finish(), oracle(message), "stream {} of {}", i, messages.len());
        }
    }
}
