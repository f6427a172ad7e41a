//! `rempart admin`: what an administrator does beside the running server, on its own machine.

use clap::{Args, Subcommand};
use rempart_model::Role;

use super::server::Server;
use super::transfer::{Export, Import};

#[derive(Debug, Subcommand)]
pub enum Admin {
    /// Make a user, or give one a new password and role
    CreateUser(Box<CreateUser>),
    /// Write the whole server, catalog and master key, into one sealed file
    Export(Box<Export>),
    /// Fill an empty data folder from such a file
    Import(Box<Import>),
}

/// Make a user without the web UI: for unattended installation, or when nobody can sign in any more.
#[derive(Debug, Args)]
pub struct CreateUser {
    /// The user's name
    #[arg(long, value_name = "NAME")]
    pub name: String,
    /// What the user may do: viewer, restorer, operator or administrator
    #[arg(long, value_name = "ROLE", default_value = "administrator")]
    pub role: Role,
    /// Read the password from the standard input, to its first line end
    #[arg(long, required = true)]
    pub password_stdin: bool,
    /// If the user exists: set the password and the role, turn the second factor off, end all sessions
    #[arg(long)]
    pub reset: bool,
    #[command(flatten)]
    pub server: Server,
}
