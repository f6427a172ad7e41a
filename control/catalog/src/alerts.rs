//! What asks for a person: raised once, standing until it is over.

use std::collections::HashSet;

use jiff::Timestamp;
use rempart_model::{AlertKind, AlertSubject};
use serde_json::json;

use crate::sql::{FromRow, Json, Row, Sql};
use crate::{Catalog, CatalogError, Topic, WriteTx};

/// One alert, standing or over.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertRow {
    pub id: i64,
    pub kind: AlertKind,
    pub subject: AlertSubject,
    pub subject_id: i64,
    /// Tells several of one kind and subject apart, such as a mount point; else empty.
    pub detail: String,
    /// Figures of the last look while it stood.
    pub facts: serde_json::Value,
    pub since: Timestamp,
    /// `None` while it stands.
    pub until: Option<Timestamp>,
}

/// That something asks for a person now.
#[derive(Debug, Clone, PartialEq)]
pub struct Cause {
    pub kind: AlertKind,
    pub detail: String,
    pub facts: serde_json::Value,
}

/// How an alert table changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Settled {
    pub raised: usize,
    pub over: usize,
}

const COLUMNS: &str = "id, kind, subject, subject_id, detail, facts, since, until";

impl FromRow for AlertRow {
    fn from_row(row: &Row<'_>) -> Result<Self, CatalogError> {
        Ok(Self {
            id: row.get("id")?,
            kind: row.word("kind")?,
            subject: row.word("subject")?,
            subject_id: row.get("subject_id")?,
            detail: row.get("detail")?,
            facts: row.json("facts")?,
            since: row.time("since")?,
            until: row.opt_time("until")?,
        })
    }
}

impl Catalog {
    /// Those that stand, the newest first.
    pub async fn standing_alerts(&self, limit: u32) -> Result<Vec<AlertRow>, CatalogError> {
        Sql::new(format!("SELECT {COLUMNS} FROM alerts WHERE until IS NULL ORDER BY since DESC, id DESC LIMIT $1"))
            .bind(i64::from(limit))
            .all(self.read(), "list the alerts")
            .await
    }

    /// Of one thing, those that stand first, then the newest.
    pub async fn alerts_of(
        &self,
        subject: AlertSubject,
        subject_id: impl Into<i64>,
        limit: u32,
    ) -> Result<Vec<AlertRow>, CatalogError> {
        Sql::new(format!(
            "SELECT {COLUMNS} FROM alerts WHERE subject = $1 AND subject_id = $2 \
             ORDER BY CASE WHEN until IS NULL THEN 0 ELSE 1 END, since DESC, id DESC LIMIT $3"
        ))
        .bind(subject)
        .bind(Into::<i64>::into(subject_id))
        .bind(i64::from(limit))
        .all(self.read(), "list the alerts of one thing")
        .await
    }
}

impl WriteTx {
    /// Those of one thing that stand now.
    pub async fn standing_alerts_of(
        &mut self,
        subject: AlertSubject,
        subject_id: impl Into<i64>,
    ) -> Result<Vec<AlertRow>, CatalogError> {
        Sql::new(format!("SELECT {COLUMNS} FROM alerts WHERE subject = $1 AND subject_id = $2 AND until IS NULL"))
            .bind(subject)
            .bind(Into::<i64>::into(subject_id))
            .all(&self.tx, "read the alerts of one thing")
            .await
    }

    /// Brings the alerts of one thing up to date. Of the kinds that were judged: each cause that has no standing alert raises
    /// one, each standing alert without a cause is over, the others stand on with new figures.
    pub async fn settle_alerts(
        &mut self,
        subject: AlertSubject,
        subject_id: impl Into<i64>,
        judged: &[AlertKind],
        causes: &[Cause],
        now: Timestamp,
    ) -> Result<Settled, CatalogError> {
        let subject_id: i64 = subject_id.into();
        let standing = self.standing_alerts_of(subject, subject_id).await?;
        let mut settled = Settled::default();
        let mut met = HashSet::new();
        for cause in causes.iter().filter(|cause| judged.contains(&cause.kind)) {
            let known = standing.iter().find(|row| row.kind == cause.kind && row.detail == cause.detail);
            if let Some(row) = known {
                met.insert(row.id);
                Sql::new("UPDATE alerts SET facts = $1 WHERE id = $2")
                    .bind(Json(&cause.facts))
                    .bind(row.id)
                    .run(&self.tx, "bring an alert up to date")
                    .await?;
            } else if self.raise(subject, subject_id, cause, now).await? {
                settled.raised += 1;
            }
        }
        for row in standing.iter().filter(|row| judged.contains(&row.kind) && !met.contains(&row.id)) {
            self.end_alert(row, now).await?;
            settled.over += 1;
        }
        Ok(settled)
    }

    /// Whether it is new: another process may have raised it a moment ago.
    async fn raise(
        &mut self,
        subject: AlertSubject,
        subject_id: i64,
        cause: &Cause,
        now: Timestamp,
    ) -> Result<bool, CatalogError> {
        let id: Option<i64> = Sql::new(
            "INSERT INTO alerts (kind, subject, subject_id, detail, facts, since) VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT (kind, subject, subject_id, detail) WHERE until IS NULL DO NOTHING RETURNING id",
        )
        .bind(cause.kind)
        .bind(subject)
        .bind(subject_id)
        .bind(&cause.detail)
        .bind(Json(&cause.facts))
        .bind(now)
        .first(&self.tx, "raise an alert")
        .await?;
        let Some(id) = id else { return Ok(false) };
        let data = json!({ "kind": cause.kind, "subject": subject, "subjectId": subject_id, "detail": cause.detail });
        self.append_event(Topic::Alerts, "raised", id, &data, now).await?;
        Ok(true)
    }

    async fn end_alert(&mut self, row: &AlertRow, now: Timestamp) -> Result<(), CatalogError> {
        Sql::new("UPDATE alerts SET until = $1 WHERE id = $2 AND until IS NULL")
            .bind(now)
            .bind(row.id)
            .run(&self.tx, "end an alert")
            .await?;
        let data =
            json!({ "kind": row.kind, "subject": row.subject, "subjectId": row.subject_id, "detail": row.detail });
        self.append_event(Topic::Alerts, "over", row.id, &data, now).await
    }

    /// The thing is no more, nor is what was said of it.
    pub(crate) async fn forget_alerts(&mut self, subject: AlertSubject, subject_id: i64) -> Result<(), CatalogError> {
        Sql::new("DELETE FROM alerts WHERE subject = $1 AND subject_id = $2")
            .bind(subject)
            .bind(subject_id)
            .run(&self.tx, "forget the alerts of one thing")
            .await
            .map(|_| ())
    }
}
