//! A catalog of its own for each part, gone with the bench.

use rempart_catalog::testing::{PostgresServer, Scratch};
use rempart_catalog::{CatalogUrl, Dialect};

pub struct Place {
    pub url: CatalogUrl,
    scratch: Scratch,
    _server: Option<PostgresServer>,
}

impl Place {
    pub fn new(dialect: Dialect) -> Self {
        // Of a SQLite catalog it is the file; beside PostgreSQL it is the server's folder only.
        let scratch = Scratch::new(Dialect::Sqlite);
        match dialect {
            Dialect::Sqlite => Self { url: scratch.url().clone(), scratch, _server: None },
            Dialect::Postgres => {
                let server = PostgresServer::start(&["-c", "shared_buffers=256MB"]);
                Self { url: CatalogUrl::Postgres(server.new_database()), scratch, _server: Some(server) }
            }
        }
    }

    /// What a server is given as its `DATABASE_URL`.
    pub fn address(&self) -> String {
        match &self.url {
            CatalogUrl::Sqlite(file) => format!("sqlite://{}", file.display()),
            CatalogUrl::Postgres(url) => url.clone(),
        }
    }

    /// What a server is given as its `BACKUPS_DIR`.
    pub fn folder(&self) -> std::path::PathBuf {
        self.scratch.folder().join("server")
    }

    pub fn database(&self) -> &'static str {
        match self.url {
            CatalogUrl::Sqlite(_) => "SQLite",
            CatalogUrl::Postgres(_) => "PostgreSQL",
        }
    }
}
