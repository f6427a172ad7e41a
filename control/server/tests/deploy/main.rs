//! Agents brought onto whole machines by SSH: Debian with systemd and sshd in namespaces of their own, a server that listens
//! with TLS on their bridge, all through the API.

mod capabilities;
mod cuts;
mod cuts_of_data;
mod data;
mod failures;
mod lab;
mod life;
mod machine;
mod people;
mod replaced;
#[path = "../support/mod.rs"]
mod support;
