//! What must hold of a catalog whatever happened to the processes that wrote it.

use std::path::PathBuf;
use std::process::Command;

/// Where a catalog is, to be asked past the server.
#[derive(Debug, Clone)]
pub enum Database {
    /// The server's folder.
    Sqlite(PathBuf),
    /// An address that psql understands.
    Postgres(String),
}

impl Database {
    /// The rows of one question, columns parted by `|`.
    pub fn ask(&self, sql: &str) -> Vec<String> {
        let mut command = match self {
            Self::Sqlite(folder) => {
                let mut command = Command::new("sqlite3");
                command.arg("-readonly").arg(folder.join("catalog.sqlite")).arg(sql);
                command
            }
            Self::Postgres(address) => {
                let mut command = Command::new("psql");
                command.args(["-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", address, "-c", sql]);
                command
            }
        };
        let missing = "sqlite3 or psql is missing: install the packages sqlite3 and postgresql-client";
        let output = command.output().expect(missing);
        assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
    }

    /// The database finds no fault, and no row contradicts another: at every moment, also after a crash.
    pub fn assert_consistent(&self, what: &str) {
        if let Self::Sqlite(_) = self {
            assert_eq!(self.ask("PRAGMA integrity_check"), ["ok"], "{what}: the file is damaged");
            assert_eq!(self.ask("PRAGMA foreign_key_check"), [""; 0], "{what}: a reference leads nowhere");
        }
        for (claim, counterexamples) in CLAIMS {
            assert_eq!(self.ask(counterexamples), [""; 0], "{what}: not true that {claim}");
        }
    }

    /// What holds besides once every job that was asked for has ended and the servers live.
    pub fn assert_at_rest(&self, what: &str) {
        self.assert_consistent(what);
        for (claim, counterexamples) in CLAIMS_AT_REST {
            assert_eq!(self.ask(counterexamples), [""; 0], "{what}: not true that {claim}");
        }
    }
}

/// What is claimed, and a question for counterexamples, of which there are none. The same text on both databases.
const CLAIMS: &[(&str, &str)] = &[
    ("a job is in one place", "SELECT id FROM jobs INTERSECT SELECT id FROM job_history"),
    (
        "a job that has not ended waits, is leased or runs",
        "SELECT id, state FROM jobs WHERE state NOT IN ('queued', 'leased', 'running')",
    ),
    (
        "a job in the history has ended in one of four ways",
        "SELECT id, state FROM job_history WHERE state NOT IN ('succeeded', 'warning', 'failed', 'canceled')",
    ),
    (
        "a job that has ended has no lease any more, and the time of its end",
        "SELECT id FROM job_history WHERE lease_until IS NOT NULL OR ended_at IS NULL",
    ),
    (
        "a job that waits has no worker",
        "SELECT id FROM jobs WHERE state = 'queued' AND (worker IS NOT NULL OR lease_until IS NOT NULL)",
    ),
    (
        "a job at work has a worker, a lease and an attempt",
        "SELECT id FROM jobs WHERE state <> 'queued' AND (worker IS NULL OR lease_until IS NULL OR attempt = 0)",
    ),
    (
        "a job was attempted no more often than it was claimed",
        "SELECT id FROM (SELECT id, attempt, generation FROM jobs UNION ALL SELECT id, attempt, generation FROM job_history) j
         WHERE attempt > generation",
    ),
    (
        "a run has its job",
        "SELECT id FROM runs WHERE state <> 'missed'
         AND (job_id IS NULL OR job_id NOT IN (SELECT id FROM jobs UNION ALL SELECT id FROM job_history))",
    ),
    ("a job is of one run", "SELECT job_id FROM runs WHERE job_id IS NOT NULL GROUP BY job_id HAVING COUNT(*) > 1"),
    (
        "a run has its job's outcome",
        "SELECT r.id, r.state, j.state FROM runs r JOIN job_history j ON j.id = r.job_id
         WHERE r.state <> j.state OR r.ended_at <> j.ended_at OR r.ended_at IS NULL",
    ),
    (
        "a run whose job has not ended waits or runs as it does",
        "SELECT r.id, r.state, j.state FROM runs r JOIN jobs j ON j.id = r.job_id
         WHERE r.state <> CASE WHEN j.state = 'running' THEN 'running' ELSE 'queued' END",
    ),
    (
        "what works is counted",
        "SELECT key, in_use FROM job_limits WHERE key = 'global'
         AND in_use <> (SELECT COUNT(*) FROM jobs WHERE state <> 'queued')",
    ),
    (
        "what works is counted for its server",
        "SELECT key, in_use FROM job_limits l WHERE key LIKE 'server:%' AND in_use <>
         (SELECT COUNT(*) FROM jobs j WHERE 'server:' || j.server_id = l.key AND j.state <> 'queued')",
    ),
    (
        "what works is counted for its repository",
        "SELECT key, in_use, alone FROM job_limits l WHERE key LIKE 'repository:%' AND (in_use <>
         (SELECT COUNT(*) FROM jobs j WHERE 'repository:' || j.repository_id = l.key AND j.state <> 'queued'
             AND j.access = 'shared')
         OR alone <> (SELECT COUNT(*) FROM jobs j WHERE 'repository:' || j.repository_id = l.key
             AND j.state <> 'queued' AND j.access = 'exclusive'))",
    ),
    (
        "who needs a repository alone has it alone",
        "SELECT repository_id FROM jobs WHERE state <> 'queued' AND access <> 'none' GROUP BY repository_id
         HAVING COUNT(*) > 1 AND SUM(CASE WHEN access = 'exclusive' THEN 1 ELSE 0 END) > 0",
    ),
    (
        "a job's end is said once",
        "SELECT object_id FROM events WHERE topic = 'jobs' AND kind = 'state' AND (data LIKE '%\"state\":\"succeeded\"%'
             OR data LIKE '%\"state\":\"warning\"%' OR data LIKE '%\"state\":\"failed\"%'
             OR data LIKE '%\"state\":\"canceled\"%')
         GROUP BY object_id HAVING COUNT(*) > 1",
    ),
    (
        "a job's end is said as it was",
        "SELECT id FROM job_history j WHERE NOT EXISTS (SELECT 1 FROM events e WHERE e.topic = 'jobs'
             AND e.kind = 'state' AND e.object_id = j.id AND e.data LIKE '%\"state\":\"' || j.state || '\"%')",
    ),
];

/// Measuring pools goes on by itself, so it may be at work at any time.
const CLAIMS_AT_REST: &[(&str, &str)] = &[
    ("no lease outlives its job", "SELECT id, state FROM jobs WHERE state <> 'queued' AND kind <> 'pool_analysis'"),
    (
        "a lease is of a worker that is there",
        "SELECT id, worker FROM jobs WHERE worker IS NOT NULL AND worker NOT IN (SELECT name FROM workers)",
    ),
    ("every run has ended", "SELECT id, state FROM runs WHERE state IN ('queued', 'running')"),
];
