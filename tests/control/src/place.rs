//! One server with one protected folder: what most tests begin with.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rempart_tests_support::Program;
use serde_json::{Value, json};

use crate::client::Client;
use crate::process::{Extra, Server};
use crate::random::Random;
use crate::until;

/// A job may take so long on a busy machine.
pub const JOB: Duration = Duration::from_secs(90);

/// A scratch folder with the server's data, a source, and where things are restored to.
pub struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    pub fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("rempart-control-").tempdir().expect("a temporary folder");
        let place = Self { folder };
        std::fs::create_dir(place.source()).expect("a source");
        place
    }

    /// `BACKUPS_DIR`.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }
    pub fn source(&self) -> PathBuf {
        self.folder.path().join("source")
    }
    pub fn pool(&self) -> PathBuf {
        self.folder.path().join("pool")
    }
    pub fn restored(&self) -> PathBuf {
        self.folder.path().join("restored")
    }

    /// Adds files that no earlier backup holds, and returns how many bytes.
    pub fn grow(&self, random: &mut Random, files: u64, bytes: usize) {
        for _ in 0..files {
            let name = format!("{:016x}", random.draw());
            std::fs::write(self.source().join(name), random.bytes(bytes)).expect("a file");
        }
    }
}

impl Default for Place {
    fn default() -> Self {
        Self::new()
    }
}

/// What was made on a fresh server.
pub struct Protected {
    pub pool_id: i64,
    pub server_id: i64,
    pub repository_id: i64,
    pub plan_id: i64,
    /// Where the repository lies, and what opens it, for restic.
    pub repository: PathBuf,
    pub password: String,
}

/// Starts a fresh server, signs in, makes a pool, a repository and a plan over the source.
pub fn protect(place: &Place, extra: Extra<'_>, plan: &Value) -> (Server, Client, Protected) {
    let server = Server::start(&place.data(), extra);
    let mut client = Client::new(&server.base);
    client.set_up(server.setup_token.as_deref().expect("a fresh server prints a setup link"));
    let protected = protect_with(place, &client, plan);
    (server, client, protected)
}

pub fn protect_with(place: &Place, client: &Client, plan: &Value) -> Protected {
    std::fs::create_dir_all(place.pool()).expect("the pool's folder");
    let place_of_pool = json!({ "kind": "local", "path": place.pool() });
    let pool = client.post("/api/pools", &json!({ "name": "disk", "place": place_of_pool })).ok();
    let server_id = client.get("/api/servers").ok()["items"][0]["id"].as_i64().expect("this machine");
    let body = json!({ "name": "main", "poolId": pool["id"], "serverId": server_id, "adoptPassword": null });
    let repository = client.post("/api/repositories", &body).ok();
    let repository_id = repository["id"].as_i64().expect("a repository");
    let kit = client.post(&format!("/api/repositories/{repository_id}/recovery-kit"), &json!({})).ok();
    let mut body = json!({
        "name": "source", "serverId": server_id, "repositoryId": repository_id, "enabled": true,
        "sources": {
            "folders": [place.source()], "excludes": [], "excludeCaches": false, "oneFileSystem": false,
            "excludeLargerThanBytes": null,
        },
        "schedule": null, "retention": null, "compression": "auto", "tags": [], "priority": 0, "maxRetries": 3,
        "verifyAfterRun": false,
    });
    for (name, value) in plan.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    let plan = client.post("/api/plans", &body).ok();
    Protected {
        pool_id: pool["id"].as_i64().expect("a pool"),
        server_id,
        repository_id,
        plan_id: plan["id"].as_i64().expect("a plan"),
        repository: PathBuf::from(kit["location"].as_str().expect("where it lies")),
        password: kit["password"].as_str().expect("its password").to_owned(),
    }
}

impl Protected {
    /// The newest restic on the repository. Without locks: those of killed processes are still there.
    pub fn restic(&self, scratch: &Path) -> Program {
        Program::peer("restic")
            .env("RESTIC_REPOSITORY", &self.repository)
            .env("RESTIC_PASSWORD", &self.password)
            .env("RESTIC_CACHE_DIR", scratch.join("restic-cache"))
            .arg("--no-lock")
    }
}

/// Waits until a job is over; the job.
pub fn ended(client: &Client, job: i64) -> Value {
    until(&format!("job {job} ends"), JOB, || {
        let job = client.try_get(&format!("/api/jobs/{job}"))?.ok();
        let state = job["state"].as_str().expect("a state");
        matches!(state, "succeeded" | "warning" | "failed" | "canceled").then_some(job)
    })
}

/// Waits until the queue is empty.
pub fn all_ended(client: &Client) {
    until("every job ends", JOB, || {
        let answer = client.try_get("/api/jobs?state=active&limit=1")?.ok();
        answer["items"].as_array().expect("a page").is_empty().then_some(())
    });
}
