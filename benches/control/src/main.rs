//! Measures the control plane: `cargo run --release -p rempart-control-bench [PART|DATABASE]...`
//!
//! Parts: `queue`, `pages`, `events`, `agents`, `server`; databases: `sqlite`, `postgres`. Without words all is measured, and
//! `docs/performance-control.md` written anew. `events`, `agents` and `server` start the program beside this one, or `REMPART_BIN`:
//! build it before, `cargo build --release -p rempart`.
//!
//! Everything is made in a temporary folder, PostgreSQL too, with its durability as it comes: fsync on.

mod administrator;
mod agents;
mod events;
mod fill;
mod pages;
mod place;
mod process;
mod queue;
mod report;

use anyhow::{Result, bail};
use rempart_catalog::{Catalog, Dialect};

use place::Place;
use report::Report;

const PARTS: [&str; 5] = ["queue", "pages", "events", "agents", "server"];
const DATABASES: [&str; 2] = ["sqlite", "postgres"];

#[tokio::main]
async fn main() -> Result<()> {
    // Needed by every HTTP client, of plain HTTP too.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let Some(word) = words.iter().find(|word| !PARTS.iter().chain(&DATABASES).any(|known| known == word)) {
        bail!("{word}? there are: {} and {}", PARTS.join(" "), DATABASES.join(" "));
    }
    let mut report = Report::default();
    for database in among(&DATABASES, &words) {
        let dialect = if database == "sqlite" { Dialect::Sqlite } else { Dialect::Postgres };
        let parts = among(&PARTS, &words);
        if parts.contains(&"queue") {
            queue::measure(dialect, &mut report).await?;
        }
        if parts.contains(&"events") {
            events::measure(&Place::new(dialect), &mut report).await?;
        }
        if parts.contains(&"agents") {
            agents::measure(&Place::new(dialect), &mut report).await?;
        }
        if parts.contains(&"pages") || parts.contains(&"server") {
            let place = Place::new(dialect);
            if parts.contains(&"server") {
                process::measure(&place, "an empty catalog", &mut report).await?;
            }
            let catalog = Catalog::open(&place.url).await?;
            fill::fill(&place.url, dialect).await?;
            if parts.contains(&"pages") {
                pages::measure(&catalog, &mut report).await?;
            }
            catalog.close().await;
            if parts.contains(&"server") {
                process::measure(&place, "a million runs", &mut report).await?;
            }
        }
    }
    if words.is_empty() {
        report.write()?;
    }
    Ok(())
}

/// Those that are named, or all where none is.
fn among(all: &[&'static str], words: &[String]) -> Vec<&'static str> {
    let named: Vec<_> = all.iter().copied().filter(|known| words.iter().any(|word| word == known)).collect();
    if named.is_empty() { all.to_vec() } else { named }
}
