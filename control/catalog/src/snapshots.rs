//! Snapshots as the last look at their repositories found them. A cache: `catalog rebuild` makes it anew.

use jiff::Timestamp;
use rempart_model::{PlanId, RepoId, RunId, ServerId, SnapshotRowId};
use serde_json::json;

use crate::snapshot_search::Found;
use crate::sql::{FromRow, Json, Row, Sql};
use crate::{Catalog, CatalogError, Page, PageRequest, Topic, WriteTx};

/// A snapshot. Names of what it belongs to come along, as lists show them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotRow {
    pub id: SnapshotRowId,
    pub repository_id: RepoId,
    /// Its name in the repository: 64 hexadecimal digits.
    pub hash: String,
    pub server_id: Option<ServerId>,
    pub plan_id: Option<PlanId>,
    pub run_id: Option<RunId>,
    pub taken_at: Timestamp,
    pub host_name: String,
    pub paths: Vec<String>,
    pub tags: Vec<String>,
    pub program: Option<String>,
    pub files: Option<u64>,
    pub size_bytes: Option<u64>,
    pub added_bytes: Option<u64>,
    /// Something was left out: its run says what.
    pub is_incomplete: bool,
    pub verified_at: Option<Timestamp>,
    pub is_damaged: bool,
    /// When it was first missed in the repository, though nobody here removed it.
    pub vanished_at: Option<Timestamp>,
    pub repository_name: String,
    pub server_name: Option<String>,
    pub plan_name: Option<String>,
}

/// What is known of a snapshot when it is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSnapshot {
    pub repository_id: RepoId,
    pub hash: String,
    pub server_id: Option<ServerId>,
    pub plan_id: Option<PlanId>,
    pub run_id: Option<RunId>,
    pub taken_at: Timestamp,
    pub host_name: String,
    pub paths: Vec<String>,
    pub tags: Vec<String>,
    pub program: Option<String>,
    pub files: Option<u64>,
    pub size_bytes: Option<u64>,
    pub added_bytes: Option<u64>,
    pub is_incomplete: bool,
}

/// Which snapshots are listed.
#[derive(Debug, Clone, Default)]
pub struct SnapshotFilter {
    pub repository_id: Option<RepoId>,
    pub server_id: Option<ServerId>,
    pub plan_id: Option<PlanId>,
    pub taken_from: Option<Timestamp>,
    pub taken_until: Option<Timestamp>,
    /// Part of a host's name, a path or a tag, case aside, or the beginning of the hash, four digits or more.
    pub text: Option<String>,
    pub oldest_first: bool,
}

impl SnapshotFilter {
    fn is_for_all(&self) -> bool {
        self.server_id.is_none()
            && self.plan_id.is_none()
            && self.taken_from.is_none()
            && self.taken_until.is_none()
            && self.text.is_none()
    }

    fn is_for_text_only(&self) -> bool {
        let without_text = Self { text: None, ..self.clone() };
        without_text.is_for_all() && self.repository_id.is_none()
    }
}

/// What a look at a repository needs to know of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownSnapshot {
    pub id: SnapshotRowId,
    pub hash: String,
    pub is_damaged: bool,
    pub has_vanished: bool,
}

const COLUMNS: &str = "s.id, s.repository_id, s.snapshot_hash, s.server_id, s.plan_id, s.run_id, s.taken_at, \
                       s.host_name, s.paths, s.tags, s.program, s.files, s.size_bytes, s.added_bytes, s.is_incomplete, \
                       s.verified_at, s.is_damaged, s.vanished_at, \
                       (SELECT r.name FROM repositories r WHERE r.id = s.repository_id) AS repository_name, \
                       (SELECT v.name FROM servers v WHERE v.id = s.server_id) AS server_name, \
                       (SELECT p.name FROM plans p WHERE p.id = s.plan_id) AS plan_name";

impl FromRow for SnapshotRow {
    fn from_row(row: &Row<'_>) -> Result<Self, CatalogError> {
        Ok(Self {
            id: row.id("id")?,
            repository_id: row.id("repository_id")?,
            hash: row.get("snapshot_hash")?,
            server_id: row.opt_id("server_id")?,
            plan_id: row.opt_id("plan_id")?,
            run_id: row.opt_id("run_id")?,
            taken_at: row.time("taken_at")?,
            host_name: row.get("host_name")?,
            paths: row.json("paths")?,
            tags: row.json("tags")?,
            program: row.get("program")?,
            files: row.opt_number("files")?,
            size_bytes: row.opt_number("size_bytes")?,
            added_bytes: row.opt_number("added_bytes")?,
            is_incomplete: row.get("is_incomplete")?,
            verified_at: row.opt_time("verified_at")?,
            is_damaged: row.get("is_damaged")?,
            vanished_at: row.opt_time("vanished_at")?,
            repository_name: row.get("repository_name")?,
            server_name: row.get("server_name")?,
            plan_name: row.get("plan_name")?,
        })
    }
}

impl FromRow for KnownSnapshot {
    fn from_row(row: &Row<'_>) -> Result<Self, CatalogError> {
        Ok(Self {
            id: row.id("id")?,
            hash: row.get("snapshot_hash")?,
            is_damaged: row.get("is_damaged")?,
            has_vanished: row.opt_time("vanished_at")?.is_some(),
        })
    }
}

impl Catalog {
    pub async fn snapshot(&self, id: SnapshotRowId) -> Result<SnapshotRow, CatalogError> {
        let sql = Sql::new(format!("SELECT {COLUMNS} FROM snapshots s WHERE s.id = $1")).bind(id);
        let found = sql.first(self.read(), "read a snapshot").await?;
        found.ok_or(CatalogError::NotFound { what: SnapshotRowId::WHAT, id: id.get() })
    }

    /// The one that a run made, where it made one.
    pub async fn snapshot_of_run(&self, run: RunId) -> Result<Option<SnapshotRow>, CatalogError> {
        let sql = Sql::new(format!("SELECT {COLUMNS} FROM snapshots s WHERE s.run_id = $1 ORDER BY s.id DESC LIMIT 1"));
        sql.bind(run).first(self.read(), "read a run's snapshot").await
    }

    pub async fn snapshot_by_hash(&self, repository: RepoId, hash: &str) -> Result<Option<SnapshotRow>, CatalogError> {
        let sql = format!("SELECT {COLUMNS} FROM snapshots s WHERE s.repository_id = $1 AND s.snapshot_hash = $2");
        Sql::new(sql).bind(repository).bind(hash).first(self.read(), "read a snapshot").await
    }

    /// Newest first, or oldest first.
    pub async fn snapshots(
        &self,
        filter: &SnapshotFilter,
        request: &PageRequest,
    ) -> Result<Page<SnapshotRow>, CatalogError> {
        let sort = if filter.oldest_first { "oldest" } else { "newest" };
        let found = match filter.text.as_deref().filter(|text| !text.is_empty()) {
            Some(text) => Some(self.search_snapshots(text).await?),
            None => None,
        };
        let after = request.after::<(i64, i64)>(sort)?;
        let rows: Vec<SnapshotRow> =
            self.snapshots_page(filter, found.as_ref(), after, request).all(self.read(), "list snapshots").await?;
        let known = match (request.total_known(rows.len()), &found) {
            (None, Some(found)) if filter.is_for_text_only() => self.count_found(found).await?,
            (known, _) => known,
        };
        let total = match known {
            Some(known) => known,
            None => self.count_snapshots_of(filter, self.snapshots_where("1", filter, found.as_ref())).await?,
        };
        let key = |row: &SnapshotRow| (row.taken_at.as_millisecond(), row.id.get());
        Ok(Page::of(rows, request, sort, key, total))
    }

    fn snapshots_where(&self, columns: &str, filter: &SnapshotFilter, found: Option<&Found>) -> Sql {
        let mut sql = Sql::new(format!("SELECT {columns} FROM snapshots s WHERE 1 = 1"));
        if let Some(id) = filter.repository_id {
            sql = sql.push(" AND s.repository_id = ").push_bind(id);
        }
        if let Some(id) = filter.server_id {
            sql = sql.push(" AND s.server_id = ").push_bind(id);
        }
        if let Some(id) = filter.plan_id {
            sql = sql.push(" AND s.plan_id = ").push_bind(id);
        }
        if let Some(from) = filter.taken_from {
            sql = sql.push(" AND s.taken_at >= ").push_bind(from);
        }
        if let Some(until) = filter.taken_until {
            sql = sql.push(" AND s.taken_at <= ").push_bind(until);
        }
        match found {
            Some(found) => self.push_found(sql, found),
            None => sql,
        }
    }

    /// Rows of the list behind the moment and number `after`.
    pub(crate) fn snapshots_page(
        &self,
        filter: &SnapshotFilter,
        found: Option<&Found>,
        after: Option<(i64, i64)>,
        request: &PageRequest,
    ) -> Sql {
        let mut sql = self.snapshots_where(COLUMNS, filter, found);
        let (beyond, order) = if filter.oldest_first { (">", "ASC") } else { ("<", "DESC") };
        if let Some((taken_at, id)) = after {
            sql = sql.push(&format!(" AND (s.taken_at, s.id) {beyond} ("));
            sql = sql.push_bind(taken_at).push(", ").push_bind(id).push(")");
        }
        sql.push(&format!(" ORDER BY s.taken_at {order}, s.id {order} LIMIT ")).push_bind(request.limit() as i64 + 1)
    }

    /// From the repositories' counters where the filter allows; else counted, up to the limit of counting.
    async fn count_snapshots_of(&self, filter: &SnapshotFilter, matching: Sql) -> Result<u64, CatalogError> {
        let number: i64 = if filter.is_for_all() {
            let sql = Sql::new("SELECT CAST(COALESCE(SUM(snapshot_count), 0) AS BIGINT) FROM repositories WHERE 1 = 1");
            match filter.repository_id {
                Some(id) => sql.push(" AND id = ").push_bind(id),
                None => sql,
            }
            .one(self.read(), "count snapshots")
            .await?
        } else {
            matching.counted().one(self.read(), "count snapshots").await?
        };
        Ok(number.unsigned_abs())
    }

    /// Every snapshot of a repository that the catalog knows.
    pub async fn known_snapshots(&self, repository: RepoId) -> Result<Vec<KnownSnapshot>, CatalogError> {
        Sql::new("SELECT id, snapshot_hash, is_damaged, vanished_at FROM snapshots WHERE repository_id = $1")
            .bind(repository)
            .all(self.read(), "read the known snapshots")
            .await
    }
}

impl WriteTx {
    /// Records a snapshot, once: known already, it only learns whose it is. Whether it is new.
    pub async fn record_snapshot(
        &mut self,
        new: &NewSnapshot,
        now: Timestamp,
    ) -> Result<(SnapshotRowId, bool), CatalogError> {
        let known: Option<SnapshotRowId> =
            Sql::new("SELECT id FROM snapshots WHERE repository_id = $1 AND snapshot_hash = $2")
                .bind(new.repository_id)
                .bind(&new.hash)
                .first(&self.tx, "look for a snapshot")
                .await?;
        if let Some(id) = known {
            Sql::new(
                "UPDATE snapshots SET server_id = COALESCE($1, server_id), plan_id = COALESCE($2, plan_id), \
                 run_id = COALESCE($3, run_id), is_incomplete = (is_incomplete OR $4), vanished_at = NULL WHERE id = $5",
            )
            .bind(new.server_id)
            .bind(new.plan_id)
            .bind(new.run_id)
            .bind(new.is_incomplete)
            .bind(id)
            .run(&self.tx, "note whose a snapshot is")
            .await?;
            return Ok((id, false));
        }
        let id: SnapshotRowId = Sql::new(
            "INSERT INTO snapshots (repository_id, snapshot_hash, server_id, plan_id, run_id, taken_at, host_name, \
             paths, tags, program, files, size_bytes, added_bytes, is_incomplete, is_damaged) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, FALSE) RETURNING id",
        )
        .bind(new.repository_id)
        .bind(&new.hash)
        .bind(new.server_id)
        .bind(new.plan_id)
        .bind(new.run_id)
        .bind(new.taken_at)
        .bind(&new.host_name)
        .bind(Json(&new.paths))
        .bind(Json(&new.tags))
        .bind(new.program.as_deref())
        .bind(new.files)
        .bind(new.size_bytes)
        .bind(new.added_bytes)
        .bind(new.is_incomplete)
        .one(&self.tx, "record a snapshot")
        .await?;
        self.insert_snapshot_text(id, new).await?;
        Sql::new("UPDATE repositories SET snapshot_count = snapshot_count + 1 WHERE id = $1")
            .bind(new.repository_id)
            .run(&self.tx, "count a snapshot")
            .await?;
        let data = json!({ "repositoryId": new.repository_id, "planId": new.plan_id });
        self.append_event(Topic::Snapshots, "created", id, &data, now).await?;
        Ok((id, true))
    }

    /// Forgets the rows of snapshots that were removed from their repository. One that is unknown is no error.
    pub async fn remove_snapshots(
        &mut self,
        repository: RepoId,
        hashes: &[String],
        now: Timestamp,
    ) -> Result<(), CatalogError> {
        for hash in hashes {
            let gone: Option<SnapshotRowId> =
                Sql::new("DELETE FROM snapshots WHERE repository_id = $1 AND snapshot_hash = $2 RETURNING id")
                    .bind(repository)
                    .bind(hash)
                    .first(&self.tx, "forget a snapshot")
                    .await?;
            if let Some(id) = gone {
                self.append_event(Topic::Snapshots, "deleted", id, &json!({ "repositoryId": repository }), now).await?;
            }
        }
        self.count_snapshots(repository).await
    }

    /// What a look at the repository found: whether the snapshot's file can be read, and whether it is there.
    pub async fn set_snapshot_health(
        &mut self,
        id: SnapshotRowId,
        is_damaged: bool,
        vanished_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), CatalogError> {
        Sql::new("UPDATE snapshots SET is_damaged = $1, vanished_at = $2 WHERE id = $3")
            .bind(is_damaged)
            .bind(vanished_at)
            .bind(id)
            .run(&self.tx, "note a snapshot's health")
            .await?;
        let data = json!({ "damaged": is_damaged, "vanished": vanished_at.is_some() });
        self.append_event(Topic::Snapshots, "changed", id, &data, now).await
    }

    /// Its data was read back and found right.
    pub async fn set_snapshot_verified(&mut self, id: SnapshotRowId, at: Timestamp) -> Result<(), CatalogError> {
        Sql::new("UPDATE snapshots SET verified_at = $1, is_damaged = FALSE WHERE id = $2")
            .bind(at)
            .bind(id)
            .run(&self.tx, "note a verification")
            .await?;
        self.append_event(Topic::Snapshots, "verified", id, &json!({}), at).await
    }

    /// A check read all data of the repository and found nothing wrong.
    pub async fn set_all_snapshots_verified(&mut self, repository: RepoId, at: Timestamp) -> Result<(), CatalogError> {
        Sql::new(
            "UPDATE snapshots SET verified_at = $1 WHERE repository_id = $2 AND taken_at <= $1 AND NOT is_damaged",
        )
        .bind(at)
        .bind(repository)
        .run(&self.tx, "note a verification of all snapshots")
        .await?;
        Ok(())
    }
}
