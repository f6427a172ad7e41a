//! The server's life: open, listen, serve, stop in order.

use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use axum_server::Handle;
use rempart_catalog::{Catalog, CatalogError, CatalogUrl, ParseCatalogUrlError};
use rempart_work::{MasterKey, MasterKeyError};
use tokio_util::sync::CancellationToken;

use crate::app;
use crate::background::{Background, BackgroundError, Role};
use crate::connections::{self, Limits};
use crate::events;
use crate::http::errors::ApiError;
use crate::settings::{PlainBecause, Settings, Transport};
use crate::state::AppState;
use crate::tls::{self, TlsError};

#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("the folder {} cannot be made", path.display())]
    Folder { path: std::path::PathBuf, source: std::io::Error },
    #[error("database_url")]
    CatalogUrl(#[from] ParseCatalogUrlError),
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    #[error("cannot listen on {address}; is another server running there?")]
    Listen { address: SocketAddr, source: std::io::Error },
    #[error(transparent)]
    Key(#[from] MasterKeyError),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error(transparent)]
    Background(#[from] BackgroundError),
    #[error("the listener failed")]
    Serve { source: std::io::Error },
    #[error("cannot make a setup link: {code}")]
    Setup { code: &'static str },
}

/// What a person is told once the server answers.
#[derive(Debug, Clone)]
pub struct Ready {
    pub url: String,
    /// Opens the setup page, where no user exists yet.
    pub setup_url: Option<String>,
    pub transport: Transport,
    /// From the call to the first answer that can be given.
    pub took: Duration,
}

/// Requests that are being answered when the server shall stop get this long.
const GRACE: Duration = Duration::from_secs(10);

/// Opens the catalog and what handlers share; for the server and for commands beside it.
pub async fn open(settings: Settings, stop: CancellationToken) -> Result<AppState, ServeError> {
    let dir = &settings.backups_dir;
    std::fs::create_dir_all(dir).map_err(|source| ServeError::Folder { path: dir.clone(), source })?;
    let catalog = Catalog::open(&settings.database_url.parse::<CatalogUrl>()?).await?;
    let key = match &settings.encryption_secret {
        Some(secret) => MasterKey::from_secret(secret)?,
        None => MasterKey::open_or_create(dir)?,
    };
    Ok(AppState::new(settings, catalog, key, stop))
}

/// Serves until `stop`; tells when it is ready.
pub async fn serve(settings: Settings, stop: CancellationToken, ready: impl FnOnce(&Ready)) -> Result<(), ServeError> {
    let began = Instant::now();
    raise_open_files_limit();
    let state = open(settings, stop.clone()).await?;
    let tls = tls::config(&state.settings, &stop).await?;
    let address = state.settings.listen;
    let failed = |source| ServeError::Listen { address, source };
    let listener = TcpListener::bind(address).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let port = listener.local_addr().map_err(failed)?.port();
    state.listens_on(port);
    let url = state.settings.url(port);
    let known_as = if state.settings.public_url.is_some() { state.public_url() } else { url.clone() };
    let setup_url = setup_url(&state, &known_as).await?;
    if state.settings.transport == Transport::Plain(PlainBecause::Waived) {
        tracing::warn!("listening without TLS on {address}: passwords and data can be overheard");
    }

    let handle = Handle::new();
    tokio::spawn(events::pump(state.events.clone(), state.catalog.clone(), stop.clone()));
    tokio::spawn(shut_down(handle.clone(), stop));
    let background = Background::start(&state, Role::Server).await?;
    let router = app::router(state.clone());
    let transport = state.settings.transport.clone();
    ready(&Ready { url, setup_url, transport, took: began.elapsed() });
    let served = connections::serve(listener, tls, Limits::of(&state.settings), handle, router).await;
    background.shutdown().await;
    served.map_err(|source| ServeError::Serve { source })?;
    state.catalog.close().await;
    Ok(())
}

/// Each browser, agent and client is an open file, and the usual limit is 1,024.
fn raise_open_files_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        let raised = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
        if let Err(error) = raised {
            tracing::warn!("no more than {:?} files can be open at once: {error}", limit.current);
        }
    }
}

async fn shut_down(handle: Handle<SocketAddr>, stop: CancellationToken) {
    stop.cancelled().await;
    handle.graceful_shutdown(Some(GRACE));
}

/// The link that makes the first administrator; none where there is one.
async fn setup_url(state: &AppState, url: &str) -> Result<Option<String>, ServeError> {
    if state.catalog.has_users().await? {
        return Ok(None);
    }
    let token = state.setup.open().map_err(|error: ApiError| ServeError::Setup { code: error.code().id })?;
    // Behind the hash: it stays in the browser, and in no log of a proxy.
    Ok(Some(format!("{url}/setup#token={token}")))
}
