//! Figures of machines, their alerts and thresholds, and what can be done on them, as pages and scripts read them.

mod support;

use jiff::{SignedDuration, Timestamp};
use rempart_catalog::{DiskSample, Look, ServerSample};
use rempart_model::{Role, ServerId};
use serde_json::json;
use support::{Person, Server};

async fn local(person: &Person) -> String {
    let servers = person.get("/api/servers").await.expect(200);
    format!("/api/servers/{}", servers.body["items"][0]["id"])
}

#[tokio::test]
async fn this_machine_is_looked_at_on_demand_and_that_is_kept() {
    let server = Server::start().await;
    let id = server.state.work.start().await.expect("this machine is known");
    let admin = server.signed_in(Role::Administrator).await;
    let path = local(&admin).await;
    let before = admin.get(&format!("{path}/stats")).await.expect(200).body;
    assert_eq!((&before["takenAt"], &before["figures"]), (&json!(null), &json!(null)), "nobody has looked yet");
    assert_eq!(before["thresholds"]["diskPercent"], json!(90));
    let taken = admin.post(&format!("{path}/collect-stats"), json!({})).await.expect(200).body;
    let figures = &taken["figures"];
    assert!(figures["cpu"]["usagePercent"].is_number(), "the first look knows how busy it is: {figures}");
    assert!(figures["disks"].as_array().is_some_and(|disks| disks.iter().any(|disk| disk["mountPoint"] == "/")));
    assert_eq!(admin.get(&format!("{path}/stats")).await.expect(200).body, taken);
    let history = admin.get(&format!("{path}/stats/history?range=day")).await.expect(200).body;
    assert_eq!(history["points"].as_array().map(Vec::len), Some(1));
    assert_eq!((&history["points"][0]["at"], &history["stepSeconds"]), (&taken["takenAt"], &json!(900)));
    for range in ["week", "month", "year"] {
        let history = admin.get(&format!("{path}/stats/history?range={range}")).await.expect(200).body;
        assert_eq!(history["points"].as_array().map(Vec::len), Some(1), "{range}");
    }
    admin.get(&format!("{path}/stats/history?range=century")).await.expect(400);
    admin.get("/api/servers/999/stats").await.expect(404);
    assert_eq!(server.catalog().last_looks(&[id]).await.unwrap().len(), 1);
    // Whoever may only read looks at what is there, and has nothing collected.
    let reader = server.signed_in(Role::Viewer).await;
    reader.get(&format!("{path}/stats")).await.expect(200);
    reader.post(&format!("{path}/collect-stats"), json!({})).await.expect(403);
    reader.post(&format!("{path}/capabilities"), json!({})).await.expect(403);
}

#[tokio::test]
async fn what_can_be_done_is_found_out_once_and_kept_with_its_age() {
    let server = Server::start().await;
    server.state.work.start().await.expect("this machine is known");
    let admin = server.signed_in(Role::Administrator).await;
    let path = format!("{}/capabilities", local(&admin).await);
    assert_eq!(admin.get(&path).await.expect(200).body, json!({ "takenAt": null, "found": null }));
    let found = admin.post(&path, json!({})).await.expect(200).body;
    let tools = found["found"]["tools"].as_array().expect("tools");
    // The tests need it themselves.
    assert!(tools.iter().any(|tool| tool["name"] == "psql" && tool["version"].is_string()), "{found}");
    assert_eq!(admin.get(&path).await.expect(200).body, found);
    // A machine whose agent is not there keeps what was known of it, and says so when it is asked anew.
    let other = admin.post("/api/servers", json!({ "name": "away" })).await.expect(201).body["id"].clone();
    admin.post(&format!("/api/servers/{other}/capabilities"), json!({})).await.refused(409, "agent.offline");
    admin.post(&format!("/api/servers/{other}/collect-stats"), json!({})).await.refused(409, "agent.offline");
}

/// As a look at a machine would have left it: a disk of 100 GiB that is so full.
async fn looked(server: &Server, id: ServerId, at: Timestamp, disk_gib: u64) {
    let disks =
        vec![DiskSample { at, mount_point: "/srv".to_owned(), used_bytes: disk_gib << 30, size_bytes: 100 << 30 }];
    let sample = ServerSample {
        at,
        cpu_percent: Some(1.0),
        cpu_peak_percent: Some(1.0),
        load: 0.0,
        memory_used_bytes: 1,
        memory_total_bytes: 100,
        swap_used_bytes: 0,
        swap_total_bytes: 0,
    };
    let figures = server.catalog().server_stats(id).await.unwrap().expect("a look before").value;
    let mut tx = server.catalog().begin().await.unwrap();
    tx.record_look(id, &Look { figures, sample, disks }).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn thresholds_are_set_for_all_and_for_one_and_raise_an_alert_that_ends() {
    let server = Server::start().await;
    let id = server.state.work.start().await.expect("this machine is known");
    let mut admin = server.signed_in(Role::Administrator).await;
    let path = local(&admin).await;
    // Whatever this machine's disk holds: some threshold is below, and none above a hundred.
    let mut own = json!({ "cpuPercent": null, "memoryPercent": null, "diskPercent": 10, "diskFullDays": null });
    let read = admin.get(&format!("{path}/thresholds")).await.expect(200);
    assert_eq!((&read.body["own"], &read.body["defaults"]["cpuPercent"]), (&json!(null), &json!(95)));
    for (field, wrong, code) in
        [("diskPercent", 9, "settings.threshold_percent"), ("diskFullDays", 366, "settings.threshold_days")]
    {
        let mut body = own.clone();
        body[field] = json!(wrong);
        let refused = admin.put(&format!("{path}/thresholds"), json!({ "own": body })).await.refused(422, code);
        assert_eq!(refused.body["field"], json!(field));
    }
    admin.put(&format!("{path}/thresholds"), json!({ "own": own })).await.expect(200);
    admin.post(&format!("{path}/collect-stats"), json!({})).await.expect(200);
    let alerts = admin.get(&format!("{path}/alerts")).await.expect(200).body;
    let standing = alerts.as_array().unwrap().len();
    assert!(standing > 0, "no disk of this machine is fuller than 10 %");
    assert!(alerts[0]["message"].as_str().is_some_and(|text| text.contains("% full")), "{alerts}");
    admin.post(&format!("{path}/collect-stats"), json!({})).await.expect(200);
    let again = admin.get(&format!("{path}/alerts")).await.expect(200).body;
    assert_eq!(again.as_array().map(Vec::len), Some(standing), "raised twice");
    admin.language = "fr";
    let dashboard = admin.get("/api/dashboard").await.expect(200).body;
    let shown = dashboard["alerts"].as_array().unwrap().iter().find(|alert| alert["code"] == "server.disk");
    let shown = shown.expect("on the dashboard");
    assert!(shown["message"].as_str().is_some_and(|text| text.contains("plein à")), "{shown}");
    assert_eq!(shown["link"], json!(path.trim_start_matches("/api")));
    // It follows the others again, for whom disks are not watched: it is over.
    own["diskPercent"] = json!(null);
    admin.put("/api/settings/thresholds", own.clone()).await.expect(200);
    assert_eq!(admin.get("/api/settings/thresholds").await.expect(200).body["thresholds"], own);
    let followed = admin.put(&format!("{path}/thresholds"), json!({ "own": null })).await.expect(200);
    assert_eq!((&followed.body["own"], &followed.body["defaults"]), (&json!(null), &own));
    admin.post(&format!("{path}/collect-stats"), json!({})).await.expect(200);
    let over = admin.get(&format!("{path}/alerts")).await.expect(200).body;
    assert!(over.as_array().unwrap().iter().all(|alert| alert["until"].is_string()), "{over}");
    assert_eq!(server.catalog().standing_alerts(10).await.unwrap(), []);
    assert!(server.audit().await.iter().any(|line| line.action == "servers.writeThresholds"));
    // A disk that fills by two GiB a day has a date.
    let now = Timestamp::now();
    for step in 0..80_u64 {
        let at = now - SignedDuration::from_hours(6 * (80 - i64::try_from(step).unwrap()));
        looked(&server, id, at, 50 + step / 2).await;
    }
    let stats = admin.get(&format!("{path}/stats")).await.expect(200).body;
    let full_at: Timestamp = stats["forecasts"][0]["fullAt"].as_str().expect("a date").parse().unwrap();
    let days = full_at.duration_since(now).as_hours() / 24;
    assert!((4..=6).contains(&days), "full in {days} days");
}
