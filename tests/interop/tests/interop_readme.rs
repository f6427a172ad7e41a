//! The commands that the READMEs show are run as they stand there, but for the places they name.

use std::path::Path;

use rempart_tests_support::{Place, Program};

/// The blocks marked ```` ```sh run ````, one after the other.
fn runnable(readme: &str) -> String {
    let mut script = String::new();
    let mut inside = false;
    for line in readme.lines() {
        match (line, inside) {
            ("```sh run", false) => inside = true,
            ("```", true) => inside = false,
            (line, true) => script.push_str(&format!("{line}\n")),
            _ => {}
        }
    }
    script
}

fn run_readme(name: &str) {
    // Given a machine like the one the README speaks of
    let place = Place::new("readme");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("two folders below the root");
    let readme = std::fs::read_to_string(root.join(name)).unwrap_or_else(|e| panic!("read {name}: {e}"));
    let mut script = runnable(&readme);
    assert!(
        script.lines().filter(|line| line.starts_with("rempart ")).count() >= 8,
        "{name} shows too little:\n{script}"
    );
    for (named, ours) in [
        ("/srv/backup", place.repository()),
        ("/root/backup-password", place.password_file()),
        ("/tmp/restored", place.path().join("restored")),
    ] {
        assert!(script.contains(named), "{name} does not name {named} any more: change this test");
        script = script.replace(named, ours.to_str().expect("a plain path"));
    }
    let programs = place.path().join("bin");
    std::fs::create_dir(&programs).expect("make a folder");
    std::os::unix::fs::symlink(Program::path_of_rempart(), programs.join("rempart")).expect("make a link");
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").expect("PATH is set"));

    // When its commands are run, then all succeed
    let shell = Program::new(Path::new("/bin/bash")).env("PATH", path).env("HOME", place.path());
    shell.folder(place.path()).args(["-e", "-u", "-x", "-o", "pipefail", "-c", &script]).succeed();

    // And the file that was asked for is back
    let (restored, original) = (place.path().join("restored/etc/hosts"), Path::new("/etc/hosts"));
    let (restored, original) = (std::fs::read(restored).expect("restored"), std::fs::read(original).expect("original"));
    assert!(restored == original, "/etc/hosts was restored otherwise than it is");
}

#[test]
fn the_commands_of_the_readme_work() {
    run_readme("README.md");
}

#[test]
fn the_commands_of_the_french_readme_work() {
    run_readme("README.fr.md");
}
