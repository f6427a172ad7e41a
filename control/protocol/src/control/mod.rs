//! The control channel: one connection that the agent opens and keeps, text messages, numbered in each direction.
//!
//! The driver passes every text message to `receive`, sends what `next_message` gives until it gives none, and calls `tick`
//! about once a second. Times are durations since any fixed moment of a monotonic clock. Any error ends the connection, after
//! the messages that are still waiting, among them the reason for the peer.

mod about;
mod agent;
mod backoff;
mod channel;
mod heartbeat;
mod question;
mod server;

pub use about::About;
pub use agent::{AgentControl, AgentEvent, AgentParts};
pub use backoff::Backoff;
pub use heartbeat::Heartbeat;
pub use question::{Answer, AnswerFault, Question};
pub use server::{ServerControl, ServerEvent};
