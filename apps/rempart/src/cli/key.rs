//! `rempart key`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub enum Key {
    /// List the keys (one per password)
    List,
    /// Add a password
    Add(NewKey),
    /// Remove a key; its password opens the repository no more
    Remove(RemoveKey),
    /// Change the password of the key in use
    Passwd(NewKey),
}

#[derive(Debug, Args)]
pub struct NewKey {
    /// Read the new password from this file
    #[arg(long, value_name = "FILE")]
    pub new_password_file: Option<PathBuf>,
    /// Allow an empty new password
    #[arg(long)]
    pub new_insecure_no_password: bool,
    /// The user name to note in the key [default: this user]
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// The host name to note in the key [default: this machine's]
    #[arg(short = 'H', long, value_name = "HOST")]
    pub host: Option<String>,
}

#[derive(Debug, Args)]
pub struct RemoveKey {
    /// The id of the key, or its beginning
    pub id: String,
}
