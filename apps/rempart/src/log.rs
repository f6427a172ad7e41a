//! The log, on the standard error.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

/// Starts it, once; parts of the filter that cannot be read are passed over. Colours are for eyes: a file would hold their
/// codes.
pub fn start(filter: &str) {
    let filter = EnvFilter::builder().parse_lossy(filter);
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let _ = log.with_ansi(std::io::stderr().is_terminal()).try_init();
}
