//! Options that every command takes.

use std::path::PathBuf;

use clap::Args;

use super::values::{self, WaitSeconds};

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Repository and output")]
pub struct Global {
    /// Where the repository is: /path, s3:host/bucket, gs:bucket:/, azure:container:/, sftp:user@host:/path, rest:https://host/
    #[arg(short, long, global = true, value_name = "PLACE")]
    pub repo: Option<std::ffi::OsString>,
    /// Read the place of the repository from this file
    #[arg(long, global = true, value_name = "FILE", conflicts_with = "repo")]
    pub repository_file: Option<PathBuf>,
    /// Read the password from this file
    #[arg(short, long, global = true, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// Read the password from what this command prints (run without a shell)
    #[arg(long, global = true, value_name = "COMMAND", conflicts_with = "password_file")]
    pub password_command: Option<std::ffi::OsString>,
    /// Allow an empty password: anybody who reads the repository reads its content
    #[arg(long, global = true)]
    pub insecure_no_password: bool,
    // Never used: it exists so that who tries it is told why not.
    #[arg(long, global = true, hide = true, value_name = "PASSWORD")]
    pub password: Option<std::ffi::OsString>,
    /// Write one JSON object a line
    #[arg(long, global = true)]
    pub json: bool,
    /// Say only what went wrong
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Say more; twice for each file
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Keep caches here
    #[arg(long, global = true, value_name = "DIR")]
    pub cache_dir: Option<PathBuf>,
    /// Keep no cache
    #[arg(long, global = true, conflicts_with = "cache_dir")]
    pub no_cache: bool,
    /// Take no lock; only for reading, where the place cannot be written
    #[arg(long, global = true)]
    pub no_lock: bool,
    /// When the repository is locked, try again for this long, as in 30s, 5m, 1h
    #[arg(long, global = true, value_name = "DURATION", default_value = "0s", value_parser = values::wait)]
    pub retry_lock: WaitSeconds,
    /// Upload no faster than this many KiB a second
    #[arg(long, global = true, value_name = "KIB")]
    pub limit_upload: Option<u32>,
    /// Download no faster than this many KiB a second
    #[arg(long, global = true, value_name = "KIB")]
    pub limit_download: Option<u32>,
    /// Trust the certificates in this PEM file
    #[arg(long, global = true, value_name = "FILE")]
    pub cacert: Option<PathBuf>,
    /// SFTP: trust a host that is met for the first time, and remember its key
    #[arg(long, global = true)]
    pub accept_new_host_key: bool,
}
