//! What a good peer never sends is refused with its reason.

use bytes::Bytes;
use rempart_model::{BlobId, SnapshotId};

use crate::RefusalCode;
use crate::data::frame::{Frame, Order};
use crate::data::link::Link;
use crate::data::message::{Message, Piece};
use crate::data::{AgentBackup, AgentRestore, Arriving, Blob, ChunkKind, Received, ServerBackup, ServerRestore};
use crate::limits;

/// A link with one open connection, whose peer may send as much as a fresh window.
fn open(link: &mut Link) {
    link.received();
    link.connect(1, &Received { limit_bytes: 1 << 30, ..Received::default() }).unwrap();
}

fn item(seq: u64, number: u64, body: Vec<u8>) -> Bytes {
    Frame::Item { seq, order: Order::Any, body: body.into() }.encode(number).into()
}

fn code<T: std::fmt::Debug>(result: crate::Result<T>) -> RefusalCode {
    let refusal = result.expect_err("this must be refused");
    assert!(!refusal.to_string().is_empty());
    refusal.code
}

#[test]
fn frames_that_are_lost_repeated_or_on_no_connection() {
    let mut link = Link::default();
    open(&mut link);
    assert_eq!(code(link.receive(2, item(0, 1, vec![9]))), RefusalCode::Foreign);
    link.receive(1, item(0, 1, vec![9])).unwrap();
    assert_eq!(code(link.receive(1, item(0, 1, vec![9]))), RefusalCode::OutOfOrder, "the same frame again");
    assert_eq!(code(link.receive(1, item(2, 3, vec![9]))), RefusalCode::OutOfOrder, "one is missing");
    // A new frame with an item that came before is what a cut leads to: it is dropped.
    link.receive(1, item(0, 2, vec![9])).unwrap();
    assert_eq!((link.take().is_some(), link.take().is_some()), (true, false));
    // The same beyond a gap.
    link.receive(1, item(5, 3, vec![9])).unwrap();
    link.receive(1, item(5, 4, vec![9])).unwrap();
    assert_eq!((link.take().is_some(), link.take().is_some()), (true, false));
    assert_eq!(code(link.connect(1, &Received::default())), RefusalCode::OutOfOrder, "a connection's number again");
}

#[test]
fn more_than_was_allowed() {
    let mut link = Link::new(limits::SMALLEST_WINDOW_BYTES);
    open(&mut link);
    let far = limits::ITEMS_IN_FLIGHT;
    assert_eq!(code(link.receive(1, item(far, 1, vec![9]))), RefusalCode::CreditExceeded, "too far ahead");
    let body = vec![0; limits::ITEM_BODY_BYTES];
    link.receive(1, item(0, 2, body.clone())).unwrap();
    link.receive(1, item(1, 3, body.clone())).unwrap();
    assert_eq!(code(link.receive(1, item(2, 4, vec![]))), RefusalCode::CreditExceeded, "the window is full");
    let long = vec![0; limits::ITEM_BODY_BYTES + 1];
    assert_eq!(code(link.receive(1, item(3, 5, long))), RefusalCode::TooLong);
    let mut fresh = Link::default();
    fresh.connect(1, &Received::default()).unwrap();
    assert_eq!(code(fresh.receive(1, item(0, 1, vec![9]))), RefusalCode::CreditExceeded, "nothing was allowed yet");
}

#[test]
fn acknowledgements_of_what_was_never_sent() {
    let mut link = Link::default();
    open(&mut link);
    let acknowledge = Frame::Acknowledge { below: 1, limit_bytes: 0 };
    assert_eq!(code(link.receive(1, acknowledge.encode(1).into())), RefusalCode::NeverSent);
    for received in
        [Received { below: 1, ..Received::default() }, Received { beyond: vec![(1, 2)], ..Received::default() }]
    {
        assert_eq!(code(link.connect(2, &received)), RefusalCode::NeverSent, "{received:?}");
    }
}

fn say(server: &mut ServerBackup, at: u64, message: &Message) {
    server.link().receive(1, item(at, at + 1, message.encode())).unwrap();
}

#[test]
fn blobs_nobody_asked_for_and_commits_too_early() {
    let id = BlobId::new([4; 32]);
    let blob = Blob { id, uncompressed_bytes: None, payload: Bytes::from_static(b"x") };
    let blobs = Message::Blobs { kind: ChunkKind::Data, blobs: vec![blob.clone()] };
    let ask = Message::Ask { question: 0, kind: ChunkKind::Data, ids: vec![id] };
    let commit = Message::Commit { snapshot: Bytes::from_static(b"{}") };
    let fresh = || {
        let mut server = ServerBackup::new();
        open(server.link());
        server
    };
    let mut server = fresh();
    say(&mut server, 0, &blobs);
    assert_eq!(code(server.next_event()), RefusalCode::Foreign, "unasked");

    let owing = || {
        let mut server = fresh();
        say(&mut server, 0, &ask);
        assert!(matches!(server.next_event(), Ok(Some(Arriving::Asked { question: 0, .. }))));
        server.answer(0, &[true]).unwrap();
        server
    };
    let mut server = owing();
    say(&mut server, 1, &commit);
    assert_eq!(code(server.next_event()), RefusalCode::BlobsMissing);
    let mut server = owing();
    say(&mut server, 1, &Message::Blobs { kind: ChunkKind::Tree, blobs: vec![blob.clone()] });
    assert_eq!(code(server.next_event()), RefusalCode::Foreign, "of another kind than was asked");
    let mut server = owing();
    say(&mut server, 1, &blobs);
    say(&mut server, 2, &blobs);
    assert!(matches!(server.next_event(), Ok(Some(Arriving::Blob { .. }))));
    assert_eq!(code(server.next_event()), RefusalCode::Foreign, "a second time");
    let piece = |offset_bytes, whole_bytes| {
        let bytes = Bytes::from_static(b"abc");
        Message::Piece(Piece { kind: ChunkKind::Data, id, uncompressed_bytes: None, whole_bytes, offset_bytes, bytes })
    };
    for (second, why) in [(piece(4, 9), "a gap"), (piece(0, 9), "again"), (piece(3, 8), "another whole")] {
        let mut server = owing();
        say(&mut server, 1, &piece(0, 9));
        say(&mut server, 2, &second);
        assert_eq!(code(server.next_event()), RefusalCode::Malformed, "{why}");
    }
    let mut server = owing();
    say(&mut server, 1, &piece(0, 2));
    assert_eq!(code(server.next_event()), RefusalCode::Malformed, "more than the whole");
    let mut server = fresh();
    say(&mut server, 0, &commit);
    say(&mut server, 1, &ask);
    assert!(matches!(server.next_event(), Ok(Some(Arriving::Commit { .. }))));
    assert_eq!(code(server.next_event()), RefusalCode::Unexpected, "a question after the commit");
    let mut server = fresh();
    say(&mut server, 0, &Message::Committed { snapshot: SnapshotId::new([1; 32]), indexes: Vec::new() });
    assert_eq!(code(server.next_event()), RefusalCode::Unexpected, "what only the server says");
}

#[test]
fn answers_to_questions_for_lengths_that_do_not_fit_them() {
    let id = BlobId::new([4; 32]);
    let mut agent = AgentBackup::new();
    open(agent.link());
    assert_eq!(agent.measure(ChunkKind::Data, &[id]), Ok(0));
    assert_eq!(code(agent.commit(vec![])), RefusalCode::Unexpected, "an answer is waited for");
    for (at, (question, lengths, why)) in
        [(7, vec![None], RefusalCode::Foreign), (0, vec![None; 2], RefusalCode::Malformed)].into_iter().enumerate()
    {
        let at = at as u64;
        let measured = Message::Measured { question, lengths };
        agent.link().receive(1, item(at, at + 1, measured.encode())).unwrap();
        assert_eq!(code(agent.next_answer()), why);
    }
    let mut server = ServerBackup::new();
    open(server.link());
    assert_eq!(code(server.measured(0, &[None])), RefusalCode::Unexpected, "nobody asked");
    let measure = Message::Measure { question: 3, kind: ChunkKind::Data, ids: vec![id] };
    say(&mut server, 0, &measure);
    say(&mut server, 1, &measure);
    assert!(matches!(server.next_event(), Ok(Some(Arriving::Read(_)))));
    assert_eq!(code(server.measured(3, &[])), RefusalCode::Malformed);
    let mut server = ServerBackup::new();
    open(server.link());
    say(&mut server, 0, &measure);
    say(&mut server, 1, &Message::Commit { snapshot: Bytes::from_static(b"{}") });
    assert!(matches!(server.next_event(), Ok(Some(Arriving::Read(_)))));
    assert_eq!(code(server.next_event()), RefusalCode::Unexpected, "a commit while something is being read");
}

#[test]
fn an_agent_cannot_commit_what_it_owes_or_put_what_is_not_wanted() {
    let mut agent = AgentBackup::new();
    let blob = Blob { id: BlobId::new([4; 32]), uncompressed_bytes: None, payload: Bytes::from_static(b"x") };
    assert_eq!(code(agent.put(ChunkKind::Data, std::slice::from_ref(&blob))), RefusalCode::Foreign);
    agent.ask(ChunkKind::Data, &[blob.id]).unwrap();
    assert_eq!(code(agent.commit(vec![])), RefusalCode::BlobsMissing, "a question waits");
    agent.abort("the disk is gone");
    assert_eq!(code(agent.ask(ChunkKind::Data, &[blob.id])), RefusalCode::SessionOver);
}

#[test]
fn a_server_of_a_restore_sends_only_what_was_asked_for_and_takes_no_blobs() {
    let mut server = ServerRestore::new();
    open(server.link());
    let blob = Blob { id: BlobId::new([4; 32]), uncompressed_bytes: None, payload: Bytes::from_static(b"x") };
    assert_eq!(code(server.send(ChunkKind::Data, std::slice::from_ref(&blob))), RefusalCode::Foreign);
    let blobs = Message::Blobs { kind: ChunkKind::Data, blobs: vec![blob] };
    server.link().receive(1, item(0, 1, blobs.encode())).unwrap();
    assert_eq!(code(server.next_request()), RefusalCode::Unexpected, "a restore writes nothing on the server");
}

#[test]
fn an_agent_of_a_restore_takes_each_blob_as_often_as_it_asked() {
    let mut agent = AgentRestore::new();
    open(agent.link());
    let blob = Blob { id: BlobId::new([4; 32]), uncompressed_bytes: None, payload: Bytes::from_static(b"x") };
    agent.read(ChunkKind::Data, &[blob.id, blob.id]).unwrap();
    let blobs = Message::Blobs { kind: ChunkKind::Data, blobs: vec![blob] };
    for at in 0..3 {
        agent.link().receive(1, item(at, at + 1, blobs.encode())).unwrap();
    }
    assert!(agent.next_answer().unwrap().is_some() && agent.next_answer().unwrap().is_some());
    assert_eq!(code(agent.next_answer()), RefusalCode::Foreign, "a third time");
    let mut agent = AgentRestore::new();
    open(agent.link());
    agent.finish().unwrap();
    agent.link().receive(1, item(0, 1, blobs.encode())).unwrap();
    assert_eq!(code(agent.next_answer()), RefusalCode::Foreign, "unasked");
}
