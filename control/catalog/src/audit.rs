//! The audit log: written before something is done, completed after; never changed again.

use jiff::Timestamp;
use rempart_model::{AuditId, UserId};

use crate::sql::{FromRow, Row, Sql};
use crate::{Catalog, CatalogError, Dialect, Page, PageRequest, WriteTx};

/// How an audited request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditOutcome {
    /// Begun, and nobody wrote how it ended: the server died in between, or it still runs.
    Started,
    Succeeded,
    /// Not allowed, or the request was wrong.
    Refused,
    Failed,
}

impl AuditOutcome {
    const ALL: [Self; 4] = [Self::Started, Self::Succeeded, Self::Refused, Self::Failed];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Succeeded => "succeeded",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// What is known before.
#[derive(Debug, Clone)]
pub struct AuditBegin {
    pub user: Option<UserId>,
    pub actor: String,
    pub address: Option<String>,
    /// The operation: `plans.create`.
    pub action: String,
    pub object_kind: Option<String>,
    pub object_id: Option<i64>,
}

/// What is known after; `None` leaves what was written before.
#[derive(Debug, Clone)]
pub struct AuditEnd {
    pub outcome: AuditOutcome,
    pub actor: Option<String>,
    pub object_id: Option<i64>,
    pub object_name: Option<String>,
    pub detail: Option<String>,
}

/// A line of the log.
#[derive(Debug, Clone)]
pub struct AuditRow {
    pub id: AuditId,
    pub at: Timestamp,
    pub user_id: Option<UserId>,
    pub actor: String,
    pub address: Option<String>,
    pub action: String,
    pub object_kind: Option<String>,
    pub object_id: Option<i64>,
    pub object_name: Option<String>,
    pub outcome: AuditOutcome,
    pub detail: Option<String>,
}

/// Which lines are listed, the newest first.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// Part of the actor, action, object's name, address or detail, case aside.
    pub text: Option<String>,
    /// This action.
    pub action: Option<String>,
    /// Lines about this kind of object, and this one of them.
    pub object: Option<(String, Option<i64>)>,
}

impl FromRow for AuditRow {
    fn from_row(row: &Row<'_>) -> Result<Self, CatalogError> {
        let text: String = row.get("outcome")?;
        let outcome = AuditOutcome::ALL.into_iter().find(|outcome| outcome.as_str() == text);
        Ok(Self {
            id: row.id("id")?,
            at: row.time("at")?,
            user_id: row.opt_id("user_id")?,
            actor: row.get("actor")?,
            address: row.get("address")?,
            action: row.get("action")?,
            object_kind: row.get("object_kind")?,
            object_id: row.get("object_id")?,
            object_name: row.get("object_name")?,
            outcome: outcome.ok_or_else(|| CatalogError::Unreadable { column: "outcome".to_owned(), value: text })?,
            detail: row.get("detail")?,
        })
    }
}

const COLUMNS: &str = "id, at, user_id, actor, address, action, object_kind, object_id, object_name, outcome, detail";

impl Catalog {
    pub async fn audit(&self, filter: &AuditFilter, request: &PageRequest) -> Result<Page<AuditRow>, CatalogError> {
        const SORT: &str = "newest";
        let filtered = |columns: &str| {
            let mut sql = Sql::new(format!("SELECT {columns} FROM audit WHERE 1 = 1"));
            if let Some(text) = &filter.text {
                // Faster than LIKE, which folds case on SQLite; these texts are in lower case.
                let place = match self.dialect() {
                    Dialect::Sqlite => " AND instr(search_text, ",
                    Dialect::Postgres => " AND strpos(search_text, ",
                };
                sql = sql.push(place).push_bind(text.to_lowercase()).push(") > 0");
            }
            if let Some(action) = &filter.action {
                sql = sql.push(" AND action = ").push_bind(action);
            }
            if let Some((kind, id)) = &filter.object {
                sql = sql.push(" AND object_kind = ").push_bind(kind);
                if let Some(id) = id {
                    sql = sql.push(" AND object_id = ").push_bind(*id);
                }
            }
            sql
        };
        let mut sql = filtered(COLUMNS);
        if let Some(id) = request.after::<i64>(SORT)? {
            sql = sql.push(" AND id < ").push_bind(id);
        }
        let rows: Vec<AuditRow> = sql
            .push(" ORDER BY id DESC LIMIT ")
            .push_bind(request.limit() as i64 + 1)
            .all(self.read(), "list audit lines")
            .await?;
        let total = match request.total_known(rows.len()) {
            Some(known) => known,
            None => filtered("1").counted().one::<i64>(self.read(), "count audit lines").await?.unsigned_abs(),
        };
        Ok(Page::of(rows, request, SORT, |row| row.id.get(), total))
    }

    /// Writes that something is about to be done, durably.
    pub async fn audit_begin(&self, line: &AuditBegin, now: Timestamp) -> Result<AuditId, CatalogError> {
        let mut tx = self.begin().await?;
        let id = tx.insert_audit(line, AuditOutcome::Started, now).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Writes how it ended.
    pub async fn audit_finish(&self, id: AuditId, end: &AuditEnd) -> Result<(), CatalogError> {
        let tx = self.begin().await?;
        let more: Vec<&str> =
            [&end.actor, &end.object_name, &end.detail].into_iter().filter_map(|text| text.as_deref()).collect();
        Sql::new(
            "UPDATE audit SET outcome = $2, actor = COALESCE($3, actor), object_id = COALESCE($4, object_id), \
                 object_name = COALESCE($5, object_name), detail = COALESCE($6, detail), \
                 search_text = search_text || $7 WHERE id = $1",
        )
        .bind(id)
        .bind(end.outcome.as_str())
        .bind(end.actor.clone())
        .bind(end.object_id)
        .bind(end.object_name.clone())
        .bind(end.detail.clone())
        .bind(format!(" {}", more.join(" ").to_lowercase()))
        .run(&tx.tx, "complete an audit line")
        .await?;
        tx.commit().await
    }
}

impl WriteTx {
    /// A line in the transaction of the change itself, for what is done without a request.
    pub async fn insert_audit(
        &mut self,
        line: &AuditBegin,
        outcome: AuditOutcome,
        now: Timestamp,
    ) -> Result<AuditId, CatalogError> {
        let search_text = format!("{} {} {}", line.actor, line.action, line.address.as_deref().unwrap_or(""));
        Sql::new(
            "INSERT INTO audit (at, user_id, actor, address, action, object_kind, object_id, outcome, search_text)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id",
        )
        .bind(now)
        .bind(line.user)
        .bind(&line.actor)
        .bind(line.address.clone())
        .bind(&line.action)
        .bind(line.object_kind.clone())
        .bind(line.object_id)
        .bind(outcome.as_str())
        .bind(search_text.to_lowercase())
        .one(&self.tx, "write an audit line")
        .await
    }
}
