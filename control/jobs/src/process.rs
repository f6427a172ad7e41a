//! What this process costs, for those who look at its workers.

use std::sync::Mutex;
use std::time::Instant;

/// Memory and processor time of this process.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Usage {
    pub resident_bytes: u64,
    /// Since the last look; 100 is one core in full.
    pub cpu_percent: f64,
}

/// Looks at `/proc/self` now and then.
pub struct UsageMeter {
    last: Mutex<(Instant, f64)>,
}

impl Default for UsageMeter {
    fn default() -> Self {
        Self { last: Mutex::new((Instant::now(), cpu_seconds().unwrap_or(0.0))) }
    }
}

impl UsageMeter {
    /// What is not known is 0.
    pub fn look(&self) -> Usage {
        let now = (Instant::now(), cpu_seconds().unwrap_or(0.0));
        let mut last = self.last.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let seconds = now.0.duration_since(last.0).as_secs_f64();
        let cpu_percent = if seconds > 0.0 { ((now.1 - last.1) / seconds * 100.0).max(0.0) } else { 0.0 };
        *last = now;
        Usage { resident_bytes: resident_bytes().unwrap_or(0), cpu_percent }
    }
}

fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}

/// Time of all threads, user and system.
fn cpu_seconds() -> Option<f64> {
    // In hundredths of a second: Linux tells user space so on every architecture.
    const TICKS_PER_SECOND: f64 = 100.0;
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is the program's name in parentheses, which may hold anything.
    let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
    let ticks = fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?;
    Some(ticks / TICKS_PER_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_uses_memory_and_time() {
        let meter = UsageMeter::default();
        let began = Instant::now();
        let mut sum = 0_u64;
        while began.elapsed().as_millis() < 60 {
            sum = sum.wrapping_mul(31).wrapping_add(1);
        }
        let usage = meter.look();
        assert!(std::hint::black_box(sum) != 1 && usage.cpu_percent > 0.0, "{usage:?}");
        assert!((1 << 20..1 << 40).contains(&usage.resident_bytes), "{usage:?}");
    }
}
