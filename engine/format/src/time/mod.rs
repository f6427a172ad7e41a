//! Times as Go's time.Time prints and reads them in JSON: RFC 3339, nanoseconds without trailing zeros, local offset.

mod civil;
mod parse;
mod write;
mod zone;

pub(crate) use parse::{Parsed, parse};
pub use write::TimeWriter;
pub(crate) use write::wall_time;
pub use zone::LocalZone;

use jiff::Timestamp;

/// Seconds and nanoseconds since 1970, as file systems keep them. Printed with the local offset of that instant, as Go does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct FileTime {
    pub seconds: i64,
    pub nanoseconds: u32,
}

impl FileTime {
    /// What Go reads where a time is missing or null: the first second of year 1, UTC.
    pub const MISSING: Self = Self { seconds: -62_135_596_800, nanoseconds: 0 };
}

/// A moment with the offset its JSON was written with (restic writes the local one); equality and order are the instant's
/// first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WallTime {
    pub instant: Timestamp,
    pub offset_seconds: i32,
}

impl WallTime {
    /// This moment, as a clock on the wall of `zone` shows it.
    #[must_use]
    pub fn new(instant: Timestamp, zone: &LocalZone) -> Self {
        Self { instant, offset_seconds: zone.offset_seconds(instant.as_second()) }
    }

    #[must_use]
    pub fn now(zone: &LocalZone) -> Self {
        Self::new(Timestamp::now(), zone)
    }
}

impl Default for WallTime {
    /// What Go reads where a time is missing: year 1.
    fn default() -> Self {
        let instant = Timestamp::new(FileTime::MISSING.seconds, 0).unwrap_or(Timestamp::MIN);
        Self { instant, offset_seconds: 0 }
    }
}
