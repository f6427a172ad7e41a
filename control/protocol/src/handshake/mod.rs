//! The first four messages of every connection, control and data alike: who is there, and which version is spoken.
//!
//! ```text
//! agent                                             server
//!   hello    versions, key, nonce, purpose  ──▶
//!                                           ◀──     welcome  version, key, nonce, signature
//!   (is that the pinned key? does it sign?)
//!   prove    signature, one-time token      ──▶
//!                                                   (does it sign? is the key known, or the token good?)
//!                                           ◀──     ready    how often to be heard
//! ```
//! Both sign everything said so far and the channel it was said on, so that neither proof can be carried elsewhere. The
//! token is only shown to a server that has proved to be the right one. Either side says `refused` and closes.
//! `hello`, `welcome` and `refused` keep their shape in every version.

mod agent;
mod message;
mod server;
mod transcript;

pub use agent::{AgentHandshake, Welcomed};
pub use message::{AgentReady, Purpose};
pub(crate) use server::Greeted;
pub use server::{ServerHandshake, Visitor};
pub use transcript::ChannelBinding;
