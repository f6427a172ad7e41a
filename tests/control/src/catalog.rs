//! What must hold of a catalog whatever happened to the processes that wrote it.

use std::path::Path;
use std::process::Command;

/// The rows of one question to the catalog's file.
pub fn ask(folder: &Path, sql: &str) -> Vec<String> {
    let output = Command::new("sqlite3")
        .arg("-readonly")
        .arg(folder.join("catalog.sqlite"))
        .arg(sql)
        .output()
        .expect("sqlite3 is missing: install the package sqlite3");
    assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

/// SQLite finds no fault, and no row contradicts another.
pub fn assert_consistent(folder: &Path, what: &str) {
    for (claim, sql, expected) in CLAIMS {
        assert_eq!(ask(folder, sql), *expected, "{what}: {claim}");
    }
}

/// What is claimed of a catalog whose queue is empty, the question, the one right answer.
const CLAIMS: &[(&str, &str, &[&str])] = &[
    ("the file is sound", "PRAGMA integrity_check", &["ok"]),
    ("every reference leads somewhere", "PRAGMA foreign_key_check", &[]),
];
