//! Plans: what is protected, when, and what is kept.

use jiff::Timestamp;
use rempart_jobs::{Fired, PlanToRun};
use rempart_model::{PlanId, PlanSpec, RepoId, ServerId};
use rempart_policy::Schedule;
use sea_orm::ConnectionTrait;
use serde_json::json;

use crate::by_name::ByName;
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
    /// From when on fire times count: when the schedule was made, or the last one that was dealt with.
    pub scheduled_from: Timestamp,
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

const COLUMNS: &str = "id, name, name_key, server_id, repository_id, spec, enabled, next_fire_at, scheduled_from, \
     version, created_at, updated_at";

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
            scheduled_from: row.time("scheduled_from")?,
            version: row.get("version")?,
            created_at: row.time("created_at")?,
            updated_at: row.time("updated_at")?,
        })
    }
}

impl PlanRow {
    /// What [`rempart_jobs::start_run`] and the scheduler need of it.
    #[must_use]
    pub fn to_run(&self) -> PlanToRun {
        PlanToRun {
            id: self.id,
            name: self.name.clone(),
            server_id: self.server_id,
            repository_id: self.repository_id,
            spec: self.spec.clone(),
            enabled: self.enabled,
            version: self.version,
            scheduled_from: self.scheduled_from,
            next_fire_at: self.next_fire_at,
        }
    }
}

impl NewPlan {
    /// When it fires next; None where it has no schedule or is off.
    fn next_fire_at(&self, after: Timestamp) -> Result<Option<Timestamp>, CatalogError> {
        let Some(schedule) = &self.spec.schedule else { return Ok(None) };
        // Refused also for a plan that is off: it would be refused on the day on which it is turned on.
        let schedule = Schedule::parse(schedule)?;
        Ok(schedule.next_after(after).filter(|_| self.enabled))
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
        const LIST: ByName = ByName { columns: COLUMNS, order: ("name_key", "id"), operation: "list plans" };
        let filtered = |columns: &str| {
            let mut sql = Sql::new(format!("SELECT {columns} FROM plans WHERE 1 = 1"));
            if let Some(text) = &filter.text {
                sql = sql.push_search(&["name_key"], text);
            }
            if let Some(server) = filter.server_id {
                sql = sql.push(" AND server_id = ").push_bind(server);
            }
            if let Some(repository) = filter.repository_id {
                sql = sql.push(" AND repository_id = ").push_bind(repository);
            }
            sql
        };
        LIST.page(self.read(), request, filtered, |plan: &PlanRow| (plan.name.to_lowercase(), plan.id.get())).await
    }

    /// Plans whose next fire time has come, the longest due first.
    pub(crate) async fn due_plans(&self, now: Timestamp, limit: u32) -> Result<Vec<PlanToRun>, CatalogError> {
        let sql = format!("SELECT {COLUMNS} FROM plans WHERE next_fire_at <= $1 ORDER BY next_fire_at LIMIT $2");
        let due: Vec<PlanRow> =
            Sql::new(sql).bind(now).bind(i64::from(limit)).all(self.read(), "look for plans that are due").await?;
        Ok(due.iter().map(PlanRow::to_run).collect())
    }

    /// The earliest fire time of all plans.
    pub async fn next_fire_at(&self) -> Result<Option<Timestamp>, CatalogError> {
        let next: Vec<i64> =
            Sql::new("SELECT next_fire_at FROM plans WHERE next_fire_at IS NOT NULL ORDER BY next_fire_at LIMIT 1")
                .all(self.read(), "look for the next fire time")
                .await?;
        Ok(next.first().and_then(|ms| Timestamp::from_millisecond(*ms).ok()))
    }

    /// The numbers of all plans.
    pub async fn plan_ids(&self) -> Result<Vec<PlanId>, CatalogError> {
        Sql::new("SELECT id FROM plans ORDER BY id").all(self.read(), "list the plans' numbers").await
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
            "INSERT INTO plans (name, name_key, server_id, repository_id, spec, enabled, next_fire_at, scheduled_from,
                 version, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $8, $7, 1, $7, $7) RETURNING id",
        )
        .bind(&plan.name)
        .bind(plan.name.to_lowercase())
        .bind(plan.server_id)
        .bind(plan.repository_id)
        .bind(Json(&plan.spec))
        .bind(plan.enabled)
        .bind(now)
        .bind(plan.next_fire_at(now)?)
        .one(&self.tx, "add a plan")
        .await?;
        self.wakes.plans = true;
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
        let before = self.plan(id).await?;
        // What was due stays due when only the name changes; a new schedule counts from now.
        let same_times = (&before.spec.schedule, before.enabled) == (&plan.spec.schedule, plan.enabled);
        let scheduled_from = if same_times { before.scheduled_from } else { now };
        let next_fire_at = if same_times { before.next_fire_at } else { plan.next_fire_at(now)? };
        let changed = Sql::new(
            "UPDATE plans SET name = $3, name_key = $4, server_id = $5, repository_id = $6, spec = $7, enabled = $8,
                 updated_at = $9, next_fire_at = $10, scheduled_from = $11, version = version + 1
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
        .bind(next_fire_at)
        .bind(scheduled_from)
        .run(&self.tx, "change a plan")
        .await?;
        self.wakes.plans = true;
        if changed == 0 {
            return Err(CatalogError::Stale { what: PlanId::WHAT, id: id.get() });
        }
        self.append_event(Topic::Plans, "changed", id, &json!({ "name": plan.name }), now).await?;
        self.plan(id).await
    }

    /// Moves a plan on in its schedule, never back; `version` where it must not have been changed meanwhile.
    pub(crate) async fn write_fired(
        &mut self,
        id: PlanId,
        fired: Fired,
        version: Option<i64>,
    ) -> Result<(), CatalogError> {
        let mut sql =
            Sql::new("UPDATE plans SET scheduled_from = $2, next_fire_at = $3 WHERE id = $1 AND scheduled_from <= $2")
                .bind(id)
                .bind(fired.through)
                .bind(fired.next_fire_at);
        if let Some(version) = version {
            sql = sql.push(" AND version = ").push_bind(version);
        }
        sql.run(&self.tx, "move a plan on in its schedule").await.map(|_| ())
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
