//! The one way to write: a transaction that begins IMMEDIATE on SQLite, and carries its events with it.

use sea_orm::{DatabaseConnection, DatabaseTransaction, SqliteTransactionMode, TransactionOptions, TransactionTrait};
use tokio::sync::OwnedMutexGuard;

use crate::events::NewEvent;
use crate::{Catalog, CatalogError, Dialect};

/// A write transaction. Dropped without [`WriteTx::commit`], nothing of it happened. What each area can write is a method
/// of this type, in the area's file.
///
/// ```no_run
/// # async fn example(catalog: rempart_catalog::Catalog) -> Result<(), rempart_catalog::CatalogError> {
/// let mut tx = catalog.begin().await?;
/// // tx.insert_plan(…).await?; tx.append_event(…).await?;
/// tx.commit().await
/// # }
/// ```
pub struct WriteTx {
    pub(crate) tx: DatabaseTransaction,
    pub(crate) catalog: Catalog,
    /// Who is woken once it is committed.
    pub(crate) wakes: ToWake,
    /// Written with the commit, in one statement.
    pub(crate) events: Vec<NewEvent>,
    /// How many jobs work now, once [`WriteTx::lock_counters`] has asked.
    pub(crate) in_use: Option<i64>,
    /// The turn to write of this process, on SQLite.
    _turn: Option<OwnedMutexGuard<()>>,
}

/// What is left of a commit when the machine loses power a moment later. A process that dies takes nothing with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durability {
    /// It is on the disk before the commit returns.
    Full,
    /// It is on the disk once the next full commit is, or a moment later. For what is as good as undone when it is lost:
    /// a lease on which nothing was begun, a sign of life.
    WithTheNext,
}

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ToWake {
    pub events: bool,
    pub work: bool,
    pub cancels: bool,
    pub commands: bool,
    pub plans: bool,
}

impl Catalog {
    /// Begins to write. On SQLite there is one writer: keep what is between here and the commit short, and never wait in
    /// it for anything but the database.
    pub async fn begin(&self) -> Result<WriteTx, CatalogError> {
        self.begin_on(&self.inner.write).await
    }

    /// For what workers write.
    pub(crate) async fn begin_for_queue(&self, durability: Durability) -> Result<WriteTx, CatalogError> {
        let connection = match durability {
            Durability::Full => &self.inner.queue,
            Durability::WithTheNext => &self.inner.relaxed,
        };
        self.begin_on(connection).await
    }

    async fn begin_on(&self, connection: &DatabaseConnection) -> Result<WriteTx, CatalogError> {
        let failed = |error| CatalogError::from_database("begin to write", error);
        let turn = match self.dialect() {
            Dialect::Sqlite => Some(self.inner.turn.clone().lock_owned().await),
            Dialect::Postgres => None,
        };
        let options = TransactionOptions {
            // A deferred transaction that reads first and then writes is told BUSY at once, whatever the timeout.
            sqlite_transaction_mode: (self.dialect() == Dialect::Sqlite).then_some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let tx = connection.begin_with_options(options).await.map_err(failed)?;
        Ok(WriteTx {
            tx,
            catalog: self.clone(),
            wakes: ToWake::default(),
            events: Vec::new(),
            in_use: None,
            _turn: turn,
        })
    }
}

impl WriteTx {
    /// Makes it durable, then wakes those who wait for events.
    pub async fn commit(mut self) -> Result<(), CatalogError> {
        self.write_last_events().await?;
        self.tx.commit().await.map_err(|error| CatalogError::from_database("commit", error))?;
        let (wakes, to_wake) = (&self.catalog.inner.wakes, self.wakes);
        for (is_meant, wake) in [
            (to_wake.events, &wakes.events),
            (to_wake.work, &wakes.work),
            (to_wake.cancels, &wakes.cancels),
            (to_wake.commands, &wakes.commands),
            (to_wake.plans, &wakes.plans),
        ] {
            if is_meant {
                wake.send_modify(|commits| *commits += 1);
            }
        }
        Ok(())
    }

    /// Undoes it at once; dropping does the same a moment later.
    pub async fn rollback(self) -> Result<(), CatalogError> {
        self.tx.rollback().await.map_err(|error| CatalogError::from_database("roll back", error))
    }

    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.catalog.dialect()
    }
}
