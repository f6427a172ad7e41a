//! Snapshots made by Rempart show properly in restic: `snapshots`, `ls`, `diff`, `find`, `dump`, `mount`.

use std::collections::BTreeSet;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use rempart_tests_support::{Place, Tool, strange, tree};
use serde_json::Value;

fn backed_up() -> Place {
    let place = Place::new("shown");
    strange::make(&place.source());
    Tool::Rempart.init(&place);
    Tool::Rempart.backup(&place, &["--host", "web-1", "--tag", "nightly,system"]);
    place
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e} in {text}"))
}

#[test]
fn snapshots_shows_host_paths_tags_and_summary() {
    let place = backed_up();
    let shown = json(&Tool::Restic.on(&place).args(["snapshots", "--json"]).succeed().stdout);
    let snapshot = &shown[0];
    assert_eq!(snapshot["hostname"], "web-1", "{snapshot:#}");
    assert_eq!(snapshot["paths"][0], place.source().to_str().expect("a plain path"), "{snapshot:#}");
    assert_eq!(snapshot["tags"], serde_json::json!(["nightly", "system"]), "{snapshot:#}");
    assert_eq!(snapshot["username"], "root", "{snapshot:#}");
    assert!(snapshot["program_version"].as_str().is_some_and(|v| v.starts_with("rempart ")), "{snapshot:#}");
    let files = tree_files(&place);
    assert_eq!(snapshot["summary"]["total_files_processed"], files, "{snapshot:#}");
    assert_eq!(snapshot["summary"]["files_new"], files, "{snapshot:#}");
    assert!(snapshot["summary"]["data_added_packed"].as_u64() > Some(1_000_000), "{snapshot:#}");
}

/// How many regular files the source has: what restic counts as files.
fn tree_files(place: &Place) -> u64 {
    let printed = Command::new("find").arg(place.source()).args(["-type", "f", "-printf", "x"]).output();
    printed.expect("start find").stdout.len() as u64
}

#[test]
fn ls_shows_every_entry_once_with_its_kind() {
    let place = backed_up();
    let by_tool = |tool: Tool| -> BTreeSet<String> {
        let printed = tool.on(&place).args(["ls", "latest", "--json"]).succeed().stdout;
        let lines: Vec<Value> = printed.lines().map(json).filter(|line| line["path"].is_string()).collect();
        let entries: BTreeSet<String> = lines.iter().map(|line| format!("{} {}", line["type"], line["path"])).collect();
        assert_eq!(entries.len(), lines.len(), "{} lists an entry twice", tool.name());
        entries
    };
    let by_restic = by_tool(Tool::Restic);
    assert!(by_restic.len() > 350, "{} entries", by_restic.len());
    let by_rempart = by_tool(Tool::Rempart);
    let differing: Vec<_> = by_restic.symmetric_difference(&by_rempart).collect();
    assert!(differing.is_empty(), "listed by one of restic and rempart alone: {differing:#?}");
}

#[test]
fn diff_shows_what_was_added_removed_and_changed() {
    let place = backed_up();
    strange::change(&place.source(), 1);
    Tool::Rempart.backup(&place, &["--host", "web-1"]);
    let ids = json(&Tool::Restic.on(&place).args(["snapshots", "--json"]).succeed().stdout);
    let (before, after) = (ids[0]["id"].as_str().expect("an id"), ids[1]["id"].as_str().expect("an id"));
    let printed = Tool::Restic.on(&place).args(["diff", before, after]).succeed().stdout;
    let source = place.source();
    for (sign, path) in [("+", "plain/new-1"), ("M", "plain/large"), ("-", "many/file-101"), ("T", "many/file-007/")] {
        let found = printed.lines().any(|line| {
            line.split_once(' ')
                .is_some_and(|(shown, name)| shown == sign && name.trim() == format!("{}/{path}", source.display()))
        });
        assert!(found, "{sign} {path} is not in:\n{printed}");
    }
    assert!(!printed.contains("plain/text"), "an unchanged file is shown:\n{printed}");
}

#[test]
fn dump_gives_the_bytes_of_a_file() {
    let place = backed_up();
    let path = place.source().join("plain/large");
    let target = place.path().join("dumped");
    Tool::Restic.on(&place).args(["dump", "latest"]).arg(&path).arg("--target").arg(&target).succeed();
    let (expected, found) = (std::fs::read(&path).expect("read"), std::fs::read(&target).expect("read"));
    assert!(expected == found, "{} bytes dumped of {}", found.len(), expected.len());
}

/// A running `restic mount`, ended with the test.
struct Mount {
    process: Child,
    folder: std::path::PathBuf,
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("fusermount3").arg("-uz").arg(&self.folder).status();
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn mount_shows_the_whole_tree() {
    assert!(
        std::path::Path::new("/dev/fuse").exists(),
        "no /dev/fuse: install fuse3, and load the kernel's fuse module"
    );
    let place = Place::new("mounted");
    strange::make(&place.source());
    // restic shows fractions of seconds before 1970 as others.
    std::fs::remove_file(place.source().join("times/before the epoch")).expect("remove a file");
    strange::set_time(&place.source().join("times"), 1_000_000_000, 0);
    Tool::Rempart.init(&place);
    Tool::Rempart.backup(&place, &[]);
    let folder = place.path().join("mount");
    std::fs::create_dir(&folder).expect("make a folder");
    let mut command = Tool::Restic.on(&place).arg("mount").arg(&folder).into_command();
    command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    let mount = Mount { process: command.spawn().expect("start restic mount"), folder };
    let latest = mount.folder.join("snapshots/latest");
    wait_until("restic mount shows a snapshot", || latest.exists());
    let shown = latest.join(place.source().strip_prefix("/").expect("absolute"));
    // What restic mount shows of its own snapshots: no sockets, no hard links, no numbers of devices.
    let aspects =
        tree::Aspects { sockets: false, hard_links: false, xattrs: false, device_numbers: false, ..tree::ALL };
    tree::assert_equal(&place.source(), &shown, aspects, "restic mount");
}

fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(60), "{what}: not within a minute");
        std::thread::sleep(Duration::from_millis(50));
    }
}
