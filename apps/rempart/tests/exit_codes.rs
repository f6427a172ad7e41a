//! Each class of outcome, provoked for real, ends with the code of the table; and the message says what to do next.

mod support;

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use rempart_crypto::{KdfParams, MasterKey, derive_key};
use rempart_format::{KeyFile, decode_master_key};
use support::{Ran, World, files_below};

/// The codes that `docs/cli.md` and `--help` print.
fn table() -> Vec<i32> {
    let help = World::empty().run(["--help"]).succeeds().text();
    let (_, after) = help.split_once("Exit codes:").expect("--help shows the exit codes");
    after.lines().skip(1).map_while(|line| line.split_whitespace().next()?.parse().ok()).collect()
}

#[test]
fn every_code_of_the_table_has_a_test_that_provokes_it() {
    // Codes with their tests; 1 and 2 have many.
    let provoked = [
        0, // everywhere
        1, // a_repository_is_not_made_twice
        2, // command_line: no_options_is_a_usage_error_and_help_is_not
        3, // a_file_that_cannot_be_read_is_named_and_the_rest_is_stored
        10, 11, 12, 20, 21, 22, 23, 24, 25, 26, 27,  // below
        70,  // bugs cannot be provoked on purpose; see `bug.rs`
        130, // ctrl_c_ends_a_backup_in_order
        141, // command_line: a_reader_that_goes_away_is_no_error_message
    ];
    assert_eq!(table(), provoked, "the table and its tests are out of step");
}

#[test]
fn code_1_a_repository_is_not_made_twice() {
    let world = World::new();
    let before = files_below(&world.repository());
    world.run(["init"]).ends_with(1).says("already");
    assert_eq!(files_below(&world.repository()), before, "the repository was touched");
}

#[test]
fn code_3_a_file_that_cannot_be_read_is_named_and_the_rest_is_stored() {
    let world = World::new();
    let source = world.small_tree();
    // Root reads everything, so the file is one that nobody can: a loop of the kernel's own making.
    let unreadable = source.join("unreadable");
    std::os::unix::fs::symlink("/proc/self/mem", source.join("link")).unwrap();
    std::fs::write(&unreadable, "secret").unwrap();
    std::fs::set_permissions(&unreadable, std::fs::Permissions::from_mode(0o000)).unwrap();
    let arguments = ["backup", source.to_str().unwrap(), "--json"];
    let ran = as_nobody(&world, &arguments).ends_with(3);
    let errors = ran.messages("error");
    assert_eq!(errors.len(), 1, "{}", ran.text());
    assert_eq!(errors[0]["item"], unreadable.to_str().unwrap());
    assert_eq!(errors[0]["during"], "archival");
    let summary = ran.summary();
    assert_eq!(summary["errors"], 1, "{summary}");
    assert!(summary["snapshot_id"].is_string(), "{summary}");
    let ls = world.run(["ls", "latest"]).succeeds().text();
    assert!(ls.contains("a.txt") && !ls.contains("unreadable"), "{ls}");
}

#[test]
fn code_3_a_named_path_that_is_not_there_is_told_and_the_others_are_stored() {
    let world = World::new();
    let source = world.small_tree();
    let (source, missing) = (source.to_str().unwrap(), source.join("mistyped"));
    let missing = missing.to_str().unwrap();
    let ran = world.run(["backup", "--json", source, missing]).ends_with(3);
    assert_eq!(ran.messages("error")[0]["item"], missing, "{}", ran.text());
    assert!(world.run(["ls", "latest"]).succeeds().text().contains("a.txt"));
    // Where nothing is there, nothing is stored.
    world.run(["backup", missing]).ends_with(1).says("check the spelling").says(missing);
    let listed = world.write("list", format!("{missing}\n{source}\n"));
    world.run(["backup", "--files-from", listed.to_str().unwrap()]).ends_with(3);
    assert_eq!(world.run(["snapshots", "--json"]).succeeds().messages("snapshot").len(), 2);
}

#[test]
fn code_10_there_is_no_repository() {
    let world = World::empty();
    world.run(["snapshots"]).ends_with(10).says("rempart init");
    world.write("repo/some-file", "foreign");
    world.run(["snapshots"]).ends_with(10);
}

#[test]
fn code_11_the_repository_is_locked() {
    // Given a backup that is waiting for its command, and so holds its lock
    let world = World::new();
    let mut holder = world
        .command()
        .args(["backup", "--stdin-from-command", "--", "sh", "-c", "echo started; read line"])
        .stdin(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    wait_for(|| !files_below(&world.repository().join("locks")).is_empty(), "the lock of the running backup");

    // When another process wants the repository for itself, it is told who has it
    let ran = world.run(["forget", "--keep-last", "1"]);
    drop(holder.stdin.take());
    holder.wait().unwrap();
    ran.ends_with(11).says("lock").says("rempart unlock");

    // and afterwards it is free
    world.run(["forget", "--keep-last", "1"]).succeeds();
}

#[test]
fn code_12_the_password_is_wrong() {
    let world = World::new();
    let mut command = world.command();
    command.env("REMPART_PASSWORD", "wrong").arg("snapshots");
    Ran::of(&mut command).ends_with(12).says("hint:");
}

#[test]
fn code_20_damage_is_found_and_said() {
    // A pack that is gone
    let world = World::new();
    world.backup(&world.small_tree());
    for file in packs(&world) {
        std::fs::remove_file(file).unwrap();
    }
    world.run(["check"]).ends_with(20).says("repair");
    // A config that is cut short
    for length in [0, 10, 60] {
        let world = World::new();
        let config = world.repository().join("config");
        let content = std::fs::read(&config).unwrap();
        writable(&config);
        std::fs::write(&config, &content[..length]).unwrap();
        world.run(["snapshots"]).ends_with(20).says("config");
    }
    // A key that is cut short
    let world = World::new();
    let key = files_below(&world.repository().join("keys")).into_keys().next().unwrap();
    let key = world.repository().join("keys").join(key);
    let content = std::fs::read(&key).unwrap();
    writable(&key);
    std::fs::write(&key, &content[..content.len() / 2]).unwrap();
    world.run(["snapshots"]).ends_with(20).says("key");
}

#[test]
fn code_21_what_cannot_be_restored_is_listed_and_the_rest_is_restored() {
    let world = World::new();
    let source = world.small_tree();
    world.backup(&source);
    // Given a target where one folder cannot be made, because a mount point is in its place
    let target = world.path("back");
    let spec = format!("latest:{}", source.display());
    std::fs::create_dir_all(target.join("a.txt")).unwrap();
    let mounted = Mount::tmpfs(&target.join("a.txt"), "64k");
    let ran = world.run(["restore", &spec, "--target", target.to_str().unwrap(), "--json"]).ends_with(21);
    drop(mounted);
    assert_eq!(ran.messages("error").len(), 1, "{}", ran.text());
    assert_eq!(ran.summary()["errors"], 1);
    assert_eq!(std::fs::read(target.join("sub/b.txt")).unwrap(), std::fs::read(source.join("sub/b.txt")).unwrap());
}

#[test]
#[cfg(feature = "rest")]
fn code_22_the_storage_cannot_be_reached() {
    // Port 9 of this machine: nobody listens there.
    let world = World::empty();
    world.run(["snapshots", "--repo", "rest:http://127.0.0.1:9/"]).ends_with(22).says("hint:");
}

#[test]
fn code_23_the_disk_is_full() {
    // Given a repository on a disk of 2 MB
    let world = World::empty();
    std::fs::create_dir(world.repository()).unwrap();
    let mounted = Mount::tmpfs(&world.repository(), "2m");
    world.run(["init"]).succeeds();
    world.write("small/file", "small");
    let first = world.backup(&world.path("small"));

    // When more than fits is backed up
    let mut noise = vec![0u8; 4 << 20];
    fill_with_noise(&mut noise);
    world.write("large/file", &noise);
    let large = world.path("large");
    world.run(["backup", large.to_str().unwrap()]).ends_with(23).says("make room");

    // Then what was there is whole, and stays usable
    let listed = world.run(["snapshots", "--json"]).succeeds();
    let snapshots = listed.messages("snapshot");
    assert_eq!(snapshots.len(), 1, "{}", listed.text());
    assert_eq!(snapshots[0]["id"], first.as_str());
    world.run(["restore", "latest", "--target", world.path("back").to_str().unwrap()]).succeeds();
    world.run(["check", "--read-data"]).succeeds();
    drop(mounted);

    // A restore into a full disk ends with the same code
    let world = World::new();
    world.write("large/file", &noise);
    world.backup(&world.path("large"));
    std::fs::create_dir(world.path("back")).unwrap();
    let _mounted = Mount::tmpfs(&world.path("back"), "2m");
    world.run(["restore", "latest", "--target", world.path("back").to_str().unwrap()]).ends_with(23);
}

#[test]
fn code_24_the_repository_is_of_a_format_to_come() {
    // Given a repository whose config says version 3, sealed with its own key
    let world = World::new();
    let keys = world.repository().join("keys");
    let name = files_below(&keys).into_keys().next().unwrap();
    let file = KeyFile::decode(&std::fs::read(keys.join(name)).unwrap()).unwrap();
    let params = KdfParams { n: file.n, r: file.r, p: file.p };
    let opener = derive_key(support::PASSWORD.as_bytes(), &file.salt, params).unwrap();
    let master = MasterKey::from_parts(decode_master_key(&opener.open(&file.data).unwrap()).unwrap());
    let path = world.repository().join("config");
    let config = String::from_utf8(master.open(&std::fs::read(&path).unwrap()).unwrap()).unwrap();
    let newer = config.replace("\"version\":2", "\"version\":3");
    assert_ne!(newer, config, "the config has no version 2 to replace: {config}");
    writable(&path);
    std::fs::write(&path, master.seal(newer.as_bytes())).unwrap();

    // Then it is left alone, and the way out is named
    let before = files_below(&world.repository());
    for command in [&["snapshots"][..], &["backup", "/etc/hostname"], &["check"], &["unlock"]] {
        world.run(command).ends_with(24).says("newer rempart");
    }
    assert_eq!(files_below(&world.repository()), before, "a repository of an unknown format was touched");
}

#[test]
fn code_25_the_place_is_read_only() {
    let world = World::new();
    world.backup(&world.small_tree());
    let mounted = Mount::read_only(&world.repository());
    world.run(["backup", world.path("source").to_str().unwrap()]).ends_with(25);
    // Reading works without a lock.
    world.run(["snapshots", "--no-lock"]).succeeds();
    world.run(["restore", "latest", "--no-lock", "--target", world.path("back").to_str().unwrap()]).succeeds();
    drop(mounted);
}

#[test]
fn code_26_a_snapshot_or_path_is_not_there() {
    let world = World::new();
    world.run(["ls", "latest"]).ends_with(26);
    let source = world.small_tree();
    world.backup(&source);
    world.run(["ls", "latest~5"]).ends_with(26).says("rempart snapshots");
    world.run(["ls", "0000000000"]).ends_with(26);
    world.run(["ls", "latest:/no/such/path"]).ends_with(26);
    world.run(["dump", "latest", "/no/such/file"]).ends_with(26);
    world.run(["ls", "not-an-id"]).ends_with(2);
}

#[test]
fn code_27_the_command_that_delivers_the_data_fails() {
    let world = World::new();
    world.run(["backup", "--stdin-from-command", "--", "false"]).ends_with(27).says("no snapshot was stored");
    world.run(["backup", "--stdin-from-command", "--", "/no/such/program"]).ends_with(27);
    let ran = world.run(["snapshots", "--json"]).succeeds();
    assert_eq!(ran.summary()["snapshots"], 0, "a failed command left a snapshot");
}

#[test]
fn code_130_ctrl_c_ends_a_backup_in_order() {
    // Ctrl-C, what systemd and `kill` send, and the end of the terminal.
    for name in ["INT", "TERM", "HUP"] {
        let world = World::new();
        let mut child = world
            .command()
            .args(["backup", "--stdin-from-command", "--", "sh", "-c", "echo started; sleep 60 >&-"])
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        wait_for(|| !files_below(&world.repository().join("locks")).is_empty(), "the lock of the running backup");
        signal(&child, name);
        let status = child.wait().unwrap();
        assert_eq!(status.code(), Some(130), "SIG{name}");
        assert!(files_below(&world.repository().join("locks")).is_empty(), "SIG{name}: a lock stayed behind");
        assert_eq!(world.run(["snapshots", "--json"]).succeeds().summary()["snapshots"], 0, "SIG{name}");
    }
}

/// A service manager stops more than backups.
#[test]
fn code_130_sigterm_ends_who_waits_for_a_lock() {
    let world = World::new();
    let mut holder = world
        .command()
        .args(["backup", "--stdin-from-command", "--", "sh", "-c", "sleep 60 >&-"])
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let locks = world.repository().join("locks");
    wait_for(|| !files_below(&locks).is_empty(), "the lock of the running backup");
    let mut waiting =
        world.command().args(["prune", "--retry-lock", "1h"]).stderr(std::process::Stdio::piped()).spawn().unwrap();
    // It says so, once, when it has to wait
    let mut said = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(waiting.stderr.take().unwrap()), &mut said).unwrap();
    assert!(said.starts_with("waiting: the repository is locked by process"), "{said}");
    signal(&waiting, "TERM");
    assert_eq!(waiting.wait().unwrap().code(), Some(130));
    assert_eq!(files_below(&locks).len(), 1, "the lock of the other is not touched");
    signal(&holder, "TERM");
    assert_eq!(holder.wait().unwrap().code(), Some(130));
    assert!(files_below(&locks).is_empty());
}

/// A place that has answered once is tried for ten minutes, but not against the will of who waits.
#[test]
fn code_130_ctrl_c_ends_the_wait_for_a_server_that_is_gone() {
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};

    let world = World::empty();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut child = world
        .command()
        .env("REMPART_REPOSITORY", format!("rest:http://{}/", listener.local_addr().unwrap()))
        .env("REMPART_LOG", "warn")
        .arg("snapshots")
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // Given a server that answers one request, and then none
    let (mut connection, _) = listener.accept().unwrap();
    let request = BufReader::new(&mut connection).lines().map_while(Result::ok).take_while(|line| !line.is_empty());
    assert!(request.count() > 1, "no request came");
    let key = format!("[{{\"name\":\"{}\",\"size\":100}}]", "ab".repeat(32));
    let kind = "application/vnd.x.restic.rest.v2";
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n", key.len());
    connection.write_all(format!("{head}connection: close\r\n\r\n{key}").as_bytes()).unwrap();
    drop((connection, listener));
    // When Ctrl-C comes while it waits for the next try
    let mut said = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("trying again") {
        line.clear();
        assert!(said.read_line(&mut line).unwrap() > 0, "it gave up by itself");
    }
    signal(&child, "INT");
    // Then it gives up for that reason
    let mut rest = String::new();
    said.read_to_string(&mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{rest}");
    assert!(rest.contains("not tried again, as the work was canceled"), "{rest}");
}

// ---- what provoking takes ----

fn packs(world: &World) -> Vec<std::path::PathBuf> {
    let data = world.repository().join("data");
    files_below(&data).into_keys().map(|name| data.join(name)).collect()
}

fn writable(path: &Path) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

fn fill_with_noise(bytes: &mut [u8]) {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    for byte in bytes {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        *byte = state as u8;
    }
}

fn wait_for(done: impl Fn() -> bool, what: &str) {
    let begun = std::time::Instant::now();
    while !done() {
        assert!(begun.elapsed().as_secs() < 60, "{what} did not come");
        std::thread::yield_now();
    }
}

fn signal(child: &std::process::Child, name: &str) {
    let status = Command::new("kill").args([format!("-{name}"), child.id().to_string()]).status().unwrap();
    assert!(status.success(), "kill failed");
}

/// Runs as a user without privileges: root may read everything. The world is made theirs, but for what has mode 000.
fn as_nobody(world: &World, arguments: &[&str]) -> Ran {
    let root = world.path("");
    assert!(
        Command::new("chown").arg("-R").arg("65534:65534").arg(&root).status().unwrap().success(),
        "this test runs as root"
    );
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"]);
    command.arg(env!("CARGO_BIN_EXE_rempart")).args(arguments).current_dir(&root);
    for (name, value) in world.command().get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    Ran::of(&mut command)
}

/// A mount of this test, undone at its end.
struct Mount(std::path::PathBuf);

impl Mount {
    fn tmpfs(at: &Path, size: &str) -> Self {
        Self::make(&["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"], at)
    }

    fn read_only(at: &Path) -> Self {
        let path = at.to_str().unwrap();
        let mount = Self::make(&["--bind", path], at);
        assert!(Command::new("mount").args(["-o", "remount,bind,ro"]).arg(at).status().unwrap().success());
        mount
    }

    fn make(arguments: &[&str], at: &Path) -> Self {
        let status = Command::new("mount").args(arguments).arg(at).status().expect("the program mount");
        assert!(
            status.success(),
            "this test needs the right to mount (run it as root): mount {arguments:?} {}",
            at.display()
        );
        Self(at.to_path_buf())
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(OsStr::new("-l")).arg(&self.0).status();
    }
}
