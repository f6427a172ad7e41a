//! The bench says what it can measure.

use std::process::Command;

#[test]
fn a_word_that_names_no_part_is_refused_with_those_that_there_are() {
    let output = Command::new(env!("CARGO_BIN_EXE_rempart-control-bench")).arg("quue").output().expect("the bench");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("quue?"), "{said}");
    for word in ["queue", "pages", "events", "server", "sqlite", "postgres"] {
        assert!(said.contains(word), "{word} is not named: {said}");
    }
}
