//! What a room looks like from its door: the head of `lib.rs`, the length of its files, its licence.

use std::path::Path;

use crate::workspace::Package;

/// A file longer than this is a room without walls.
pub const MOST_LINES: usize = 800;

/// What a `lib.rs` says first, in this order.
const HEAD: [&str; 4] = ["**Owns**", "**May use**", "**Must not know**", "**Invariants**"];

/// Extensions of what people write as code. A file without extension counts when it starts with `#!`.
const CODE: [&str; 8] = ["rs", "sh", "py", "ts", "tsx", "css", "sql", "toml"];

/// What is wrong with the head of a `lib.rs`, if anything.
pub fn head_breach(path: &Path, text: &str) -> Option<String> {
    let head: Vec<&str> = text.lines().take_while(|line| line.starts_with("//!")).collect();
    let first = head.first().map_or("", |line| line.trim_start_matches("//!").trim());
    if first.is_empty() || first.starts_with('-') {
        return Some(format!("{}: open with `//!` and one sentence on what the room is for", path.display()));
    }
    let mut after = 0;
    for word in HEAD {
        match head.iter().skip(after).position(|line| line.contains(word)) {
            Some(found) => after += found + 1,
            None => return Some(format!("{}: {word} is missing from the head, or out of order", path.display())),
        }
    }
    None
}

/// Says so when a file of code is too long.
pub fn length_breach(path: &Path, text: &str) -> Option<String> {
    let lines = text.lines().count();
    (lines > MOST_LINES).then(|| format!("{}: {lines} lines, at most {MOST_LINES}: look for the seam", path.display()))
}

/// Whether a file is code: by its extension, or by its first line.
pub fn is_code(path: &Path, text: &str) -> bool {
    match path.extension().and_then(|e| e.to_str()) {
        Some(extension) => CODE.contains(&extension),
        None => text.starts_with("#!"),
    }
}

/// The licence that a package's place in the house asks for.
pub fn licence_of_floor(package: &Package) -> &'static str {
    match package.floor() {
        "engine" | "model" => "Apache-2.0 OR MIT",
        _ => "AGPL-3.0-or-later",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "//! A room.\n//!\n//! - **Owns**: a.\n//! - **May use**: b.\n//! - **Must not know**: c.\n//!   more\n//! - **Invariants**: d.\n";

    #[test]
    fn a_complete_head_passes() {
        assert_eq!(head_breach(Path::new("lib.rs"), GOOD), None);
    }

    #[test]
    fn a_head_without_a_part_or_in_another_order_is_named() {
        for (part, text) in [
            ("Invariants", GOOD.replace("**Invariants**", "Invariants")),
            ("May use", GOOD.replace("**May use**", "**Must**")),
            ("May use", GOOD.replace("**Owns**", "**May use**").replacen("**May use**: b", "**Owns**: b", 1)),
            ("one sentence", GOOD.replace("//! A room.\n", "")),
            ("one sentence", format!("use std;\n{GOOD}")),
        ] {
            let found = head_breach(Path::new("lib.rs"), &text);
            assert!(found.is_some(), "{part}: nothing found in\n{text}");
        }
    }

    #[test]
    fn the_longest_file_passes_and_one_line_more_is_named() {
        assert_eq!(length_breach(Path::new("a.rs"), &"x\n".repeat(MOST_LINES)), None);
        assert!(length_breach(Path::new("a.rs"), &"x\n".repeat(MOST_LINES + 1)).is_some());
    }

    #[test]
    fn scripts_are_code_and_licences_are_not() {
        assert!(is_code(Path::new("test"), "#!/bin/bash\n"));
        assert!(is_code(Path::new("a/b.rs"), ""));
        assert!(!is_code(Path::new("LICENSE-MIT"), "Permission is hereby granted"));
        assert!(!is_code(Path::new("Cargo.lock"), "# made by cargo"));
    }
}
