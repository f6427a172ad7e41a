//! Everything of this room that reads what a peer sent, with what must hold for any input. Fuzz targets and the replay of
//! their seeds run these.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rempart_model::{BlobId, IndexId, JobId, JobKind, Outcome, SnapshotId};
use rempart_protocol::control::{AgentControl, AgentParts, Question, ServerControl};
use rempart_protocol::data::{
    AgentBackup, AgentRestore, Arriving, ChunkKind, Opened, Opening, ReadRequest, Received, RestoreRequest,
};
use rempart_protocol::data::{Link, ServerBackup, ServerRestore};
use rempart_protocol::handshake::{AgentReady, ChannelBinding};
use rempart_protocol::job::{JobBook, JobDesk, JobLease, JobOffer, JobResult};
use rempart_protocol::order::{BackupOrder, CommitRequest, RestoreOrder};
use rempart_protocol::{Identity, limits};

pub type Parser = (&'static str, fn(&[u8]));

/// Names (those of fuzz targets and of the folders of their seeds) and what they run.
pub const PROTOCOL_PARSERS: [Parser; 4] = [
    ("control_channel", control_channel),
    ("data_opening", data_opening),
    ("data_session", data_session),
    ("job_order", job_order),
];

const LEASE: JobLease = JobLease { job: JobId::new(1), generation: 1 };

/// Each line is a message: first to both ends of a handshake, then to both ends of a channel on which the agent is in.
pub fn control_channel(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let (mut agent, mut server) = ends();
    let (mut book, mut desk) = (JobBook::new(), JobDesk::new());
    for line in text.lines() {
        let _ = agent.receive(Duration::ZERO, line, &mut book);
        if let Ok(Some(visitor)) = server.receive_visitor(line) {
            panic!("somebody without the key's other half came in as {}", visitor.key);
        }
    }
    assert!(!agent.is_ready(), "somebody without the server's key was believed");

    let (mut agent, mut server) = ends();
    let offer = JobOffer { lease: LEASE, kind: JobKind::Backup, payload: serde_json::Value::Null };
    desk.assign(offer).expect("one job");
    let_in(&mut agent, &mut server, &mut book, &mut desk);
    assert!(agent.is_ready() && server.is_ready());
    // Answers that the input may give. Its own questions follow: this one is not said.
    assert_eq!(server.ask(Question::Stats), Ok(1));
    while server.next_message().is_some() {}
    let (mut agent_refused, mut server_refused) = (false, false);
    for line in text.lines() {
        let refused = agent.receive(Duration::ZERO, line, &mut book).is_err();
        assert!(refused || !agent_refused, "the agent goes on after it refused");
        agent_refused = refused;
        let refused = server.receive(Duration::ZERO, line, &mut desk).is_err();
        assert!(refused || !server_refused, "the server goes on after it refused");
        server_refused = refused;
        while let Some(message) = agent.next_message().or_else(|| server.next_message()) {
            assert!(message.len() <= limits::CONTROL_MESSAGE_BYTES, "an answer of {} bytes", message.len());
        }
    }
    assert!(book.report().len() <= 1 + limits::JOBS_PER_AGENT);
}

fn ends() -> (AgentControl, ServerControl) {
    let (agent, server) = (Arc::new(Identity::from_seed(&[1; 32])), Arc::new(Identity::from_seed(&[2; 32])));
    let parts = AgentParts {
        identity: agent,
        pinned: server.public(),
        token: None,
        binding: ChannelBinding::None,
        agent_version: "1".to_owned(),
    };
    let agent = AgentControl::open(parts, Duration::ZERO).expect("a good agent");
    (agent, ServerControl::new(server, ChannelBinding::None, Duration::ZERO))
}

/// The true exchange: the agent accepts the desk's job, and has ended it.
fn let_in(agent: &mut AgentControl, server: &mut ServerControl, book: &mut JobBook, desk: &mut JobDesk) {
    let mut moved = true;
    while std::mem::take(&mut moved) {
        while let Some(message) = agent.next_message() {
            moved = true;
            if server.is_ready() {
                server.receive(Duration::ZERO, &message, desk).expect("a true agent");
            } else if server.receive_visitor(&message).expect("a true agent").is_some() {
                server.admit(Duration::ZERO, AgentReady::default(), desk).expect("a visitor waits");
            }
        }
        while let Some(message) = server.next_message() {
            moved = true;
            agent.receive(Duration::ZERO, &message, book).expect("a true server");
        }
    }
    assert!(book.runs(LEASE), "the job was offered and accepted");
    // Not said: the channel's numbers stay those that the seeds know.
    let _ = book.finish(JobResult::new(LEASE, Outcome::Succeeded));
}

/// A connection's first frame, of either side.
pub fn data_opening(input: &[u8]) {
    let bytes = Bytes::copy_from_slice(input);
    if let Ok(opening) = Opening::decode(bytes.clone()) {
        assert_eq!(opening.encode(), input, "an opening that reads is written the same");
        joined(&opening.received);
    }
    if let Ok(opened) = Opened::decode(bytes) {
        assert_eq!(opened.encode(), input, "an answer that reads is written the same");
        joined(&opened.received);
    }
}

/// A side that sent nothing believes nobody who has something of it.
fn joined(received: &Received) {
    let mut link = Link::default();
    let has_something = received.below > 0 || !received.beyond.is_empty();
    assert_eq!(link.connect(1, received).is_err(), has_something);
    assert!(link.received().limit_bytes >= limits::SMALLEST_WINDOW_BYTES);
}

/// Frames to all four ends of sessions. A record: how it travels, its length (two bytes), its bytes. 0: a frame as it is.
/// Otherwise the bytes are an item's body in a frame with the right numbers, 2 being one that waits for those before.
pub fn data_session(input: &[u8]) {
    let mut backup = (AgentBackup::new(), ServerBackup::new());
    let mut restore = (AgentRestore::new(), ServerRestore::new());
    let asked = [BlobId::new([1; 32]), BlobId::new([2; 32])];
    let _ = backup.0.ask(ChunkKind::Data, &asked);
    let _ = backup.0.measure(ChunkKind::Data, &asked);
    let _ = restore.0.read(ChunkKind::Data, &asked);
    let _ = restore.0.measure(ChunkKind::Tree, &asked);
    feed(input, &mut backup.0, AgentBackup::link, |agent| agent.next_answer().map(|answer| answer.is_some()));
    feed(input, &mut backup.1, ServerBackup::link, |server| match server.next_event()? {
        Some(Arriving::Asked { question, ids, .. }) => {
            // Ids that were asked for twice are wanted once; what the repository would say.
            let wanted: Vec<bool> = (0..ids.len()).map(|at| !ids[..at].contains(&ids[at])).collect();
            server.answer(question, &wanted).map(|()| true)
        }
        Some(Arriving::Read(ReadRequest::Blobs { kind, ids })) => {
            ids.iter().try_for_each(|id| server.missing(kind, *id, "not here")).map(|()| true)
        }
        Some(Arriving::Read(ReadRequest::Lengths { question, ids, .. })) => {
            server.measured(question, &vec![None; ids.len()]).map(|()| true)
        }
        Some(Arriving::Commit { snapshot }) => {
            let _ = CommitRequest::decode(&snapshot);
            server.committed(SnapshotId::new([9; 32]), &[IndexId::new([8; 32])]).map(|()| true)
        }
        other => Ok(other.is_some()),
    });
    feed(input, &mut restore.0, AgentRestore::link, |agent| agent.next_answer().map(|answer| answer.is_some()));
    feed(input, &mut restore.1, ServerRestore::link, |server| match server.next_request()? {
        Some(RestoreRequest::Read(ReadRequest::Blobs { kind, ids })) => {
            ids.iter().try_for_each(|id| server.missing(kind, *id, "not here")).map(|()| true)
        }
        Some(RestoreRequest::Read(ReadRequest::Lengths { question, ids, .. })) => {
            server.measured(question, &vec![None; ids.len()]).map(|()| true)
        }
        other => Ok(other.is_some()),
    });
}

/// An offer's payload, and a commit.
pub fn job_order(input: &[u8]) {
    if let Ok(commit) = CommitRequest::decode(input) {
        let again = CommitRequest::decode(&commit.encode().expect("it is not longer than what was read"));
        assert_eq!(again.as_ref(), Ok(&commit), "a commit that reads is written the same");
    }
    let Ok(payload) = serde_json::from_slice::<serde_json::Value>(input) else { return };
    if let Ok(order) = BackupOrder::read(&payload) {
        assert!(!order.sources.folders.is_empty() && order.indexes.len() <= limits::INDEXES_TOLD);
        let offer = order.offer(LEASE).expect("an order that reads is offered");
        assert_eq!(BackupOrder::read(&offer.payload), Ok(order));
    }
    if let Ok(order) = RestoreOrder::read(&payload) {
        let offer = order.offer(LEASE).expect("an order that reads is offered");
        assert_eq!(RestoreOrder::read(&offer.payload), Ok(order));
    }
}

/// Hands the records to a link, and lets its session take what came, until somebody refuses.
fn feed<S>(
    input: &[u8],
    session: &mut S,
    link: fn(&mut S) -> &mut Link,
    mut take: impl FnMut(&mut S) -> rempart_protocol::Result<bool>,
) {
    link(session).received();
    link(session).connect(1, &Received { limit_bytes: 1 << 20, ..Received::default() }).expect("a first connection");
    while link(session).next_frame(1).is_some() {}
    let (mut rest, mut frames, mut items) = (input, 0_u64, 0_u64);
    while let [how, low, high, after @ ..] = rest {
        let length = usize::from(u16::from_le_bytes([*low, *high])).min(after.len());
        let (body, after) = after.split_at(length);
        rest = after;
        frames += 1;
        let frame = if *how == 0 {
            body.to_vec()
        } else {
            let order = u8::from(*how == 2);
            let head = [&[2][..], &frames.to_le_bytes(), &items.to_le_bytes(), &[order]].concat();
            items += 1;
            [head.as_slice(), body].concat()
        };
        if link(session).receive(1, frame.into()).is_err() {
            return;
        }
        loop {
            match take(session) {
                Ok(true) => {}
                Ok(false) => break,
                Err(refusal) => {
                    assert!(!refusal.to_string().is_empty());
                    return;
                }
            }
        }
        while let Some(frame) = link(session).next_frame(1) {
            assert!(frame.len() <= limits::FRAME_BYTES, "a frame of {} bytes", frame.len());
        }
    }
}
