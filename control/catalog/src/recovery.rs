//! Jobs of processes that are known to be dead, taken back at once instead of when their leases run out.

use jiff::Timestamp;
use rempart_jobs::Reaped;

use crate::sql::Sql;
use crate::{Catalog, CatalogError};

impl Catalog {
    /// For a process that begins on `host`: `is_dead` says of a process of this host whether it is there no more. What
    /// its workers had is tried again, the first time without a wait.
    pub async fn take_back_from_dead(
        &self,
        host: &str,
        is_dead: impl Fn(u32) -> bool,
        now: Timestamp,
    ) -> Result<Vec<Reaped>, CatalogError> {
        let workers = self.workers_of_host(host).await?;
        let dead: Vec<_> = workers.iter().filter(|worker| is_dead(worker.pid)).collect();
        if dead.is_empty() {
            return Ok(Vec::new());
        }
        let mut tx = self.begin().await?;
        for worker in dead {
            Sql::new("UPDATE jobs SET lease_until = 0 WHERE worker = $1 AND lease_until IS NOT NULL")
                .bind(&worker.name)
                .run(&tx.tx, "end the leases of a dead process")
                .await?;
        }
        let reaped = tx.reap_jobs(now, &rempart_jobs::wait_after_loss).await?;
        tx.commit().await?;
        Ok(reaped)
    }
}
