//! Data sessions: blobs from an agent to a server (backup) and back (restore), over several connections that may be cut.
//!
//! Two layers. A [`Link`] carries items: each arrives exactly once, whichever connection it went by and however often one is
//! cut; the receiver's credit bounds what is under way; acknowledgements are cumulative, and what a new connection opens with
//! says what arrived out of order, so that nothing acknowledged is sent again. A session machine on top of it
//! ([`AgentBackup`] and [`ServerBackup`], [`AgentRestore`] and [`ServerRestore`]) gives items their meaning.
//!
//! A connection begins with the handshake; then one [`Opening`] from the agent and one [`Opened`] from the server; then
//! frames. The driver calls [`Link::next_frame`] whenever a connection can take more, [`Link::receive`] for every binary
//! message, [`Link::cut`] when a connection is lost, and [`Link::flush`] a few times a second. Any error ends the session,
//! or the connection where the opening itself is refused: send [`closing`] and close.
//!
//! What the server acknowledged it holds in memory or in a pack for as long as the session lives; a session does not outlive
//! its server. What was stored by then is found by the next session's questions.

mod agent_backup;
mod agent_restore;
mod assembly;
mod blob;
mod frame;
mod inbox;
mod link;
mod message;
mod opening;
mod outbox;
mod pace;
mod reads;
mod received;
mod server_backup;
mod server_restore;
mod sessions;
#[cfg(test)]
mod tests;
mod wire;

pub use agent_backup::{AgentBackup, BackupAnswer};
pub use agent_restore::{AgentRestore, RestoreAnswer};
pub use blob::{Blob, ChunkKind};
pub use frame::closing;
pub use link::{ConnectionNumber, Link};
pub use opening::{Direction, Incarnation, Opened, Opening, SessionId};
pub use pace::Pace;
pub use reads::{PlainLength, ReadAnswer, ReadRequest};
pub use received::Received;
pub use server_backup::{Arriving, ServerBackup};
pub use server_restore::{RestoreRequest, ServerRestore};
pub use sessions::{Admitted, Sessions};
