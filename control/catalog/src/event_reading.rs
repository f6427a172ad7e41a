//! Reading events in their order.

use crate::sql::Sql;
use crate::{Catalog, CatalogError, Event};

impl Catalog {
    /// The events behind this number, the oldest first, at most so many.
    pub async fn events_after(&self, seq: i64, limit: u32) -> Result<Vec<Event>, CatalogError> {
        Sql::new("SELECT seq, topic, kind, object_id, data, at FROM events WHERE seq > $1 ORDER BY seq LIMIT $2")
            .bind(seq)
            .bind(i64::from(limit))
            .all(self.read(), "read events")
            .await
    }
}
