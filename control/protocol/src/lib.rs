//! What an agent and a server say to each other, and in which order: messages and state machines, without a socket.
//!
//! - **Owns**: the handshake (versions, pinned server key, the agent's key, one-time tokens), the control channel (heartbeat,
//!   jobs that are never run twice, questions), what backup and restore jobs order and report, data sessions (blobs there and
//!   back over several connections that may be cut).
//! - **May use**: `model`, serde, an implementation of Ed25519.
//! - **Must not know**: sockets, TLS, clocks, files, SQL, what a job does with its payload. The driver brings bytes and the
//!   time, and carries out what the machines say.
//! - **Invariants**: no input makes a machine panic or hold more than its limits; a refusal carries a reason and ends the
//!   connection; an item of a data session arrives exactly once however often connections are cut; what was acknowledged
//!   is never sent again; a lease is started at most once by one agent, and its result is told until it is taken.
//!
//! ```
//! use rempart_model::BlobId;
//! use rempart_protocol::data::{AgentBackup, Arriving, ChunkKind, ServerBackup};
//! let (mut agent, mut server) = (AgentBackup::new(), ServerBackup::new());
//! // One connection, opened on both sides; each learns what the other has and how much it may send.
//! let (from_agent, from_server) = (agent.link().received(), server.link().received());
//! agent.link().connect(1, &from_server)?;
//! server.link().connect(1, &from_agent)?;
//! let question = agent.ask(ChunkKind::Data, &[BlobId::new([7; 32])])?;
//! while let Some(frame) = agent.link().next_frame(1) {
//!     server.link().receive(1, frame)?;
//! }
//! let Some(Arriving::Asked { question: asked, ids, .. }) = server.next_event()? else { unreachable!() };
//! assert_eq!((asked, ids.len()), (question, 1));
//! # Ok::<(), rempart_protocol::Refusal>(())
//! ```

pub mod control;
pub mod data;
pub mod handshake;
mod identity;
pub mod job;
pub mod limits;
pub mod order;
mod refusal;
mod text;
mod token;
mod version;

pub use identity::{Identity, PublicKey, Signature};
pub use refusal::{Refusal, RefusalCode, Result};
pub use token::{Enrolment, EnrolmentToken, TokenHash};
pub use version::{OURS, ProtocolVersion, VersionRange};
