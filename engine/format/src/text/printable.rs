//! Which characters strconv.Quote shows as they are.
//!
//! Go's IsPrint: letters, marks, numbers, punctuation, symbols and the ASCII space, by the Unicode version of the Go
//! release. Go 1.21 to 1.26 (restic 0.16.1 to 0.19) have Unicode 15.0, which is the table here; restic 0.14 was built with
//! 13.0. A name with a character that is younger than the writer's table is quoted in its tree and reads the same; the tree
//! just gets another id.

use super::borders::BORDERS;

pub(super) fn is_printable(c: char) -> bool {
    // An odd number of borders passed: inside.
    BORDERS.partition_point(|&border| border <= c as u32) % 2 == 1
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use regex_syntax::hir::{Class, HirKind};

    use super::*;

    /// Unicode data of another source, cut to the characters that existed in 15.0.
    fn expected() -> Vec<u32> {
        let pattern = r"[[\p{L}\p{M}\p{N}\p{P}\p{S} ]&&\p{age:15.0}]";
        let HirKind::Class(Class::Unicode(class)) = regex_syntax::parse(pattern).unwrap().into_kind() else {
            panic!("{pattern} is no class of characters")
        };
        class.iter().flat_map(|range| [range.start() as u32, range.end() as u32 + 1]).collect()
    }

    #[test]
    fn the_table_is_that_of_unicode_15() {
        // Surrogates are no characters; Go's table does not hold them either.
        let expected = expected();
        let mut table = String::new();
        for border in &expected {
            write!(table, "{border:#x}, ").unwrap();
        }
        assert_eq!(
            BORDERS.as_slice(),
            expected,
            "src/text/borders.rs should hold {} numbers:\n{table}",
            expected.len()
        );
    }

    #[test]
    fn what_people_stumble_over_is_as_in_go() {
        for c in [' ', '~', '¡', 'é', '€', '\u{301}', '한', '😀', '\u{fffd}', '\u{e0100}'] {
            assert!(is_printable(c), "{c:?} is shown as it is by strconv.Quote");
        }
        for c in ['\0', '\x1f', '\x7f', '\u{85}', '\u{a0}', '\u{ad}', '\u{378}', '\u{200b}', '\u{2028}', '\u{3000}'] {
            assert!(!is_printable(c), "{c:?} is escaped by strconv.Quote");
        }
        for c in ['\u{e000}', '\u{feff}', '\u{ffff}', '\u{10d40}', '\u{e0001}', '\u{10fffd}'] {
            assert!(!is_printable(c), "{c:?} is escaped by strconv.Quote");
        }
    }
}
