//! `rempart worker` and `rempart catalog rebuild`: what is done on a server's catalog by other processes.

use anyhow::Context as _;
use rempart_server::background::{Background, Role};
use rempart_server::serve;
use rempart_work::handler::Desk;
use tokio_util::sync::CancellationToken;

use super::server;
use crate::cli::server::Server;
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::log;
use crate::run::Run;

/// Works on the queue of the server's catalog until SIGTERM or SIGINT.
pub fn worker(run: &Run, args: &Server) -> anyhow::Result<ExitCode> {
    let settings = server::settings(args)?;
    log::start(&settings.log);
    server::runtime()?.block_on(async {
        let stop = CancellationToken::new();
        let signals = server::stop_on_signals(stop.clone())?;
        let state = serve::open(settings, stop.clone()).await?;
        let background = Background::start(&state, Role::Worker).await?;
        let text = format!("Working on {} as process {}\n", state.catalog.url(), state.process.pid);
        run.out.bytes(text.as_bytes()).and_then(|()| run.out.flush())?;
        signals.await;
        background.shutdown().await;
        state.catalog.close().await;
        anyhow::Ok(ExitCode::Success)
    })
}

/// Reads the snapshots of every repository into the catalog anew.
pub fn rebuild(run: &Run, args: &Server) -> anyhow::Result<ExitCode> {
    let settings = server::settings(args)?;
    let failed = server::runtime()?.block_on(async {
        let state = serve::open(settings, CancellationToken::new()).await?;
        state.work.start().await?;
        let mut failed = Vec::new();
        for repository in state.catalog.all_repositories().await? {
            let desk = Desk::new(|_, _| {});
            let text = match state.work.refresh_repository(repository.id, &desk).await {
                Ok(found) => format!(
                    "{}: {} snapshots, {} new to the catalog, {} gone, {} damaged\n",
                    repository.path, found.snapshots, found.adopted, found.vanished, found.damaged
                ),
                Err(trouble) => {
                    failed.push(repository.path.clone());
                    format!("{}: {trouble}\n", repository.path)
                }
            };
            run.out.bytes(text.as_bytes()).and_then(|()| run.out.flush()).context("cannot say what was found")?;
        }
        state.catalog.close().await;
        anyhow::Ok(failed)
    })?;
    if failed.is_empty() {
        return Ok(ExitCode::Success);
    }
    Err(Failure::new(ExitCode::Failure, format!("these repositories could not be read: {}", failed.join(", ")))
        .hint("what the catalog knew of them was left as it was; run the command again once they can be reached")
        .into())
}
