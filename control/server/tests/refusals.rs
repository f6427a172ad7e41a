//! What is refused: with a code, a sentence in the reader's language, and nothing half-written.

mod support;

use std::collections::BTreeSet;

use rempart_model::Role;
use reqwest::Method;
use serde_json::{Value, json};
use support::{Person, Server};

struct Lab {
    server: Server,
    admin: Person,
    pool: i64,
    repository: i64,
    plan: i64,
}

impl Lab {
    /// A server with a pool, a repository in it, and a plan.
    async fn new() -> Self {
        let server = Server::start().await;
        server.state.work.start().await.expect("the server's own machine is known");
        let admin = server.signed_in(Role::Administrator).await;
        let place = json!({ "kind": "local", "path": server.folder().join("pool") });
        let pool = id(&admin, "/api/pools", json!({ "name": "Pool", "place": place })).await;
        let body = json!({ "name": "main", "poolId": pool, "serverId": 1 });
        let repository = id(&admin, "/api/repositories", body).await;
        let plan = id(&admin, "/api/plans", plan("Plan", repository, None)).await;
        Self { server, admin, pool, repository, plan }
    }

    /// Everything that can be written by the requests of these tests.
    async fn everything(&self) -> Value {
        let mut all = serde_json::Map::new();
        for list in ["servers", "pools", "repositories", "plans", "runs", "jobs", "users", "tokens", "snapshots"] {
            all.insert(list.to_owned(), self.admin.get(&format!("/api/{list}?limit=200")).await.expect(200).body);
        }
        for one in ["settings", "settings/thresholds"] {
            all.insert(one.to_owned(), self.admin.get(&format!("/api/{one}")).await.expect(200).body);
        }
        all.into()
    }
}

async fn id(person: &Person, path: &str, body: Value) -> i64 {
    person.post(path, body).await.expect(201).body["id"].as_i64().expect("a number")
}

fn plan(name: &str, repository: i64, cron: Option<&str>) -> Value {
    json!({
        "name": name, "serverId": 1, "repositoryId": repository, "enabled": true,
        "sources": { "folders": ["/etc"], "excludes": [], "excludeCaches": true, "oneFileSystem": false },
        "schedule": cron.map(|cron| json!({ "cron": cron, "timeZone": "Europe/Paris", "missed": "catchUp" })),
        "retention": null, "compression": "auto", "tags": [], "priority": 0, "maxRetries": 0, "verifyAfterRun": false
    })
}

#[tokio::test]
async fn what_is_refused_is_told_in_the_readers_language_and_changes_nothing() {
    let mut lab = Lab::new().await;
    let (pool, repository, own) = (lab.pool, lab.repository, lab.plan);
    let local = |path: &str| json!({ "kind": "local", "path": path });
    let blocked = lab.server.folder().join("a file");
    std::fs::write(&blocked, "no folder can be below").unwrap();
    let taken = lab.server.folder().join("pool").display().to_string();
    let elsewhere = lab.server.folder().join("elsewhere");
    let free = elsewhere.display().to_string();
    // Nothing listens on this port of this machine.
    let silent = json!({
        "kind": "s3", "endpoint": "http://127.0.0.1:1", "region": null, "bucket": "b", "prefix": "",
        "accessKeyId": "a", "secretAccessKey": "s"
    });
    let repo = |name: &str| json!({ "name": name, "poolId": pool, "serverId": 1 });
    let cron = |cron: &str| plan("New", repository, Some(cron));
    let cases: Vec<(&str, String, Value, u16, &str)> = vec![
        ("POST", "/api/pools".into(), json!({ "name": "Pool", "place": local(&free) }), 409, "pool.name_taken"),
        ("POST", "/api/pools".into(), json!({ "name": "B", "place": local(&taken) }), 409, "pool.place_taken"),
        (
            "POST",
            "/api/pools".into(),
            json!({ "name": "B", "place": local(&format!("{taken}/in")) }),
            409,
            "pool.place_overlaps",
        ),
        ("POST", "/api/pools".into(), json!({ "name": "B", "place": local("relative") }), 422, "pool.place_invalid"),
        (
            "POST",
            "/api/pools".into(),
            json!({ "name": "B", "place": local("/srv/%2e%2E/etc") }),
            422,
            "pool.place_invalid",
        ),
        (
            "POST",
            "/api/pools".into(),
            json!({ "name": "B", "place": local(&format!("{}/x", blocked.display())) }),
            422,
            "pool.test_failed",
        ),
        ("POST", "/api/pools".into(), json!({ "name": "B", "place": silent }), 422, "pool.test_failed"),
        ("POST", "/api/pools".into(), json!({ "name": " ", "place": local(&free) }), 422, "pool.name_invalid"),
        ("DELETE", format!("/api/pools/{pool}"), Value::Null, 409, "pool.in_use"),
        ("POST", "/api/repositories".into(), repo("main"), 409, "repository.path_taken"),
        ("POST", "/api/repositories".into(), repo("../main"), 422, "repository.path_outside_pool"),
        ("POST", "/api/repositories".into(), repo(".."), 422, "repository.path_outside_pool"),
        ("POST", "/api/repositories".into(), repo("é"), 422, "repository.name_invalid"),
        (
            "POST",
            "/api/repositories".into(),
            json!({ "name": "x", "poolId": 999, "serverId": 1 }),
            404,
            "request.not_found",
        ),
        ("DELETE", format!("/api/repositories/{repository}"), Value::Null, 409, "repository.in_use"),
        ("POST", "/api/plans".into(), plan("PLAN", repository, None), 409, "plan.name_taken"),
        ("POST", "/api/plans".into(), plan("New", 999, None), 422, "plan.unknown_repository"),
        ("POST", "/api/plans".into(), cron("0 0 31 2 *"), 422, "schedule.never_fires"),
        ("POST", "/api/plans".into(), cron("0 25 * * *"), 422, "schedule.bad_hour"),
        ("POST", "/api/plans".into(), cron("every day"), 422, "schedule.bad_cron"),
        ("POST", "/api/plans".into(), json!([1]), 422, "request.wrong_type"),
        ("POST", "/api/plans".into(), json!({ "name": 7 }), 422, "request.wrong_type"),
        ("PUT", format!("/api/plans/{own}"), cron("61 * * * *"), 422, "schedule.bad_minute"),
        ("POST", "/api/plans/999/execute".into(), Value::Null, 404, "request.not_found"),
        ("POST", "/api/runs/999/cancel".into(), json!({}), 404, "request.not_found"),
        ("POST", "/api/jobs/999/cancel".into(), json!({}), 404, "request.not_found"),
        ("DELETE", "/api/snapshots/999".into(), Value::Null, 404, "request.not_found"),
        ("POST", "/api/workers/nobody/start".into(), json!({}), 404, "worker.unknown"),
        (
            "POST",
            format!("/api/repositories/{repository}/recovery-kit/confirm"),
            json!({ "confirmationCode": "x" }),
            422,
            "repository.kit_wrong_code",
        ),
        ("GET", "/api/pools?cursor=zz".into(), Value::Null, 400, "request.bad_cursor"),
        ("GET", "/api/servers?cursor=00".into(), Value::Null, 400, "request.bad_cursor"),
        ("GET", "/api/workers?cursor=zz".into(), Value::Null, 400, "request.bad_cursor"),
        ("GET", "/api/auth/sessions?cursor=zz".into(), Value::Null, 400, "request.bad_cursor"),
        ("GET", "/api/runs?state=lost".into(), Value::Null, 400, "request.bad_query"),
        ("GET", "/api/servers/1/explorer?path=etc".into(), Value::Null, 422, "explorer.not_absolute"),
        ("GET", "/api/servers/1/explorer?path=/no/such".into(), Value::Null, 404, "explorer.missing"),
    ];
    let before = lab.everything().await;
    for (method, path, body, status, code) in cases {
        let mut said = Vec::new();
        for language in ["fr", "en"] {
            lab.admin.language = language;
            let method: Method = method.parse().unwrap();
            let mut request = lab.admin.request(method, &path).header("if-match", "*");
            if !body.is_null() {
                request = request.json(&body);
            }
            let answer = lab.admin.send(request).await;
            assert_eq!((answer.status.as_u16(), answer.code()), (status, code), "{path} {body}: {}", answer.text);
            said.push(answer.body["message"].as_str().expect("a sentence").to_owned());
        }
        assert_ne!(said[0], said[1], "{path} {body}: the same sentence in both languages");
        assert!(said.iter().all(|text| !text.contains('{')), "{path} {body}: a hole in {said:?}");
    }
    lab.admin.language = "en";
    assert_eq!(lab.everything().await, before, "a refusal changed something");
    assert!(!elsewhere.exists(), "a folder that was tested stays");
    let left: Vec<_> =
        std::fs::read_dir(lab.server.folder().join("pool/")).unwrap().map(|e| e.unwrap().path()).collect();
    assert_eq!(left.len(), 1, "the folder of this machine, and nothing else: {left:?}");
}

/// The operations whose description has `If-Match`, such as `PUT /api/plans/{id}`.
fn versioned() -> BTreeSet<String> {
    let description: Value = serde_json::from_str(include_str!("../openapi.json")).unwrap();
    let mut found = BTreeSet::new();
    for (path, methods) in description["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let parameters = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
            if parameters.iter().any(|parameter| parameter["name"] == "If-Match") {
                found.insert(format!("{} {path}", method.to_uppercase()));
            }
        }
    }
    found
}

#[tokio::test]
async fn a_stale_write_is_refused_wherever_something_has_a_version() {
    let lab = Lab::new().await;
    let user = json!({ "name": "ann", "email": null, "role": "viewer", "password": support::PASSWORD });
    let user = id(&lab.admin, "/api/users", user).await;
    let machine = id(&lab.admin, "/api/servers", json!({ "name": "web-1" })).await;
    let settings = lab.admin.get("/api/settings").await.expect(200).body;
    let thresholds = lab.admin.get("/api/settings/thresholds").await.expect(200).body;
    let cases = [
        ("PATCH", "/api/pools/{id}", lab.pool, json!({ "name": "Other", "place": null })),
        ("DELETE", "/api/pools/{id}", lab.pool, Value::Null),
        ("PATCH", "/api/repositories/{id}", lab.repository, json!({ "name": "other" })),
        ("DELETE", "/api/repositories/{id}", lab.repository, Value::Null),
        ("PUT", "/api/plans/{id}", lab.plan, plan("Other", lab.repository, None)),
        ("DELETE", "/api/plans/{id}", lab.plan, Value::Null),
        ("PATCH", "/api/users/{id}", user, json!({ "email": "a@example.org" })),
        ("DELETE", "/api/users/{id}", user, Value::Null),
        ("PUT", "/api/servers/{id}", machine, json!({ "name": "other", "address": null, "labels": [] })),
        ("DELETE", "/api/servers/{id}", machine, Value::Null),
        ("PUT", "/api/servers/{id}/thresholds", machine, json!({ "own": thresholds["thresholds"] })),
        ("PUT", "/api/settings", 0, settings),
        ("PUT", "/api/settings/thresholds", 0, thresholds["thresholds"].clone()),
    ];
    let tried = cases.iter().map(|(method, path, ..)| format!("{method} {path}")).collect();
    assert_eq!(versioned(), tried, "the operations that ask for If-Match, and those that are tried here");
    let before = lab.everything().await;
    for (method, path, number, body) in cases {
        let path = path.replace("{id}", &number.to_string());
        let asked = |seen: Option<&str>| {
            let mut request = lab.admin.request(method.parse().unwrap(), &path);
            if let Some(seen) = seen {
                request = request.header("if-match", seen);
            }
            lab.admin.send(if body.is_null() { request } else { request.json(&body) })
        };
        asked(Some("\"999\"")).await.refused(412, "request.stale");
        asked(None).await.refused(428, "request.if_match_missing");
        asked(Some("999 or so")).await.refused(400, "request.bad_if_match");
    }
    assert_eq!(lab.everything().await, before, "a stale write changed something");
}

#[tokio::test]
async fn lists_of_what_there_is_go_on_page_by_page_and_are_searched() {
    let lab = Lab::new().await;
    for name in ["archive", "Été", "Étage"] {
        let place = json!({ "kind": "local", "path": lab.server.folder().join(format!("pool {name}")) });
        let pool = id(&lab.admin, "/api/pools", json!({ "name": name, "place": place })).await;
        let body = json!({ "name": format!("of-{pool}"), "poolId": pool, "serverId": 1 });
        id(&lab.admin, "/api/repositories", body).await;
        let body = json!({ "name": format!("token {name}"), "scopes": ["read"], "expiresAt": null });
        lab.admin.post("/api/tokens", body).await.expect(201);
    }
    let whole = async |path: &str| {
        let (mut names, mut cursor) = (Vec::new(), String::new());
        loop {
            let sign = if path.contains('?') { '&' } else { '?' };
            let page = lab.admin.get(&format!("{path}{sign}limit=1&cursor={cursor}")).await.expect(200).body;
            let items = page["items"].as_array().unwrap();
            assert!(items.len() <= 1, "{page}");
            let name = |item: &Value| item["name"].as_str().or(item["username"].as_str()).unwrap().to_owned();
            names.extend(items.iter().map(name));
            match page["nextCursor"].as_str() {
                Some(next) => next.clone_into(&mut cursor),
                None => {
                    assert_eq!(page["total"], names.len(), "{page}");
                    return names;
                }
            }
        }
    };
    assert_eq!(whole("/api/pools").await, ["archive", "Pool", "Étage", "Été"]);
    assert_eq!(whole("/api/pools?q=%C3%A9t").await, ["Étage", "Été"]);
    // The old route is the same list.
    assert_eq!(whole("/api/destinations").await, ["archive", "Pool", "Étage", "Été"]);
    assert_eq!(whole("/api/repositories").await, ["main", "of-2", "of-3", "of-4"]);
    assert_eq!(whole("/api/repositories?poolId=3").await, ["of-3"]);
    assert_eq!(whole("/api/repositories?serverId=1&q=of-").await, ["of-2", "of-3", "of-4"]);
    assert_eq!(whole("/api/tokens").await, ["token archive", "token Étage", "token Été"]);
    assert_eq!(whole("/api/tokens?q=ARCH").await, ["token archive"]);
    assert_eq!(whole("/api/servers").await.len(), 1);
    assert_eq!(whole("/api/servers?q=no-such").await.len(), 0);
    let clients = format!("/api/repositories/{}/clients", lab.repository);
    for name in ["nas", "laptop", "web-1"] {
        lab.admin.post(&clients, json!({ "username": name, "mode": "full" })).await.expect(201);
    }
    assert_eq!(whole(&clients).await, ["laptop", "nas", "web-1"]);
    assert_eq!(whole(&format!("{clients}?q=WEB")).await, ["web-1"]);
}
