//! The figures of this machine, whole and through JSON.

use rempart_host::capability::Capabilities;
use rempart_host::stats::{HostStats, StatsReader};

#[test]
fn a_second_reading_knows_how_busy_the_processor_was() {
    let mut reader = StatsReader::new();
    let first = reader.read().unwrap();
    assert_eq!(first.cpu.usage_percent, None);
    // Work until the kernel has counted a tick of it.
    let usage = (0..1_000_000).find_map(|_| reader.read().unwrap().cpu.usage_percent);
    assert!(usage.is_some_and(|percent| (0.0..=100.0).contains(&percent)), "{usage:?}");
}

#[test]
fn figures_come_back_from_json_as_they_were() {
    let stats = StatsReader::new().read().unwrap();
    let json = serde_json::to_string(&stats).unwrap();
    assert_eq!(serde_json::from_str::<HostStats>(&json).unwrap(), stats);
    assert!(json.contains("\"bootedAt\"") && json.contains("\"availableBytes\""), "{json}");
    let boot = std::fs::read_to_string("/proc/stat").unwrap();
    let boot = boot.lines().find_map(|line| line.strip_prefix("btime ")).unwrap().parse::<i64>().unwrap();
    let difference = stats.booted_at.as_second().abs_diff(boot);
    assert!(difference <= 2, "booted at {} and the kernel says {boot}", stats.booted_at.as_second());
}

#[test]
fn abilities_come_back_from_json_as_they_were() {
    let found = Capabilities::read().unwrap();
    let json = serde_json::to_string(&found).unwrap();
    assert_eq!(serde_json::from_str::<Capabilities>(&json).unwrap(), found);
    assert!(found.tools.iter().all(|tool| tool.path.as_path().exists()), "{found:?}");
}
