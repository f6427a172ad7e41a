//! Copying snapshots into another repository.

use rempart_format::BlobKind;
use rempart_repository::{BlobSink, BlobSource, CopyOptions, NoObserver};

use crate::lab::{Lab, joined, put, read, snapshot, some_files, writer};

#[test]
fn copies_hold_the_same_and_are_made_once() {
    let (here, there) = (Lab::new(), Lab::new());
    let all = [some_files(1, 10, 30_000), some_files(2, 10, 1_500_000), some_files(1, 12, 30_000)];
    for files in &all {
        here.backup(files);
    }
    let snapshots = here.repository.snapshots().unwrap();
    let copy = |dry_run| {
        let destination = there.reopened();
        let present = destination.snapshots().unwrap();
        let sink = writer(&destination);
        let options = CopyOptions { dry_run };
        here.reopened().copy_to(&snapshots, &destination, &present, &sink, options, &NoObserver).unwrap()
    };
    assert_eq!(copy(true).copied.len(), 3);
    assert_eq!(there.objects("snapshots").len(), 0, "a dry run copies nothing");

    let report = copy(false);
    assert_eq!((report.copied.len(), report.skipped.len()), (3, 0));
    there.assert_sound("after the copy");
    for ((original, copied), files) in report.copied.iter().zip(&all) {
        let copied = copied.expect("a copy");
        assert_eq!(read(&there.reopened(), copied).unwrap(), joined(files));
        assert_eq!(there.repository.snapshot(copied).unwrap().snapshot.original, Some(*original));
    }
    let again = copy(false);
    assert_eq!((again.copied.len(), again.skipped.len(), again.blobs), (0, 3, 0), "a second copy finds all there");
}

#[test]
fn a_tree_in_words_of_another_time_is_copied_byte_for_byte() {
    let (here, there) = (Lab::new(), Lab::new());
    // Given a tree as no version of today writes it: a field to come, spaces, another order
    let sink = writer(&here.repository);
    let chunk = put(&sink, BlobKind::Data, b"content");
    let text = format!(
        "{{ \"nodes\" : [{{\"type\":\"file\",\"name\":\"a\",\"mode\":420,\"mtime\":\"2031-01-01T00:00:00Z\",\
         \"atime\":\"2031-01-01T00:00:00Z\",\"ctime\":\"2031-01-01T00:00:00Z\",\"uid\":0,\"gid\":0,\"size\":7,\
         \"seals\":{{\"by\":[1,2,null]}},\"content\":[\"{chunk}\"]}}] }}"
    );
    let tree = put(&sink, BlobKind::Tree, text.as_bytes());
    sink.commit(&snapshot(tree)).unwrap();

    let snapshots = here.repository.snapshots().unwrap();
    let destination = there.reopened();
    let options = CopyOptions { dry_run: false };
    here.reopened().copy_to(&snapshots, &destination, &[], &writer(&destination), options, &NoObserver).unwrap();

    there.assert_sound("after the copy");
    let copied = there.reopened().read_blob(BlobKind::Tree, &tree).expect("the tree under the same id");
    assert_eq!(String::from_utf8(copied).unwrap(), text);
    assert_eq!(there.reopened().read_blob(BlobKind::Data, &chunk).unwrap(), b"content");
}
