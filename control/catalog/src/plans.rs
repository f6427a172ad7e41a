//! Plans: what is protected, when, and what is kept.

use jiff::Timestamp;
use rempart_model::{PlanId, PlanSpec, RepoId, ServerId};
use sea_orm::ConnectionTrait;
use serde_json::json;

use crate::page::contains;
use crate::sql::{FromRow, Json, Row, Sql};
use crate::{Catalog, CatalogError, Page, PageRequest, Topic, WriteTx};

/// A plan as it stands in the catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanRow {
    pub id: PlanId,
    pub name: String,
    pub server_id: ServerId,
    pub repository_id: RepoId,
    pub spec: PlanSpec,
    pub enabled: bool,
    /// None where the plan has no schedule or is off.
    pub next_fire_at: Option<Timestamp>,
    /// Counts the changes; an update names the version it was made from.
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// What a person says about a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPlan {
    pub name: String,
    pub server_id: ServerId,
    pub repository_id: RepoId,
    pub spec: PlanSpec,
    pub enabled: bool,
}

/// Which plans are listed. They are in the order of their names.
#[derive(Debug, Clone, Default)]
pub struct PlanFilter {
    /// Part of the name, case aside.
    pub text: Option<String>,
    pub server_id: Option<ServerId>,
    pub repository_id: Option<RepoId>,
}

const COLUMNS: &str =
    "id, name, name_key, server_id, repository_id, spec, enabled, next_fire_at, version, created_at, updated_at";

impl FromRow for PlanRow {
    fn from_row(row: &Row<'_>) -> Result<Self, CatalogError> {
        Ok(Self {
            id: row.id("id")?,
            name: row.get("name")?,
            server_id: row.id("server_id")?,
            repository_id: row.id("repository_id")?,
            spec: row.json("spec")?,
            enabled: row.get("enabled")?,
            next_fire_at: row.opt_time("next_fire_at")?,
            version: row.get("version")?,
            created_at: row.time("created_at")?,
            updated_at: row.time("updated_at")?,
        })
    }
}

pub(crate) async fn find(db: &impl ConnectionTrait, id: PlanId) -> Result<PlanRow, CatalogError> {
    Sql::new(format!("SELECT {COLUMNS} FROM plans WHERE id = $1"))
        .bind(id)
        .first(db, "read a plan")
        .await?
        .ok_or(CatalogError::NotFound { what: PlanId::WHAT, id: id.get() })
}

impl Catalog {
    pub async fn plan(&self, id: PlanId) -> Result<PlanRow, CatalogError> {
        find(self.read(), id).await
    }

    pub async fn plans(&self, filter: &PlanFilter, request: &PageRequest) -> Result<Page<PlanRow>, CatalogError> {
        const SORT: &str = "name";
        let filtered = |columns: &str| {
            let mut sql = Sql::new(format!("SELECT {columns} FROM plans WHERE 1 = 1"));
            if let Some(text) = &filter.text {
                sql = sql.push(" AND name_key LIKE ").push_bind(contains(text)).push(" ESCAPE '\\'");
            }
            if let Some(server) = filter.server_id {
                sql = sql.push(" AND server_id = ").push_bind(server);
            }
            if let Some(repository) = filter.repository_id {
                sql = sql.push(" AND repository_id = ").push_bind(repository);
            }
            sql
        };
        let total: i64 = filtered("COUNT(*)").one(self.read(), "count plans").await?;
        let mut sql = filtered(COLUMNS);
        if let Some((name, id)) = request.after::<(String, i64)>(SORT)? {
            sql = sql.push(" AND (name_key, id) > (").push_bind(name).push(", ").push_bind(id).push(")");
        }
        let rows: Vec<PlanRow> = sql
            .push(" ORDER BY name_key, id LIMIT ")
            .push_bind(request.limit() as i64 + 1)
            .all(self.read(), "list plans")
            .await?;
        let key = |plan: &PlanRow| (plan.name.to_lowercase(), plan.id.get());
        Ok(Page::of(rows, request, SORT, key, total.unsigned_abs()))
    }
}

impl WriteTx {
    /// The plan as this transaction sees it.
    pub async fn plan(&self, id: PlanId) -> Result<PlanRow, CatalogError> {
        find(&self.tx, id).await
    }

    /// Refuses a name that another plan has ([`crate::CatalogErrorKind::Taken`]).
    pub async fn insert_plan(&mut self, plan: &NewPlan, now: Timestamp) -> Result<PlanRow, CatalogError> {
        let id: PlanId = Sql::new(
            "INSERT INTO plans (name, name_key, server_id, repository_id, spec, enabled, version, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $7) RETURNING id",
        )
        .bind(&plan.name)
        .bind(plan.name.to_lowercase())
        .bind(plan.server_id)
        .bind(plan.repository_id)
        .bind(Json(&plan.spec))
        .bind(plan.enabled)
        .bind(now)
        .one(&self.tx, "add a plan")
        .await?;
        self.append_event(Topic::Plans, "created", id, &json!({ "name": plan.name }), now).await?;
        self.plan(id).await
    }

    /// Refuses when the plan is no longer at `version` ([`crate::CatalogErrorKind::Stale`]).
    pub async fn update_plan(
        &mut self,
        id: PlanId,
        version: i64,
        plan: &NewPlan,
        now: Timestamp,
    ) -> Result<PlanRow, CatalogError> {
        let changed = Sql::new(
            "UPDATE plans SET name = $3, name_key = $4, server_id = $5, repository_id = $6, spec = $7, enabled = $8,
                 updated_at = $9, version = version + 1
             WHERE id = $1 AND version = $2",
        )
        .bind(id)
        .bind(version)
        .bind(&plan.name)
        .bind(plan.name.to_lowercase())
        .bind(plan.server_id)
        .bind(plan.repository_id)
        .bind(Json(&plan.spec))
        .bind(plan.enabled)
        .bind(now)
        .run(&self.tx, "change a plan")
        .await?;
        if changed == 0 {
            self.plan(id).await?;
            return Err(CatalogError::Stale { what: PlanId::WHAT, id: id.get() });
        }
        self.append_event(Topic::Plans, "changed", id, &json!({ "name": plan.name }), now).await?;
        self.plan(id).await
    }

    /// Its runs stay, as history.
    pub async fn delete_plan(&mut self, id: PlanId, version: i64, now: Timestamp) -> Result<(), CatalogError> {
        let gone = Sql::new("DELETE FROM plans WHERE id = $1 AND version = $2")
            .bind(id)
            .bind(version)
            .run(&self.tx, "delete a plan")
            .await?;
        if gone == 0 {
            self.plan(id).await?;
            return Err(CatalogError::Stale { what: PlanId::WHAT, id: id.get() });
        }
        self.append_event(Topic::Plans, "deleted", id, &json!({}), now).await
    }
}
