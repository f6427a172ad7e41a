//! Trees that are too long to be unpacked whole: maintenance sees in them what it sees in short ones.

use std::num::NonZeroU32;
use std::os::unix::fs::{FileExt as _, PermissionsExt as _};
use std::path::Path;

use rempart_crypto::sha256;
use rempart_format::{BlobKind, Compression, Compressor, LocalZone, Node, NodeKind, TreeCursor, TreeEncoder};
use rempart_model::BlobId;
use rempart_repository::{
    BlobSink, BlobSource, CheckOptions, CheckReport, CopyOptions, ErrorKind, LONG_TREE_BYTES, NoObserver, PreparedBlob,
    Problem, PruneOptions, Repository, Writer, WriterLock, WriterOptions,
};

use crate::lab::{Lab, noise, put, snapshot, some_files, writer};

const FILES: usize = 40_000;
const CHUNKS: usize = 16;

/// How the tree lies in its pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stored {
    Packed,
    /// As repositories of version 1 hold it.
    Plain,
}

/// A long tree of files that share a few chunks, of which the last file may refer to one more, and of a directory.
fn tree_of(chunks: &[BlobId], subtree: BlobId, last: Option<BlobId>) -> Vec<u8> {
    let mut encoder = TreeEncoder::new(LocalZone::utc());
    for number in 0..FILES {
        let mut node = Node::new(format!("file-{number:06}"), NodeKind::File);
        node.content = Some(vec![chunks[number % chunks.len()]]);
        if number + 1 == FILES {
            node.content.iter_mut().for_each(|content| content.extend(last));
        }
        encoder.push(&node).unwrap();
    }
    let mut node = Node::new("folder", NodeKind::Dir);
    node.subtree = Some(subtree);
    encoder.push(&node).unwrap();
    let json = encoder.into_bytes();
    assert!(json.len() as u64 > LONG_TREE_BYTES, "{} bytes are no long tree", json.len());
    json
}

fn put_tree(sink: &Writer, json: &[u8], stored: Stored) -> BlobId {
    if stored == Stored::Plain {
        return put(sink, BlobKind::Tree, json);
    }
    let (id, mut wanted, mut frame) = (BlobId::new(sha256(json)), Vec::new(), Vec::new());
    sink.claim(BlobKind::Tree, &[id], &mut wanted).unwrap();
    Compressor::new(Compression::Auto).unwrap().compress(json, &mut frame).unwrap();
    let uncompressed_bytes = NonZeroU32::new(json.len() as u32);
    sink.put(BlobKind::Tree, &[PreparedBlob { id, payload: &frame, uncompressed_bytes }]).unwrap();
    id
}

/// What a snapshot of a long tree is made of.
struct Scene {
    tree: BlobId,
    /// What the tree refers to, and nothing else does.
    chunks: Vec<BlobId>,
    below: BlobId,
}

/// Commits a snapshot whose root is a long tree, after `change` was made to its JSON.
fn commit(lab: &Lab, stored: Stored, last: Option<BlobId>, change: impl FnOnce(&mut Vec<u8>)) -> Scene {
    let sink = writer(&lab.repository);
    let chunks: Vec<BlobId> = (0..CHUNKS).map(|n| put(&sink, BlobKind::Data, &noise(n as u64, 5000))).collect();
    let below = put(&sink, BlobKind::Data, b"what lies in the folder");
    let mut node = Node::new("file", NodeKind::File);
    node.content = Some(vec![below]);
    let mut encoder = TreeEncoder::new(LocalZone::utc());
    encoder.push(&node).unwrap();
    let subtree = put(&sink, BlobKind::Tree, &encoder.into_bytes());
    let mut json = tree_of(&chunks, subtree, last);
    change(&mut json);
    let tree = put_tree(&sink, &json, stored);
    sink.commit(&snapshot(tree)).unwrap();
    Scene { tree, chunks, below }
}

fn structure(repository: &Repository) -> CheckReport {
    repository.check(&CheckOptions::default(), &NoObserver).unwrap()
}

fn prune_refused(lab: &Lab) -> String {
    match lab.reopened().plan_prune(&PruneOptions::default(), &NoObserver) {
        Ok(_) => panic!("a prune was planned although something that is in use is missing"),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Damaged, "{error}");
            error.to_string()
        }
    }
}

#[test]
fn all_that_a_long_tree_refers_to_is_checked_kept_and_copied() {
    for stored in [Stored::Packed, Stored::Plain] {
        let lab = Lab::new();
        let scene = commit(&lab, stored, None, |_| {});
        lab.assert_sound("a long tree");
        // Given something else to remove, prune leaves alone what the long tree refers to
        let other = lab.backup(&some_files(9, 20, 30_000));
        lab.forget(&[other]);
        let stats = lab.prune(&PruneOptions { max_unused: "0".parse().unwrap(), ..PruneOptions::default() });
        assert!(stats.blobs_unused > 0, "{stored:?}: nothing was pruned");
        lab.assert_sound("after a prune");
        let repository = lab.reopened();
        for chunk in scene.chunks.iter().chain([&scene.below]) {
            assert!(repository.plaintext_bytes(BlobKind::Data, chunk).is_some(), "{stored:?}: {chunk} was pruned");
        }
        // A copy of it holds the same
        let there = Lab::new();
        let (snapshots, destination) = (lab.repository.snapshots().unwrap(), there.reopened());
        let options = CopyOptions::default();
        lab.reopened().copy_to(&snapshots, &destination, &[], &writer(&destination), options, &NoObserver).unwrap();
        there.assert_sound("the copy");
        assert!(there.reopened().plaintext_bytes(BlobKind::Data, &scene.below).is_some(), "{stored:?}: not copied");
    }
}

#[test]
fn a_long_tree_that_is_cut_off_or_refers_to_nothing_is_told_and_not_pruned() {
    for stored in [Stored::Packed, Stored::Plain] {
        // Given a tree under its right name that ends too early
        for cut in [3, 1000] {
            let lab = Lab::new();
            let scene = commit(&lab, stored, None, |json| json.truncate(json.len() - cut));
            let report = structure(&lab.reopened());
            let is_told =
                |problem: &Problem| matches!(problem, Problem::TreeUnreadable { tree, .. } if *tree == scene.tree);
            assert!(report.problems.len() == 1 && is_told(&report.problems[0]), "{stored:?}: {:?}", report.problems);
            assert!(prune_refused(&lab).contains("cannot be read"));
        }
        // Given a tree whose last file lost a chunk
        let lab = Lab::new();
        let lost = BlobId::new([5; 32]);
        let scene = commit(&lab, stored, Some(lost), |_| {});
        let name = format!("file-{:06}", FILES - 1);
        let expected = Problem::DataMissing { tree: scene.tree, name, blob: lost };
        assert_eq!(structure(&lab.reopened()).problems, [expected], "{stored:?}");
        assert!(prune_refused(&lab).contains(&lost.to_string()));
    }
}

#[test]
fn a_long_tree_whose_bytes_have_changed_is_damage_to_every_reader() {
    for stored in [Stored::Packed, Stored::Plain] {
        let lab = Lab::new();
        let scene = commit(&lab, stored, None, |_| {});
        let flip_amid = |pack: &Path| {
            std::fs::set_permissions(pack, std::fs::Permissions::from_mode(0o600)).unwrap();
            let file = std::fs::File::options().read(true).write(true).open(pack).unwrap();
            let (at, mut byte) = (file.metadata().unwrap().len() / 2, [0]);
            file.read_exact_at(&mut byte, at).unwrap();
            file.write_all_at(&[byte[0] ^ 1], at).unwrap();
        };
        let kind_of_error = || lab.reopened().read_tree(&scene.tree).err().map(|error| error.kind());
        // Given the pack that the tree fills, harmed in its middle
        let harmed = lab.objects("data").into_iter().find(|pack| {
            flip_amid(pack);
            let is_it = kind_of_error().is_some();
            if !is_it {
                flip_amid(pack);
            }
            is_it
        });
        assert!(harmed.is_some(), "{stored:?}: whatever is harmed, the tree is given out");
        assert_eq!(kind_of_error(), Some(ErrorKind::Damaged), "{stored:?}");
        let of_tree = |problem: &Problem| match problem {
            Problem::TreeUnreadable { tree, .. } => *tree == scene.tree,
            Problem::BlobDamaged { blob, .. } => *blob == scene.tree,
            _ => false,
        };
        let found = lab.check().problems;
        assert_eq!(found.iter().filter(|problem| of_tree(problem)).count(), 2, "{stored:?}: {found:?}");
        prune_refused(&lab);
    }
}

#[test]
fn what_is_left_of_a_long_tree_is_kept_by_a_repair() {
    let name = format!("/file-{:06}", FILES - 1).into_bytes();
    for stored in [Stored::Packed, Stored::Plain] {
        // Given a file that lost a chunk, or the end of the tree itself
        for (cut, last, lost) in [(0, Some(BlobId::new([5; 32])), name.clone()), (1000, None, Vec::new())] {
            let lab = Lab::new();
            let scene = commit(&lab, stored, last, |json| json.truncate(json.len() - cut));
            let (repository, exclusive) = (lab.reopened(), lab.exclusive());
            let snapshots = repository.snapshots().unwrap();
            let shown = repository.repair_snapshots(&exclusive, &snapshots, None, &NoObserver).unwrap();
            let sink = repository.writer(WriterLock::Held(exclusive.clone()), WriterOptions::default()).unwrap();
            let repairs = repository.repair_snapshots(&exclusive, &snapshots, Some(&sink), &NoObserver).unwrap();
            drop((sink, exclusive));
            assert_eq!((&shown[0].lost, &repairs[0].lost), (&vec![lost.clone()], &vec![lost]), "{stored:?}, {cut}");
            // Then the rest is all there
            let repaired = lab.reopened().snapshot(repairs[0].repaired.unwrap()).unwrap().snapshot.tree;
            assert_ne!(repaired, scene.tree);
            let nodes = nodes_of(&lab.reopened(), &repaired);
            if cut == 0 {
                assert_eq!(nodes.len(), FILES + 1);
                let file = &nodes[FILES - 1];
                assert_eq!((file.content(), file.size), (&scene.chunks[(FILES - 1) % CHUNKS..][..1], 5000));
            } else {
                assert!((FILES - 10..FILES).contains(&nodes.len()), "{} nodes are left", nodes.len());
            }
            lab.forget(&[snapshots[0].id]);
            lab.prune(&PruneOptions::default());
            lab.assert_sound("after the repair");
        }
    }
}

fn nodes_of(repository: &Repository, tree: &BlobId) -> Vec<Node> {
    let mut tree = TreeCursor::new(repository.read_tree(tree).unwrap());
    std::iter::from_fn(|| tree.next_node()).collect::<Result<_, _>>().unwrap()
}
