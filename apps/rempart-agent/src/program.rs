//! The program that this process runs: by its hash the server tells whether it has another.

use std::fs::File;
use std::io::{self, Read as _};
use std::sync::OnceLock;

use rempart_crypto::Sha256Stream;

/// The kernel opens what runs, also where its file was replaced or removed since: proc_pid_exe(5).
const OWN: &str = "/proc/self/exe";
const CHUNK_BYTES: usize = 64 << 10;

/// SHA-256 in hexadecimal digits, read once; `None` where it cannot be read.
pub fn own_sha256() -> Option<String> {
    static OWN_SHA256: OnceLock<Option<String>> = OnceLock::new();
    let read = || sha256().inspect_err(|error| tracing::warn!(%error, "the agent's own program is not read")).ok();
    OWN_SHA256.get_or_init(read).clone()
}

fn sha256() -> io::Result<String> {
    let (mut file, mut hash, mut chunk) = (File::open(OWN)?, Sha256Stream::default(), vec![0; CHUNK_BYTES]);
    loop {
        match file.read(&mut chunk)? {
            0 => return Ok(hash.finish().iter().map(|byte| format!("{byte:02x}")).collect()),
            read => hash.update(&chunk[..read]),
        }
    }
}
