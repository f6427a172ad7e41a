//! Memory and swap: proc_meminfo(5).

use serde::{Deserialize, Serialize};

use crate::error::{HostError, Result, read_text};
use crate::path::HostPath;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Memory {
    pub total_bytes: u64,
    /// What programs can still get without swapping: free memory, and caches that can be dropped.
    pub available_bytes: u64,
    pub swap_total_bytes: u64,
    pub swap_free_bytes: u64,
}

const MEMINFO: &str = "/proc/meminfo";

impl Memory {
    pub(super) fn read() -> Result<Self> {
        let text = read_text(MEMINFO)?;
        let strange = || HostError::Strange { path: HostPath::from(MEMINFO), what: "MemTotal is missing".to_owned() };
        Self::parse(&text).ok_or_else(strange)
    }

    fn parse(meminfo: &str) -> Option<Self> {
        // The unit is kibibytes, whatever is written.
        let field = |name: &str| {
            let line = meminfo.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
            line.split_whitespace().next()?.parse::<u64>().ok().map(|kibibytes| kibibytes * 1024)
        };
        // Kernels before 3.14 do not estimate it.
        let estimate = || Some(field("MemFree")? + field("Buffers").unwrap_or(0) + field("Cached").unwrap_or(0));
        Some(Self {
            total_bytes: field("MemTotal")?,
            available_bytes: field("MemAvailable").or_else(estimate)?,
            swap_total_bytes: field("SwapTotal").unwrap_or(0),
            swap_free_bytes: field("SwapFree").unwrap_or(0),
        })
    }

    #[must_use]
    pub const fn used_bytes(&self) -> u64 {
        self.total_bytes.saturating_sub(self.available_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn available_memory_is_the_kernels_estimate_or_ours() {
        let text = "MemTotal:  1000 kB\nMemFree:  100 kB\nMemAvailable:  600 kB\nBuffers: 50 kB\nCached: 200 kB\nSwapTotal: 10 kB\nSwapFree: 4 kB\n";
        let memory = Memory::parse(text).unwrap();
        assert_eq!((memory.used_bytes(), memory.swap_free_bytes), (400 * 1024, 4096));
        let old = Memory::parse(&text.replace("MemAvailable", "Other")).unwrap();
        assert_eq!(old.available_bytes, 350 * 1024);
        assert_eq!(Memory::parse("MemFree: 1 kB\n"), None);
    }

    #[test]
    fn this_machine_has_the_memory_that_the_kernel_says() {
        let memory = Memory::read().unwrap();
        let sysinfo = rustix::system::sysinfo();
        assert_eq!(memory.total_bytes, sysinfo.totalram as u64 * u64::from(sysinfo.mem_unit));
        assert!(memory.available_bytes <= memory.total_bytes);
    }
}
