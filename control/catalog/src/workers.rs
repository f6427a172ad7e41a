//! Workers: the list of all processes' workers, what they are told, what they said.

use jiff::Timestamp;
use rempart_jobs::{DEAD_AFTER, LogLine, PoolBeat, ProcessInfo, WorkerCommand, WorkerState};
use rempart_model::{JobId, JobKind, WorkerId};
use serde_json::json;

use crate::jobs::LogRow;
use crate::sql::{FromRow, Row, Sql};
use crate::{Catalog, CatalogError, Dialect, Page, PageRequest, Topic, WriteTx};

/// A worker as its process last described it.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkerRow {
    pub id: WorkerId,
    pub name: String,
    pub process: String,
    pub host: String,
    pub pid: u32,
    pub state: WorkerState,
    pub job: Option<(JobId, JobKind)>,
    pub started_at: Option<Timestamp>,
    /// When its process was last heard of.
    pub seen_at: Timestamp,
    /// Of the process, which it may share with others.
    pub memory_bytes: u64,
    pub cpu_percent: f64,
    /// Jobs that it brought to an end since its process began.
    pub jobs_done: u64,
    /// What it is told and has not heard yet.
    pub command: Option<WorkerCommand>,
}

impl WorkerRow {
    /// Whether its process is there: not heard of for a while, it is taken for dead.
    #[must_use]
    pub fn is_alive(&self, now: Timestamp) -> bool {
        self.seen_at.checked_add(DEAD_AFTER).is_ok_and(|until| now <= until)
    }
}

impl FromRow for WorkerRow {
    fn from_row(row: &Row<'_>) -> Result<Self, CatalogError> {
        let unreadable = |column: &str, value: String| CatalogError::Unreadable { column: column.to_owned(), value };
        let state: String = row.get("state")?;
        let command: Option<String> = row.get("command")?;
        let job_kind: Option<String> = row.get("job_kind")?;
        let job_kind = match job_kind {
            Some(text) => Some(text.parse().map_err(|_| unreadable("job_kind", text))?),
            None => None,
        };
        Ok(Self {
            id: row.id("id")?,
            name: row.get("name")?,
            process: row.get("process")?,
            host: row.get("host")?,
            pid: u32::try_from(row.get::<i64>("pid")?).unwrap_or(0),
            state: WorkerState::ALL
                .into_iter()
                .find(|known| known.as_str() == state)
                .ok_or_else(|| unreadable("state", state))?,
            job: row.opt_id::<JobId>("job_id")?.zip(job_kind),
            started_at: row.opt_time("started_at")?,
            seen_at: row.time("seen_at")?,
            memory_bytes: row.number("memory_bytes")?,
            cpu_percent: row.get("cpu_percent")?,
            jobs_done: row.number("jobs_done")?,
            command: command.and_then(|text| command_of(&text)),
        })
    }
}

fn command_of(text: &str) -> Option<WorkerCommand> {
    WorkerCommand::ALL.into_iter().find(|command| command.as_str() == text)
}

const COLUMNS: &str = "id, name, process, host, pid, state, job_id, job_kind, started_at, seen_at, memory_bytes, \
     cpu_percent, jobs_done, command";

impl Catalog {
    /// Those of one process stand together, in the order of their numbers (`w10` comes after `w9`); those of dead processes
    /// too, until others take their names. `text` is part of the name or of the machine's.
    pub async fn workers(&self, text: Option<&str>, request: &PageRequest) -> Result<Page<WorkerRow>, CatalogError> {
        const SORT: &str = "process";
        const OPERATION: &str = "list workers";
        const ORDER: &str = "host, pid, LENGTH(name), name";
        let filtered = |columns: &str| {
            let sql = Sql::new(format!("SELECT {columns} FROM workers WHERE 1 = 1"));
            match text {
                Some(text) => sql.push_search(&["LOWER(name)", "LOWER(host)"], text),
                None => sql,
            }
        };
        let mut sql = filtered(COLUMNS);
        if let Some((host, pid, length, name)) = request.after::<(String, i64, i64, String)>(SORT)? {
            sql = sql.push(&format!(" AND ({ORDER}) > (")).push_bind(host).push(", ").push_bind(pid);
            sql = sql.push(", ").push_bind(length).push(", ").push_bind(name).push(")");
        }
        let rows: Vec<WorkerRow> = sql
            .push(&format!(" ORDER BY {ORDER} LIMIT "))
            .push_bind(request.limit() as i64 + 1)
            .all(self.read(), OPERATION)
            .await?;
        let total = match request.total_known(rows.len()) {
            Some(known) => known,
            None => filtered("1").counted().one::<i64>(self.read(), OPERATION).await?.unsigned_abs(),
        };
        let key = |row: &WorkerRow| (row.host.clone(), i64::from(row.pid), row.name.chars().count(), row.name.clone());
        Ok(Page::of(rows, request, SORT, key, total))
    }

    pub(crate) async fn workers_of_host(&self, host: &str) -> Result<Vec<WorkerRow>, CatalogError> {
        Sql::new(format!("SELECT {COLUMNS} FROM workers WHERE host = $1"))
            .bind(host)
            .all(self.read(), "list a machine's workers")
            .await
    }

    /// None where no worker has the name.
    pub async fn worker(&self, name: &str) -> Result<Option<WorkerRow>, CatalogError> {
        Sql::new(format!("SELECT {COLUMNS} FROM workers WHERE name = $1"))
            .bind(name)
            .first(self.read(), "read a worker")
            .await
    }

    /// The last `limit` lines that a worker said, from `since` on, oldest first.
    pub async fn worker_log(
        &self,
        name: &str,
        since: Option<Timestamp>,
        limit: u32,
    ) -> Result<Vec<LogRow>, CatalogError> {
        let mut rows: Vec<LogRow> = Sql::new(
            "SELECT id, at, level, text FROM worker_log WHERE worker = $1 AND at >= $2 ORDER BY id DESC LIMIT $3",
        )
        .bind(name)
        .bind(since.map_or(i64::MIN, Timestamp::as_millisecond))
        .bind(i64::from(limit))
        .all(self.read(), "read a worker's log")
        .await?;
        rows.reverse();
        Ok(rows)
    }
}

impl WriteTx {
    /// Tells a worker something; its process hears of it within seconds. False where no worker has the name.
    pub async fn command_worker(
        &mut self,
        name: &str,
        command: WorkerCommand,
        now: Timestamp,
    ) -> Result<bool, CatalogError> {
        let told: Option<WorkerId> = Sql::new("UPDATE workers SET command = $2 WHERE name = $1 RETURNING id")
            .bind(name)
            .bind(command.as_str())
            .first(&self.tx, "tell a worker")
            .await?;
        let Some(id) = told else { return Ok(false) };
        self.wakes.commands = true;
        let data = json!({ "name": name, "command": command });
        self.append_event(Topic::Workers, "command", id, &data, now).await?;
        Ok(true)
    }

    pub(crate) async fn register_workers(
        &mut self,
        process: &ProcessInfo,
        count: u32,
        now: Timestamp,
        dead_before: Timestamp,
    ) -> Result<Vec<String>, CatalogError> {
        if self.dialect() == Dialect::Postgres {
            // Two processes that start at once would both find the same names free.
            Sql::new("LOCK TABLE workers IN SHARE ROW EXCLUSIVE MODE").run(&self.tx, "register workers").await?;
        }
        Sql::new("DELETE FROM workers WHERE seen_at < $1").bind(dead_before).run(&self.tx, "bury workers").await?;
        let taken: Vec<String> = Sql::new("SELECT name FROM workers").all(&self.tx, "list workers").await?;
        let free = (1_u64..).map(|number| format!("w{number}")).filter(|name| !taken.contains(name));
        let names: Vec<String> = free.take(count as usize).collect();
        for name in &names {
            let id: WorkerId = Sql::new(
                "INSERT INTO workers (name, process, host, pid, state, seen_at, memory_bytes, cpu_percent)
                 VALUES ($1, $2, $3, $4, 'idle', $5, 0, 0) RETURNING id",
            )
            .bind(name)
            .bind(&process.id)
            .bind(&process.host)
            .bind(i64::from(process.pid))
            .bind(now)
            .one(&self.tx, "register a worker")
            .await?;
            self.append_event(Topic::Workers, "created", id, &json!({ "name": name }), now).await?;
        }
        Ok(names)
    }

    /// Writes how a process's workers stand, and takes what they are told. An event is said for those that changed.
    pub(crate) async fn beat_workers(&mut self, beat: &PoolBeat) -> Result<Vec<(String, WorkerCommand)>, CatalogError> {
        let before: Vec<WorkerRow> = Sql::new(format!("SELECT {COLUMNS} FROM workers WHERE process = $1"))
            .bind(&beat.process.id)
            .all(&self.tx, "read this process's workers")
            .await?;
        let mut commands = Vec::new();
        for status in &beat.workers {
            let known = before.iter().find(|row| row.name == status.name);
            // Taken for dead while it was not: the name may be another's by now, else it is put back on the list.
            let Some(known) = known else {
                self.list_again(beat, &status.name).await?;
                continue;
            };
            Sql::new(
                "UPDATE workers SET state = $2, job_id = $3, job_kind = $4, started_at = $5, seen_at = $6,
                     memory_bytes = $7, cpu_percent = $8, command = CASE WHEN command = $9 THEN NULL ELSE command END,
                     jobs_done = $10
                 WHERE id = $1",
            )
            .bind(known.id)
            .bind(status.state.as_str())
            .bind(status.job.map(|(id, _)| id))
            .bind(status.job.map(|(_, kind)| kind))
            .bind(status.started_at)
            .bind(beat.now)
            .bind(beat.usage.resident_bytes)
            .bind(beat.usage.cpu_percent)
            .bind(known.command.map(WorkerCommand::as_str))
            .bind(status.jobs_done)
            .run(&self.tx, "list a worker")
            .await?;
            commands.extend(known.command.map(|command| (status.name.clone(), command)));
            if (known.state, known.job) != (status.state, status.job) {
                let data = json!({
                    "name": status.name, "state": status.state, "jobId": status.job.map(|(id, _)| id),
                });
                self.append_event(Topic::Workers, "state", known.id, &data, beat.now).await?;
            }
            self.append_worker_log(&status.name, &status.log).await?;
        }
        Ok(commands)
    }

    async fn list_again(&mut self, beat: &PoolBeat, name: &str) -> Result<(), CatalogError> {
        Sql::new(
            "INSERT INTO workers (name, process, host, pid, state, seen_at, memory_bytes, cpu_percent)
             VALUES ($1, $2, $3, $4, 'idle', $5, 0, 0) ON CONFLICT (name) DO NOTHING",
        )
        .bind(name)
        .bind(&beat.process.id)
        .bind(&beat.process.host)
        .bind(i64::from(beat.process.pid))
        .bind(beat.now)
        .run(&self.tx, "list a worker again")
        .await
        .map(|_| ())
    }

    pub(crate) async fn remove_workers(&mut self, process: &str, now: Timestamp) -> Result<(), CatalogError> {
        let gone: Vec<WorkerId> = Sql::new("DELETE FROM workers WHERE process = $1 RETURNING id")
            .bind(process)
            .all(&self.tx, "take workers off the list")
            .await?;
        for id in gone {
            self.append_event(Topic::Workers, "deleted", id, &json!({}), now).await?;
        }
        Ok(())
    }

    async fn append_worker_log(&mut self, worker: &str, lines: &[LogLine]) -> Result<(), CatalogError> {
        for lines in lines.chunks(100) {
            let mut sql = Sql::new("INSERT INTO worker_log (worker, at, level, text) VALUES ");
            for (number, line) in lines.iter().enumerate() {
                sql = sql.push(if number == 0 { "(" } else { ", (" }).push_bind(worker);
                sql = sql.push(", ").push_bind(line.at).push(", ").push_bind(line.level);
                sql = sql.push(", ").push_bind(&line.text).push(")");
            }
            sql.run(&self.tx, "write a worker's log").await?;
        }
        Ok(())
    }
}
