//! What a look at a machine found is kept, and the means of its hour and day brought up to date.

use jiff::Timestamp;
use rempart_model::ServerId;
use serde_json::json;

use crate::sql::{Bind as _, Json, Sql};
use crate::{CatalogError, DiskSample, Look, SampleSpan, ServerSample, Topic, WriteTx};

/// Each span with that of which its rows are means.
const ROLLED_UP: [(SampleSpan, SampleSpan); 2] =
    [(SampleSpan::Hour, SampleSpan::Look), (SampleSpan::Day, SampleSpan::Hour)];

impl WriteTx {
    /// Keeps what a look found, and brings the means of its hour and day up to date.
    pub async fn record_look(&mut self, server: ServerId, look: &Look) -> Result<(), CatalogError> {
        let at = look.sample.at;
        Sql::new(
            "INSERT INTO server_stats (server_id, taken_at, figures) VALUES ($1, $2, $3) \
             ON CONFLICT (server_id) DO UPDATE SET taken_at = excluded.taken_at, figures = excluded.figures",
        )
        .bind(server)
        .bind(at)
        .bind(Json(&look.figures))
        .run(&self.tx, "keep a server's figures")
        .await?;
        self.insert_sample(server, &look.sample).await?;
        self.insert_disk_samples(server, &look.disks).await?;
        for (span, of) in ROLLED_UP {
            self.roll_up(server, span, of, at).await?;
        }
        self.append_event(Topic::Stats, "looked", server, &json!({ "at": at }), at).await
    }

    pub async fn record_capabilities(
        &mut self,
        server: ServerId,
        found: &serde_json::Value,
        now: Timestamp,
    ) -> Result<(), CatalogError> {
        Sql::new(
            "INSERT INTO server_capabilities (server_id, taken_at, found) VALUES ($1, $2, $3) \
             ON CONFLICT (server_id) DO UPDATE SET taken_at = excluded.taken_at, found = excluded.found",
        )
        .bind(server)
        .bind(now)
        .bind(Json(found))
        .run(&self.tx, "keep a server's capabilities")
        .await?;
        self.append_event(Topic::Stats, "capabilities", server, &json!({ "at": now }), now).await
    }

    async fn insert_sample(&mut self, server: ServerId, sample: &ServerSample) -> Result<(), CatalogError> {
        Sql::new(
            "INSERT INTO server_samples (server_id, span, at, cpu_percent, cpu_peak, load_1, memory_used, memory_total, \
             swap_used, swap_total) VALUES ($1, 0, $2, $3, $4, $5, $6, $7, $8, $9) \
             ON CONFLICT (server_id, span, at) DO NOTHING",
        )
        .bind(server)
        .bind(sample.at)
        .bind(sample.cpu_percent)
        .bind(sample.cpu_peak_percent)
        .bind(sample.load)
        .bind(sample.memory_used_bytes)
        .bind(sample.memory_total_bytes)
        .bind(sample.swap_used_bytes)
        .bind(sample.swap_total_bytes)
        .run(&self.tx, "keep a server's sample")
        .await
        .map(|_| ())
    }

    async fn insert_disk_samples(&mut self, server: ServerId, disks: &[DiskSample]) -> Result<(), CatalogError> {
        for chunk in disks.chunks(100) {
            let row = |disk: &DiskSample| {
                let (point, used, size) = (disk.mount_point.as_str(), disk.used_bytes, disk.size_bytes);
                [server.value(), 0_i64.value(), disk.at.value(), point.value(), used.value(), size.value()]
            };
            Sql::new(
                "INSERT INTO server_disk_samples (server_id, span, at, mount_point, used_bytes, size_bytes) VALUES ",
            )
            .push_rows(chunk.iter().map(row))
            .push(" ON CONFLICT (server_id, span, at, mount_point) DO NOTHING")
            .run(&self.tx, "keep a sample of a server's disks")
            .await?;
        }
        Ok(())
    }

    /// The row of the span around a moment, made anew of the rows of the shorter span.
    async fn roll_up(
        &mut self,
        server: ServerId,
        span: SampleSpan,
        of: SampleSpan,
        at: Timestamp,
    ) -> Result<(), CatalogError> {
        let (begin, end) = span.around(at);
        let rolled = |text: &str| {
            let sql = Sql::new(text).bind(server).bind(span.seconds()).bind(begin);
            sql.bind(of.seconds()).bind(end)
        };
        rolled(
            "INSERT INTO server_samples (server_id, span, at, cpu_percent, cpu_peak, load_1, memory_used, memory_total, \
             swap_used, swap_total) \
             SELECT server_id, CAST($2 AS BIGINT), CAST($3 AS BIGINT), AVG(cpu_percent), MAX(cpu_peak), AVG(load_1), \
             CAST(AVG(memory_used) AS BIGINT), MAX(memory_total), CAST(AVG(swap_used) AS BIGINT), MAX(swap_total) \
             FROM server_samples WHERE server_id = $1 AND span = $4 AND at >= $3 AND at < $5 GROUP BY server_id \
             ON CONFLICT (server_id, span, at) DO UPDATE SET cpu_percent = excluded.cpu_percent, \
             cpu_peak = excluded.cpu_peak, load_1 = excluded.load_1, memory_used = excluded.memory_used, \
             memory_total = excluded.memory_total, swap_used = excluded.swap_used, swap_total = excluded.swap_total",
        )
        .run(&self.tx, "average a server's samples")
        .await?;
        rolled(
            "INSERT INTO server_disk_samples (server_id, span, at, mount_point, used_bytes, size_bytes) \
             SELECT server_id, CAST($2 AS BIGINT), CAST($3 AS BIGINT), mount_point, CAST(AVG(used_bytes) AS BIGINT), \
             MAX(size_bytes) FROM server_disk_samples \
             WHERE server_id = $1 AND span = $4 AND at >= $3 AND at < $5 GROUP BY server_id, mount_point \
             ON CONFLICT (server_id, span, at, mount_point) DO UPDATE SET used_bytes = excluded.used_bytes, \
             size_bytes = excluded.size_bytes",
        )
        .run(&self.tx, "average the samples of a server's disks")
        .await?;
        Ok(())
    }
}
