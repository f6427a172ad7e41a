//! `rempart server`: settings in, a server until a signal.

use std::path::Path;

use anyhow::Context as _;
use rempart_server::serve::{self, Ready};
use rempart_server::settings::{Settings, Sources};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::cli::server::Server;
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::log;
use crate::run::Run;

/// Read where it exists and no other file is named.
const DEFAULT_FILE: &str = "/etc/rempart/server.toml";

/// What flags, environment and file say.
pub fn settings(args: &Server) -> anyhow::Result<Settings> {
    let refused = |error: rempart_server::settings::SettingsError| {
        let chain = anyhow::Error::new(error);
        anyhow::Error::new(Failure::usage(format!("{chain:#}")))
    };
    let mut sources = Sources { flags: args.settings.0.clone(), ..Sources::default() }.read_environment();
    let file = args.config.as_deref().or_else(|| Some(Path::new(DEFAULT_FILE)).filter(|path| path.exists()));
    if let Some(file) = file {
        sources = sources.read_file(file).map_err(refused)?;
    }
    sources.settings().map_err(refused)
}

/// A runtime for commands that need the catalog.
pub fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start the runtime")
}

/// Serves until SIGTERM, SIGINT or SIGHUP.
pub fn server(run: &Run, args: &Server) -> anyhow::Result<ExitCode> {
    let settings = settings(args)?;
    log::start(&settings.log);
    let served = runtime()?.block_on(async {
        let stop = CancellationToken::new();
        tokio::spawn(stop_on_signals(stop.clone())?);
        let ready = |ready: &Ready| announce(run, ready);
        anyhow::Ok(serve::serve(settings, stop, ready).await?)
    });
    served.map(|()| ExitCode::Success)
}

pub fn stop_on_signals(stop: CancellationToken) -> anyhow::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot watch SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot watch SIGINT")?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        stop.cancel();
    })
}

/// On the standard output, for a person and for scripts that wait for the line.
fn announce(run: &Run, ready: &Ready) {
    tracing::info!(url = ready.url, took_ms = ready.took.as_millis(), "ready");
    let mut text = format!("Rempart is ready: {}\n", ready.url);
    if let Some(setup) = &ready.setup_url {
        text.push_str(&format!("Make the first administrator (this link works once): {setup}\n"));
    }
    // A closed standard output is no reason to stop serving.
    let _ = run.out.bytes(text.as_bytes()).and_then(|()| run.out.flush());
}
