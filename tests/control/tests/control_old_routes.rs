//! A script that was written for the systems that Rempart replaces does all its work by the old routes.

use std::collections::BTreeMap;
use std::path::Path;

use rempart_control_tests::{Client, Place, Random, ended, protect};
use serde_json::{Value, json};

/// Asks for work, and waits for its good end.
fn work(client: &Client, path: &str, body: &Value) {
    accepted(client, path, client.post(path, body));
}

fn accepted(client: &Client, path: &str, answer: rempart_control_tests::Answer) {
    assert_eq!(answer.status, 202, "{path}: {}", answer.body);
    let job = ended(client, answer.body["jobId"].as_i64().expect("a job"));
    assert_eq!(job["state"], "succeeded", "{path}: {job}");
}

fn items(client: &Client, path: &str) -> Vec<Value> {
    client.get(path).ok()["items"].as_array().expect("a page").clone()
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let found = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let name = |path: &Path| path.file_name().expect("a name").to_string_lossy().into_owned();
    found
        .map(|entry| entry.expect("an entry").path())
        .map(|path| (name(&path), std::fs::read(&path).unwrap()))
        .collect()
}

#[test]
fn a_script_of_before_backs_up_looks_restores_and_deletes() {
    // Given a plan, and what it protects as it is now, and as it is later.
    let mut random = Random::new(13);
    let place = Place::new();
    place.grow(&mut random, 3, 20_000);
    let (_server, client, made) = protect(&place, &[], &json!({}));
    let early = files(&place.source());

    // When it backs up, by each of the routes that did.
    let plan = made.plan_id;
    work(&client, "/api/backups", &json!({ "planId": plan, "options": { "type": "full" } }));
    place.grow(&mut random, 3, 20_000);
    let late = files(&place.source());
    work(&client, &format!("/api/backup-jobs/{plan}/run"), &json!({}));
    work(&client, &format!("/api/plans/{plan}/execute"), &json!({}));

    // Then the journal tells of all three, the last first, in the words of before.
    let journals = items(&client, "/api/journals");
    assert_eq!(journals.len(), 3, "{journals:?}");
    for journal in &journals {
        assert_eq!((&journal["status"], &journal["planId"]), (&json!("succeeded"), &json!(plan)), "{journal}");
        assert!(journal["startTime"].is_string() && journal["endTime"].is_string(), "{journal}");
        assert!(journal["durationMs"].as_i64().is_some_and(|ms| ms >= 0), "{journal}");
    }
    assert!(journals[2]["sizeBytes"].as_u64().is_some_and(|bytes| bytes > 0), "{}", journals[2]);
    let backups = items(&client, "/api/backups");
    assert_eq!(backups.len(), 3, "{backups:?}");

    // And each is restored, by its own number and by that of its journal entry.
    let restored = |name: &str| place.restored().join(name);
    let inside = |name: &str| files(&restored(name).join(place.source().strip_prefix("/").expect("an absolute path")));
    let first = &backups[2]["id"];
    work(&client, "/api/restores", &json!({ "backupId": first, "target": restored("by backup") }));
    assert_eq!(inside("by backup"), early);
    work(&client, "/api/restores", &json!({ "journalId": journals[1]["id"], "target": restored("by journal") }));
    assert_eq!(inside("by journal"), late);
    let one = place.source().join(early.keys().next().expect("a file"));
    let body = json!({ "target": restored("one file"), "paths": [one] });
    work(&client, &format!("/api/restore/{}", journals[2]["id"]), &body);
    assert_eq!(inside("one file").into_iter().collect::<Vec<_>>(), early.into_iter().take(1).collect::<Vec<_>>());

    // And one is deleted: it is in no list any more, and is not restored by its journal entry either.
    let path = format!("/api/backups/{first}");
    accepted(&client, &path, client.delete(&path, None));
    assert_eq!(items(&client, "/api/backups").len(), 2);
    let gone = client.post(&format!("/api/restore/{}", journals[2]["id"]), &json!({ "target": restored("nothing") }));
    assert_eq!((gone.status, gone.code()), (404, "request.not_found"), "{}", gone.body);

    // And a destination is added to those that there are.
    let body = json!({ "name": "usb", "type": "local", "config": { "path": place.restored().join("usb") } });
    let added = client.post("/api/destinations", &body);
    assert_eq!(added.status, 201, "{}", added.body);
    let names: Vec<Value> = items(&client, "/api/destinations").iter().map(|one| one["name"].clone()).collect();
    assert_eq!(names, ["disk", "usb"]);
}
