//! The channel to the server: kept open for as long as the agent runs, opened again when it broke.

pub mod handshake;
mod jobs;
mod line;
mod questions;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rempart_protocol::control::Backoff;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::folder::Folder;
use crate::settings::{Home, State};
use handshake::NotIn;
use jobs::Jobs;
use line::Ended;

/// How long one message of a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(20);

/// How long jobs may take to stop when the agent is to end; the server is told at the next start of those that did not.
const STOPPING: Duration = Duration::from_secs(20);

/// Works for the server until `stop` says so.
pub async fn keep(folder: &Folder, home: Arc<Home>, mut stop: watch::Receiver<bool>) -> anyhow::Result<()> {
    let mut jobs = Jobs::open(folder.clone(), Arc::clone(&home))?;
    let mut backoff = Backoff::new();
    let mut told = None;
    while !*stop.borrow() {
        let mut note = |state: State| {
            // Once for each change: a server that is away for a week is no reason to write a file every minute.
            if told
                .as_ref()
                .is_none_or(|told: &State| (told.is_connected, &told.reason) != (state.is_connected, &state.reason))
            {
                match &state.reason {
                    None => tracing::info!(server = %home.dialer.server(), "connected"),
                    Some(reason) => tracing::warn!(server = %home.dialer.server(), "not connected: {reason}"),
                }
                if let Err(error) = state.write(folder) {
                    tracing::warn!("{error:#}");
                }
                told = Some(state);
            }
        };
        let connected = || {
            backoff.succeeded();
            note(State { is_connected: true, since: Timestamp::now(), reason: None });
        };
        let why = match line::talk(&home, &mut jobs, &mut stop, connected).await {
            Ended::Stopped => break,
            Ended::NotIn(NotIn::Refused(refusal)) => refusal.to_string(),
            Ended::NotIn(NotIn::Wire(error)) => crate::session::chain(&error),
        };
        note(State { is_connected: false, since: Timestamp::now(), reason: Some(why) });
        let until = Instant::now() + backoff.next_wait(u32::from_le_bytes(rempart_crypto::random_bytes()));
        jobs.wait_alone(until, &mut stop).await?;
    }
    jobs.end(STOPPING).await?;
    State { is_connected: false, since: Timestamp::now(), reason: Some("the agent was stopped".to_owned()) }
        .write(folder)
}
