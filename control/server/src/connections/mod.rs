//! Connections: how many there may be, and how long a peer may keep one waiting.
//!
//! | what a peer does | what ends it |
//! |---|---|
//! | connects and says nothing, or stops within its first bytes | `header_timeout`, here |
//! | begins a header and does not end it, or lets a connection lie | `header_timeout`, by hyper |
//! | stops within a body | `body_timeout`, by `http::incoming` |
//! | does not take what is sent to it | `body_timeout`, here |
//! | leaves an HTTP/2 connection without a word | [`PING_EVERY`], by hyper |
//! | opens connection after connection | `max_connections`, here |

mod gate;
mod watched;

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use axum::Router;
use axum_server::tls_rustls::RustlsConfig;
use axum_server::{Handle, Server};
use hyper_util::rt::TokioTimer;

use self::gate::Gate;
use crate::settings::Settings;

/// On HTTP/2, where a silent connection is no fault: how often it is asked whether the peer is there.
const PING_EVERY: Duration = Duration::from_secs(30);
/// And how long it has to answer.
const PONG_WITHIN: Duration = Duration::from_secs(20);

/// What is asked of peers.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub header_timeout: Duration,
    pub body_timeout: Duration,
    pub max_connections: u32,
}

impl Limits {
    #[must_use]
    pub fn of(settings: &Settings) -> Self {
        Self {
            header_timeout: settings.header_timeout,
            body_timeout: settings.body_timeout,
            max_connections: settings.max_connections,
        }
    }

    fn tune<A>(self, mut server: Server<SocketAddr, A>) -> Server<SocketAddr, Gate<A>> {
        let builder = server.http_builder();
        builder.http1().timer(TokioTimer::new()).header_read_timeout(self.header_timeout);
        builder.http2().timer(TokioTimer::new()).keep_alive_interval(PING_EVERY).keep_alive_timeout(PONG_WITHIN);
        server.map(|inner| Gate::new(inner, self))
    }
}

/// Serves until the handle says stop. Without `tls` in the clear.
pub async fn serve(
    listener: TcpListener,
    tls: Option<RustlsConfig>,
    limits: Limits,
    handle: Handle<SocketAddr>,
    router: Router,
) -> std::io::Result<()> {
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    match tls {
        Some(config) => {
            let server = axum_server::from_tcp_rustls(listener, config)?;
            limits.tune(server).handle(handle).serve(service).await
        }
        None => limits.tune(axum_server::from_tcp(listener)?).handle(handle).serve(service).await,
    }
}
