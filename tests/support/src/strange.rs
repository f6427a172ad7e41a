//! A small tree with everything that a file system can hold, the same at every run; and how it changes.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, chown, lchown, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

use rustix::fs::{AtFlags, CWD, FileType, Mode, Timespec, Timestamps, XattrFlags};

/// Fills an empty folder. Needs root: foreign owners and device nodes are part of it.
pub fn make(root: &Path) {
    assert!(rustix::process::geteuid().is_root(), "this test makes device nodes and foreign owners: run it as root");
    for folder in ["plain", "modes", "owners", "times", "links", "special", "xattrs", "names", "many", "empty folder"] {
        fs::create_dir(root.join(folder)).expect("make a folder");
    }
    plain(&root.join("plain"));
    modes(&root.join("modes"));
    owners(&root.join("owners"));
    links(&root.join("links"));
    special(&root.join("special"));
    xattrs(&root.join("xattrs"));
    names(&root.join("names"));
    for number in 0..300 {
        write(&root.join(format!("many/file-{number:03}")), format!("file {number}\n").repeat(number).as_bytes());
    }
    times(&root.join("times"));
    set_time(&root.join("empty folder"), 946_684_800, 5);
}

/// Changes some of it: new, changed, removed, another kind under the same name. Each generation differs.
pub fn change(root: &Path, generation: u64) {
    write(&root.join(format!("plain/new-{generation}")), &noise(generation, 700_000));
    write(&root.join("plain/small.txt"), format!("generation {generation}\n").as_bytes());
    let large = root.join("plain/large");
    let mut bytes = fs::read(&large).expect("read the large file");
    let middle = bytes.len() / 2;
    bytes.splice(middle..middle, noise(generation + 1000, 1000));
    write(&large, &bytes);
    let replaced = root.join("many/file-007");
    if replaced.is_dir() {
        fs::remove_dir(&replaced).expect("remove a folder");
        write(&replaced, b"a file again");
    } else {
        fs::remove_file(&replaced).expect("remove a file");
        fs::create_dir(&replaced).expect("make a folder");
    }
    let _ = fs::remove_file(root.join(format!("many/file-{:03}", 100 + generation)));
    fs::set_permissions(root.join("modes/plain"), fs::Permissions::from_mode(0o600 | (generation as u32 % 8)))
        .expect("change a mode");
}

/// A copy as true as cp makes it.
pub fn copy(from: &Path, to: &Path) {
    let status = Command::new("cp").arg("-a").arg(from).arg(to).status().expect("start cp");
    assert!(status.success(), "cp -a {} {}", from.display(), to.display());
}

/// Sets the time of the last change, of a link itself too.
pub fn set_time(path: &Path, seconds: i64, nanoseconds: i64) {
    let time = Timespec { tv_sec: seconds, tv_nsec: nanoseconds as _ };
    let times = Timestamps { last_access: time, last_modification: time };
    rustix::fs::utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW)
        .unwrap_or_else(|e| panic!("set the time of {}: {e}", path.display()));
}

/// Bytes that do not compress, the same for the same seed (xorshift).
pub fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

fn write(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap_or_else(|e| panic!("write {}: {e}", path.display()));
}

fn plain(folder: &Path) {
    write(&folder.join("empty"), b"");
    write(&folder.join("one byte"), b"x");
    write(&folder.join("small.txt"), b"a small text\n");
    write(&folder.join("large"), &noise(1, 6_000_000));
    write(&folder.join("same as large"), &noise(1, 6_000_000));
    write(&folder.join("zeros"), &vec![0; 3_000_000]);
    write(&folder.join("text"), "all work and no play ".repeat(100_000).as_bytes());
    let sparse = fs::File::create(folder.join("sparse")).expect("make the sparse file");
    sparse.set_len(12_000_000).expect("make a hole");
    std::os::unix::fs::FileExt::write_all_at(&sparse, b"an island", 5_000_000).expect("write into the hole");
}

fn modes(folder: &Path) {
    for (name, mode) in
        [("plain", 0o640), ("setuid", 0o4755), ("setgid", 0o2755), ("nothing", 0o000), ("everything", 0o7777)]
    {
        let path = folder.join(name);
        write(&path, name.as_bytes());
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("set a mode");
    }
    for (name, mode) in [("sticky", 0o1777), ("shared", 0o2775), ("closed", 0o000)] {
        let path = folder.join(name);
        fs::create_dir(&path).expect("make a folder");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("set a mode");
    }
}

fn owners(folder: &Path) {
    for (name, uid, gid) in [("daemon", 1, 1), ("nameless", 54_321, 54_322), ("largest", 4_000_000_000, 65_534)] {
        let path = folder.join(name);
        write(&path, name.as_bytes());
        chown(&path, Some(uid), Some(gid)).expect("change an owner");
    }
    symlink("daemon", folder.join("link of nobody")).expect("make a link");
    lchown(folder.join("link of nobody"), Some(65_534), Some(65_534)).expect("change a link's owner");
}

fn times(folder: &Path) {
    for (name, seconds, nanoseconds) in [
        ("epoch", 0, 0),
        ("fine", 1_234_567_890, 123_456_789),
        ("trailing zeros", 1_600_000_000, 120_000_000),
        ("before the epoch", -500_000_000, 250_000_000),
        ("far ahead", 4_102_444_800, 1),
        ("summer", 1_750_000_000, 999_999_999),
    ] {
        write(&folder.join(name), name.as_bytes());
        set_time(&folder.join(name), seconds, nanoseconds);
    }
    symlink("fine", folder.join("link")).expect("make a link");
    set_time(&folder.join("link"), 1_111_111_111, 111_111_111);
    set_time(folder, 1_000_000_000, 987_654_321);
}

fn links(folder: &Path) {
    write(&folder.join("hard-a"), &noise(2, 100_000));
    fs::hard_link(folder.join("hard-a"), folder.join("hard-b")).expect("make a hard link");
    fs::create_dir(folder.join("below")).expect("make a folder");
    fs::hard_link(folder.join("hard-a"), folder.join("below/hard-c")).expect("make a hard link");
    for (name, target) in [
        ("relative", &b"hard-a"[..]),
        ("absolute", b"/etc/hostname"),
        ("dangling", b"does/not/exist"),
        ("up", b"../plain"),
        ("itself", b"itself"),
        ("spaces & quotes", b"a \"target\" <with> & \\ things"),
    ] {
        symlink(OsStr::from_bytes(target), folder.join(name)).expect("make a link");
    }
}

fn special(folder: &Path) {
    for (name, kind, device) in [
        ("fifo", FileType::Fifo, 0),
        ("null", FileType::CharacterDevice, rustix::fs::makedev(1, 3)),
        ("high minor", FileType::CharacterDevice, rustix::fs::makedev(240, 70_000)),
        ("loop", FileType::BlockDevice, rustix::fs::makedev(7, 0)),
    ] {
        rustix::fs::mknodat(CWD, folder.join(name), kind, Mode::from_raw_mode(0o640), device)
            .unwrap_or_else(|e| panic!("make {name}: {e} (device nodes need root outside a user namespace)"));
    }
    // A socket's path may have some hundred bytes at most: bind by a short name, then move it.
    let short = std::env::temp_dir().join(format!("rempart-{}-{}", std::process::id(), unique()));
    drop(UnixListener::bind(&short).expect("make a socket"));
    let moved = Command::new("mv").arg(&short).arg(folder.join("socket")).status().expect("start mv");
    assert!(moved.success(), "move the socket");
}

fn unique() -> u64 {
    static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
}

fn xattrs(folder: &Path) {
    for (name, attribute, value) in [
        ("text", "user.comment", &b"a comment"[..]),
        ("binary", "user.bytes", b"\0\xff\0\n"),
        ("nothing", "user.empty", b""),
        ("long", "user.long", &[b'x'; 2000]),
        ("trusted", "trusted.overlay", b"y"),
    ] {
        write(&folder.join(name), name.as_bytes());
        rustix::fs::setxattr(folder.join(name), attribute, value, XattrFlags::empty())
            .unwrap_or_else(|e| panic!("set {attribute}: {e} (does the file system of .cache take xattrs?)"));
    }
    write(&folder.join("acl"), b"acl");
    rustix::fs::setxattr(folder.join("acl"), "system.posix_acl_access", &acl(), XattrFlags::empty())
        .expect("set an ACL");
    fs::create_dir(folder.join("default acl")).expect("make a folder");
    let path = folder.join("default acl");
    rustix::fs::setxattr(path, "system.posix_acl_default", &acl(), XattrFlags::empty()).expect("set a default ACL");
}

/// `u::rw-,u:54321:r--,g::r--,m::r--,o::---` in the kernel's form: version 2, then tag, permissions and id of each.
fn acl() -> Vec<u8> {
    const NOBODY: u32 = u32::MAX;
    let entries: [(u16, u16, u32); 5] =
        [(1, 6, NOBODY), (2, 4, 54_321), (4, 4, NOBODY), (16, 4, NOBODY), (32, 0, NOBODY)];
    let mut bytes = 2u32.to_le_bytes().to_vec();
    for (tag, permissions, id) in entries {
        bytes.extend_from_slice(&tag.to_le_bytes());
        bytes.extend_from_slice(&permissions.to_le_bytes());
        bytes.extend_from_slice(&id.to_le_bytes());
    }
    bytes
}

fn names(folder: &Path) {
    let names: [&[u8]; 24] = [
        b" leading and trailing ",
        b"-rf",
        b"new\nline",
        b"tab\tand\rreturn",
        b"quote\"and'apostrophe",
        b"back\\slash and \\x41 and \\u0041",
        b"<html> & more",
        b"star*question?[bracket]{brace}",
        b"$HOME `command` %s ;",
        b"bell\x07del\x7fesc\x1b",
        b"not utf-8 \xff\xfe",
        b"half a character \xc3",
        b"latin-1 \xe9t\xe9",
        b"surrogate \xed\xa0\x80",
        b"overlong \xc0\xaf",
        "accents é à ü ß".as_bytes(),
        "e\u{301} decomposed".as_bytes(),
        "日本語 русский العربية".as_bytes(),
        "\u{1F600} emoji".as_bytes(),
        "line\u{2028}and\u{2029}paragraph".as_bytes(),
        "no-break\u{a0}soft\u{ad}hyphen zero\u{200b}width bom\u{feff}".as_bytes(),
        "unassigned \u{378} private \u{e000} last \u{10ffff}".as_bytes(),
        "replacement \u{fffd}".as_bytes(),
        &[b'n'; 255],
    ];
    for name in names {
        write(&folder.join(OsStr::from_bytes(name)), name);
    }
    // Order by bytes, not by what a language would say; and a folder's name that begins another's.
    for name in ["a", "a-b", "a.b", "ab", "B", "Z", "_", "~"] {
        fs::create_dir(folder.join(name)).expect("make a folder");
        write(&folder.join(name).join("x"), name.as_bytes());
    }
}
