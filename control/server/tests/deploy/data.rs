//! What an agent is for: backups and restores of the machine, through the API.

use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::lab::Lab;

impl Lab {
    /// A plan for these folders of the machine, into a repository of its own; its id.
    pub async fn plan(&self, folders: &[&str], retries: u32) -> i64 {
        let pool = json!({ "name": "disk", "place": { "kind": "local", "path": self.folder.path().join("pool") } });
        let pool = self.admin.post("/api/pools", pool).await.expect(201).body;
        let repository = json!({ "name": "files", "poolId": pool["id"], "serverId": self.id, "adoptPassword": null });
        let repository = self.admin.post("/api/repositories", repository).await.expect(201).body;
        let plan = json!({
            "name": "data", "serverId": self.id, "repositoryId": repository["id"], "enabled": true,
            "sources": { "folders": folders, "excludes": [], "excludeCaches": false,
                "oneFileSystem": false, "excludeLargerThanBytes": null },
            "schedule": null, "retention": null, "compression": "auto", "tags": [], "priority": 0,
            "maxRetries": retries, "verifyAfterRun": false,
        });
        let plan = self.admin.post("/api/plans", plan).await.expect(201).body;
        plan["id"].as_i64().unwrap()
    }

    /// The job of a run that begins now.
    pub async fn execute(&self, plan: i64) -> i64 {
        let begun = self.admin.post(&format!("/api/plans/{plan}/execute"), json!({})).await;
        assert!(begun.status.is_success(), "{}", begun.text);
        begun.body["jobId"].as_i64().unwrap()
    }

    /// The newest first.
    pub async fn snapshots(&self) -> Vec<i64> {
        let listed = self.admin.get("/api/snapshots").await.expect(200).body;
        listed["items"].as_array().unwrap().iter().map(|snapshot| snapshot["id"].as_i64().unwrap()).collect()
    }

    /// The job of a restore of all of a snapshot below a folder of the machine.
    pub async fn restore(&self, snapshot: i64, target: &str) -> i64 {
        let asked = json!({ "paths": [], "serverId": self.id, "target": target, "overwrite": "always",
            "delete": false, "dryRun": false, "verify": true });
        let begun = self.admin.post(&format!("/api/snapshots/{snapshot}/restore"), asked).await.expect(202);
        begun.body["jobId"].as_i64().unwrap()
    }

    /// Waits until a job has done so many bytes, and holds what is left of them.
    pub async fn in_the_middle(&self, job: i64, bytes: u64) {
        let done = async || {
            let shown = self.job(job).await;
            assert!(shown["endedAt"].is_null(), "it was too fast to be caught in the middle: {shown}");
            let done = shown["progress"]["counters"]["bytesDone"].as_u64().unwrap_or(0);
            (done >= bytes).then_some(())
        };
        self.until("the job is in the middle", done).await;
    }

    /// The folder and what was restored of it hold the same.
    #[track_caller]
    pub fn assert_restored(&self, source: &str, target: &str) {
        let (source, below) = (source.trim_start_matches('/'), target.trim_start_matches('/'));
        let said = Command::new("diff")
            .args(["--recursive", "--no-dereference", "--brief"])
            .arg(self.machine.root.join(source))
            .arg(self.machine.root.join(below).join(source))
            .output()
            .expect("diff");
        assert!(said.status.success(), "{source} and its restore: {}", String::from_utf8_lossy(&said.stdout));
    }
}

/// Files of bytes that no compression shortens; how many bytes.
pub fn grow(folder: &Path, files: u64, bytes: usize, seed: u64) -> u64 {
    std::fs::create_dir_all(folder).unwrap();
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    for file in 0..files {
        let mut content = Vec::with_capacity(bytes);
        while content.len() < bytes {
            // xorshift64
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            content.extend_from_slice(&state.to_le_bytes());
        }
        std::fs::write(folder.join(format!("{seed}-{file}")), content).unwrap();
    }
    files * bytes as u64
}
