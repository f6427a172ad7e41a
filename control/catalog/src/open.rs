//! The catalog opened: how SQLite and PostgreSQL are spoken to.

use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use sea_orm::sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sea_orm::sqlx::{ConnectOptions, Connection, raw_sql};
use sea_orm::{DatabaseConnection, SqlxPostgresConnector, SqlxSqliteConnector};
use tokio::sync::{Mutex, watch};

use crate::{CatalogError, CatalogUrl, migrate};

/// Which SQL is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    Sqlite,
    Postgres,
}

/// The metadata database. Cheap to clone. Reads are methods of this type, in a file per area; writes are methods of
/// [`crate::WriteTx`], which [`Catalog::begin`] gives out.
#[derive(Clone)]
pub struct Catalog {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub url: CatalogUrl,
    pub dialect: Dialect,
    /// SQLite: the connection that writes. PostgreSQL: the same pool as `read`.
    pub write: DatabaseConnection,
    /// The queue's. SQLite: the same as `write`. PostgreSQL: one of its own, see [`ALONG_INDEXES`].
    pub queue: DatabaseConnection,
    /// The queue's too: its commits do not wait for the disk.
    pub relaxed: DatabaseConnection,
    /// Whose turn it is to write, of those in this process: SQLite itself lets the others poll.
    pub turn: Arc<Mutex<()>>,
    pub read: DatabaseConnection,
    pub wakes: Wakes,
    /// What this process is called in the list of workers, once it is known.
    pub process: OnceLock<String>,
}

/// Counts the commits of this process, by what those who wait for them care about.
#[derive(Default)]
pub(crate) struct Wakes {
    /// Events were appended.
    pub events: watch::Sender<u64>,
    /// A claim may find something.
    pub work: watch::Sender<u64>,
    /// A running job was asked to end.
    pub cancels: watch::Sender<u64>,
    /// A worker was told something.
    pub commands: watch::Sender<u64>,
    /// A plan was changed.
    pub plans: watch::Sender<u64>,
}

const SQLITE_READERS: u32 = 4;
const POSTGRES_CONNECTIONS: u32 = 16;
/// PostgreSQL reads the queue along its indexes, whatever the statistics say: those of a table that fills and empties all day
/// are wrong, and anything else reads, hashes or sorts the whole queue for a few rows. Settings of a connection cost nothing;
/// those of a transaction are one exchange more, while everybody waits for the counters.
const ALONG_INDEXES: &str =
    "SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off";
const ALONG_INDEXES_WITHOUT_WAITING: &str = "SET synchronous_commit = off; SET enable_seqscan = off; \
    SET enable_bitmapscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off";
/// Compiled statements of each connection. Those that write several rows differ by the number of rows.
const STATEMENTS_KEPT: usize = 512;
/// How long after its last use a connection to PostgreSQL is taken to be there.
const TRUSTED_FOR: Duration = Duration::from_secs(2);
/// How long a writer waits for another process's transaction before it is told that the file is busy.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);

impl Catalog {
    /// Opens the catalog, makes the file where there is none, and brings its tables up to this version.
    pub async fn open(url: &CatalogUrl) -> Result<Self, CatalogError> {
        let (dialect, write, queue, relaxed, read) = match url {
            CatalogUrl::Sqlite(file) => {
                if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
                    let failed = |source| CatalogError::Folder { path: folder.to_owned(), source };
                    tokio::fs::create_dir_all(folder).await.map_err(failed)?;
                }
                let failed = |source| CatalogError::Open { address: url.to_string(), source: Box::new(source) };
                let options = sqlite_options(file).create_if_missing(true);
                // The writer first: it makes the file.
                let write = sqlite_pool(1).connect_with(options.clone()).await.map_err(failed)?;
                let options = options.create_if_missing(false);
                // In WAL mode NORMAL differs from FULL in the wait at a commit alone: the file stays as sound.
                let relaxed = options.clone().synchronous(SqliteSynchronous::Normal);
                let relaxed = sqlite_pool(1).connect_with(relaxed).await.map_err(failed)?;
                let readers = options.pragma("query_only", "ON");
                let read = sqlite_pool(SQLITE_READERS).connect_with(readers).await.map_err(failed)?;
                let write = SqlxSqliteConnector::from_sqlx_sqlite_pool(write);
                (
                    Dialect::Sqlite,
                    write.clone(),
                    write,
                    SqlxSqliteConnector::from_sqlx_sqlite_pool(relaxed),
                    SqlxSqliteConnector::from_sqlx_sqlite_pool(read),
                )
            }
            CatalogUrl::Postgres(text) => {
                let failed = |source| CatalogError::Open { address: url.to_string(), source: Box::new(source) };
                let options: PgConnectOptions = text.parse().map_err(failed)?;
                let options = options
                    .application_name("rempart")
                    .statement_cache_capacity(STATEMENTS_KEPT)
                    .disable_statement_logging();
                let pool = postgres_pool(POSTGRES_CONNECTIONS).connect_with(options.clone()).await.map_err(failed)?;
                let connection = SqlxPostgresConnector::from_sqlx_postgres_pool(pool);
                // One group of the queue's writes is under way at a time.
                let of_queue = |settings: &'static str| {
                    let pool = postgres_pool(1).after_connect(move |connection, _| {
                        Box::pin(async move { raw_sql(settings).execute(connection).await.map(drop) })
                    });
                    SqlxPostgresConnector::from_sqlx_postgres_pool(pool.connect_lazy_with(options.clone()))
                };
                let (queue, relaxed) = (of_queue(ALONG_INDEXES), of_queue(ALONG_INDEXES_WITHOUT_WAITING));
                (Dialect::Postgres, connection.clone(), queue, relaxed, connection)
            }
        };
        let turn = Arc::default();
        let inner = Inner {
            url: url.clone(),
            dialect,
            write,
            queue,
            relaxed,
            turn,
            read,
            wakes: Wakes::default(),
            process: OnceLock::new(),
        };
        let catalog = Self { inner: Arc::new(inner) };
        migrate::to_this_version(&catalog).await?;
        Ok(catalog)
    }

    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.inner.dialect
    }

    #[must_use]
    pub fn url(&self) -> &CatalogUrl {
        &self.inner.url
    }

    /// Where reads go. On SQLite these connections cannot write.
    pub(crate) fn read(&self) -> &DatabaseConnection {
        &self.inner.read
    }

    /// Whether the database answers; for readiness.
    pub async fn ping(&self) -> Result<(), CatalogError> {
        crate::sql::Sql::new("SELECT 1").run(self.read(), "ask the database for a sign of life").await.map(|_| ())
    }

    /// One more connection to SQLite's file, for what takes long.
    pub(crate) async fn connect_for_a_copy(&self) -> Result<DatabaseConnection, CatalogError> {
        let failed = |source: sea_orm::sqlx::Error| CatalogError::Open {
            address: self.inner.url.to_string(),
            source: Box::new(source),
        };
        let CatalogUrl::Sqlite(file) = &self.inner.url else {
            return Err(failed(sea_orm::sqlx::Error::Configuration("PostgreSQL is not copied".into())));
        };
        let pool = sqlite_pool(1).connect_with(sqlite_options(file)).await.map_err(failed)?;
        Ok(SqlxSqliteConnector::from_sqlx_sqlite_pool(pool))
    }

    /// Closes the connections; SQLite folds its write-ahead log into the file.
    pub async fn close(&self) {
        let inner = &self.inner;
        for connection in [&inner.read, &inner.relaxed, &inner.queue, &inner.write] {
            let _ = connection.close_by_ref().await;
        }
    }
}

fn sqlite_options(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .statement_cache_capacity(STATEMENTS_KEPT)
        .disable_statement_logging()
}

fn sqlite_pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        // The file does not go away, and its connections hold the compiled statements.
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
}

fn postgres_pool(connections: u32) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        // A connection that was in use a moment ago is not asked whether it is there: that costs as much as most
        // statements do.
        .test_before_acquire(false)
        .before_acquire(|connection, used| {
            Box::pin(async move { Ok(used.idle_for < TRUSTED_FOR || connection.ping().await.is_ok()) })
        })
}
