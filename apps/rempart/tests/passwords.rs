//! Where passwords come from, and where they never may.

mod support;

use std::io::{Read as _, Write as _};
use std::process::Stdio;

use support::{PASSWORD, Ran, World};

#[test]
fn a_password_on_the_command_line_is_refused_with_the_reason() {
    let world = World::new();
    for arguments in [
        vec!["snapshots", "--password", "hunter2"],
        vec!["--password=hunter2", "snapshots"],
        vec!["snapshots", "--repo", "rest:http://user:hunter2@127.0.0.1:1/"],
        vec!["copy", "--from-repo", "rest:http://user:hunter2@127.0.0.1:1/"],
    ] {
        let ran = world.run(&arguments).ends_with(2).says("every user of this machine");
        assert!(!ran.stderr.contains("hunter2"), "{arguments:?}: the password is repeated: {}", ran.stderr);
    }
}

#[test]
fn a_password_comes_from_a_file_a_command_or_the_environment() {
    let world = World::new();
    world.write("password", format!("{PASSWORD}\n"));
    world.write("wrong", "wrong\n");
    let run = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command = world.command();
        command.env_remove("REMPART_PASSWORD").args(arguments).envs(variables.iter().copied());
        Ran::of(&mut command)
    };
    run(&["snapshots", "--password-file", "password"], &[]).succeeds();
    run(&["snapshots", "-p", "password"], &[]).succeeds();
    run(&["snapshots", "--password-command", "cat password"], &[]).succeeds();
    for prefix in ["REMPART", "RESTIC"] {
        run(&["snapshots"], &[(&format!("{prefix}_PASSWORD"), PASSWORD)]).succeeds();
        run(&["snapshots"], &[(&format!("{prefix}_PASSWORD_FILE"), "password")]).succeeds();
        run(&["snapshots"], &[(&format!("{prefix}_PASSWORD_COMMAND"), "cat 'password'")]).succeeds();
    }
    // Options win over the environment, our names over restic's.
    run(&["snapshots", "-p", "password"], &[("REMPART_PASSWORD", "wrong")]).succeeds();
    run(&["snapshots"], &[("REMPART_PASSWORD", PASSWORD), ("RESTIC_PASSWORD", "wrong")]).succeeds();
    run(&["snapshots", "-p", "wrong"], &[]).ends_with(12).says("wrong password").says("hint:");
    run(&["snapshots", "-p", "no-such-file"], &[]).ends_with(2);
    run(&["snapshots", "--password-command", "false"], &[]).ends_with(27);
    run(&["snapshots", "--password-command", "/no/such/program"], &[]).ends_with(27);
    // No shell looks at the command.
    run(&["snapshots", "--password-command", "cat password; true"], &[]).ends_with(27);
}

#[test]
fn without_a_password_and_without_a_terminal_nothing_hangs() {
    let world = World::new();
    let mut command = std::process::Command::new("setsid");
    command.arg("--wait").arg(env!("CARGO_BIN_EXE_rempart")).arg("snapshots");
    for (name, value) in world.command().get_envs().filter(|(name, _)| *name != "REMPART_PASSWORD") {
        command.env(name, value.unwrap_or_default());
    }
    command.stdin(std::process::Stdio::null());
    Ran::of(&mut command).ends_with(2).says("no terminal").says("--password-file");
}

#[test]
fn an_empty_password_needs_a_word_that_says_so() {
    let world = World::empty();
    world.write("empty", "\n");
    let run = |arguments: &[&str]| {
        let mut command = world.command();
        command.env_remove("REMPART_PASSWORD").args(arguments);
        Ran::of(&mut command)
    };
    run(&["init", "-p", "empty"]).ends_with(2).says("--insecure-no-password");
    assert!(!world.repository().join("config").exists(), "a repository was made all the same");
    run(&["init", "--insecure-no-password"]).succeeds();
    run(&["snapshots", "--insecure-no-password"]).succeeds();
}

#[test]
fn keys_are_added_listed_changed_and_removed() {
    let world = World::new();
    world.write("second", "second\n");
    let with = |password: &str, arguments: &[&str]| {
        let mut command = world.command();
        command.env("REMPART_PASSWORD", password).args(arguments);
        Ran::of(&mut command)
    };
    world.run(["key", "add", "--new-password-file", "second"]).succeeds();
    with("second", &["snapshots"]).succeeds();
    let keys = world.run(["key", "list", "--json"]).succeeds().messages("key");
    assert_eq!(keys.len(), 2, "{keys:?}");
    let (mine, other): (Vec<_>, Vec<_>) = keys.iter().partition(|key| key["current"] == true);
    let (mine, other) = (mine[0]["id"].as_str().unwrap(), other[0]["id"].as_str().unwrap());

    // The key in use stays; the other goes, by the beginning of its id.
    world.run(["key", "remove", mine]).ends_with(1);
    world.run(["key", "remove", &other[..8]]).succeeds();
    with("second", &["snapshots"]).ends_with(12);
    world.run(["key", "remove", &other[..8]]).ends_with(26);
    world.run(["key", "remove", "xyz"]).ends_with(26);

    // A change takes effect for both passwords.
    world.run(["key", "passwd", "--new-password-file", "second"]).succeeds();
    world.run(["snapshots"]).ends_with(12);
    with("second", &["snapshots"]).succeeds();
}

#[test]
fn a_password_is_asked_for_without_echo_and_twice_when_it_is_new() {
    // Given a terminal (the program `script` makes one) and no password from elsewhere
    let world = World::empty();
    let typed = |command: &str, answers: &[&str]| {
        let mut script = std::process::Command::new("script");
        script.args(["--quiet", "--return", "--command"]);
        script.arg(format!("{} {command}", env!("CARGO_BIN_EXE_rempart"))).arg("/dev/null");
        for (name, value) in world.command().get_envs().filter(|(name, _)| *name != "REMPART_PASSWORD") {
            script.env(name, value.unwrap_or_default());
        }
        script.current_dir(world.path("")).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = script.spawn().expect("the program script (Debian: bsdutils)");
        let (mut keyboard, mut screen) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let mut shown = Vec::new();
        for (number, answer) in answers.iter().enumerate() {
            let mut byte = [0];
            while shown.windows(2).filter(|window| window == b": ").count() <= number {
                assert_eq!(
                    screen.read(&mut byte).unwrap(),
                    1,
                    "no question {number}: {}",
                    String::from_utf8_lossy(&shown)
                );
                shown.push(byte[0]);
            }
            keyboard.write_all(answer.as_bytes()).unwrap();
        }
        screen.read_to_end(&mut shown).unwrap();
        let shown = String::from_utf8_lossy(&shown).into_owned();
        assert!(answers.iter().all(|answer| !shown.contains(answer.trim())), "the answer is shown: {shown}");
        (child.wait().unwrap().code(), shown)
    };

    // Two different words make no repository
    let (code, shown) = typed("init", &["first\n", "second\n"]);
    assert_eq!(code, Some(2), "{shown}");
    assert!(shown.contains("differ") && !world.repository().join("config").exists(), "{shown}");

    // The same word twice does; a correction by backspace counts
    let (code, shown) = typed("init", &["typo\u{7f}\u{7f}\u{7f}\u{7f}chosen\n", "chosen\n"]);
    assert_eq!(code, Some(0), "{shown}");
    let (code, shown) = typed("snapshots", &["chosen\n"]);
    assert_eq!(code, Some(0), "{shown}");
    let (code, _) = typed("snapshots", &["other\n"]);
    assert_eq!(code, Some(12));
    // Ctrl-C at the prompt
    let (code, _) = typed("snapshots", &["cho\u{3}"]);
    assert_eq!(code, Some(130));
}
