//! Data sessions' server end: what comes goes into the repository, what is asked for comes out of it.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use parking_lot::Mutex;
use rempart_crypto::sha256;
use rempart_format::{BlobKind, LocalZone, Snapshot, WallTime, decompress_into};
use rempart_model::BlobId;
use rempart_protocol::data::{
    Arriving, Blob, ChunkKind, Direction, Link, Opened, Opening, PlainLength, ReadRequest, RestoreRequest,
    ServerBackup, ServerRestore, closing,
};
use rempart_protocol::handshake::{AgentReady, ChannelBinding, ServerHandshake};
use rempart_protocol::order::CommitRequest;
use rempart_protocol::{Refusal, Result};
use rempart_repository::{
    BlobSink as _, BlobSource as _, LockMode, PreparedBlob, Repository, Writer, WriterLock, WriterOptions,
};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use crate::server::{Room, State};

/// What a test does to sessions.
#[derive(Debug, Clone, Copy, Default)]
pub struct Trouble {
    /// From so many blobs on that came, or were sent, nothing more is worked off.
    pub hold_after_blobs: Option<usize>,
    /// Each data connection breaks when so many frames have come by it, while there are cuts left.
    pub cut_after_frames: Option<usize>,
    pub cuts: usize,
}

/// A session that is open.
pub(crate) struct Live {
    end: Mutex<End>,
    wake: Notify,
}

enum End {
    Backup(Box<ServerBackup>, Box<Option<Writer>>),
    Restore(Box<ServerRestore>),
}

impl End {
    fn link(&mut self) -> &mut Link {
        match self {
            Self::Backup(machine, _) => machine.link(),
            Self::Restore(machine) => machine.link(),
        }
    }
}

impl Live {
    fn new(direction: Direction, repository: &Repository) -> Self {
        let end = match direction {
            Direction::Backup => {
                let held = repository.lock(LockMode::Shared, None).expect("a lock");
                let lock = WriterLock::Held(Arc::new(held));
                let writer = repository.writer(lock, WriterOptions::default()).expect("a writer");
                End::Backup(Box::default(), Box::new(Some(writer)))
            }
            Direction::Restore => End::Restore(Box::default()),
        };
        Self { end: Mutex::new(end), wake: Notify::new() }
    }

    /// Works off what came, and lets the connections send what came of it.
    pub(crate) fn go_on(&self, room: &Room) {
        let mut end = self.end.lock();
        // An agent that does what it may not is a failure of the test: the session ends, and so does the job.
        if let Err(refusal) = work(&mut end, room) {
            match &mut *end {
                End::Backup(machine, _) => machine.abort(&refusal.to_string()),
                End::Restore(machine) => machine.abort(&refusal.to_string()),
            }
        }
        drop(end);
        self.wake.notify_waiters();
    }
}

fn holds(state: &State) -> bool {
    state.trouble.hold_after_blobs.is_some_and(|blobs| state.seen.blobs >= blobs)
}

const fn blob_kind(kind: ChunkKind) -> BlobKind {
    match kind {
        ChunkKind::Data => BlobKind::Data,
        ChunkKind::Tree => BlobKind::Tree,
    }
}

fn work(end: &mut End, room: &Room) -> Result<()> {
    loop {
        if holds(&room.state.lock()) {
            return Ok(());
        }
        match end {
            End::Backup(machine, writer) => {
                let Some(event) = machine.next_event()? else { return Ok(()) };
                backup_event(machine, writer, event, room)?;
            }
            End::Restore(machine) => match machine.next_request()? {
                None => return Ok(()),
                Some(RestoreRequest::Finished) => {}
                Some(RestoreRequest::Read(ReadRequest::Lengths { question, kind, ids })) => {
                    machine.measured(question, &lengths(&room.repository, kind, &ids))?;
                }
                Some(RestoreRequest::Read(ReadRequest::Blobs { kind, ids })) => {
                    for id in ids {
                        match read(&room.repository, kind, id) {
                            Ok(blob) => machine.send(kind, &[blob])?,
                            Err(reason) => machine.missing(kind, id, &reason)?,
                        }
                        room.state.lock().seen.blobs += 1;
                    }
                }
            },
        }
    }
}

fn backup_event(machine: &mut ServerBackup, writer: &mut Option<Writer>, event: Arriving, room: &Room) -> Result<()> {
    let own = |error: &dyn std::error::Error| Refusal::unexpected(format!("the repository: {error}"));
    let open = writer.as_ref().ok_or_else(|| Refusal::unexpected("after the commit"))?;
    match event {
        Arriving::Asked { question, kind, ids } => {
            let mut wanted = Vec::new();
            open.claim(blob_kind(kind), &ids, &mut wanted).map_err(|error| own(&error))?;
            machine.answer(question, &wanted)
        }
        Arriving::Blob { kind, blob } => {
            let mut plaintext = blob.payload.to_vec();
            if let Some(bytes) = blob.uncompressed_bytes {
                decompress_into(&blob.payload, bytes.get(), &mut plaintext).map_err(|error| own(&error))?;
            }
            if sha256(&plaintext) != *blob.id.as_bytes() {
                return Err(Refusal::malformed(format!("blob {} has another name", blob.id)));
            }
            let prepared =
                PreparedBlob { id: blob.id, payload: &blob.payload, uncompressed_bytes: blob.uncompressed_bytes };
            open.put(blob_kind(kind), &[prepared]).map_err(|error| own(&error))?;
            room.state.lock().seen.blobs += 1;
            Ok(())
        }
        Arriving::Read(ReadRequest::Blobs { kind, ids }) => {
            for id in ids {
                match read(&room.repository, kind, id) {
                    Ok(blob) => machine.send(kind, &[blob])?,
                    Err(reason) => machine.missing(kind, id, &reason)?,
                }
                room.state.lock().seen.trees_read += 1;
            }
            Ok(())
        }
        Arriving::Read(ReadRequest::Lengths { question, kind, ids }) => {
            machine.measured(question, &lengths(&room.repository, kind, &ids))
        }
        Arriving::Commit { snapshot } => {
            let request = CommitRequest::decode(&snapshot)?;
            let zone = LocalZone::system();
            let snapshot = Snapshot {
                hostname: "elsewhere".to_owned(),
                uid: request.uid,
                gid: request.gid,
                ..Snapshot::new(request.tree, WallTime::new(request.begun_at, &zone))
            };
            let id = open.commit(&snapshot).map_err(|error| own(&error))?;
            *writer = None;
            room.repository.reload_index().map_err(|error| own(&error))?;
            machine.committed(id, &room.repository.index_ids().map_err(|error| own(&error))?)
        }
    }
}

fn read(repository: &Repository, kind: ChunkKind, id: BlobId) -> Result<Blob, String> {
    let plaintext = repository.read_blob(blob_kind(kind), &id).map_err(|error| error.to_string())?;
    Ok(Blob { id, uncompressed_bytes: None, payload: plaintext.into() })
}

fn lengths(repository: &Repository, kind: ChunkKind, ids: &[BlobId]) -> Vec<PlainLength> {
    let length = |id| repository.plaintext_bytes(blob_kind(kind), id).and_then(|bytes| u32::try_from(bytes).ok());
    ids.iter().map(|id| length(id).and_then(std::num::NonZeroU32::new)).collect()
}

/// One connection, until it ends or is cut.
pub async fn serve(room: Arc<Room>, mut socket: WebSocketStream<TcpStream>) {
    match open(&room, &mut socket).await {
        Ok(None) => {}
        Ok(Some((live, number))) => {
            carry(&room, &live, &mut socket, number).await;
            live.end.lock().link().cut(number);
            live.wake.notify_waiters();
        }
        Err(refusal) => {
            let _ = socket.send(Message::Binary(closing(&refusal).into())).await;
            let _ = socket.close(None).await;
        }
    }
}

async fn open(room: &Room, socket: &mut WebSocketStream<TcpStream>) -> Result<Option<(Arc<Live>, u32)>> {
    let mut handshake = ServerHandshake::new(Arc::clone(&room.identity), ChannelBinding::None);
    let Some(Ok(Message::Text(hello))) = socket.next().await else { return Ok(None) };
    let _ = socket.send(Message::text(handshake.welcome(&hello)?)).await;
    let Some(Ok(Message::Text(prove))) = socket.next().await else { return Ok(None) };
    let visitor = handshake.visitor(&prove)?;
    crate::control::admit(&mut room.state.lock(), &visitor)?;
    let _ = socket.send(Message::text(handshake.admit(AgentReady::default())?)).await;
    let Some(Ok(Message::Binary(frame))) = socket.next().await else { return Ok(None) };
    let opening = Opening::decode(frame)?;
    // Never both at once: who works a session off looks into the room.
    let (live, admitted) = {
        let mut state = room.state.lock();
        let state = &mut *state;
        let admitted = state.sessions.open(&visitor.key, &opening)?;
        let live = state.live.entry(opening.lease);
        let live = Arc::clone(live.or_insert_with(|| Arc::new(Live::new(opening.direction, &room.repository))));
        state.seen.data_connections += 1;
        (live, admitted)
    };
    let opened = {
        let mut end = live.end.lock();
        end.link().connect(opening.connection, &opening.received)?;
        Opened { session: admitted.session, parent: admitted.parent, received: end.link().received() }
    };
    let _ = socket.send(Message::Binary(opened.encode().into())).await;
    Ok(Some((live, opening.connection)))
}

async fn carry(room: &Arc<Room>, live: &Arc<Live>, socket: &mut WebSocketStream<TcpStream>, number: u32) {
    let (mut writer, mut reader) = socket.split();
    let receive = async {
        let mut frames = 0;
        while let Some(Ok(message)) = reader.next().await {
            let Message::Binary(frame) = message else { continue };
            if live.end.lock().link().receive(number, frame).is_err() {
                return;
            }
            frames += 1;
            // The repository is asked and written on a thread that may wait.
            let (live, room_there) = (Arc::clone(live), Arc::clone(room));
            let _ = tokio::task::spawn_blocking(move || live.go_on(&room_there)).await;
            let mut state = room.state.lock();
            if state.trouble.cuts > 0 && state.trouble.cut_after_frames.is_some_and(|most| frames >= most) {
                state.trouble.cuts -= 1;
                return;
            }
        }
    };
    let send = async {
        loop {
            let mut woken = std::pin::pin!(live.wake.notified());
            woken.as_mut().enable();
            loop {
                let frame = live.end.lock().link().next_frame(number);
                let Some(frame) = frame else { break };
                if writer.send(Message::Binary(frame)).await.is_err() {
                    return;
                }
            }
            tokio::select! {
                () = woken => {}
                () = tokio::time::sleep(Duration::from_millis(200)) => live.end.lock().link().flush(),
            }
        }
    };
    tokio::select! {
        () = receive => {}
        () = send => {}
    }
}
