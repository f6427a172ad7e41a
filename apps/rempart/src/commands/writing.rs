//! How packs are made, from options and the environment.

use rempart_repository::WriterOptions;

use crate::cli::select::{Compression, Writing};
use crate::environment;
use crate::failure::Failure;

const MIB: u64 = 1024 * 1024;

/// The engine checks the bounds.
pub fn options(args: &Writing) -> anyhow::Result<WriterOptions> {
    let mut options = WriterOptions::default();
    let mebibytes = match (args.pack_size, environment::PACK_SIZE.find()) {
        (Some(size), _) => Some(u64::from(size)),
        (None, Some((text, name))) => Some(
            text.to_str()
                .and_then(|text| text.parse().ok())
                .filter(|size| (4..=128).contains(size))
                .ok_or_else(|| Failure::usage(format!("{name} is no pack size: write 4 to 128 (MiB)")))?,
        ),
        (None, None) => None,
    };
    if let Some(mebibytes) = mebibytes {
        options.pack_target_bytes = mebibytes * MIB;
    }
    Ok(options)
}

/// Option, environment, default.
pub fn compression(args: &Writing) -> anyhow::Result<Compression> {
    if let Some(compression) = args.compression {
        return Ok(compression);
    }
    let Some((text, name)) = environment::COMPRESSION.find() else { return Ok(Compression::default()) };
    <Compression as clap::ValueEnum>::from_str(&text.to_string_lossy(), true)
        .map_err(|_| Failure::usage(format!("{name} is no compression: write auto, off, fast or max")).into())
}
