//! `rempart server` and `rempart admin`, as a person runs them.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The program with its data in this folder and nothing else from the environment.
fn rempart(folder: &std::path::Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rempart"));
    command.env_clear().env("BACKUPS_DIR", folder).env("PORT", "0").env("RUST_LOG", "warn");
    command
}

fn create_user(folder: &std::path::Path, password: &str, more: &[&str]) -> std::process::Output {
    let mut child = rempart(folder)
        .args(["admin", "create-user", "--name", "camille", "--role", "administrator", "--password-stdin"])
        .args(more)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(format!("{password}\nrest").as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn the_server_says_where_it_is_and_how_to_set_it_up_and_stops_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server(rempart(folder.path()).arg("server").stdout(Stdio::piped()).spawn().unwrap());
    let mut lines = BufReader::new(server.0.stdout.take().unwrap()).lines().map_while(Result::ok);
    let ready = lines.next().expect("the server says that it is ready");
    assert!(ready.starts_with("Rempart is ready: http://127.0.0.1:"), "{ready}");
    let setup = lines.next().expect("the server prints the setup link");
    assert!(setup.contains("/setup#token="), "{setup}");
    kill_process(Pid::from_child(&server.0), Signal::TERM).unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    let status = loop {
        if let Some(status) = server.0.try_wait().unwrap() {
            break status;
        }
        assert!(Instant::now() < deadline, "the server does not stop");
        std::thread::sleep(Duration::from_millis(20));
    };
    assert!(status.success(), "{status}");
    // With a user there is no link any more.
    let made = create_user(folder.path(), "a fence around the orchard", &[]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let mut server = Server(rempart(folder.path()).arg("server").stdout(Stdio::piped()).spawn().unwrap());
    let mut lines = BufReader::new(server.0.stdout.take().unwrap()).lines().map_while(Result::ok);
    lines.next().expect("the server says that it is ready");
    kill_process(Pid::from_child(&server.0), Signal::TERM).unwrap();
    assert_eq!(lines.next(), None, "a setup link where there is a user");
}

#[test]
fn a_user_is_made_by_the_same_rules_as_in_the_ui() {
    let folder = tempfile::tempdir().unwrap();
    let said = |output: &std::process::Output| String::from_utf8_lossy(&output.stderr).into_owned();
    let weak = create_user(folder.path(), "password1", &[]);
    assert_eq!(weak.status.code(), Some(2), "{}", said(&weak));
    assert!(create_user(folder.path(), "a fence around the orchard", &[]).status.success());
    let twice = create_user(folder.path(), "a fence around the orchard", &[]);
    assert!(!twice.status.success() && said(&twice).contains("--reset"), "{}", said(&twice));
    assert!(create_user(folder.path(), "two herons on the pond", &["--reset"]).status.success());
}

#[test]
fn a_wrong_setting_is_refused_with_the_place_it_was_said_at() {
    let folder = tempfile::tempdir().unwrap();
    let output = rempart(folder.path()).env("PORT", "many").arg("server").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("PORT") && said.contains("many"), "{said}");
    let half = rempart(folder.path()).args(["server", "--tls-certificate", "c.pem"]).output().unwrap();
    assert_eq!(half.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&half.stderr).contains("tls_key"), "{half:?}");
}
