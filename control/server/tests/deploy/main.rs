//! Agents brought onto whole machines by SSH: Debian with systemd and sshd in namespaces of their own, a server that listens
//! with TLS on their bridge, all through the API.

mod failures;
mod lab;
mod life;
mod people;
#[path = "../support/mod.rs"]
mod support;
