//! How servers are reached by SSH, and the credentials of jobs that wait for their turn.

use jiff::Timestamp;
use rempart_model::{JobId, ServerId, SshMethod};

use crate::sql::{FromRow, Row, Sql};
use crate::{Catalog, CatalogError, WriteTx};

/// Where a server listens for SSH, and which key it showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SshHostRow {
    pub server_id: ServerId,
    pub address: String,
    pub port: u16,
    pub user_name: String,
    /// How one logged in last.
    pub method: SshMethod,
    /// The fingerprint that a person accepted, and its kind.
    pub host_key: Option<(String, String)>,
    pub accepted_at: Option<Timestamp>,
}

/// A job's credentials, sealed for the row that `uid` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobSecretRow {
    pub uid: String,
    pub sealed: String,
}

impl FromRow for SshHostRow {
    fn from_row(row: &Row<'_>) -> Result<Self, CatalogError> {
        let key: Option<String> = row.get("host_key")?;
        let kind: Option<String> = row.get("host_key_kind")?;
        Ok(Self {
            server_id: row.id("server_id")?,
            address: row.get("address")?,
            port: u16::try_from(row.get::<i64>("port")?).unwrap_or(22),
            user_name: row.get("user_name")?,
            method: row.word("method")?,
            host_key: key.zip(kind),
            accepted_at: row.opt_time("accepted_at")?,
        })
    }
}

impl FromRow for JobSecretRow {
    fn from_row(row: &Row<'_>) -> Result<Self, CatalogError> {
        Ok(Self { uid: row.get("uid")?, sealed: row.get("sealed")? })
    }
}

impl Catalog {
    /// None where nobody has logged in there yet.
    pub async fn ssh_host(&self, server: ServerId) -> Result<Option<SshHostRow>, CatalogError> {
        Sql::new(
            "SELECT server_id, address, port, user_name, method, host_key, host_key_kind, accepted_at FROM ssh_hosts \
             WHERE server_id = $1",
        )
        .bind(server)
        .first(self.read(), "read how a server is reached")
        .await
    }

    /// None where the job needs none, or has ended.
    pub async fn job_secret(&self, job: JobId) -> Result<Option<JobSecretRow>, CatalogError> {
        Sql::new("SELECT uid, sealed FROM job_secrets WHERE job_id = $1")
            .bind(job)
            .first(self.read(), "read a job's credentials")
            .await
    }
}

impl WriteTx {
    pub async fn put_ssh_host(&mut self, host: &SshHostRow) -> Result<(), CatalogError> {
        let (key, kind) = host.host_key.clone().unzip();
        Sql::new(
            "INSERT INTO ssh_hosts (server_id, address, port, user_name, method, host_key, host_key_kind, accepted_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (server_id) DO UPDATE SET \
             address = excluded.address, port = excluded.port, user_name = excluded.user_name, \
             method = excluded.method, host_key = excluded.host_key, host_key_kind = excluded.host_key_kind, \
             accepted_at = excluded.accepted_at",
        )
        .bind(host.server_id)
        .bind(&host.address)
        .bind(i64::from(host.port))
        .bind(&host.user_name)
        .bind(host.method.as_str())
        .bind(key.as_deref())
        .bind(kind.as_deref())
        .bind(host.accepted_at)
        .run(&self.tx, "note how a server is reached")
        .await
        .map(|_| ())
    }

    /// The next key that the server shows may be accepted; whether there was one.
    pub async fn forget_host_key(&mut self, server: ServerId) -> Result<bool, CatalogError> {
        Sql::new(
            "UPDATE ssh_hosts SET host_key = NULL, host_key_kind = NULL, accepted_at = NULL \
             WHERE server_id = $1 AND host_key IS NOT NULL",
        )
        .bind(server)
        .run(&self.tx, "forget a host's key")
        .await
        .map(|changed| changed > 0)
    }

    /// Credentials of a job in the queue. False where it has some: it is another's job.
    pub async fn insert_job_secret(&mut self, job: JobId, secret: &JobSecretRow) -> Result<bool, CatalogError> {
        Sql::new("INSERT INTO job_secrets (job_id, uid, sealed) VALUES ($1, $2, $3) ON CONFLICT (job_id) DO NOTHING")
            .bind(job)
            .bind(&secret.uid)
            .bind(&secret.sealed)
            .run(&self.tx, "keep a job's credentials")
            .await
            .map(|added| added == 1)
    }
}
