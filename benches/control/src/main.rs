//! Measures the catalog and the queue: `cargo run --release -p rempart-control-bench [pages|queue]... [sqlite|postgres]...`
//!
//! Everything is made in a temporary folder, PostgreSQL too, with its durability as it comes: fsync on.

mod fill;
mod pages;
mod queue;

use anyhow::{Result, bail};
use rempart_catalog::testing::{PostgresServer, Scratch};
use rempart_catalog::{Catalog, CatalogUrl, Dialect};

/// A catalog of its own, gone with the bench.
struct Place {
    url: CatalogUrl,
    _scratch: Option<Scratch>,
    _server: Option<PostgresServer>,
}

impl Place {
    fn new(dialect: Dialect) -> Self {
        match dialect {
            Dialect::Sqlite => {
                let scratch = Scratch::new(dialect);
                Self { url: scratch.url().clone(), _scratch: Some(scratch), _server: None }
            }
            Dialect::Postgres => {
                let server = PostgresServer::start(&["-c", "shared_buffers=256MB"]);
                Self { url: CatalogUrl::Postgres(server.new_database()), _scratch: None, _server: Some(server) }
            }
        }
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let known = ["pages", "queue", "sqlite", "postgres"];
    if let Some(word) = words.iter().find(|word| !known.contains(&word.as_str())) {
        bail!("{word}? there are: {}", known.join(" "));
    }
    let among = |all: [&'static str; 2]| -> Vec<&'static str> {
        let named: Vec<_> = all.into_iter().filter(|word| words.iter().any(|w| w == word)).collect();
        if named.is_empty() { all.to_vec() } else { named }
    };
    println!("| database | what | figure |\n|---|---|---|");
    for database in among(["sqlite", "postgres"]) {
        let dialect = if database == "sqlite" { Dialect::Sqlite } else { Dialect::Postgres };
        for what in among(["queue", "pages"]) {
            let place = Place::new(dialect);
            let catalog = Catalog::open(&place.url).await?;
            match what {
                "queue" => queue::measure(&catalog, database).await?,
                _ => {
                    fill::fill(&place.url, dialect).await?;
                    pages::measure(&catalog, database).await?;
                }
            }
            catalog.close().await;
        }
    }
    Ok(())
}

/// One line of the table.
fn say(database: &str, what: &str, figure: &str) {
    println!("| {database} | {what} | {figure} |");
}
