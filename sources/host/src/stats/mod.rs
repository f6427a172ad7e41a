//! Figures of the machine at one moment.

mod address;
mod cpu;
mod disk;
mod memory;
mod system;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use address::{Address, addresses};
pub use cpu::{Cpu, CpuTimes};
pub use disk::{Disk, Space};
pub use memory::Memory;
pub use system::System;

use crate::error::{HostError, Result, read_text};
use crate::path::HostPath;

/// Everything that is known of the machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HostStats {
    pub taken_at: Timestamp,
    pub system: System,
    pub cpu: Cpu,
    pub memory: Memory,
    pub disks: Vec<Disk>,
    pub addresses: Vec<Address>,
    pub booted_at: Timestamp,
    pub uptime_seconds: u64,
}

/// Long enough for the kernel to count some ticks of each core.
const A_MOMENT: Duration = Duration::from_millis(300);

/// Remembers the last reading: how busy the processor is, is known between two.
#[derive(Debug, Default)]
pub struct StatsReader {
    last: Option<CpuTimes>,
}

impl StatsReader {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// As [`Self::read`]; the first reading waits for a moment to know the usage of the processor too.
    pub fn read_measured(&mut self) -> Result<HostStats> {
        if self.last.is_none() {
            self.last = Some(CpuTimes::read()?);
            std::thread::sleep(A_MOMENT);
        }
        self.read()
    }

    /// Looks at the machine now. The first reading knows no usage of the processor.
    pub fn read(&mut self) -> Result<HostStats> {
        let taken_at = Timestamp::now();
        let times = CpuTimes::read()?;
        let usage_percent = self.last.replace(times).and_then(|last| times.usage_percent_since(last));
        let uptime_seconds = uptime_seconds(&read_text(UPTIME)?)?;
        let uptime = SignedDuration::from_secs(i64::try_from(uptime_seconds).unwrap_or(i64::MAX));
        Ok(HostStats {
            taken_at,
            system: System::read(),
            cpu: Cpu::read(usage_percent)?,
            memory: Memory::read()?,
            disks: disk::disks()?,
            addresses: address::addresses()?,
            // To the second: the uptime has no more.
            booted_at: taken_at.checked_sub(uptime).unwrap_or(Timestamp::UNIX_EPOCH),
            uptime_seconds,
        })
    }
}

const UPTIME: &str = "/proc/uptime";

fn uptime_seconds(text: &str) -> Result<u64> {
    let whole = text.split(['.', ' ']).next().and_then(|seconds| seconds.parse().ok());
    whole.ok_or_else(|| HostError::Strange { path: HostPath::from(UPTIME), what: text.trim().to_owned() })
}
