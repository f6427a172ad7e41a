//! The server: REST with OpenAPI, events, restic REST, the embedded web UI. Thin handlers over the rooms below.
//!
//! - **Owns**: routes, sessions, permissions, the mapping of errors to answers, TLS, settings.
//! - **May use**: `work`, `jobs`, `catalog`, `policy`, `model`.
//! - **Must not know**: SQL, repository formats.
//! - **Invariants**: every route declares the permission it needs; every change and every restore is in the audit log.

pub mod api;
pub mod restic_rest;
