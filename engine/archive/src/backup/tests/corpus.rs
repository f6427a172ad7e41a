//! A small tree with everything that a file system can hold.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use rustix::fs::{AtFlags, CWD, FileType, Mode, Timespec, Timestamps, XattrFlags};

/// Bytes that look random and are the same at each run.
pub(super) fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut out = Vec::with_capacity(len + 8);
    while out.len() < len {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        out.extend_from_slice(&state.to_le_bytes());
    }
    out.truncate(len);
    out
}

pub(super) fn write(path: &Path, content: &[u8]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

pub(super) fn set_times(path: &Path, seconds: i64, nanoseconds: i64) {
    let time = Timespec { tv_sec: seconds, tv_nsec: nanoseconds };
    let times = Timestamps { last_access: time, last_modification: time };
    rustix::fs::utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW).unwrap();
}

/// Makes the tree at `top`. Needs root for devices and owners, as a backup of a machine does.
pub(super) fn make(top: &Path) {
    write(&top.join("empty"), b"");
    write(&top.join("small"), b"hello\n");
    write(&top.join("one chunk"), &noise(1, 512 * 1024));
    write(&top.join("just over"), &noise(2, 512 * 1024 + 1));
    write(&top.join("large"), &noise(3, 9_000_000));
    write(&top.join("text"), "the same line again and again\n".repeat(60_000).as_bytes());
    write(&top.join("dir/sub/deep/file"), b"deep");
    std::fs::create_dir(top.join("empty dir")).unwrap();
    make_sparse(&top.join("sparse"));
    make_special(top);
    make_names(&top.join("names"));
    make_metadata(top);
    std::fs::create_dir(top.join("links")).unwrap();
    write(&top.join("links/a"), &noise(4, 2_000_000));
    std::fs::hard_link(top.join("links/a"), top.join("links/b")).unwrap();
    std::fs::hard_link(top.join("links/a"), top.join("dir/sub/c")).unwrap();
    write(&top.join("links/small"), b"linked");
    std::fs::hard_link(top.join("links/small"), top.join("links/small 2")).unwrap();
    for index in 0..300 {
        write(&top.join(format!("many/{index:03}")), &noise(index, (index as usize * 37) % 3000));
    }
    set_times(&top.join("dir/sub"), 1_234_567_890, 123_456_789);
}

fn make_sparse(path: &Path) {
    use std::os::unix::fs::FileExt as _;
    let file = std::fs::File::create(path).unwrap();
    file.write_all_at(b"start", 0).unwrap();
    file.write_all_at(&noise(9, 100_000), 5_000_000).unwrap();
    file.set_len(12_000_000).unwrap();
}

fn make_special(top: &Path) {
    symlink("small", top.join("link")).unwrap();
    symlink("nowhere/at/all", top.join("dangling")).unwrap();
    symlink(OsStr::from_bytes(b"bad\xff\xfetarget"), top.join("link to no utf-8")).unwrap();
    rustix::fs::mknodat(CWD, top.join("fifo"), FileType::Fifo, Mode::from(0o640), 0).unwrap();
    let device = rustix::fs::makedev(1, 3);
    rustix::fs::mknodat(CWD, top.join("char"), FileType::CharacterDevice, Mode::from(0o666), device).unwrap();
    rustix::fs::mknodat(CWD, top.join("block"), FileType::BlockDevice, Mode::from(0o660), device).unwrap();
}

fn make_names(dir: &Path) {
    for name in [
        &b"plain"[..],
        b"with space",
        b"quote\"back\\slash",
        b"new\nline\ttab",
        b"bad\xff\xc3utf8",
        "é ü 漢字 🦀".as_bytes(),
        b"<&>",
        "\u{a0}\u{ad}\u{2028}".as_bytes(),
        b"\x7f\x01",
        b"-dash",
        &[b'n'; 255],
    ] {
        write(&dir.join(OsStr::from_bytes(name)), name);
    }
}

fn make_metadata(top: &Path) {
    for (name, mode) in [("setuid", 0o4755), ("setgid", 0o2750), ("sticky", 0o1777), ("none", 0), ("all", 0o7777)] {
        let path = top.join("modes").join(name);
        write(&path, name.as_bytes());
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    }
    std::os::unix::fs::chown(top.join("small"), Some(1), Some(2)).unwrap();
    std::os::unix::fs::chown(top.join("text"), Some(123_456), Some(654_321)).unwrap();
    for (name, seconds, nanoseconds) in [
        ("epoch", 0, 0),
        ("old", -1_000_000_000, 1),
        ("nanos", 1_600_000_000, 999_999_999),
        ("future", 4_000_000_000, 500_000_000),
    ] {
        let path = top.join("times").join(name);
        write(&path, b"t");
        set_times(&path, seconds, nanoseconds);
    }
    let tagged = top.join("xattr");
    write(&tagged, b"x");
    for (name, value) in [("user.b", &b"second"[..]), ("user.a", b"\x00\xff"), ("user.empty", b"")] {
        rustix::fs::setxattr(&tagged, name, value, XattrFlags::empty()).unwrap();
    }
    rustix::fs::setxattr(top.join("dir"), "user.dir", b"on a directory", XattrFlags::empty()).unwrap();
    rustix::fs::lsetxattr(top.join("link"), "trusted.link", b"on a link", XattrFlags::empty()).unwrap();
    rustix::fs::setxattr(&tagged, "system.posix_acl_access", &acl(), XattrFlags::empty()).unwrap();
    rustix::fs::setxattr(top.join("dir"), "system.posix_acl_default", &acl(), XattrFlags::empty()).unwrap();
}

/// user::rw-, user:7:r--, group::r--, mask::r--, other::---, as <linux/posix_acl_xattr.h> lays it out.
fn acl() -> Vec<u8> {
    let mut bytes = 2_u32.to_le_bytes().to_vec();
    for (tag, permissions, id) in
        [(1_u16, 6_u16, u32::MAX), (2, 4, 7), (4, 4, u32::MAX), (16, 4, u32::MAX), (32, 0, u32::MAX)]
    {
        bytes.extend_from_slice(&tag.to_le_bytes());
        bytes.extend_from_slice(&permissions.to_le_bytes());
        bytes.extend_from_slice(&id.to_le_bytes());
    }
    bytes
}
