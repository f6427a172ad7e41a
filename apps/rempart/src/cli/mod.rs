//! What can be written on the command line: one file per command. Only shapes and their help: no work is done here.

pub mod admin;
pub mod backup;
pub mod browse;
pub mod catalog;
pub mod forget;
pub mod global;
pub mod key;
pub mod maintain;
pub mod restore;
pub mod select;
pub mod server;
pub mod transfer;
pub mod values;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::exit_code;
pub use global::Global;

/// Fast, deduplicated, encrypted backups in restic's open repository format.
#[derive(Debug, Parser)]
#[command(name = "rempart", version, max_term_width = 110, disable_help_subcommand = true)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Create a repository
    Init(maintain::Init),
    /// Back up files, or what a command prints
    Backup(Box<backup::Backup>),
    /// List snapshots
    Snapshots(browse::Snapshots),
    /// List the files of a snapshot
    Ls(browse::Ls),
    /// Find files by name in the snapshots
    Find(browse::Find),
    /// Show what differs between two snapshots
    Diff(browse::Diff),
    /// Write one file, or a folder as tar, to the standard output or a file
    Dump(browse::Dump),
    /// Restore files from a snapshot
    Restore(Box<restore::Restore>),
    /// Remove snapshots by rules, or by name
    Forget(Box<forget::Forget>),
    /// Free the space that no snapshot needs
    Prune(maintain::Prune),
    /// Check the repository for damage
    Check(maintain::Check),
    /// Repair a damaged repository
    #[command(subcommand)]
    Repair(maintain::Repair),
    /// Copy snapshots from another repository
    Copy(Box<maintain::Copy>),
    /// Change the tags of snapshots
    Tag(maintain::Tag),
    /// Show how much the repository or some snapshots hold
    Stats(browse::Stats),
    /// List, add, remove and change passwords
    #[command(subcommand)]
    Key(key::Key),
    /// Remove locks that processes left behind
    Unlock(maintain::Unlock),
    /// Print an object of the repository, for debugging
    Cat(browse::Cat),
    /// Run the server: web UI, API, scheduler, workers
    Server(Box<server::Server>),
    /// Work on a server's queue from another process
    Worker(Box<server::Server>),
    /// Look after a server's catalog
    #[command(subcommand)]
    Catalog(catalog::Catalog),
    /// Look after a server from its own machine
    #[command(subcommand)]
    Admin(admin::Admin),
    /// Print the completion script for a shell
    Completions(maintain::Completions),
    /// Print the man page
    Man(maintain::Man),
    /// Print docs/cli.md
    #[command(hide = true)]
    Docs,
}

/// The whole command with its exit codes and what it reads from the environment, as help, man page and docs show it.
#[must_use]
pub fn command() -> clap::Command {
    let after = format!(
        "{}\nThe repository and the password may come from the environment: REMPART_REPOSITORY, REMPART_PASSWORD_FILE, … \
         (restic's names work too). docs/cli.md lists all of them.",
        exit_code::as_text()
    );
    Cli::command().after_help(after)
}

/// Parses the arguments of this process.
pub fn parse() -> Result<Cli, clap::Error> {
    let matches = command().try_get_matches()?;
    Cli::from_arg_matches(&matches)
}
