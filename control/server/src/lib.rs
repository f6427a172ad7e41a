//! The server: REST with OpenAPI, events, restic REST, the embedded web UI. Thin handlers over the rooms below.
//!
//! - **Owns**: routes, sessions, permissions, the mapping of errors to answers, TLS, settings.
//! - **May use**: `work`, `jobs`, `catalog`, `policy`, `protocol`, `model`.
//! - **Must not know**: SQL, repository formats.
//! - **Invariants**: every route declares the permission it needs; every change and every restore is in the audit log.
//!
//! | room | what it does |
//! |---|---|
//! | `settings` | what flags, environment and file say |
//! | `serve`, `tls`, `state` | how the process lives |
//! | `connections` | how many there may be, and how long one may keep the server waiting |
//! | `background` | workers, scheduler, copies, sweeping |
//! | `app`, `openapi` | routes and layers put together |
//! | `http` | what every request passes through, and what handlers are written with |
//! | `auth` | how people and programs are recognised |
//! | `events` | what happens, pushed to browsers |
//! | `ui` | the embedded web UI |
//! | `mail`, `metrics`, `preferences` | messages, measurements, what administrators decide |
//! | `gateway` | where agents call |
//! | `api` | the handlers, one file per area |
//! | `restic_rest` | restic's REST protocol over any repository |

pub mod admin;
pub mod api;
pub mod app;
pub mod auth;
pub mod background;
pub mod connections;
pub mod events;
mod gateway;
pub mod http;
mod mail;
pub mod metrics;
pub mod openapi;
mod preferences;
pub mod restic_rest;
pub mod serve;
pub mod settings;
pub mod state;
pub mod tls;
mod ui;

/// As `rempart --version` says it.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What this machine is called.
#[must_use]
pub fn host_name() -> String {
    String::from_utf8_lossy(rustix::system::uname().nodename().to_bytes()).into_owned()
}
