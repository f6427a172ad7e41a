//! What an installed agent finds on its machine, through its unit's sandbox.

use serde_json::{Value, json};

use crate::lab::Lab;

fn of<'a>(found: &'a Value, kind: &str) -> Vec<&'a Value> {
    let databases = found["found"]["databases"].as_array().unwrap();
    databases.iter().filter(|database| database["kind"] == kind).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn databases_that_run_there_are_found_and_entered() {
    let lab = Lab::new().await;
    lab.machine.run("systemctl start redis-server postgresql@15-main");
    lab.machine.put("srv/shop/shop.db", [&b"SQLite format 3\0"[..], &[0; 84]].concat());
    lab.installed().await;
    let found = lab.admin.post(&lab.path("/capabilities"), json!({})).await.expect(200).body;

    let [postgresql] = of(&found, "postgresql")[..] else { panic!("{found}") };
    assert_eq!((&postgresql["name"], &postgresql["running"]), (&json!("15/main"), &json!(true)), "{postgresql}");
    assert_eq!((&postgresql["port"], &postgresql["dataDir"]), (&json!(5432), &json!("/var/lib/postgresql/15/main")));
    // As the owner of its data, whom it trusts.
    let entered = json!([{ "method": "peer", "outcome": "works", "detail": null }]);
    assert_eq!(postgresql["access"], entered, "{postgresql}");
    assert!(postgresql["version"].as_str().is_some_and(|version| version.starts_with("15.")), "{postgresql}");
    assert!(postgresql["sizeBytes"].is_u64(), "its files can be read: {postgresql}");

    let [redis] = of(&found, "redis")[..] else { panic!("{found}") };
    assert_eq!((&redis["port"], &redis["dataDir"]), (&json!(6379), &json!("/var/lib/redis")), "{redis}");
    assert_eq!(redis["access"], json!([{ "method": "noPassword", "outcome": "works", "detail": null }]), "{redis}");

    let files: Vec<&Value> = of(&found, "sqlite").iter().map(|database| &database["dataDir"]).collect();
    assert!(files.contains(&&json!("/srv/shop/shop.db")), "{files:?}");
    let tools = found["found"]["tools"].as_array().unwrap();
    let psql = tools.iter().find(|tool| tool["name"] == "psql").unwrap_or_else(|| panic!("no psql in {tools:?}"));
    assert!(psql["version"].as_str().is_some_and(|version| version.starts_with("15.")), "{psql}");
    assert_eq!(found["found"]["docker"], Value::Null);
}
