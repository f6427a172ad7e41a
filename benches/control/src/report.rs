//! The table of what was measured, beside what was to be reached.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};

/// What is to be reached.
#[derive(Debug, Clone, Copy)]
pub enum Goal {
    /// So many a second, or more.
    AtLeastPerSecond(f64),
    AtMost(Duration),
    /// In millions of bytes.
    AtMostMb(f64),
    /// So many of so many.
    All(u64),
    /// It is told, and nothing was asked of it: so many a second, milliseconds, millions of bytes.
    ToldPerSecond,
    ToldMs,
    ToldMb,
}

struct Row {
    database: &'static str,
    what: String,
    goal: String,
    measured: String,
    verdict: &'static str,
}

#[derive(Default)]
pub struct Report {
    rows: Vec<Row>,
}

impl Report {
    /// Notes a figure, in the unit of its goal (seconds for times), with what else is to be said of it.
    pub fn say(&mut self, database: &'static str, what: impl Into<String>, goal: Goal, figure: f64, more: &str) {
        let (goal, measured, is_met) = match goal {
            Goal::AtLeastPerSecond(least) => {
                (format!("≥ {least:.0} a second"), format!("{figure:.0} a second"), Some(figure >= least))
            }
            Goal::AtMost(most) => {
                let most = most.as_secs_f64();
                (format!("≤ {:.0} ms", most * 1e3), format!("{:.1} ms", figure * 1e3), Some(figure <= most))
            }
            Goal::AtMostMb(most) => (format!("≤ {most:.0} MB"), format!("{figure:.1} MB"), Some(figure <= most)),
            Goal::All(all) => (format!("{all}"), format!("{figure:.0}"), Some(figure == all as f64)),
            Goal::ToldPerSecond => (String::new(), format!("{figure:.0} a second"), None),
            Goal::ToldMs => (String::new(), format!("{:.1} ms", figure * 1e3), None),
            Goal::ToldMb => (String::new(), format!("{figure:.1} MB"), None),
        };
        let verdict = is_met.map_or("", |is_met| if is_met { "met" } else { "**missed**" });
        let row = Row { database, what: what.into(), goal, measured: format!("{measured}{more}"), verdict };
        println!("{}", line(&row));
        self.rows.push(row);
    }

    /// Writes `docs/performance-control.md` anew.
    pub fn write(&self) -> Result<()> {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/performance-control.md");
        let mut text = String::from(
            "# Performance of the server\n\nMade by `cargo run --release -p rempart-control-bench`; do not edit. Pages are \
             timed in the catalog, from the question to the rows; events over WebSockets of a server process, from the \
             request that caused them to the browser. Both databases run on the same disk with their durability on.\n\n",
        );
        writeln!(text, "Machine: {}; {}.\n", machine(), jiff::Zoned::now().date())?;
        text.push_str("| database | what | goal | measured | |\n|---|---|---|---|---|\n");
        for row in &self.rows {
            writeln!(text, "{}", line(row))?;
        }
        std::fs::write(&file, text).with_context(|| format!("write {}", file.display()))?;
        println!("\nwritten to {}", file.display());
        Ok(())
    }
}

fn line(row: &Row) -> String {
    format!("| {} | {} | {} | {} | {} |", row.database, row.what, row.goal, row.measured, row.verdict)
}

fn machine() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("an unknown processor");
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    format!("{cores} cores of {}", model.trim_start_matches([' ', '\t', ':']))
}

/// The middle one, and the one that 95 in 100 do not exceed.
pub struct Spread {
    pub p50: Duration,
    pub p95: Duration,
    pub worst: Duration,
}

impl Spread {
    /// Of at least one time.
    pub fn of(mut times: Vec<Duration>) -> Self {
        times.sort();
        let at = |share: f64| times[((times.len() - 1) as f64 * share).round() as usize];
        Self { p50: at(0.5), p95: at(0.95), worst: at(1.0) }
    }
}
