//! Names and times, one by one: what Go writes, what it reads, what it refuses.

use jiff::tz::TimeZone;
use proptest::prelude::*;
use rempart_format::{
    FileTime, LocalZone, Node, NodeKind, TimeWriter, TreeEncoder, TreeReader, decode_name, encode_name,
};

/// Raw names and how they stand in a tree. Each was seen in a tree of restic 0.19.
const NAMES: [(&[u8], &str); 22] = [
    (b"plain", r#""plain""#),
    (b"two words", r#""two words""#),
    (b"quote\"", r#""quote\\\"""#),
    (b"back\\slash", r#""back\\\\slash""#),
    (b"<&>", r#""\u003c\u0026\u003e""#),
    (b"\x07\x08\x0c\n\r\t\x0b", r#""\\a\\b\\f\\n\\r\\t\\v""#),
    (b"\x01\x1b\x7f", r#""\\x01\\x1b\\x7f""#),
    (b"\xff\xfe", r#""\\xff\\xfe""#),
    (b"cut \xe2\x82", r#""cut \\xe2\\x82""#),
    (b"overlong \xc0\xaf", r#""overlong \\xc0\\xaf""#),
    (b"surrogate \xed\xa0\x80", r#""surrogate \\xed\\xa0\\x80""#),
    ("nbsp \u{a0}".as_bytes(), r#""nbsp \\u00a0""#),
    ("shy \u{ad}".as_bytes(), r#""shy \\u00ad""#),
    ("euro €".as_bytes(), r#""euro €""#),
    ("\u{2028}\u{2029}".as_bytes(), r#""\\u2028\\u2029""#),
    ("zero width \u{200b}".as_bytes(), r#""zero width \\u200b""#),
    ("replacement \u{fffd}".as_bytes(), "\"replacement \u{fffd}\""),
    ("private \u{e000}".as_bytes(), r#""private \\ue000""#),
    ("emoji 😀".as_bytes(), r#""emoji 😀""#),
    ("Unicode 16 \u{10d40}".as_bytes(), r#""Unicode 16 \\U00010d40""#),
    ("tag \u{e0001}".as_bytes(), r#""tag \\U000e0001""#),
    (br"slash\u0041", r#""slash\\\\u0041""#),
];

#[test]
fn names_are_quoted_as_go_quotes_them_and_read_back() {
    for (name, expected) in NAMES {
        let mut json = Vec::new();
        encode_name(&mut json, name);
        assert_eq!(String::from_utf8_lossy(&json), expected, "written from {name:?}");
        assert_eq!(decode_name(expected.as_bytes()).unwrap(), name, "read from {expected}");
    }
}

#[test]
fn every_escape_that_go_reads_is_read_and_every_other_is_refused() {
    let read: [(&str, &[u8]); 8] = [
        (r#""\\101\\377""#, b"A\xff"),
        (r#""\\x41\\xFf""#, b"A\xff"),
        (r#""\\u0041\\U0001F600""#, "A😀".as_bytes()),
        (r#""\u0041\/\ud83d\ude00""#, "A/😀".as_bytes()),
        (r#""\ud83d""#, "\u{fffd}".as_bytes()),
        (r#""\ud83d\u0041""#, "\u{fffd}A".as_bytes()),
        (r#""""#, b""),
        (" \"padded\"\n", b"padded"),
    ];
    for (json, name) in read {
        assert_eq!(decode_name(json.as_bytes()).unwrap_or_else(|e| panic!("{json}: {e}")), name, "{json}");
    }
    let refused = [
        r#""\\""#,
        r#""\\'""#,
        r#""\\x4""#,
        r#""\\xg0""#,
        r#""\\x+1""#,
        r#""\\400""#,
        r#""\\08""#,
        r#""\\ud800""#,
        r#""\\U00110000""#,
        r#""\\q""#,
        r#""\"""#,
        r#""\n""#,
        "\"\t\"",
        r#""\x41""#,
        r#""\u12""#,
        r#""unended"#,
        "7",
        "null",
        "",
    ];
    for json in refused {
        assert!(decode_name(json.as_bytes()).is_err(), "{json} was read as {:?}", decode_name(json.as_bytes()));
    }
}

/// Seconds and nanoseconds, a zone, and what restic 0.19 writes there.
const TIMES: [(i64, u32, &str, &str); 15] = [
    (0, 0, "UTC", "1970-01-01T00:00:00Z"),
    (0, 1, "UTC", "1970-01-01T00:00:00.000000001Z"),
    (-1, 500_000_000, "UTC", "1969-12-31T23:59:59.5Z"),
    (951_825_600, 100_000_000, "Europe/Paris", "2000-02-29T13:00:00.1+01:00"),
    // Both sides of both changes of the clock.
    (1_711_846_799, 999_999_999, "Europe/Paris", "2024-03-31T01:59:59.999999999+01:00"),
    (1_711_846_800, 1, "Europe/Paris", "2024-03-31T03:00:00.000000001+02:00"),
    (1_729_990_799, 120_000_000, "Europe/Paris", "2024-10-27T02:59:59.12+02:00"),
    (1_729_990_800, 120_000, "Europe/Paris", "2024-10-27T02:00:00.00012+01:00"),
    (2_147_483_648, 0, "Europe/Paris", "2038-01-19T04:14:08+01:00"),
    (4_294_967_295, 0, "America/St_Johns", "2106-02-07T02:58:15-03:30"),
    // The offset of +00:09:21 cannot be written; the instant is kept, where Go would lose 21 seconds.
    (-2_500_000_000, 0, "Europe/Paris", "1890-10-11T19:42:20+00:09"),
    // Years that RFC 3339 cannot write become the nearest that it can.
    (253_402_300_799, 0, "UTC", "9999-12-31T23:59:59Z"),
    (253_402_300_800, 7, "UTC", "9999-01-01T00:00:00.000000007Z"),
    (-62_167_219_200, 0, "UTC", "0000-01-01T00:00:00Z"),
    (-62_167_219_201, 0, "UTC", "0000-12-31T23:59:59Z"),
];

fn written(time: FileTime, zone: LocalZone) -> String {
    let mut text = Vec::new();
    TimeWriter::new(zone).write(&mut text, time);
    String::from_utf8(text).unwrap()
}

fn read_back(node: &Node, zone: LocalZone) -> Node {
    let mut tree = TreeEncoder::new(zone);
    tree.push(node).unwrap();
    TreeReader::new(tree.finish()).next().unwrap().unwrap()
}

#[test]
fn times_are_written_as_go_writes_them() {
    for (seconds, nanoseconds, zone, expected) in TIMES {
        let zone = LocalZone::new(TimeZone::get(zone).unwrap());
        let time = FileTime { seconds, nanoseconds };
        assert_eq!(written(time, zone), format!("\"{expected}\""), "{time:?}");
    }
}

#[test]
fn a_writer_that_remembers_offsets_writes_what_a_fresh_one_writes() {
    let paris = LocalZone::new(TimeZone::get("Europe/Paris").unwrap());
    let mut kept = TimeWriter::new(paris.clone());
    let changes = [
        1_711_846_800,
        1_729_990_800,
        0,
        -2_500_000_000,
        1_711_846_800,
        -1_855_958_901,
        -1_855_958_961,
        86_400 * 9_000,
        86_400 * 9_200,
        86_400 * 9_400,
        86_400 * 9_600,
        86_400 * 9_800,
        1_711_846_800,
    ];
    for seconds in changes.into_iter().flat_map(|at| [at - 1, at, at + 1, at - 1]) {
        let time = FileTime { seconds, nanoseconds: 0 };
        let mut text = Vec::new();
        kept.write(&mut text, time);
        assert_eq!(String::from_utf8(text).unwrap(), written(time, paris.clone()), "{seconds}");
    }
}

#[test]
fn times_out_of_all_reason_do_not_overflow() {
    for seconds in [i64::MIN, i64::MIN + 1, i64::MAX, i64::MAX - 1, i64::MIN / 2, i64::MAX / 2] {
        for zone in ["UTC", "Europe/Paris", "Pacific/Kiritimati"] {
            let zone = LocalZone::new(TimeZone::get(zone).unwrap());
            let text = written(FileTime { seconds, nanoseconds: u32::MAX }, zone);
            let year = if seconds < 0 { "\"0000-" } else { "\"9999-" };
            assert!(text.starts_with(year), "{seconds} became {text}");
        }
    }
}

fn node_at(time: &str) -> String {
    format!(r#"{{"nodes":[{{"name":"a","mtime":"{time}"}}]}}"#)
}

#[test]
fn times_that_go_reads_are_read_and_others_refused() {
    let read = [
        ("2024-02-29T23:59:59Z", 1_709_251_199, 0),
        ("2024-02-29T23:59:59.1234567899Z", 1_709_251_199, 123_456_789),
        ("2024-02-29T23:59:59.5+14:00", 1_709_200_799, 500_000_000),
        ("0001-01-01T00:00:00Z", FileTime::MISSING.seconds, 0),
        ("1969-12-31T23:59:59.25-23:59", 86_339, 250_000_000),
    ];
    for (text, seconds, nanoseconds) in read {
        let node = TreeReader::new(node_at(text).as_bytes()).next().unwrap().unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(node.mtime, FileTime { seconds, nanoseconds }, "{text}");
    }
    let refused = [
        "",
        "2024",
        "2023-02-29T00:00:00Z",
        "2024-13-01T00:00:00Z",
        "2024-00-01T00:00:00Z",
        "2024-01-00T00:00:00Z",
        "2024-04-31T00:00:00Z",
        "2024-01-01T24:00:00Z",
        "2024-01-01T00:60:00Z",
        "2024-01-01T00:00:60Z",
        "2024-01-01 00:00:00Z",
        "2024-01-01T00:00:00",
        "2024-01-01T00:00:00.Z",
        "2024-01-01T00:00:00+1:00",
        "2024-01-01T00:00:00+24:00",
        "2024-01-01T00:00:00z",
        "2024-01-01T00:00:00ZZ",
        "12024-01-01T00:00:00Z",
        "-024-01-01T00:00:00Z",
    ];
    for text in refused {
        let read = TreeReader::new(node_at(text).as_bytes()).next().unwrap();
        assert!(read.is_err(), "{text} was read as {read:?}");
    }
}

proptest! {
    #[test]
    fn any_name_comes_back(name: Vec<u8>) {
        let mut json = Vec::new();
        encode_name(&mut json, &name);
        prop_assert!(json.iter().all(|b| *b >= 0x20), "a control character in {json:?}");
        prop_assert_eq!(decode_name(&json).unwrap(), name);
    }

    #[test]
    fn any_text_comes_back(name: String) {
        let mut json = Vec::new();
        encode_name(&mut json, name.as_bytes());
        prop_assert_eq!(decode_name(&json).unwrap(), name.as_bytes());
    }

    #[test]
    fn any_time_comes_back(
        seconds in -62_167_000_000i64..253_402_000_000, nanoseconds in 0u32..1_000_000_000,
        zone in prop::sample::select(vec!["UTC", "Europe/Paris", "America/St_Johns", "Asia/Kathmandu", "Pacific/Apia"]),
    ) {
        let mut node = Node::new("a", NodeKind::File);
        node.mtime = FileTime { seconds, nanoseconds };
        let zone = LocalZone::new(TimeZone::get(zone).unwrap());
        prop_assert_eq!(read_back(&node, zone).mtime, node.mtime);
    }
}
