//! Jobs between a server and one agent: offered under a lease, run at most once, their results told until they are taken.
//!
//! [`JobBook`] is the agent's, [`JobDesk`] the server's. Both outlive connections: after each new one the agent reports
//! what it runs and what it has finished, and only then the server offers anything.

mod book;
mod desk;
mod words;

pub use book::{BookEvent, JobBook};
pub use desk::{DeskEvent, JobDesk};
pub use words::{Decline, FromAgent, JobLease, JobOffer, JobReport, JobResult, ToAgent, Withdrawal};
