//! Events read in their order, by whoever passes them on.

use std::time::Duration;

use sea_orm::sqlx::postgres::PgListener;
use tokio::sync::watch;

use crate::events::CHANNEL;
use crate::sql::{FromRow, Row, Sql};
use crate::{Catalog, CatalogError, Dialect, Event};

/// What a reader got.
#[derive(Debug, Clone, PartialEq)]
pub enum Events {
    /// In order, none left out; empty where nothing new is there.
    Next(Vec<Event>),
    /// Some after the reader's place were dropped as too old: what was read before is to be read anew.
    Reset,
}

/// Reads events from a place on. On PostgreSQL numbers are given out before commits, so a number may be missing for a
/// moment: the reader waits for it, until no transaction is left that could have drawn it.
pub struct EventReader {
    catalog: Catalog,
    after: i64,
    wakes: watch::Receiver<u64>,
    listener: Option<PgListener>,
    /// A missing number, and the number of the first transaction that began after it was missed.
    gap: Option<(i64, i64)>,
}

const BATCH: usize = 500;
/// How long a reader waits where nobody wakes it: other processes on SQLite, a connection that was lost.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// How long a reader waits for a missing number before it looks again.
const GAP_WAIT: Duration = Duration::from_millis(20);

struct Horizon {
    oldest_running: i64,
    next: i64,
}

impl FromRow for Horizon {
    fn from_row(row: &Row<'_>) -> Result<Self, CatalogError> {
        Ok(Self { oldest_running: row.get("oldest_running")?, next: row.get("next")? })
    }
}

impl Catalog {
    /// A reader of what follows the event `after`.
    pub async fn event_reader(&self, after: i64) -> EventReader {
        // Without it the reader looks by itself now and then; with it other processes' events come at once.
        let listener = match self.dialect() {
            Dialect::Sqlite => None,
            Dialect::Postgres => self.listen().await,
        };
        EventReader { catalog: self.clone(), after, wakes: self.event_wakes(), listener, gap: None }
    }

    async fn listen(&self) -> Option<PgListener> {
        let pool = self.inner.read.get_postgres_connection_pool();
        let mut listener = PgListener::connect_with(pool).await.ok()?;
        listener.listen(CHANNEL).await.ok()?;
        Some(listener)
    }
}

impl EventReader {
    /// The number of the last event that was given out.
    #[must_use]
    pub fn place(&self) -> i64 {
        self.after
    }

    /// What is there now.
    pub async fn read(&mut self) -> Result<Events, CatalogError> {
        self.wakes.mark_unchanged();
        let horizon = if self.gap.is_some() { Some(self.horizon().await?) } else { None };
        let oldest: i64 = Sql::new("SELECT CAST(COALESCE(MIN(seq), 0) AS BIGINT) FROM events")
            .one(self.catalog.read(), "look at the oldest event")
            .await?;
        let mut events: Vec<Event> =
            Sql::new("SELECT seq, topic, kind, object_id, data, at FROM events WHERE seq > $1 ORDER BY seq LIMIT $2")
                .bind(self.after)
                .bind(BATCH as i64)
                .all(self.catalog.read(), "read events")
                .await?;
        if oldest > self.after + 1 && self.after > 0 {
            self.after = oldest - 1;
            self.gap = None;
            return Ok(Events::Reset);
        }
        if self.catalog.dialect() == Dialect::Postgres {
            self.cut_at_gap(&mut events, horizon).await?;
        }
        if let Some(last) = events.last() {
            self.after = last.seq;
        }
        Ok(Events::Next(events))
    }

    /// Cuts what follows a number that may still appear. Whoever appends an event has written before, so it had its own
    /// transaction number when the gap was first seen: once all transactions of then have ended, and the events were read
    /// after that, the missing one is either there or will never be.
    async fn cut_at_gap(&mut self, events: &mut Vec<Event>, before: Option<Horizon>) -> Result<(), CatalogError> {
        let mut expected = self.after + 1;
        for position in 0..events.len() {
            let missing = (events[position].seq != expected).then_some(expected);
            expected = events[position].seq + 1;
            let Some(missing) = missing else { continue };
            match (self.gap, &before) {
                (Some((gap, next)), Some(horizon)) if gap == missing && horizon.oldest_running >= next => {}
                (Some((gap, _)), _) if gap == missing => {
                    events.truncate(position);
                    return Ok(());
                }
                _ => {
                    self.gap = Some((missing, self.horizon().await?.next));
                    events.truncate(position);
                    return Ok(());
                }
            }
        }
        self.gap = None;
        Ok(())
    }

    async fn horizon(&self) -> Result<Horizon, CatalogError> {
        Sql::new(
            "SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS TEXT) AS BIGINT) AS oldest_running,
                 CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS TEXT) AS BIGINT) AS next",
        )
        .one(self.catalog.read(), "look at running transactions")
        .await
    }

    /// Waits until a look may find something new.
    pub async fn wait(&mut self) {
        let limit = if self.gap.is_some() { GAP_WAIT } else { LOOK_AGAIN };
        let told = async {
            let heard = match &mut self.listener {
                Some(listener) => listener.recv().await.is_ok(),
                None => false,
            };
            if !heard {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            _ = self.wakes.changed() => {}
            () = told => {}
            () = tokio::time::sleep(limit) => {}
        }
    }
}
