//! What machines were found to be: the last look whole, and figures over time.

use std::collections::HashMap;

use jiff::Timestamp;
use rempart_model::ServerId;

use crate::sql::{FromRow, Row, Sql};
use crate::{Catalog, CatalogError};

/// A document about a machine, and when it was true.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken {
    pub at: Timestamp,
    pub value: serde_json::Value,
}

/// A machine's figures at a moment, or on average over a span.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ServerSample {
    pub at: Timestamp,
    /// Of all cores.
    pub cpu_percent: Option<f64>,
    /// The highest of the span.
    pub cpu_peak_percent: Option<f64>,
    /// Processes that ran or waited.
    pub load: f64,
    pub memory_used_bytes: u64,
    pub memory_total_bytes: u64,
    pub swap_used_bytes: u64,
    pub swap_total_bytes: u64,
}

/// The same of a file system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiskSample {
    pub at: Timestamp,
    pub mount_point: String,
    pub used_bytes: u64,
    /// What ordinary users can have of it.
    pub size_bytes: u64,
}

/// What one look found.
#[derive(Debug, Clone, PartialEq)]
pub struct Look {
    pub figures: serde_json::Value,
    pub sample: ServerSample,
    /// Their `at` is the sample's.
    pub disks: Vec<DiskSample>,
}

/// How much time a row of the history stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SampleSpan {
    /// A moment.
    Look,
    Hour,
    Day,
}

impl SampleSpan {
    #[must_use]
    pub const fn seconds(self) -> i64 {
        match self {
            Self::Look => 0,
            Self::Hour => 3600,
            Self::Day => 86_400,
        }
    }

    /// Where the span of a moment begins, and ends; in UTC.
    pub(crate) fn around(self, at: Timestamp) -> (Timestamp, Timestamp) {
        let begin = at.as_second().div_euclid(self.seconds()) * self.seconds();
        let second = |second| Timestamp::from_second(second).unwrap_or(at);
        (second(begin), second(begin + self.seconds()))
    }
}

impl FromRow for Taken {
    fn from_row(row: &Row<'_>) -> Result<Self, CatalogError> {
        Ok(Self { at: row.time("taken_at")?, value: row.json("value")? })
    }
}

impl FromRow for ServerSample {
    fn from_row(row: &Row<'_>) -> Result<Self, CatalogError> {
        Ok(Self {
            at: row.time("at")?,
            cpu_percent: row.get("cpu_percent")?,
            cpu_peak_percent: row.get("cpu_peak")?,
            load: row.get("load_1")?,
            memory_used_bytes: row.number("memory_used")?,
            memory_total_bytes: row.number("memory_total")?,
            swap_used_bytes: row.number("swap_used")?,
            swap_total_bytes: row.number("swap_total")?,
        })
    }
}

impl FromRow for DiskSample {
    fn from_row(row: &Row<'_>) -> Result<Self, CatalogError> {
        Ok(Self {
            at: row.time("at")?,
            mount_point: row.get("mount_point")?,
            used_bytes: row.number("used_bytes")?,
            size_bytes: row.number("size_bytes")?,
        })
    }
}

/// When a server was last looked at.
struct LastLook(ServerId, Timestamp);

impl FromRow for LastLook {
    fn from_row(row: &Row<'_>) -> Result<Self, CatalogError> {
        Ok(Self(row.id("server_id")?, row.time("taken_at")?))
    }
}

impl Catalog {
    /// The last look; `None` where there was none.
    pub async fn server_stats(&self, server: ServerId) -> Result<Option<Taken>, CatalogError> {
        Sql::new("SELECT taken_at, figures AS value FROM server_stats WHERE server_id = $1")
            .bind(server)
            .first(self.read(), "read a server's figures")
            .await
    }

    pub async fn server_capabilities(&self, server: ServerId) -> Result<Option<Taken>, CatalogError> {
        Sql::new("SELECT taken_at, found AS value FROM server_capabilities WHERE server_id = $1")
            .bind(server)
            .first(self.read(), "read a server's capabilities")
            .await
    }

    /// When each of these servers was last looked at. Those that never were are left out.
    pub async fn last_looks(&self, servers: &[ServerId]) -> Result<HashMap<ServerId, Timestamp>, CatalogError> {
        if servers.is_empty() {
            return Ok(HashMap::new());
        }
        let sql = Sql::new("SELECT server_id, taken_at FROM server_stats WHERE server_id IN ");
        let rows: Vec<LastLook> =
            sql.push_list(servers.iter().copied()).all(self.read(), "read when servers were looked at").await?;
        Ok(rows.into_iter().map(|LastLook(server, at)| (server, at)).collect())
    }

    /// Figures from then on, oldest first.
    pub async fn server_samples(
        &self,
        server: ServerId,
        span: SampleSpan,
        since: Timestamp,
    ) -> Result<Vec<ServerSample>, CatalogError> {
        Sql::new(
            "SELECT at, cpu_percent, cpu_peak, load_1, memory_used, memory_total, swap_used, swap_total \
             FROM server_samples WHERE server_id = $1 AND span = $2 AND at >= $3 ORDER BY at",
        )
        .bind(server)
        .bind(span.seconds())
        .bind(since)
        .all(self.read(), "read a server's history")
        .await
    }

    /// Of all its file systems, oldest first.
    pub async fn server_disk_samples(
        &self,
        server: ServerId,
        span: SampleSpan,
        since: Timestamp,
    ) -> Result<Vec<DiskSample>, CatalogError> {
        Sql::new(
            "SELECT at, mount_point, used_bytes, size_bytes FROM server_disk_samples \
             WHERE server_id = $1 AND span = $2 AND at >= $3 ORDER BY at, mount_point",
        )
        .bind(server)
        .bind(span.seconds())
        .bind(since)
        .all(self.read(), "read the history of a server's disks")
        .await
    }
}
