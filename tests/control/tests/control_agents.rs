//! A second machine: its agent enrols by a token, calls home, and its folders are browsed, backed up and restored through the
//! ordinary plan, run and job of the server. Both are the real programs; the "machine" is another process with its own folder.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rempart_control_tests::{
    Agent, Client, Database, Link, Place, Protected, Random, Server, all_ended, ended, protect, until,
};
use rempart_tests_support::{Program, Ran, tree};
use serde_json::{Value, json};

/// An agent is there, or taken for gone, within this.
const SEEN: Duration = Duration::from_secs(60);

/// A server with a repository, and another machine added to it.
struct Lab {
    place: Place,
    server: Server,
    client: Client,
    made: Protected,
    machine: i64,
}

impl Lab {
    fn new() -> Self {
        let place = Place::new();
        let (server, client, made) = protect(&place, &[], &json!({}));
        let added = client.post("/api/servers", &json!({ "name": "elsewhere", "address": "192.0.2.7" })).ok();
        assert_eq!((&added["local"], &added["connection"]), (&json!(false), &json!("neverSeen")), "{added}");
        let machine = added["id"].as_i64().expect("a server");
        Self { place, server, client, made, machine }
    }

    fn path(&self, rest: &str) -> String {
        format!("/api/servers/{}{rest}", self.machine)
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.place.data().with_file_name(name)
    }

    fn token(&self) -> Value {
        self.client.post(&self.path("/enrolment"), &json!({})).ok()
    }

    fn enrol(&self, folder: &Path, enrolment: &Value) -> Ran {
        self.enrol_by(&self.server.base, folder, enrolment)
    }

    fn enrol_by(&self, base: &str, folder: &Path, enrolment: &Value) -> Ran {
        let text = |name: &str| enrolment[name].as_str().expect(name).to_owned();
        Program::agent()
            .args(["enrol", "--server", base, "--server-key", &text("serverKey"), "--data"])
            .arg(folder)
            .env("REMPART_AGENT_TOKEN", text("token"))
            .run()
    }

    /// An agent of the machine, connected.
    fn agent(&self) -> (Agent, PathBuf) {
        let folder = self.folder("agent");
        let enrolled = self.enrol(&folder, &self.token());
        assert_eq!(enrolled.code, Some(0), "{enrolled}\n{}", self.server.log());
        let agent = Agent::start(&folder);
        self.connected(&agent, "online");
        (agent, folder)
    }

    fn connected(&self, agent: &Agent, state: &str) {
        until(&format!("the agent is {state}; {}", agent.log()), SEEN, || {
            let shown = self.client.try_get(&self.path(""))?.ok();
            (shown["connection"] == state).then_some(())
        });
    }

    /// A plan over the source, on the other machine.
    fn plan(&self) -> i64 {
        let plan = self.client.get(&format!("/api/plans/{}", self.made.plan_id)).ok();
        let repository = json!({
            "name": "elsewhere", "poolId": self.made.pool_id, "serverId": self.machine, "adoptPassword": null,
        });
        let repository = self.client.post("/api/repositories", &repository).ok();
        let body = json!({
            "name": "other", "serverId": self.machine, "repositoryId": repository["id"], "enabled": true,
            "sources": plan["sources"], "schedule": null, "retention": null, "compression": "auto", "tags": [],
            "priority": 0, "maxRetries": 3, "verifyAfterRun": false,
        });
        self.client.post("/api/plans", &body).ok()["id"].as_i64().expect("a plan")
    }

    fn execute(&self, plan: i64) -> i64 {
        let accepted = self.client.post(&format!("/api/plans/{plan}/execute"), &json!({})).ok();
        accepted["jobId"].as_i64().expect("a job")
    }

    /// The server is killed, and started again on its port.
    fn server_killed(self, port: &str) -> Self {
        self.server.kill();
        let server = Server::start(&self.place.data(), &[("PORT", port)]);
        let client = self.client.at(&server.base);
        Self { server, client, ..self }
    }

    fn backed_up(&self, plan: i64, agent: &Agent) -> Value {
        let job = ended(&self.client, self.execute(plan));
        assert_eq!(job["state"], "succeeded", "{job}\n{}\n{}", agent.log(), self.server.log());
        job
    }

    /// restic on the other machine's repository.
    fn restic(&self) -> Program {
        let repositories = self.client.get("/api/repositories").ok();
        let own = |row: &&Value| row["serverId"] == self.machine;
        let row = repositories["items"].as_array().expect("a page").iter().find(own).expect("its repository");
        let kit = self.client.post(&format!("/api/repositories/{}/recovery-kit", row["id"]), &json!({})).ok();
        Program::peer("restic")
            .env("RESTIC_REPOSITORY", kit["location"].as_str().expect("where it lies"))
            .env("RESTIC_PASSWORD", kit["password"].as_str().expect("its password"))
            .env("RESTIC_CACHE_DIR", self.folder("restic-cache"))
            .arg("--no-lock")
    }

    fn restore(&self, snapshot: &Value, target: &Path) -> Value {
        let body = json!({
            "paths": [], "target": target, "overwrite": "always", "delete": false, "dryRun": false, "verify": true,
        });
        let accepted = self.client.post(&format!("/api/snapshots/{snapshot}/restore"), &body).ok();
        ended(&self.client, accepted["jobId"].as_i64().expect("a job"))
    }
}

#[test]
fn a_second_machine_enrols_is_browsed_backed_up_and_restored() {
    // Given a machine whose agent has called home.
    let lab = Lab::new();
    let mut random = Random::new(11);
    lab.place.grow(&mut random, 30, 200_000);
    std::fs::create_dir_all(lab.place.source().join("deep/er")).expect("folders");
    std::fs::write(lab.place.source().join("deep/er/note"), "one").expect("a file");
    std::os::unix::fs::symlink("deep/er/note", lab.place.source().join("link")).expect("a link");
    let (agent, _folder) = lab.agent();
    let about = until("the machine is described", SEEN, || {
        let shown = lab.client.get(&lab.path("")).ok();
        (shown["hostName"].is_string() && shown["agent"]["roundTripMs"].is_number()).then_some(shown)
    });
    assert_eq!(about["agent"]["enrolled"], true, "{about}");

    // When its folders are browsed, they are there, and what is not there is told.
    let source = lab.place.source();
    let page = lab.client.get(&lab.path(&format!("/explorer?path={}&limit=5", source.display()))).ok();
    assert_eq!((page["items"].as_array().expect("a page").len(), &page["total"]), (5, &json!(32)), "{page}");
    let cursor = page["nextCursor"].as_str().expect("more");
    let rest = lab.client.get(&lab.path(&format!("/explorer?path={}&cursor={cursor}", source.display()))).ok();
    assert_eq!(rest["items"].as_array().expect("a page").len(), 27, "{rest}");
    let missing = lab.client.get(&lab.path("/explorer?path=/no/such/folder"));
    assert_eq!((missing.status, missing.code()), (404, "explorer.missing"), "{missing:?}");
    let looked = lab.client.post(&lab.path("/collect-stats"), &json!({})).ok();
    assert!(looked["figures"]["memory"]["totalBytes"].as_u64() > Some(0), "{looked}");
    assert_eq!(lab.client.get(&lab.path("/stats")).ok()["figures"], looked["figures"], "what was found is kept");

    // And its plan runs, twice.
    let plan = lab.plan();
    let job = lab.backed_up(plan, &agent);
    assert_eq!(job["result"]["counters"]["filesNew"], 31, "{job}");
    std::fs::write(lab.place.source().join("deep/er/note"), "two, longer").expect("a file");
    let job = lab.backed_up(plan, &agent);
    assert_eq!(job["result"]["counters"]["filesUnmodified"], 30, "{job}");
    assert!(job["result"]["counters"]["storedBytes"].as_u64() < Some(20_000), "stored again: {job}");

    // Then restic finds nothing wrong, and the restored files are the same.
    lab.restic().args(["check", "--read-data"]).succeed();
    let target = lab.folder("back");
    let restored = lab.restore(&job["result"]["snapshotId"], &target);
    assert_eq!(restored["state"], "succeeded", "{restored}\n{}\n{}", agent.log(), lab.server.log());
    let found = target.join(source.strip_prefix("/").expect("absolute"));
    tree::assert_equal(&source, &found, tree::ALL, "restored through the agent");
    Database::Sqlite(lab.place.data()).assert_at_rest("at the end");
}

#[test]
fn a_token_is_good_once_a_while_and_a_key_until_it_is_revoked() {
    let lab = Lab::new();
    let (agent, folder) = lab.agent();
    agent.kill();

    // A token that was used, and one that is nobody's.
    let used = lab.token();
    assert_eq!(lab.enrol(&lab.folder("second"), &used).code, Some(0));
    let again = lab.enrol(&lab.folder("third"), &used);
    assert!(again.code != Some(0) && again.stderr.contains("was used by another agent"), "{again}");
    let mut forged = lab.token();
    forged["token"] = json!(format!("rpe_{}", "A".repeat(43)));
    let refused = lab.enrol(&lab.folder("fourth"), &forged);
    assert!(refused.code != Some(0), "{refused}");

    // One that has expired: the catalog says so.
    let late = lab.token();
    let database = lab.place.data().join("catalog.sqlite");
    let sql = "UPDATE enrolments SET expires_at = 1 WHERE used_by IS NULL";
    Program::new(Path::new("/usr/bin/sqlite3")).arg(&database).args([".timeout 10000", sql]).succeed();
    let expired = lab.enrol(&lab.folder("fifth"), &late);
    assert!(expired.code != Some(0) && expired.stderr.contains("has expired"), "{expired}");

    // The first agent's key was replaced by the second's.
    let replaced = Agent::start(&folder);
    until("it is told that its key is revoked", SEEN, || replaced.log().contains("revoked").then_some(()));
    // And the second's is revoked while it is there.
    let second = Agent::start(&lab.folder("second"));
    lab.connected(&second, "online");
    assert_eq!(lab.client.post(&lab.path("/revoke"), &json!({})).status, 204);
    lab.connected(&second, "offline");
    until("it is told that its key is revoked", SEEN, || second.log().contains("revoked").then_some(()));
    let shown = lab.client.get(&lab.path("")).ok();
    assert_eq!(shown["agent"]["enrolled"], false, "{shown}");
}

#[test]
fn a_job_waits_for_its_agent_and_is_done_when_it_is_there() {
    let lab = Lab::new();
    lab.place.grow(&mut Random::new(3), 3, 10_000);
    let (agent, folder) = lab.agent();
    let plan = lab.plan();
    agent.kill();
    let job = until("the agent is missed", SEEN, || {
        (lab.client.get(&lab.path("")).ok()["connection"] == "offline").then(|| lab.execute(plan))
    });
    let waiting = until("it is said that the job waits for the agent", SEEN, || {
        let job = lab.client.get(&format!("/api/jobs/{job}")).ok();
        (job["waitsFor"] == "agent").then_some(job)
    });
    assert_eq!(waiting["state"], "queued", "{waiting}");
    let offline = lab.client.get(&lab.path("/explorer?path=/"));
    assert_eq!((offline.status, offline.code()), (409, "agent.offline"), "{offline:?}");
    let agent = Agent::start(&folder);
    let job = ended(&lab.client, job);
    assert_eq!(job["state"], "succeeded", "{job}\n{}", agent.log());
}

#[test]
fn cut_off_in_the_middle_a_backup_goes_on_where_it_was() {
    // Given an agent that reaches its server over a line that can be cut.
    let lab = Lab::new();
    lab.place.grow(&mut Random::new(5), 60, 2_000_000);
    let (line, folder) = (Link::to(&lab.server.base), lab.folder("agent"));
    let enrolled = lab.enrol_by(&line.base, &folder, &lab.token());
    assert_eq!(enrolled.code, Some(0), "{enrolled}");
    let agent = Agent::start(&folder);
    lab.connected(&agent, "online");
    let plan = lab.plan();
    // When the line is cut again and again while it works.
    let job = lab.execute(plan);
    let (mut cuts, mut random) = (0, Random::new(6));
    let job = until("the job ends", Duration::from_secs(120), || {
        let shown = lab.client.get(&format!("/api/jobs/{job}")).ok();
        let state = shown["state"].as_str().expect("a state").to_owned();
        if state == "running" && cuts < 5 && shown["progress"]["step"] == "reading" {
            cuts += usize::from(line.cut() > 0);
            std::thread::sleep(Duration::from_millis(50 + random.below(300)));
        }
        matches!(state.as_str(), "succeeded" | "warning" | "failed" | "canceled").then_some(shown)
    });
    // Then the first attempt comes to its end, and everything is there.
    assert_eq!((&job["state"], &job["attempt"]), (&json!("succeeded"), &json!(1)), "{job}\n{}", agent.log());
    assert!(cuts > 0, "nothing was cut: the backup was too fast");
    lab.restic().args(["check", "--read-data"]).succeed();
}

#[test]
fn killed_in_the_middle_of_a_backup_neither_side_loses_or_doubles_anything() {
    let mut lab = Lab::new();
    let mut random = Random::from_environment();
    lab.place.grow(&mut random, 40, 2_000_000);
    let (mut agent, folder) = lab.agent();
    let plan = lab.plan();
    for round in 0..6 {
        lab.place.grow(&mut random, 10, 2_000_000);
        let job = lab.execute(plan);
        until("the job runs", SEEN, || {
            let shown = lab.client.get(&format!("/api/jobs/{job}")).ok();
            (shown["state"] != "queued" && shown["state"] != "leased").then_some(())
        });
        std::thread::sleep(Duration::from_micros(random.below(600_000)));
        let what = if round % 2 == 0 {
            agent.kill();
            agent = Agent::start(&folder);
            "the agent was killed"
        } else {
            let base = lab.server.base.clone();
            let port = base.rsplit(':').next().expect("a port").to_owned();
            // On the same address: the agent calls where it was told to.
            lab = lab.server_killed(&port);
            "the server was killed"
        };
        let job = ended(&lab.client, job);
        assert_eq!(job["state"], "succeeded", "round {round}, {what}: {job}\n{}\n{}", agent.log(), lab.server.log());
        if round % 2 == 0 {
            assert_eq!(job["attempt"], 1, "round {round}: an agent that is started anew goes on: {job}");
        }
        lab.restic().arg("check").succeed();
    }
    all_ended(&lab.client);
    Database::Sqlite(lab.place.data()).assert_at_rest("at the end");
    let listed: Vec<Value> =
        serde_json::from_str(&lab.restic().args(["snapshots", "--json"]).succeed().stdout).expect("JSON");
    assert_eq!(listed.len(), 6, "a run has one snapshot: {listed:?}");
    lab.restic().args(["check", "--read-data"]).succeed();
}

#[test]
fn killed_in_the_middle_of_a_restore_an_agent_goes_on_with_it() {
    let lab = Lab::new();
    let mut random = Random::from_environment();
    lab.place.grow(&mut random, 60, 2_000_000);
    let (mut agent, folder) = lab.agent();
    let plan = lab.plan();
    let job = lab.backed_up(plan, &agent);
    let source = lab.place.source();
    for round in 0..3 {
        let target = lab.folder(&format!("back-{round}"));
        let body = json!({
            "paths": [], "target": target, "overwrite": "always", "delete": false, "dryRun": false, "verify": true,
        });
        let path = format!("/api/snapshots/{}/restore", job["result"]["snapshotId"]);
        let restore = lab.client.post(&path, &body).ok()["jobId"].as_i64().expect("a job");
        until("files come", SEEN, || target.exists().then_some(()));
        std::thread::sleep(Duration::from_micros(random.below(300_000)));
        agent.kill();
        agent = Agent::start(&folder);
        let restore = ended(&lab.client, restore);
        assert_eq!(restore["state"], "succeeded", "round {round}: {restore}\n{}\n{}", agent.log(), lab.server.log());
        assert_eq!(restore["attempt"], 1, "round {round}: {restore}");
        let found = target.join(source.strip_prefix("/").expect("absolute"));
        tree::assert_equal(&source, &found, tree::ALL, "restored by two agents, one after the other");
    }
}
