//! Two servers on one PostgreSQL: one queue, one set of limits, one stream of events, and none is needed by the other.

use std::collections::BTreeSet;
use std::time::Duration;

use rempart_catalog::testing::PostgresServer;
use rempart_control_tests::{
    Client, Database, JOB, Place, Protected, Random, Server, all_ended, ended, protect, until,
};
use serde_json::{Value, json};

const GLOBAL: usize = 3;

/// Two servers with the same secret, workers enough to break the limits if each looked at its own only.
struct Pair {
    place: Place,
    catalog: Database,
    one: Server,
    other: Server,
    at_one: Client,
    at_other: Client,
    made: Protected,
}

fn pair(random: &mut Random) -> Pair {
    let place = Place::new();
    place.grow(random, 30, 300_000);
    let address = PostgresServer::shared().new_database();
    let global = GLOBAL.to_string();
    let extra = [
        ("DATABASE_URL", address.as_str()),
        ("ENCRYPTION_SECRET", "a secret that both servers know"),
        ("MAX_CONCURRENT_GLOBAL", &global),
        ("MAX_CONCURRENT_PER_SERVER", &global),
    ];
    let (one, at_one, made) = protect(&place, &extra, &json!({ "maxRetries": 3 }));
    let other = Server::start(&place.data().with_file_name("other"), &extra);
    assert!(other.setup_token.is_none(), "the other knows the user");
    let at_other = at_one.at(&other.base);
    let catalog = Database::Postgres(address);
    Pair { place, catalog, one, other, at_one, at_other, made }
}

/// The names of a server's own workers.
fn own_workers(client: &Client) -> BTreeSet<String> {
    let workers = client.get("/api/workers").ok();
    let items = workers["items"].as_array().expect("a page").clone();
    let own = items.iter().filter(|worker| worker["embedded"] == true);
    own.map(|worker| worker["name"].as_str().expect("a name").to_owned()).collect()
}

fn job_of(answer: &Value) -> i64 {
    answer["jobId"].as_i64().unwrap_or_else(|| panic!("no job: {answer}"))
}

#[test]
fn each_job_is_done_once_within_limits_that_hold_for_both() {
    // Given two servers and a snapshot.
    let Pair { place, catalog, one: _one, other: _other, at_one, at_other, made } = pair(&mut Random::new(31));
    let backup = job_of(&at_one.post(&format!("/api/plans/{}/execute", made.plan_id), &json!({})).ok());
    assert_eq!(ended(&at_other, backup)["state"], "succeeded");
    let snapshot = at_other.get("/api/snapshots?limit=1").ok()["items"][0]["id"].clone();

    // When both are asked for more than may work at once, of it some that needs the repository alone.
    let mut asked = Vec::new();
    for number in 0..24 {
        let client = if number % 2 == 0 { &at_one } else { &at_other };
        let answer = if number % 8 == 5 {
            client.post(&format!("/api/repositories/{}/check", made.repository_id), &json!({ "readData": true }))
        } else {
            let target = place.restored().join(number.to_string());
            let body = json!({
                "paths": [], "target": target, "overwrite": "always", "delete": false, "dryRun": false, "verify": false,
            });
            client.post(&format!("/api/snapshots/{snapshot}/restore"), &body)
        };
        asked.push(job_of(&answer.ok()));
    }
    for job in &asked {
        let job = ended(&at_one, *job);
        assert_eq!(job["state"], "succeeded", "{job}");
    }
    all_ended(&at_one);

    // Then each was claimed once, and by workers of both.
    catalog.assert_at_rest("two servers at work");
    assert_eq!(catalog.ask("SELECT id, generation FROM job_history WHERE generation <> 1"), [""; 0], "claimed again");
    let workers = catalog.ask("SELECT DISTINCT worker FROM job_history WHERE kind = 'restore'");
    for (server, own) in [("first", own_workers(&at_one)), ("second", own_workers(&at_other))] {
        assert_eq!(own.len(), GLOBAL, "the workers of the {server}: {own:?}");
        assert!(workers.iter().any(|worker| own.contains(worker)), "the {server} server did nothing: {workers:?}");
    }

    // And never did more work at once than may, nor anything beside what needs the repository alone.
    let spans: Vec<(i64, i64, bool)> = catalog
        .ask("SELECT started_at, ended_at, access FROM job_history WHERE kind <> 'pool_analysis'")
        .iter()
        .map(|row| {
            let columns: Vec<_> = row.split('|').collect();
            let number = |at: usize| columns[at].parse().unwrap_or_else(|_| panic!("no time: {row}"));
            (number(0), number(1), columns[2] == "exclusive")
        })
        .collect();
    for (start, end, is_alone) in &spans {
        let beside = spans.iter().filter(|(other, until, _)| other <= start && start < until).count();
        assert!(beside <= GLOBAL, "{beside} jobs at once: {spans:?}");
        let overlaps = spans.iter().filter(|(other, until, _)| other < end && start < until).count();
        assert!(!is_alone || overlaps <= 1, "beside one that needs the repository alone: {spans:?}");
    }
}

#[test]
fn what_one_server_says_is_heard_at_the_other_and_what_a_dead_one_did_is_done() {
    // Given two servers and a browser at each.
    let mut random = Random::new(32);
    let Pair { place, catalog, one, other, at_one, at_other, made } = pair(&mut random);
    let (mut hears_one, mut hears_other) =
        (at_one.listen(&["settings", "jobs"]), at_other.listen(&["settings", "jobs"]));

    // When settings change at one, the browser at the other hears of it, both ways.
    for (client, listener, name) in [(&at_one, &mut hears_other, "first"), (&at_other, &mut hears_one, "second")] {
        let read = client.get("/api/settings");
        let etag = read.etag.clone().expect("a version");
        let mut settings = read.ok();
        settings["applicationName"] = format!("Changed at the {name}").into();
        client.put("/api/settings", &etag, &settings).ok();
        listener.hear(|event| event["topic"] == "settings", &format!("a change at the {name} server"));
    }

    // When the one that works is killed.
    for name in own_workers(&at_other) {
        at_other.post(&format!("/api/workers/{name}/stop"), &json!({ "now": false })).ok();
    }
    until("the other's workers stand still", JOB, || {
        let workers = at_other.get("/api/workers").ok();
        let items = workers["items"].as_array().expect("a page");
        let mut own = items.iter().filter(|worker| worker["embedded"] == true);
        own.all(|worker| worker["state"] == "stopped").then_some(())
    });
    place.grow(&mut random, 200, 400_000);
    let job = job_of(&at_other.post(&format!("/api/plans/{}/execute", made.plan_id), &json!({})).ok());
    let is_running =
        |event: &Value| event["topic"] == "jobs" && event["id"] == job && event["data"]["state"] == "running";
    hears_other.hear(is_running, "the job begins at the first server");
    one.kill();
    catalog.assert_consistent("a killed server");
    assert_eq!(catalog.ask(&format!("SELECT state FROM jobs WHERE id = {job}")), ["running"], "the kill came too late");

    // Then the other takes its job over once the lease has run out, and says so.
    for name in own_workers(&at_other) {
        at_other.post(&format!("/api/workers/{name}/start"), &json!({})).ok();
    }
    let done = ended(&at_other, job);
    assert_eq!((&done["state"], &done["attempt"]), (&json!("succeeded"), &json!(2)), "{done}\n{}", other.log());
    let has_ended =
        |event: &Value| event["topic"] == "jobs" && event["id"] == job && event["data"]["state"] == "succeeded";
    hears_other.hear(has_ended, "the job's end");
    all_ended(&at_other);
    until("the dead server's workers are off the list, or nobody's", Duration::from_secs(60), || {
        let held = catalog.ask("SELECT id FROM jobs WHERE state <> 'queued' AND kind <> 'pool_analysis'");
        held.is_empty().then_some(())
    });
    catalog.assert_at_rest("one of two servers killed");
    assert_eq!(
        at_other.get("/api/snapshots").ok()["items"].as_array().expect("a page").len(),
        1,
        "a run has two snapshots"
    );
    made.restic(&place.data()).args(["check", "--read-data"]).succeed();
}
