//! Locks: who works on the repository, since when, and whether alone.

use crate::document::{Writer, read_wall_time};
use crate::json::read::Reader;
use crate::{FormatError, WallTime};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    pub time: WallTime,
    pub exclusive: bool,
    pub hostname: String,
    pub username: String,
    pub pid: i64,
    pub uid: u32,
    pub gid: u32,
}

impl Lock {
    /// The JSON of the file, not yet compressed or sealed.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.time("time", self.time);
        w.bool("exclusive", self.exclusive);
        w.string("hostname", &self.hostname);
        w.string("username", &self.username);
        w.signed("pid", self.pid);
        w.optional_number("uid", u64::from(self.uid));
        w.optional_number("gid", u64::from(self.gid));
        w.finish()
    }

    /// A lock without a time counts as very old, one without the rest as anybody's.
    pub fn decode(json: &[u8]) -> Result<Self, FormatError> {
        let mut lock = Self {
            time: WallTime::default(),
            exclusive: false,
            hostname: String::new(),
            username: String::new(),
            pid: 0,
            uid: 0,
            gid: 0,
        };
        let mut reader = Reader::new("lock", json);
        reader.object(|r, key| match key {
            b"time" => r.field(&mut lock.time, read_wall_time),
            b"exclusive" => r.field(&mut lock.exclusive, Reader::bool),
            b"hostname" => r.field(&mut lock.hostname, Reader::owned_string),
            b"username" => r.field(&mut lock.username, Reader::owned_string),
            b"pid" => r.field(&mut lock.pid, Reader::i64),
            b"uid" => r.field(&mut lock.uid, Reader::u32),
            b"gid" => r.field(&mut lock.gid, Reader::u32),
            _ => r.skip(),
        })?;
        reader.end()?;
        Ok(lock)
    }
}
