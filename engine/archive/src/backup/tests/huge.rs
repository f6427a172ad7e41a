//! Directories of so many entries that their lists, records and trees are handled in several parts.

use std::os::unix::fs::symlink;

use rempart_format::{BlobKind, TreeReader};

use super::super::ProblemKind;
use super::super::blocks::BLOCK_ITEMS;
use super::changes::Scene;
use super::corpus;

/// Three parts and a bit.
const ENTRIES: usize = 3 * BLOCK_ITEMS + 100;
/// One in so many is a file, the others are links, which need no inode to be read.
const FILE_EVERY: usize = 97;
const FILES: u64 = ENTRIES.div_ceil(FILE_EVERY) as u64;

fn name(number: usize) -> String {
    format!("huge/{number:06}")
}

fn content(number: usize) -> Vec<u8> {
    format!("content of {number}").into_bytes()
}

/// A huge directory with one directory in its middle, and another directory beside it.
fn scene() -> Scene {
    let scene = Scene::new();
    for number in 0..ENTRIES {
        let path = scene.path(&name(number));
        if number.is_multiple_of(FILE_EVERY) {
            corpus::write(&path, &content(number));
        } else {
            symlink(format!("target {}", number % 7), path).unwrap();
        }
    }
    corpus::write(&scene.path(&format!("huge/{:06}-folder/file", ENTRIES / 2)), b"within");
    corpus::write(&scene.path("beside/file"), b"beside");
    scene
}

#[test]
fn unchanged_nothing_is_read_by_the_cache_or_the_parent() {
    let mut scene = scene();
    let first = scene.cached();
    assert_eq!(first.summary.files_new, FILES + 2);
    for how in ["by the cache", "by the cache once more"] {
        scene.age();
        let again = scene.cached();
        assert_eq!(scene.tree(&again), scene.tree(&first), "{how}");
        assert_eq!((again.summary.bytes_read, again.summary.files_unmodified), (0, FILES + 2), "{how}");
    }
    let by_parent = scene.by_parent();
    assert_eq!(scene.tree(&by_parent), scene.tree(&first));
    assert_eq!((by_parent.summary.bytes_read, by_parent.summary.files_unmodified), (0, FILES + 2));
    assert_eq!(scene.tree(&first), scene.fresh_tree());
}

#[test]
fn what_changes_in_any_part_is_seen_and_the_rest_is_not_read() {
    let mut scene = scene();
    scene.cached();
    // Given changes at the seams of the parts: a file rewritten, one gone, a new first, a new last
    let at_seam = (BLOCK_ITEMS..).find(|number| number.is_multiple_of(FILE_EVERY)).unwrap();
    corpus::write(&scene.path(&name(at_seam)), b"rewritten");
    std::fs::remove_file(scene.path(&name(2 * BLOCK_ITEMS))).unwrap();
    corpus::write(&scene.path("huge/!first"), b"first");
    corpus::write(&scene.path("huge/~last"), b"last");
    scene.age();
    let by_parent = scene.by_parent();
    let cached = scene.cached();
    let fresh = scene.fresh_tree();
    for (how, report) in [("by the parent", &by_parent), ("by the cache", &cached)] {
        assert_eq!(scene.tree(report), fresh, "{how}");
        let summary = &report.summary;
        assert_eq!((summary.files_new, summary.files_changed), (2, 1), "{how}");
        assert_eq!(summary.bytes_read, (b"rewritten".len() + b"first".len() + b"last".len()) as u64, "{how}");
    }
    // And the records written then are as good as those of a first run
    scene.age();
    let third = scene.cached();
    assert_eq!((scene.tree(&third), third.summary.bytes_read), (fresh, 0));
}

#[test]
fn changes_below_and_beside_it_keep_its_records() {
    let mut scene = scene();
    scene.cached();
    for (path, read) in [(format!("huge/{:06}-folder/file", ENTRIES / 2), "within!"), ("beside/file".into(), "beside!")]
    {
        corpus::write(&scene.path(&path), read.as_bytes());
        scene.age();
        let changed = scene.cached();
        assert_eq!(scene.tree(&changed), scene.fresh_tree(), "{path}");
        assert_eq!(changed.summary.bytes_read, read.len() as u64, "{path}: more was read than what changed");
        scene.age();
        let again = scene.cached();
        assert_eq!((scene.tree(&again), again.summary.bytes_read), (scene.tree(&changed), 0), "{path}");
        assert_eq!(again.summary.files_unmodified, FILES + 2, "{path}");
    }
}

#[test]
fn records_that_are_damaged_anywhere_are_as_good_as_none() {
    let mut scene = scene();
    let first = scene.cached();
    let body = scene.cache_body();
    let whole = std::fs::read(&body).unwrap();
    for part in 0..24 {
        let mut damaged = whole.clone();
        damaged[whole.len() * part / 24 + 40] ^= 0x10;
        std::fs::write(&body, &damaged).unwrap();
        scene.age();
        let report = scene.cached_unpublished();
        assert_eq!(scene.tree(&report), scene.tree(&first), "damaged in part {part} of 24");
        assert_eq!(report.problems_count, 0, "damaged in part {part} of 24");
    }
}

#[test]
fn of_a_parent_tree_that_is_cut_off_what_is_left_is_used() {
    let mut scene = scene();
    let first = scene.cached();
    let huge = scene.memory.subtree(first.tree, &scene.path("huge"));
    let json = scene.memory.plaintext(BlobKind::Tree, &huge);
    let half = TreeReader::new(&json).nth(ENTRIES / 2).unwrap().unwrap().name;
    // In quotes: six digits alone stand in times and sizes too.
    let half = [b"\"", &half[..], b"\""].concat();
    let at = json.windows(half.len()).position(|window| window == half).unwrap();
    scene.memory.replace(BlobKind::Tree, &huge, json[..at].to_vec());
    let report = scene.by_parent();
    scene.memory.replace(BlobKind::Tree, &huge, json);
    assert_eq!(scene.tree(&report), scene.tree(&first), "the same files give the same tree");
    let told = report.problems.iter().filter(|p| matches!(p.kind, ProblemKind::ParentTreeUnreadable { .. })).count();
    assert_eq!(told, 1, "{:?}", report.problems);
    let (read, all) = (report.summary.bytes_read, first.summary.bytes_read);
    assert!(read > all / 3 && read < all * 2 / 3, "{read} bytes of {all} were read, the half that was lost is due");
}
