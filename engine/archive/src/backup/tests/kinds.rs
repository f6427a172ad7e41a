//! Unusual sources: sockets, very deep paths, very many entries, hard links, holes, streams.

use std::io::Read;
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};

use rempart_chunker::{Chunker, Polynomial};
use rempart_format::{FileTime, NodeKind};

use super::super::{
    Backup, BackupError, Compression, DeviceIds, DryRunSink, NoObserver, Options, Progress, Report, Result, Stream,
    run_stream,
};
use super::corpus;
use super::memory::Memory;
use crate::cancel::CancelToken;

#[test]
fn every_kind_is_stored_as_what_it_is() {
    let dir = tempfile::tempdir().unwrap();
    corpus::make(dir.path());
    let _socket = std::os::unix::net::UnixListener::bind(dir.path().join("socket")).unwrap();
    let memory = Memory::default();
    let report = memory.backup(&[dir.path().to_owned()], &Options::default()).unwrap();
    assert_eq!(report.problems, []);
    let node = |name: &str| memory.node(report.tree, &dir.path().join(name)).unwrap_or_else(|| panic!("no {name}"));
    for (name, kind) in [
        ("socket", NodeKind::Socket),
        ("fifo", NodeKind::Fifo),
        ("char", NodeKind::CharDev),
        ("block", NodeKind::Dev),
        ("link", NodeKind::Symlink),
        ("small", NodeKind::File),
        ("dir", NodeKind::Dir),
    ] {
        assert_eq!(node(name).kind, kind, "{name}");
    }
    for name in ["empty", "small", "one chunk", "just over", "large", "text", "sparse", "links/b", "dir/sub/c"] {
        let content = memory.content(&node(name));
        assert!(content == std::fs::read(dir.path().join(name)).unwrap(), "{name} has other content");
    }
    // Three names of 2 MB, two of 6 bytes: read once each.
    let twice = 2 * 2_000_000 + 6;
    assert_eq!(report.summary.bytes_read, report.summary.total_bytes_processed - twice);
    assert_eq!(report.summary.files_new, report.summary.total_files_processed);
}

#[test]
fn holes_become_the_chunks_that_their_zeros_would() {
    use std::os::unix::fs::FileExt as _;
    let dir = tempfile::tempdir().unwrap();
    // Given islands of data at odd places, holes of many chunks between them, and the same bytes without a hole
    for (number, islands) in [
        vec![],
        vec![(0, 70_000)],
        vec![(123_456, 1), (9_000_001, 2_000_000), (20_000_000, 524_288)],
        vec![(4_096, 524_288 * 3), (11 * 524_288, 4_096), (24_999_000, 1_000)],
    ]
    .into_iter()
    .enumerate()
    {
        let path = |name: &str| dir.path().join(format!("{name}-{number}"));
        let (sparse, dense) = (path("sparse"), path("dense"));
        let file = std::fs::File::create(&sparse).unwrap();
        for (at, len) in islands {
            file.write_all_at(&corpus::noise(number as u64, len), at).unwrap();
        }
        file.set_len(25_000_000).unwrap();
        std::fs::write(&dense, std::fs::read(&sparse).unwrap()).unwrap();
        let memory = Memory::default();
        let report = memory.backup(&[sparse.clone(), dense.clone()], &Options::default()).unwrap();
        assert_eq!(report.problems, []);
        let chunks = |path: &Path| memory.node(report.tree, path).unwrap().content.unwrap();
        assert!(chunks(&sparse).len() > 10, "the holes are cut");
        assert_eq!(chunks(&sparse), chunks(&dense), "file {number}");
        assert_eq!(memory.node(report.tree, &sparse).unwrap().size, 25_000_000);
        assert_eq!(report.summary.total_bytes_processed, 50_000_000);
    }
}

#[test]
fn a_large_hole_is_passed_over() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("disk.img");
    std::fs::File::create(&path).unwrap().set_len(1 << 37).unwrap();
    let memory = Memory::default();
    let report = memory.backup(std::slice::from_ref(&path), &Options::default()).unwrap();
    // 2^18 chunks, one of which is stored: read and hashed, they would take minutes.
    assert_eq!(memory.node(report.tree, &path).unwrap().content.unwrap().len(), 1 << 18);
    assert_eq!(report.summary.data_blobs, 1);
}

#[test]
fn device_ids_are_kept_to_hard_links_on_request() {
    let dir = tempfile::tempdir().unwrap();
    corpus::write(&dir.path().join("one"), b"1");
    corpus::write(&dir.path().join("two"), b"2");
    std::fs::hard_link(dir.path().join("two"), dir.path().join("zwei")).unwrap();
    for (device_ids, expected) in [(DeviceIds::Always, [true, true]), (DeviceIds::HardLinksOnly, [false, true])] {
        let memory = Memory::default();
        let options = Options { device_ids, ..Options::default() };
        let report = memory.backup(&[dir.path().to_owned()], &options).unwrap();
        let has = |name: &str| memory.node(report.tree, &dir.path().join(name)).unwrap().device_id != 0;
        assert_eq!([has("one"), has("two")], expected, "{device_ids:?}");
    }
}

#[test]
fn paths_longer_than_the_kernel_takes_are_stored() {
    let dir = tempfile::tempdir().unwrap();
    let name = "d".repeat(250);
    let mut at = rustix::fs::open(dir.path(), rustix::fs::OFlags::DIRECTORY, rustix::fs::Mode::empty()).unwrap();
    for _ in 0..40 {
        rustix::fs::mkdirat(&at, name.as_str(), rustix::fs::Mode::RWXU).unwrap();
        let c_name = std::ffi::CString::new(name.as_str()).unwrap();
        at = super::super::source::open_dir_at(at.as_fd(), &c_name).unwrap();
    }
    let flags = rustix::fs::OFlags::CREATE | rustix::fs::OFlags::WRONLY;
    let file = rustix::fs::openat(&at, "bottom", flags, rustix::fs::Mode::RUSR).unwrap();
    rustix::io::write(&file, b"deep down").unwrap();
    let memory = Memory::default();
    let report = memory.backup(&[dir.path().to_owned()], &Options::default()).unwrap();
    assert_eq!(report.problems, []);
    let mut path = dir.path().to_owned();
    path.extend(std::iter::repeat_n(name.as_str(), 40));
    path.push("bottom");
    let node = memory.node(report.tree, &path).expect("the file at the bottom");
    assert_eq!(memory.content(&node), b"deep down");
}

#[test]
fn a_directory_of_a_hundred_thousand_entries_is_stored() {
    let dir = tempfile::tempdir().unwrap();
    for number in 0..100_000 {
        // Links to one name need no inode each.
        std::os::unix::fs::symlink("x", dir.path().join(format!("{number:06}"))).unwrap();
    }
    let memory = Memory::default();
    let report = memory.backup(&[dir.path().to_owned()], &Options::default()).unwrap();
    let nodes = memory.nodes(memory.subtree(report.tree, dir.path()));
    assert_eq!(nodes.len(), 100_000);
    assert!(nodes.iter().enumerate().all(|(number, node)| node.name == format!("{number:06}").as_bytes()));
}

#[test]
fn every_compression_gives_the_same_tree() {
    let dir = tempfile::tempdir().unwrap();
    corpus::make(dir.path());
    let mut trees = Vec::new();
    let mut stored = Vec::new();
    for compression in [Compression::Off, Compression::Fast, Compression::Auto, Compression::Max] {
        let memory = Memory::default();
        let options = Options { compression, ..Options::default() };
        let report = memory.backup(&[dir.path().to_owned()], &options).unwrap();
        trees.push(memory.subtree(report.tree, dir.path()));
        stored.push(report.summary.data_added_packed_bytes);
    }
    trees.dedup();
    assert_eq!(trees.len(), 1, "{trees:?}");
    assert!(stored[1..].iter().all(|compressed| *compressed < stored[0]), "{stored:?}");
}

#[test]
fn a_dry_run_tells_what_a_run_would_add() {
    let dir = tempfile::tempdir().unwrap();
    corpus::make(dir.path());
    let (memory, empty) = (Memory::default(), Memory::default());
    let dry =
        with_sink(&DryRunSink::new(&empty), |backup| super::super::run(backup, &[dir.path().to_owned()])).unwrap();
    let real = memory.backup(&[dir.path().to_owned()], &Options::default()).unwrap();
    assert_eq!(dry.summary.data_blobs, real.summary.data_blobs);
    assert_eq!(dry.summary.files_new, real.summary.files_new);
    let known = with_sink(&DryRunSink::new(&memory), |backup| super::super::run(backup, &[dir.path().to_owned()]));
    assert_eq!(known.unwrap().summary.data_blobs, 0);
}

fn with_sink<T>(sink: &dyn rempart_repository::BlobSink, call: impl FnOnce(Backup<'_>) -> T) -> T {
    let chunker = Chunker::new(Polynomial::new(super::memory::POLYNOMIAL).unwrap());
    call(Backup {
        sink,
        source: None,
        parent_tree: None,
        cache: None,
        chunker: &chunker,
        options: &Options::default(),
        progress: &Progress::new(),
        observer: &NoObserver,
        cancel: &CancelToken::new(),
    })
}

fn stream(memory: &Memory, name: &str, reader: &mut (dyn Read + Send)) -> Result<Report> {
    let modified = FileTime { seconds: 1_700_000_000, nanoseconds: 5 };
    with_sink(memory, |backup| run_stream(backup, Stream { name: Path::new(name), modified, reader }))
}

#[test]
fn a_stream_becomes_one_file() {
    let content = corpus::noise(8, 20_000_000);
    for name in ["dump.sql", "/a/b/dump.sql", "./x/../dump.sql"] {
        let memory = Memory::default();
        let report = stream(&memory, name, &mut content.as_slice()).unwrap();
        let path: PathBuf = name.replace("x/../", "").into();
        let node = memory.node(report.tree, &path).unwrap_or_else(|| panic!("{name}: {:?}", memory.paths(report.tree)));
        assert!(memory.content(&node) == content, "{name}: other content");
        assert_eq!((node.size, node.mode, node.mtime.seconds), (20_000_000, 0o644, 1_700_000_000), "{name}");
        assert_eq!(report.summary.files_new, 1, "{name}");
    }
    for name in ["", "/", "..", "a\0b"] {
        let refused = stream(&Memory::default(), name, &mut &b"x"[..]);
        assert!(matches!(refused, Err(BackupError::StreamName { .. })), "{name:?}: {refused:?}");
    }
}

#[test]
fn a_stream_that_fails_or_is_empty_leaves_no_tree() {
    struct Fails(usize);
    impl Read for Fails {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            if self.0 == 0 {
                return Err(std::io::Error::other("the command failed with status 1"));
            }
            let count = buffer.len().min(self.0);
            self.0 -= count;
            Ok(count)
        }
    }
    for len in [0, 10, 20_000_000] {
        let ended = stream(&Memory::default(), "dump", &mut Fails(len));
        assert!(
            matches!(&ended, Err(BackupError::Stream { read_bytes, .. }) if *read_bytes == len as u64),
            "{ended:?}"
        );
    }
    let empty = stream(&Memory::default(), "dump", &mut std::io::empty());
    assert!(matches!(empty, Err(BackupError::EmptyStream)), "{empty:?}");
}
