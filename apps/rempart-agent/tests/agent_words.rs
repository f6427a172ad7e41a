//! What the program says to who uses it wrongly, and to who asks it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

/// Exit code, standard output, standard error.
fn agent(words: &[&str], data: &Path) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_rempart-agent"))
        .args(words)
        .env_clear()
        .env("REMPART_AGENT_DATA", data)
        .output()
        .expect("start the agent");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

const KEY: &str = "PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=";

#[test]
fn who_is_not_enrolled_is_told_what_to_do() {
    let place = tempfile::tempdir().unwrap();
    for command in ["run", "status"] {
        let (code, _, said) = agent(&[command], &place.path().join("none"));
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("enrol this machine first"), "{said}");
    }
    let folder = place.path().join("open");
    std::fs::create_dir(&folder).unwrap();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
    let (_, _, said) = agent(&["run"], &folder);
    assert!(said.contains("chmod 700"), "{said}");
}

#[test]
fn enrolment_is_refused_before_anything_is_sent_where_it_cannot_be_right() {
    let place = tempfile::tempdir().unwrap();
    let token = format!("rpe_{}", "A".repeat(43));
    for (server, key, token, extra, part) in [
        ("backup.example.org", KEY, token.as_str(), None, "https://backup.example.org"),
        ("http://192.0.2.1", KEY, &token, None, "--allow-plain-http"),
        ("https://127.0.0.1:1", "short", &token, None, "--server-key"),
        ("https://127.0.0.1:1", KEY, "rpe_short", None, "43 characters"),
        ("https://127.0.0.1:1", KEY, &token, Some(["--ca", "/no/such/file"]), "/no/such/file"),
        ("https://127.0.0.1:1", KEY, &token, None, "cannot reach 127.0.0.1:1"),
    ] {
        let mut words = vec!["enrol", "--server", server, "--server-key", key, "--token", token];
        words.extend(extra.iter().flatten());
        let (code, _, said) = agent(&words, &place.path().join("data"));
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains(part), "{said} does not say {part}");
        assert!(!said.contains(&"A".repeat(43)), "it shows the token: {said}");
    }
}

#[test]
fn it_says_its_version() {
    let (code, said, _) = agent(&["--version"], Path::new("/none"));
    assert_eq!((code, said.as_str()), (Some(0), concat!("rempart-agent ", env!("CARGO_PKG_VERSION"), "\n")));
}
