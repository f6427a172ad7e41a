//! Agents: machines elsewhere that call home and do their part of a job.
//!
//! - [`Agents`]: who is there, over which channel; one per process. Sockets are `server`'s; here are the protocol's machines.
//! - [`session`]: the data of one job on its way, between the connections that carry it and the thread that works it off.
//! - `backup`, `restore`: a job of another machine, carried out through its agent.
//!
//! A lease of the queue is a lease of the agent: its generation goes with every offer, so a job that the queue gave out anew
//! is never run twice at a time. An agent that is started anew goes on under the same lease of the queue, in another turn. A
//! server that was started anew has no sessions any more: agents are told to stop their backups, and the queue gives them out
//! under their next generation; a restore that its agent can finish by itself is left to it, and its end is taken.

mod backup;
mod check;
mod crew;
mod enrol;
mod follow;
mod hub;
mod identity;
mod limits;
mod line;
mod pulse;
mod question;
mod readable;
mod restore;
mod serve;
pub mod session;
mod sound;
mod take;

pub use hub::Agents;
pub use line::{Agent, Heard, LineNumber};
