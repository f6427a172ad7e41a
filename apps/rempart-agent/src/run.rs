//! `run`: works for the server until it is stopped.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::control;
use crate::folder::Folder;
use crate::settings::Home;

/// SIGTERM and SIGINT end it: jobs are stopped and told as broken off, so that the server tries them again.
pub fn run(data: &Path) -> anyhow::Result<ExitCode> {
    let folder = Folder::open(data)?;
    let _claim = folder.claim()?;
    let home = Arc::new(Home::of(&folder)?);
    // One thread carries all connections; work is done on threads of the jobs.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start")?;
    let ended = runtime.block_on(async {
        let (ask, asked) = watch::channel(false);
        let mut terminated = signal(SignalKind::terminate()).context("cannot watch for signals")?;
        let mut interrupted = signal(SignalKind::interrupt()).context("cannot watch for signals")?;
        tokio::spawn(async move {
            tokio::select! {
                _ = terminated.recv() => {}
                _ = interrupted.recv() => {}
            }
            // Nobody listens where it has ended by itself.
            let _ = ask.send(true);
        });
        control::keep(&folder, home, asked).await
    });
    // A question that is being answered holds nobody up: it only reads, and nobody waits for the answer.
    runtime.shutdown_background();
    ended?;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}
