//! `rempart admin export` and `import`: a whole server in one file.

use std::path::PathBuf;

use clap::Args;

use super::server::Server;

/// Write the catalog and the master key into one file, sealed by a passphrase; the server may be running.
#[derive(Debug, Args)]
pub struct Export {
    /// The file to write; it must not exist
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    #[command(flatten)]
    pub passphrase: Passphrase,
    #[command(flatten)]
    pub server: Server,
}

/// Fill an empty data folder (and the empty database, where one is named) from an export.
#[derive(Debug, Args)]
pub struct Import {
    /// The file that `rempart admin export` wrote
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    #[command(flatten)]
    pub passphrase: Passphrase,
    #[command(flatten)]
    pub server: Server,
}

/// Where the passphrase comes from.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct Passphrase {
    /// Read the passphrase from a file, to its first line end
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
    /// Read the passphrase from the standard input, to its first line end
    #[arg(long)]
    pub passphrase_stdin: bool,
}
