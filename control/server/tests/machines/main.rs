//! Other machines, as pages and scripts manage them; and the gates where their agents call, knocked at by who is none, and by
//! who has stolen a key.

mod agent;
mod gates;
#[path = "../support/mod.rs"]
mod support;
mod thief;

use rempart_model::Role;
use rempart_protocol::{EnrolmentToken, PublicKey};
use serde_json::{Value, json};
use support::Server;

#[tokio::test]
async fn a_machine_is_added_changed_and_removed() {
    let server = Server::start().await;
    server.state.work.start().await.expect("the server's own machine is known");
    let admin = server.signed_in(Role::Administrator).await;
    let made = admin.post("/api/servers", json!({ "name": " web-1 ", "labels": ["web"] })).await.expect(201);
    assert_eq!((made.etag().as_str(), &made.body["name"]), ("\"1\"", &json!("web-1")));
    assert_eq!((&made.body["connection"], &made.body["agent"]["enrolled"]), (&json!("neverSeen"), &json!(false)));
    let path = format!("/api/servers/{}", made.body["id"]);
    admin.post("/api/servers", json!({ "name": "web-1" })).await.refused(409, "server.name_taken");
    admin.post("/api/servers", json!({ "name": " " })).await.refused(422, "request.empty_field");
    admin.post("/api/servers", json!({ "address": "x" })).await.refused(422, "request.wrong_type");

    let change = json!({ "name": "web-2", "address": "192.0.2.7", "labels": [] });
    let stale = admin.request(reqwest::Method::PUT, &path).header("if-match", "\"9\"").json(&change);
    admin.send(stale).await.refused(412, "request.stale");
    let changed = admin.put(&path, change).await.expect(200);
    assert_eq!((changed.etag().as_str(), &changed.body["address"]), ("\"2\"", &json!("192.0.2.7")));
    let listed = admin.get("/api/servers?q=WEB-2").await.expect(200).body;
    assert_eq!((&listed["total"], &listed["items"][0]["agent"]["enrolled"]), (&json!(1), &json!(false)));

    // What only an agent can answer is told so while there is none.
    admin.get(&format!("{path}/explorer?path=/")).await.refused(409, "agent.offline");
    for question in ["/collect-stats", "/capabilities"] {
        admin.post(&format!("{path}{question}"), json!({})).await.refused(409, "agent.offline");
    }
    admin.delete("/api/servers/1").await.refused(409, "server.local");
    admin.post("/api/servers/1/enrolment", json!({})).await.refused(409, "server.local");
    assert_eq!(admin.delete(&path).await.expect(204).text, "");
    admin.get(&path).await.refused(404, "request.not_found");
    // This machine answers by itself.
    assert!(
        admin.post("/api/servers/1/collect-stats", json!({})).await.expect(200).body["figures"]["memory"]["totalBytes"]
            .as_u64()
            > Some(0)
    );
    let found = admin.post("/api/servers/1/capabilities", json!({})).await.expect(200).body;
    assert!(found["found"]["tools"].is_array());
}

#[tokio::test]
async fn an_enrolment_token_is_shown_once_with_what_is_to_be_pasted() {
    let server = Server::with(&[("public_url", "https://backup.example.org")]).await;
    let admin = server.signed_in(Role::Administrator).await;
    let id = admin.post("/api/servers", json!({ "name": "web-1" })).await.expect(201).body["id"].clone();
    let path = format!("/api/servers/{id}/enrolment");
    for hours in [0, 721] {
        admin.post(&path, json!({ "hours": hours })).await.refused(422, "enrolment.hours");
    }
    let made = admin.post(&path, json!({ "hours": 2 })).await.expect(201).body;
    let (token, key) = (made["token"].as_str().unwrap(), made["serverKey"].as_str().unwrap());
    token.parse::<EnrolmentToken>().expect("a token");
    assert_eq!(PublicKey::parse(key), Some(server.state.work.agent_identity().await.unwrap().public()));
    let command = made["command"].as_str().unwrap();
    for part in [token, key, "https://backup.example.org", "rempart-agent enrol"] {
        assert!(command.contains(part), "{command}");
    }
    // Another process of the same catalog is known by the same key.
    let other = server.another().await;
    assert_eq!(other.state.work.agent_identity().await.unwrap().public().to_string(), key);
    // The audit log says who made one, and nothing of it.
    let log = server.audit().await;
    let line = log.iter().find(|line| line.action == "servers.enrol").expect("a line");
    assert!(!format!("{log:?}").contains(token), "{line:?}");
}

#[tokio::test]
async fn what_an_agents_work_may_take_is_said_and_checked() {
    let server = Server::start().await;
    server.state.work.start().await.expect("the server's own machine is known");
    let admin = server.signed_in(Role::Administrator).await;
    let made = admin.post("/api/servers", json!({ "name": "web-1" })).await.expect(201).body;
    let path = format!("/api/servers/{}", made["id"]);
    let unlimited = json!({ "priority": "low", "bytesPerSecond": null, "hours": [], "timeZone": "UTC" });
    assert_eq!(made["agent"]["limits"], unlimited);
    let change = |limits: Value| json!({ "name": "web-1", "address": null, "labels": [], "limits": limits });
    let hours = |from: u8, until: u8, rate: u64| {
        let hours = json!([{ "from": from, "until": until, "bytesPerSecond": rate }]);
        json!({ "priority": "idle", "bytesPerSecond": 1 << 20, "hours": hours, "timeZone": "Europe/Paris" })
    };
    let mut nowhere = hours(8, 18, 1 << 20);
    nowhere["timeZone"] = json!("Mars/Base");
    let mut words = hours(8, 18, 1 << 20);
    words["priority"] = json!("realtime");
    for (limits, code, field) in [
        (hours(8, 18, 1000), "limits.too_little", "limits.bytesPerSecond"),
        (hours(8, 8, 1 << 20), "limits.hours", "limits.hours"),
        (nowhere, "schedule.unknown_time_zone", "limits.timeZone"),
        (words, "request.wrong_type", "limits.priority"),
    ] {
        let refused = admin.put(&path, change(limits)).await.refused(422, code);
        assert_eq!(refused.body["field"], field, "{code}");
    }
    let limits = hours(22, 6, 2 << 20);
    let changed = admin.put(&path, change(limits.clone())).await.expect(200);
    assert_eq!((changed.etag().as_str(), &changed.body["agent"]["limits"]), ("\"2\"", &limits));
    // Left out, they stay.
    let renamed = admin.put(&path, json!({ "name": "web-2", "address": null, "labels": [] })).await.expect(200);
    assert_eq!(renamed.body["agent"]["limits"], limits);
    let local = json!({ "name": "here", "address": null, "labels": [], "limits": limits });
    let refused = admin.put("/api/servers/1", local).await.refused(409, "server.local");
    assert_eq!(refused.body["field"], "limits");
}

#[tokio::test]
async fn an_agent_that_another_process_holds_is_said_to_be_there() {
    let server = Server::start().await;
    let admin = server.signed_in(Role::Administrator).await;
    let id = admin.post("/api/servers", json!({ "name": "web-1" })).await.expect(201).body["id"].as_i64().unwrap();
    let mut tx = server.state.catalog.begin().await.unwrap();
    let now = jiff::Timestamp::now();
    tx.agent_connected(rempart_model::ServerId::new(id), 1, "1", "the other process", now).await.unwrap();
    tx.commit().await.unwrap();
    let path = format!("/api/servers/{id}");
    for answer in [
        admin.get(&format!("{path}/explorer?path=/")).await,
        admin.post(&format!("{path}/collect-stats"), json!({})).await,
        admin.post(&format!("{path}/capabilities"), json!({})).await,
    ] {
        let refused = answer.refused(409, "agent.elsewhere");
        assert!(refused.body["message"].as_str().unwrap().contains("the other process"), "{:?}", refused.body);
    }
}
