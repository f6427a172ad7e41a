//! Events: what happened, in an order that nobody misses a piece of.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::sql::{Bind, FromRow, Json, Row, Sql, Value};
use crate::{Catalog, CatalogError, Dialect, WriteTx};

/// What an event is about; what a browser subscribes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Topic {
    Jobs,
    Runs,
    Plans,
    Pools,
    Repositories,
    Snapshots,
    Servers,
    /// Figures and capabilities of servers; `id` is the server's.
    Stats,
    Alerts,
    Workers,
    Users,
    Settings,
}

impl Topic {
    pub const ALL: [Self; 12] = [
        Self::Jobs,
        Self::Runs,
        Self::Plans,
        Self::Pools,
        Self::Repositories,
        Self::Snapshots,
        Self::Servers,
        Self::Stats,
        Self::Alerts,
        Self::Workers,
        Self::Users,
        Self::Settings,
    ];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Jobs => "jobs",
            Self::Runs => "runs",
            Self::Plans => "plans",
            Self::Pools => "pools",
            Self::Repositories => "repositories",
            Self::Snapshots => "snapshots",
            Self::Servers => "servers",
            Self::Stats => "stats",
            Self::Alerts => "alerts",
            Self::Workers => "workers",
            Self::Users => "users",
            Self::Settings => "settings",
        }
    }
}

/// One event. `kind` is a word such as `created`, `changed`, `deleted`, `progress`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Event {
    pub seq: i64,
    pub topic: Topic,
    pub kind: String,
    pub id: i64,
    pub data: serde_json::Value,
    #[serde(skip)]
    pub at: Timestamp,
}

impl FromRow for Event {
    fn from_row(row: &Row<'_>) -> Result<Self, CatalogError> {
        let name: String = row.get("topic")?;
        let topic = Topic::ALL.into_iter().find(|topic| topic.as_str() == name);
        Ok(Self {
            seq: row.get("seq")?,
            topic: topic.ok_or_else(|| CatalogError::Unreadable { column: "topic".to_owned(), value: name })?,
            kind: row.get("kind")?,
            id: row.get("object_id")?,
            data: row.json("data")?,
            at: row.time("at")?,
        })
    }
}

/// An event on its way into the table.
pub(crate) struct NewEvent {
    topic: Topic,
    kind: String,
    object_id: i64,
    /// JSON.
    data: Value,
    at: Timestamp,
}

/// So many events are written by one statement, and so many wait for it.
const AT_ONCE: usize = 100;

impl WriteTx {
    /// Says to all who watch `topic` that this transaction changed `object_id`. They hear of it once it is committed.
    pub async fn append_event(
        &mut self,
        topic: Topic,
        kind: &str,
        object_id: impl Into<i64>,
        data: &impl Serialize,
        at: Timestamp,
    ) -> Result<(), CatalogError> {
        let (kind, object_id, data) = (kind.to_owned(), object_id.into(), Json(data).value());
        self.events.push(NewEvent { topic, kind, object_id, data, at });
        if self.events.len() >= AT_ONCE { self.write_events().await } else { Ok(()) }
    }

    /// Writes what was appended, in its order.
    async fn write_events(&mut self) -> Result<(), CatalogError> {
        if self.events.is_empty() {
            return Ok(());
        }
        self.insert_events(Sql::new("")).run(&self.tx, "append events").await.map(|_| ())
    }

    /// Writes the rest of what was appended, and wakes other processes where any was: the last statement of a commit.
    pub(crate) async fn write_last_events(&mut self) -> Result<(), CatalogError> {
        if self.dialect() == Dialect::Sqlite {
            return self.write_events().await;
        }
        let notify = format!("SELECT pg_notify('{CHANNEL}', '')");
        let sql = match (self.events.is_empty(), self.wakes.events) {
            (true, false) => return Ok(()),
            (true, true) => Sql::new(notify),
            (false, _) => self.insert_events(Sql::new("WITH added AS (")).push(&format!(") {notify}")),
        };
        sql.run(&self.tx, "append events").await.map(|_| ())
    }

    fn insert_events(&mut self, sql: Sql) -> Sql {
        self.wakes.events = true;
        let rows = self.events.drain(..).map(|event| {
            let NewEvent { topic, kind, object_id, data, at } = event;
            [topic.as_str().value(), kind.value(), object_id.value(), data, at.value()]
        });
        sql.push("INSERT INTO events (topic, kind, object_id, data, at) VALUES ").push_rows(rows)
    }
}

/// PostgreSQL's channel on which commits with events are announced. A hint: the table is the truth.
pub(crate) const CHANNEL: &str = "rempart_events";

impl Catalog {
    /// Changes whenever this process committed events.
    #[must_use]
    pub fn event_wakes(&self) -> watch::Receiver<u64> {
        self.inner.wakes.events.subscribe()
    }

    /// The number of the newest event, 0 before the first.
    pub async fn last_event_seq(&self) -> Result<i64, CatalogError> {
        Sql::new("SELECT CAST(COALESCE(MAX(seq), 0) AS BIGINT) FROM events")
            .one(self.read(), "look at the events")
            .await
    }
}
