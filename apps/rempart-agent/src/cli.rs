//! The command line.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::wire::Fingerprint;

/// Protects this machine: calls its Rempart server, and backs up and restores what the server asks for.
#[derive(Debug, Parser)]
#[command(name = "rempart-agent", version, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Makes this machine known to a server, by a one-time token of the server's page.
    Enrol(Enrol),
    /// Works for the server until it is stopped.
    Run(Data),
    /// Says whose agent this is and how it stands.
    Status(Data),
}

#[derive(Debug, Args)]
pub struct Data {
    /// The agent's folder: its key, its settings, its book of jobs. Only its owner may read it.
    #[arg(long, value_name = "DIR", env = "REMPART_AGENT_DATA", default_value = "/var/lib/rempart-agent")]
    pub data: PathBuf,
}

#[derive(Debug, Args)]
pub struct Enrol {
    /// Where the server is, such as https://backup.example.org.
    #[arg(long, value_name = "URL")]
    pub server: String,
    /// The server's public key, as its page shows it. Nobody else is believed, whatever their certificate says.
    #[arg(long, value_name = "KEY")]
    pub server_key: String,
    /// The one-time token. Read from the environment or the standard input where it is not given: other users of the machine
    /// see arguments.
    #[arg(long, value_name = "TOKEN", env = "REMPART_AGENT_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
    /// A file of PEM certificates to trust beside those of the system, for a server whose certificate is its own.
    #[arg(long, value_name = "FILE", conflicts_with = "certificate")]
    pub ca: Option<PathBuf>,
    /// The SHA-256 of the server's certificate: this one is trusted, and no other.
    #[arg(long, value_name = "HEX")]
    pub certificate: Option<Fingerprint>,
    /// Speaks without TLS to a server on another machine: whoever is on the way reads what is backed up.
    #[arg(long)]
    pub allow_plain_http: bool,
    #[command(flatten)]
    pub data: Data,
}

impl Cli {
    pub fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            Command::Enrol(enrol) => crate::enrol::enrol(enrol),
            Command::Run(data) => crate::run::run(&data.data),
            Command::Status(data) => crate::status::status(&data.data),
        }
    }
}

/// To the standard error, where systemd reads it.
pub fn begin_log() {
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}
