//! The server is killed in the middle of every kind of job, at random points: no job is lost or done twice, the catalog is
//! consistent, and restic accepts the repository.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rempart_control_tests::{Client, Database, Place, Protected, Random, Server, all_ended, ended, protect};
use serde_json::{Value, json};

/// `REMPART_KILLS` asks for more.
const KILLS: usize = 50;

/// Ways to make work, which together make every kind of job. A run of the plan is a backup, and then forget and verify.
const TRIGGERS: [&str; 6] = ["run", "restore", "check", "prune", "refresh", "analyse"];

/// Asks for the work; the job's id, unless the server was killed before it could answer.
fn trigger(client: &Client, what: &str, made: &Protected, place: &Place) -> Option<i64> {
    let (path, body) = match what {
        "run" => (format!("/api/plans/{}/execute", made.plan_id), json!({})),
        "restore" => {
            let snapshots = client.try_get("/api/snapshots?limit=1")?.ok();
            let body = json!({
                "paths": [], "target": place.restored(), "overwrite": "always", "delete": false, "dryRun": false,
                "verify": true,
            });
            (format!("/api/snapshots/{}/restore", snapshots["items"][0]["id"]), body)
        }
        "check" => (format!("/api/repositories/{}/check", made.repository_id), json!({ "readData": true })),
        "prune" => (format!("/api/repositories/{}/prune", made.repository_id), json!({})),
        "refresh" => (format!("/api/repositories/{}/refresh", made.repository_id), json!({})),
        "analyse" => (format!("/api/pools/{}/analyse", made.pool_id), json!({})),
        other => panic!("no such work: {other}"),
    };
    let answer = client.try_post(&path, &body)?.ok();
    Some(answer["jobId"].as_i64().expect("a job"))
}

#[test]
fn killed_at_any_moment_the_server_loses_and_doubles_nothing() {
    // Given a server whose plan backs up, forgets and verifies.
    let kills = std::env::var("REMPART_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(KILLS);
    let mut random = Random::from_environment();
    let place = Place::new();
    place.grow(&mut random, 40, 300_000);
    let plan = json!({
        "retention": { "last": 3, "hourly": 0, "daily": 0, "weekly": 0, "monthly": 0, "quarterly": 0, "yearly": 0,
                       "within": null },
        "verifyAfterRun": true,
    });
    let (mut server, mut client, made) = protect(&place, &[], &plan);

    // And how long each piece of work takes when nobody kills it.
    let mut lasts: BTreeMap<&str, Duration> = BTreeMap::new();
    for what in TRIGGERS {
        let begun = Instant::now();
        let job = trigger(&client, what, &made, &place).expect("the server lives");
        let job = ended(&client, job);
        assert_eq!(job["state"], "succeeded", "{what}: {job}\n{}", server.log());
        all_ended(&client);
        lasts.insert(what, begun.elapsed());
    }

    let mut hit: BTreeMap<String, u32> = BTreeMap::new();
    for kill in 0..kills {
        // When it is killed somewhere in the middle.
        let what = TRIGGERS[kill % TRIGGERS.len()];
        place.grow(&mut random, 4, 300_000);
        let job = trigger(&client, what, &made, &place);
        let point = Duration::from_micros(random.below(lasts[what].as_micros() as u64));
        let begun = Instant::now();
        while begun.elapsed() < point {
            std::thread::sleep(point.saturating_sub(begun.elapsed()).min(Duration::from_millis(2)));
        }
        server.kill();
        let what = format!("kill {kill} during {what} after {} ms", point.as_millis());
        let catalog = Database::Sqlite(place.data());
        catalog.assert_consistent(&format!("{what}, before the next start"));
        for kind in catalog.ask("SELECT kind FROM jobs WHERE state IN ('leased', 'running')") {
            *hit.entry(kind).or_default() += 1;
        }

        // Then the next server finishes what was begun.
        server = Server::start(&place.data(), &[]);
        client = client.at(&server.base);
        all_ended(&client);
        if let Some(job) = job {
            let job = client.get(&format!("/api/jobs/{job}")).ok();
            assert_eq!(job["state"], "succeeded", "{what}: {job}\n{}", server.log());
        }
        catalog.assert_at_rest(&what);
        assert_nothing_doubled(&client, &made, &place, &what);
        let checked = made.restic(&place.data()).arg("check").run();
        assert_eq!(checked.code, Some(0), "{what}: {checked}");
    }

    // And all data is there, and the moments were in the middle of work.
    made.restic(&place.data()).args(["check", "--read-data"]).succeed();
    eprintln!("jobs that a kill interrupted, by kind: {hit:?}");
    assert!(hit.values().sum::<u32>() as usize >= kills / 4, "hardly a kill hit a job: {hit:?}");
}

/// Every snapshot of the repository is in the catalog and the other way round, and no run has two.
fn assert_nothing_doubled(client: &Client, made: &Protected, place: &Place, what: &str) {
    let listed = made.restic(&place.data()).args(["snapshots", "--json"]).succeed();
    let there: Vec<Value> = serde_json::from_str(&listed.stdout).expect("restic prints JSON");
    let mut there: Vec<String> = there.iter().map(|snapshot| snapshot["id"].as_str().unwrap().to_owned()).collect();
    let known = client.get("/api/snapshots?limit=200").ok();
    let known = known["items"].as_array().expect("a page");
    let mut names: Vec<String> =
        known.iter().map(|snapshot| snapshot["snapshotHash"].as_str().unwrap().to_owned()).collect();
    there.sort();
    names.sort();
    assert_eq!(names, there, "{what}: the catalog and the repository differ");
    let mut runs: Vec<i64> = known.iter().filter_map(|snapshot| snapshot["runId"].as_i64()).collect();
    let count = runs.len();
    runs.sort_unstable();
    runs.dedup();
    assert_eq!(runs.len(), count, "{what}: a run has two snapshots");
}
