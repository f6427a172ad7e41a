//! Workers in processes of their own: they take work, and a killed one loses none.

use std::time::Duration;

use rempart_control_tests::{Database, JOB, Place, Random, Worker, all_ended, ended, protect, until};
use serde_json::json;

#[test]
fn a_killed_worker_process_loses_no_job() {
    // Given a server whose own workers are stopped, and a worker process.
    let mut random = Random::new(21);
    let place = Place::new();
    place.grow(&mut random, 60, 400_000);
    let (server, client, made) = protect(&place, &[], &json!({ "maxRetries": 3 }));
    let own: Vec<String> = names(&client);
    for name in &own {
        client.post(&format!("/api/workers/{name}/stop"), &json!({ "now": false })).ok();
    }
    until("the server's workers stand still", JOB, || {
        let workers = client.get("/api/workers").ok();
        let stopped = |worker: &serde_json::Value| worker["state"] == "stopped";
        workers["items"].as_array().expect("a page").iter().all(stopped).then_some(())
    });
    let worker = Worker::start(&place.data(), &[]);
    until("the process lists its workers", JOB, || (names(&client).len() > own.len()).then_some(()));

    // When it is killed while it backs up.
    let job = client.post(&format!("/api/plans/{}/execute", made.plan_id), &json!({})).ok();
    let job = job["jobId"].as_i64().expect("a job");
    until("the worker has the job", JOB, || {
        let state = client.get(&format!("/api/jobs/{job}")).ok()["state"].as_str().expect("a state").to_owned();
        (state != "queued").then_some(())
    });
    worker.kill();

    // Then another process finishes it, once.
    let second = Worker::start(&place.data(), &[]);
    let job = ended(&client, job);
    assert_eq!(job["state"], "succeeded", "{job}\n{}\n{}", server.log(), second.log());
    all_ended(&client);
    assert_eq!(client.get("/api/snapshots").ok()["items"].as_array().expect("a page").len(), 1);
    Database::Sqlite(place.data()).assert_at_rest("a killed worker");
    made.restic(&place.data()).args(["check", "--read-data"]).succeed();

    // And the server's own workers start again when they are told to.
    client.post(&format!("/api/workers/{}/start", own[0]), &json!({})).ok();
    until("a worker is back", Duration::from_secs(30), || {
        let workers = client.get("/api/workers").ok();
        let found = workers["items"].as_array()?.iter().find(|worker| worker["name"] == own[0].as_str())?.clone();
        (found["state"] == "idle").then_some(())
    });
}

fn names(client: &rempart_control_tests::Client) -> Vec<String> {
    let workers = client.get("/api/workers").ok();
    let items = workers["items"].as_array().expect("a page").clone();
    items.iter().map(|worker| worker["name"].as_str().expect("a name").to_owned()).collect()
}
