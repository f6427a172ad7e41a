//! The overwrite policies as a table, and what `--delete` may touch.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;

use rempart_archive::cancel::CancelToken;
use rempart_archive::pattern::{Case, Patterns};
use rempart_archive::restore::{Action, Filter, Overwrite, RestoreError, RestoreOptions, RunMode, restore};
use rempart_restore_tests::{Hostile, Lab, Opened, Watcher};
use rempart_tests_support::{Tool, strange};

const SNAPSHOT_SECONDS: i64 = 981_173_106; // 2001-02-03 04:05:06 UTC, as Hostile writes it
const CONTENT: &str = "as in the snapshot";

/// What is in the target before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum There {
    Nothing,
    Equal,
    /// Other content of the same length and time.
    Disguised,
    Older,
    Newer,
    Symlink,
    EmptyFolder,
    FullFolder,
}

/// What is done with each of what may be there.
type Row = [(There, Option<Action>); 8];

fn put(there: There, file: &Path) {
    let (content, seconds) = match there {
        There::Nothing => return,
        There::Symlink => return symlink("elsewhere", file).expect("link"),
        There::EmptyFolder | There::FullFolder => {
            fs::create_dir(file).expect("make a folder");
            if there == There::FullFolder {
                fs::write(file.join("inner"), "inner").expect("write");
            }
            return;
        }
        There::Equal => (CONTENT, SNAPSHOT_SECONDS),
        There::Disguised => ("OTHER THAN BEFORE!", SNAPSHOT_SECONDS),
        There::Older => ("old", SNAPSHOT_SECONDS - 10),
        There::Newer => ("new", SNAPSHOT_SECONDS + 10),
    };
    fs::write(file, content).expect("write");
    fs::set_permissions(file, fs::Permissions::from_mode(0o644)).expect("set the mode");
    strange::set_time(file, seconds, 789_000_000);
}

#[test]
fn each_policy_does_what_its_row_of_the_table_says() {
    use Action::{Create, Keep, Replace, Unchanged, Update};
    let lab = Lab::new("matrix", Tool::Restic);
    let mut tree = Hostile::begin(&lab);
    let file = tree.file("file", CONTENT.as_bytes());
    let snapshot = tree.commit(&[file]);
    // None: it is refused and told.
    let table: [(Overwrite, Row); 4] = [
        (
            Overwrite::Always,
            [
                (There::Nothing, Some(Create)),
                (There::Equal, Some(Unchanged)),
                (There::Disguised, Some(Update)),
                (There::Older, Some(Update)),
                (There::Newer, Some(Update)),
                (There::Symlink, Some(Replace)),
                (There::EmptyFolder, Some(Replace)),
                (There::FullFolder, None),
            ],
        ),
        (
            Overwrite::IfChanged,
            [
                (There::Nothing, Some(Create)),
                (There::Equal, Some(Unchanged)),
                (There::Disguised, Some(Unchanged)),
                (There::Older, Some(Update)),
                (There::Newer, Some(Update)),
                (There::Symlink, Some(Replace)),
                (There::EmptyFolder, Some(Replace)),
                (There::FullFolder, None),
            ],
        ),
        (
            Overwrite::IfNewer,
            [
                (There::Nothing, Some(Create)),
                (There::Equal, Some(Keep)),
                (There::Disguised, Some(Keep)),
                (There::Older, Some(Update)),
                (There::Newer, Some(Keep)),
                (There::Symlink, Some(Keep)),
                (There::EmptyFolder, Some(Keep)),
                (There::FullFolder, Some(Keep)),
            ],
        ),
        (
            Overwrite::Never,
            [
                (There::Nothing, Some(Create)),
                (There::Equal, Some(Keep)),
                (There::Disguised, Some(Keep)),
                (There::Older, Some(Keep)),
                (There::Newer, Some(Keep)),
                (There::Symlink, Some(Keep)),
                (There::EmptyFolder, Some(Keep)),
                (There::FullFolder, Some(Keep)),
            ],
        ),
    ];
    for (overwrite, row) in table {
        for (there, expected) in row {
            let what = format!("{overwrite:?} over {there:?}");
            let target = lab.target(&what.replace(' ', "-"));
            fs::create_dir(&target).expect("make the target");
            let file = target.join("file");
            put(there, &file);
            let before = fs::symlink_metadata(&file).ok();

            for mode in [RunMode::Show, RunMode::Execute] {
                let watcher = Watcher::default();
                let options = RestoreOptions { overwrite, mode, verify: true, ..RestoreOptions::default() };
                let report = snapshot.restore_watched(&target, &options, &watcher, &CancelToken::new());
                match expected {
                    Some(action) => {
                        assert_eq!(watcher.action("/file"), action, "{what}, {mode:?}");
                        // A disguised file that is trusted is found out by the second look.
                        let found_out = overwrite == Overwrite::IfChanged && there == There::Disguised;
                        let problems = u64::from(found_out && mode == RunMode::Execute);
                        assert_eq!(report.summary.problems, problems, "{what}, {mode:?}: {:?}", watcher.problems());
                    }
                    None if mode == RunMode::Execute => {
                        assert_eq!(report.summary.problems, 1, "{what}: {:?}", watcher.problems());
                        assert!(watcher.problems()[0].contains("--delete"), "{what}: {:?}", watcher.problems());
                    }
                    None => {}
                }
                if mode == RunMode::Show {
                    let after = fs::symlink_metadata(&file).ok();
                    let facts = |found: &Option<fs::Metadata>| {
                        found.as_ref().map(|found| (found.ino(), found.size(), found.ctime(), found.ctime_nsec()))
                    };
                    assert_eq!(facts(&before), facts(&after), "{what}: showing changed it");
                }
            }
            if matches!(expected, Some(Create | Update | Replace)) {
                assert_eq!(fs::read_to_string(&file).expect("read"), CONTENT, "{what}");
                assert_eq!(fs::metadata(&file).expect("look").mtime(), SNAPSHOT_SECONDS, "{what}");
            }
        }
    }
}

#[test]
fn a_file_where_a_directory_must_be_follows_the_policy() {
    let lab = Lab::new("blocked", Tool::Restic);
    let mut tree = Hostile::begin(&lab);
    let inner = tree.file("inner", b"inner");
    let directory = tree.directory("directory", &[inner]);
    let snapshot = tree.commit(&[directory]);
    for (overwrite, replaced) in [
        (Overwrite::Always, true),
        (Overwrite::IfChanged, true),
        (Overwrite::IfNewer, false),
        (Overwrite::Never, false),
    ] {
        let target = lab.target(&format!("{overwrite:?}"));
        fs::create_dir(&target).expect("make the target");
        fs::write(target.join("directory"), "a file").expect("write");
        let report = snapshot.restore(&target, &RestoreOptions { overwrite, ..RestoreOptions::default() });
        assert_eq!(target.join("directory/inner").exists(), replaced, "{overwrite:?}");
        assert_eq!(report.summary.problems, u64::from(!replaced), "{overwrite:?}: {:?}", report.problems);
    }
}

fn sample(lab: &Lab) -> Opened {
    let mut tree = Hostile::begin(lab);
    let one = tree.file("one", b"1");
    let two = tree.file("two", b"2");
    let log = tree.file("x.log", b"log");
    let directory = tree.directory("directory", &[one, log]);
    tree.commit(&[directory, two])
}

#[test]
fn delete_removes_what_the_snapshot_has_not_and_stays_in_the_target() {
    // Given a target with more in it, a link to elsewhere among it
    let lab = Lab::new("delete", Tool::Restic);
    let snapshot = sample(&lab);
    let target = lab.target("target");
    let _ = snapshot.restore(&target, &RestoreOptions::default());
    let outside = lab.target("outside");
    fs::create_dir(&outside).expect("make the outside");
    fs::write(outside.join("victim"), "untouched").expect("write");
    symlink(&outside, target.join("directory/link")).expect("link");
    fs::create_dir_all(target.join("extra/deep/er")).expect("make folders");
    fs::write(target.join("extra/deep/file"), "x").expect("write");
    fs::write(target.join("directory/kept.log"), "x").expect("write");
    let options = |mode| RestoreOptions {
        mode,
        delete: true,
        filter: Filter {
            exclude: Patterns::parse(["*.log"], Case::Sensitive).expect("a pattern"),
            ..Filter::default()
        },
        ..RestoreOptions::default()
    };

    // When it is shown and done
    for mode in [RunMode::Show, RunMode::Execute] {
        let watcher = Watcher::default();
        let report = snapshot.restore_watched(&target, &options(mode), &watcher, &CancelToken::new());
        assert!(report.problems.is_empty(), "{mode:?}: {:?}", watcher.problems());
        let deleted: Vec<_> = watcher
            .actions()
            .into_iter()
            .filter(|(_, action)| *action == Action::Delete)
            .map(|(path, _)| path)
            .collect();
        assert_eq!(deleted, ["/directory/link", "/extra"], "{mode:?}");
        assert_eq!(target.join("extra/deep").exists(), mode == RunMode::Show, "{mode:?}");
    }

    // Then what is excluded is left, and the link was not followed
    assert!(target.join("directory/kept.log").exists(), "an excluded file was deleted");
    assert!(target.join("directory/x.log").exists(), "an excluded file of the snapshot was deleted");
    assert!(!target.join("directory/link").exists());
    assert_eq!(fs::read_to_string(outside.join("victim")).expect("the victim"), "untouched");
}

#[test]
fn deleting_in_the_root_without_a_pattern_is_refused() {
    let lab = Lab::new("root", Tool::Restic);
    let snapshot = sample(&lab);
    let options = RestoreOptions { delete: true, mode: RunMode::Show, ..RestoreOptions::default() };
    let observer = rempart_archive::restore::NoObserver;
    let place = snapshot.at("/");
    let refused = restore(&snapshot.repository, &place, Path::new("/"), &options, &observer, &CancelToken::new());
    assert!(matches!(refused, Err(RestoreError::DeleteInRoot { .. })), "{refused:?}");
}

#[test]
fn patterns_choose_what_is_restored_and_nothing_more_is_made() {
    let lab = Lab::new("filter", Tool::Restic);
    let mut tree = Hostile::begin(&lab);
    let files = [("a.txt", "a"), ("b.log", "b")].map(|(name, content)| tree.file(name, content.as_bytes()));
    let deep = tree.directory("deep", &files);
    let only_logs = [files[1].clone()];
    let logs = tree.directory("logs", &only_logs);
    let snapshot = tree.commit(&[deep, logs, files[0].clone()]);
    for (include, exclude, expected) in [
        (vec!["*.txt"], vec![], vec!["/a.txt", "/deep", "/deep/a.txt"]),
        (vec![], vec!["*.log"], vec!["/a.txt", "/deep", "/deep/a.txt", "/logs"]),
        (vec!["/deep"], vec!["*.log"], vec!["/deep", "/deep/a.txt"]),
        (vec!["/logs/b.log"], vec![], vec!["/logs", "/logs/b.log"]),
        (vec!["/nothing"], vec![], vec![]),
    ] {
        let parse = |patterns: &[&str]| Patterns::parse(patterns, Case::Sensitive).expect("patterns");
        let filter = Filter { include: parse(&include), exclude: parse(&exclude) };
        let target = lab.target(&format!("{include:?}{exclude:?}").replace(['/', '*'], "_"));
        let watcher = Watcher::default();
        let options = RestoreOptions { filter, verify: true, ..RestoreOptions::default() };
        let report = snapshot.restore_watched(&target, &options, &watcher, &CancelToken::new());
        let told: Vec<String> = watcher.actions().into_keys().collect();
        assert_eq!(told, expected, "include {include:?} exclude {exclude:?}");
        assert!(report.problems.is_empty(), "include {include:?} exclude {exclude:?}: {:?}", watcher.problems());
        for path in expected {
            assert!(target.join(&path[1..]).exists(), "{path}, include {include:?} exclude {exclude:?}");
        }
    }
}
