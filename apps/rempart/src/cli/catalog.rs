//! `rempart catalog`.

use clap::Subcommand;

use super::server::Server;

#[derive(Debug, Subcommand)]
pub enum Catalog {
    /// Read the snapshots of every repository into the server's catalog anew
    Rebuild(Box<Server>),
}
