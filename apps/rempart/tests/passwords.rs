//! Where passwords come from, and where they never may.

mod support;

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
