//! Agents: machines elsewhere that call home and do their part of a job.
//!
//! - [`Agents`]: who is there, over which channel; one per process. Sockets are `server`'s; here are the protocol's machines.
//! - [`session`]: the data of one job on its way, between the connections that carry it and the thread that works it off.
//! - `backup`, `restore`: a job of another machine, carried out through its agent.
//!
//! A lease of the queue is a lease of the agent: its generation goes with every offer, so a job that the queue gave out anew
//! is never run twice at a time. A server that was started anew knows no leases any more: agents are told to stop what they
//! run, and the queue gives the jobs out under their next generation.

mod backup;
mod check;
mod enrol;
mod follow;
mod hub;
mod identity;
mod line;
mod pulse;
mod question;
mod readable;
mod restore;
mod serve;
pub mod session;
mod take;

pub use hub::Agents;
pub use line::{Agent, Heard, LineNumber};
