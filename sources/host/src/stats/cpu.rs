//! The processor: what it is, how much waits for it, how busy it is.

use serde::{Deserialize, Serialize};

use crate::error::{HostError, Result, read_text};
use crate::path::HostPath;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cpu {
    /// As the processor calls itself. Absent where the kernel does not say, as on many ARM machines.
    pub model: Option<String>,
    /// As the scheduler counts them: threads of the processor that are on line.
    pub cores: u32,
    /// Processes that ran or waited, on average over 1, 5 and 15 minutes.
    pub load: [f64; 3],
    /// Of all cores, since the reading before. Absent in the first one.
    pub usage_percent: Option<f64>,
}

/// Time since boot that the cores spent, in ticks: proc_stat(5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CpuTimes {
    busy: u64,
    all: u64,
}

const STAT: &str = "/proc/stat";
const LOADAVG: &str = "/proc/loadavg";
const CPUINFO: &str = "/proc/cpuinfo";

impl Cpu {
    pub(super) fn read(usage_percent: Option<f64>) -> Result<Self> {
        let stat = read_text(STAT)?;
        let load = read_text(LOADAVG)?;
        let strange = || HostError::Strange { path: HostPath::from(LOADAVG), what: load.trim().to_owned() };
        Ok(Self {
            model: read_text(CPUINFO).ok().as_deref().and_then(model),
            cores: u32::try_from(cores(&stat)).unwrap_or(u32::MAX),
            load: loads(&load).ok_or_else(strange)?,
            usage_percent,
        })
    }
}

impl CpuTimes {
    pub(super) fn read() -> Result<Self> {
        let text = read_text(STAT)?;
        let strange = || HostError::Strange {
            path: HostPath::from(STAT),
            what: text.lines().next().unwrap_or_default().to_owned(),
        };
        Self::parse(&text).ok_or_else(strange)
    }

    /// `cpu  user nice system idle iowait irq softirq steal guest guest_nice`. Guests are counted in user already; waiting for
    /// a disk is no work. Old kernels have fewer columns.
    fn parse(stat: &str) -> Option<Self> {
        let line = stat.lines().find_map(|line| line.strip_prefix("cpu "))?;
        let ticks: Vec<u64> = line.split_whitespace().take(8).map(str::parse).collect::<Result<_, _>>().ok()?;
        let idle = ticks.get(3)? + ticks.get(4).unwrap_or(&0);
        let all: u64 = ticks.iter().sum();
        Some(Self { busy: all - idle, all })
    }

    /// Absent where no time has passed. Counters of idle time may step back a little; that is no negative work.
    #[must_use]
    pub fn usage_percent_since(self, before: Self) -> Option<f64> {
        let all = self.all.checked_sub(before.all).filter(|all| *all > 0)?;
        let busy = self.busy.saturating_sub(before.busy).min(all);
        Some(busy as f64 * 100.0 / all as f64)
    }
}

fn cores(stat: &str) -> usize {
    stat.lines()
        .filter(|line| line.strip_prefix("cpu").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())))
        .count()
}

fn loads(loadavg: &str) -> Option<[f64; 3]> {
    let mut fields = loadavg.split(' ').map(str::parse);
    Some([fields.next()?.ok()?, fields.next()?.ok()?, fields.next()?.ok()?])
}

/// x86 says `model name`, POWER `cpu`, some ARM boards `Hardware` or `Model`.
fn model(cpuinfo: &str) -> Option<String> {
    ["model name", "Model", "Hardware", "cpu"].iter().find_map(|key| {
        cpuinfo.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            (name.trim() == *key && !value.trim().is_empty()).then(|| value.trim().to_owned())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: &str =
        "cpu  100 0 50 800 50 0 0 0 90 0\ncpu0 50 0 25 400 25 0 0 0 0 0\ncpu1 50 0 25 400 25 0 0 0 0 0\nctxt 5\n";

    #[test]
    fn usage_is_what_was_worked_of_the_time_between_two_readings() {
        let before = CpuTimes::parse(STAT).unwrap();
        assert_eq!(before, CpuTimes { busy: 150, all: 1000 });
        let after = CpuTimes::parse("cpu  175 0 75 850 100 0 0 0 99 0\n").unwrap();
        assert_eq!(after.usage_percent_since(before), Some(50.0));
        assert_eq!(before.usage_percent_since(before), None, "no time has passed");
        assert_eq!(before.usage_percent_since(after), None, "the machine was started anew");
        assert_eq!(CpuTimes::parse("cpu  1 2 3 4\n"), Some(CpuTimes { busy: 6, all: 10 }), "an old kernel");
        assert_eq!(CpuTimes::parse("intr 1\n"), None);
        assert_eq!(cores(STAT), 2);
    }

    #[test]
    fn models_are_found_by_the_names_of_their_families() {
        assert_eq!(model("processor\t: 0\nmodel\t\t: 17\nmodel name\t: AMD EPYC\n").as_deref(), Some("AMD EPYC"));
        assert_eq!(
            model("processor : 0\nHardware : BCM2835\nModel : Raspberry Pi 4\n").as_deref(),
            Some("Raspberry Pi 4")
        );
        assert_eq!(model("processor : 0\nBogoMIPS : 50\n"), None);
    }

    #[test]
    fn this_machine_has_the_cores_and_the_load_that_the_kernel_says() {
        let cpu = Cpu::read(None).unwrap();
        let online = std::fs::read_dir("/sys/devices/system/cpu").unwrap().filter(|entry| {
            let name = entry.as_ref().unwrap().file_name().into_string().unwrap();
            name.strip_prefix("cpu").is_some_and(|rest| rest.parse::<u32>().is_ok())
        });
        let there = u32::try_from(online.count()).unwrap();
        assert!((1..=there).contains(&cpu.cores), "{} of {there}", cpu.cores);
        assert!(cpu.load.iter().all(|load| load.is_finite() && *load >= 0.0));
    }
}
