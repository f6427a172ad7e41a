//! Another machine over SSH: what it is, and how the agent comes onto it, is exchanged and leaves it.
//!
//! - **Owns**: the SSH connection with its host key, the scripts that run at the far end, the agent's systemd unit, the
//!   programs that the server has to give.
//! - **May use**: nothing of the house.
//! - **Must not know**: the catalog, the queue, tokens' meaning, languages of people.
//! - **Invariants**: a host whose key is not the expected one gets no credential; no secret is an argument of a program; a
//!   script that fails says why and leaves what [`Host::remove`] removes.
//!
//! ```no_run
//! # async fn example(login: rempart_deploy::Login) -> Result<(), rempart_deploy::DeployError> {
//! use rempart_deploy::{Address, Host, Programs};
//! let address = Address { host: "192.0.2.7".to_owned(), port: 22 };
//! let shown = rempart_deploy::host_key(&address).await?; // a person compares it
//! let mut host = Host::connect(&address, &login, &shown).await?;
//! let machine = host.detect().await?;
//! let program = Programs::in_folders(vec!["/usr/lib/rempart/agents".into()]).find(&machine)?;
//! host.prepare().await?;
//! host.upload(&program, &|_| ()).await?;
//! # Ok(()) }
//! ```

mod command;
mod connect;
mod error;
mod host;
mod host_key;
mod key;
mod machine;
mod offered;
mod program;

pub use connect::{Address, Credential, Login, Secret};
pub use error::DeployError;
pub use host::{Enrolment, Host};
pub use host_key::{HostKey, host_key};
pub use key::{OwnKey, readable};
pub use machine::{Machine, Privilege};
pub use program::{Glibc, Program, Programs};

/// The agent's unit, as it is written at the far end.
pub const UNIT: &str = include_str!("far/rempart-agent.service");
