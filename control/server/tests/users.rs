//! Users as administrators manage them; stale writes; bad input in both languages.

mod support;

use std::time::Duration;

use jiff::Timestamp;
use rempart_jobs::{Claim, JobOutcome, JobStore as _, Leave, Leaving, Limits, LogLine, NewJob};
use rempart_model::{JobKind, LogLevel, Role};
use rempart_work::trouble::{log, table};
use reqwest::Method;
use serde_json::{Value, json};
use support::{PASSWORD, Server};

fn user(name: &str) -> Value {
    json!({ "name": name, "email": null, "role": "operator", "password": PASSWORD })
}

#[tokio::test]
async fn a_user_is_made_changed_and_removed() {
    let server = Server::start().await;
    let admin = server.signed_in(Role::Administrator).await;
    let made = admin.post("/api/users", user("Émile")).await.expect(201);
    admin.post("/api/users", user("émile")).await.refused(409, "user.name_taken");
    let path = format!("/api/users/{}", made.body["id"]);
    let changed = admin.patch(&path, json!({ "role": "viewer", "email": "emile@example.org" })).await.expect(200);
    assert_eq!(changed.body["role"], "viewer");
    assert_ne!(changed.etag(), made.etag());
    let stale = admin.request(Method::PATCH, &path).header("if-match", made.etag()).json(&json!({ "disabled": true }));
    admin.send(stale).await.refused(412, "request.stale");
    let fresh =
        admin.request(Method::PATCH, &path).header("if-match", changed.etag()).json(&json!({ "disabled": true }));
    assert_eq!(admin.send(fresh).await.expect(200).body["disabled"], true);
    server.nobody().try_sign_in("émile", PASSWORD, None).await.refused(401, "auth.wrong_credentials");
    let list = admin.get("/api/users?q=MIL").await.expect(200);
    assert_eq!((list.body["items"][0]["name"].as_str(), list.body["total"].as_u64()), (Some("Émile"), Some(1)));
    admin.delete(&path).await.expect(204);
    admin.delete(&path).await.refused(404, "request.not_found");
}

/// Every route that says it takes If-Match refuses a change without it, before it looks whether there is such a thing.
#[tokio::test]
async fn a_change_that_does_not_say_what_was_seen_is_refused() {
    let server = Server::start().await;
    let admin = server.signed_in(Role::Administrator).await;
    let (api, table) = rempart_server::app::description();
    let description = serde_json::to_value(&api).unwrap();
    let mut asked = 0;
    for row in &table {
        let operation = &description["paths"][&row.path][row.method.to_lowercase()];
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let Some(if_match) = parameters.iter().find(|parameter| parameter["name"] == "If-Match") else { continue };
        assert_eq!(if_match["required"], true, "{}", row.operation);
        let path = row.path.replace("{id}", "999999");
        let request = admin.request(row.method.parse().unwrap(), &path).json(&json!({}));
        admin.send(request).await.refused(428, "request.if_match_missing");
        let request = admin.request(row.method.parse().unwrap(), &path).header("if-match", "3").json(&json!({}));
        admin.send(request).await.refused(400, "request.bad_if_match");
        asked += 1;
    }
    let expected = 5 * 2 + 3;
    assert_eq!(
        asked, expected,
        "plans, repositories, pools, servers, users: changed, removed; settings, thresholds: changed"
    );
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let server = Server::start().await;
    let admin = server.signed_in(Role::Administrator).await;
    let me = admin.get("/api/auth/me").await.body["user"]["id"].clone();
    let path = format!("/api/users/{me}");
    for change in [json!({ "role": "viewer" }), json!({ "disabled": true })] {
        admin.patch(&path, change).await.refused(409, "user.last_administrator");
    }
    admin.delete(&path).await.refused(409, "user.last_administrator");
}

#[tokio::test]
async fn lists_go_on_page_by_page() {
    let server = Server::start().await;
    let admin = server.signed_in(Role::Administrator).await;
    server.user(Role::Viewer).await;
    server.user(Role::Operator).await;
    let first = admin.get("/api/users?limit=2").await.expect(200);
    let cursor = first.body["nextCursor"].as_str().unwrap();
    let second = admin.get(&format!("/api/users?limit=2&cursor={cursor}")).await.expect(200);
    let names = |answer: &Value| -> Vec<String> {
        answer["items"].as_array().unwrap().iter().map(|u| u["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&first.body), ["administrator", "operator"]);
    assert_eq!(names(&second.body), ["viewer"]);
    assert!(second.body["nextCursor"].is_null() && second.body["total"] == 3);
    admin.get("/api/users?cursor=nonsense").await.refused(400, "request.bad_cursor");
}

/// (method, path, body, status, code): what every route must refuse alike.
const BAD: &[(&str, &str, &str, u16, &str)] = &[
    ("POST", "/api/users", "{", 400, "request.not_json"),
    ("POST", "/api/users", "", 400, "request.not_json"),
    ("POST", "/api/users", r#"{"name":7}"#, 422, "request.wrong_type"),
    ("POST", "/api/users", r#"{"name":"x","role":"king","password":"x"}"#, 422, "request.wrong_type"),
    ("POST", "/api/users", r#"{"name":"a b","role":"viewer","password":"x"}"#, 422, "user.name_form"),
    ("POST", "/api/users", r#"{"name":"x","role":"viewer","password":"x"}"#, 422, "user.password_short"),
    (
        "POST",
        "/api/users",
        r#"{"name":"x","role":"viewer","password":"un chat sur le toit","email":"x"}"#,
        422,
        "user.email_form",
    ),
    ("PATCH", "/api/users/999999", "{}", 404, "request.not_found"),
    ("PATCH", "/api/users/0", "{}", 404, "request.not_found"),
    ("PATCH", "/api/users/abc", "{}", 404, "request.not_found"),
    ("DELETE", "/api/users/99999999999999999999", "", 404, "request.not_found"),
    ("GET", "/api/users?limit=many", "", 400, "request.bad_query"),
    ("PUT", "/api/users", "{}", 405, "request.method"),
    ("GET", "/api/nothing", "", 404, "request.no_such_route"),
];

#[tokio::test]
async fn what_is_wrong_is_named_in_the_readers_language() {
    let server = Server::start().await;
    let mut admin = server.signed_in(Role::Administrator).await;
    for (method, path, body, status, code) in BAD {
        let mut said = Vec::new();
        for language in ["fr", "en"] {
            admin.language = language;
            let method: Method = method.parse().unwrap();
            let request = admin.request(method, path).header("content-type", "application/json");
            let request = request.header("if-match", "*").body(*body);
            let answer = admin.send(request).await.refused(*status, code);
            assert_eq!(answer.headers["content-type"], "application/json");
            said.push(answer.body["message"].as_str().unwrap().to_owned());
        }
        assert_ne!(said[0], said[1], "{method} {path}: the same sentence in both languages");
    }
    let wrong = admin.post("/api/users", json!({ "name": "x", "role": "king", "password": "x" })).await;
    assert_eq!(wrong.body["field"], "role");
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let server = Server::start().await;
    let admin = server.signed_in(Role::Administrator).await;
    let huge = json!({ "name": "x".repeat(2 * 1024 * 1024), "role": "viewer", "password": PASSWORD });
    admin.post("/api/users", huge).await.refused(413, "request.too_large");
}

#[tokio::test]
async fn answers_are_in_french_where_nobody_asks_for_another_language() {
    let server = Server::start().await;
    let mut person = server.nobody();
    person.language = "de";
    let answer = person.get("/api/users").await.refused(401, "auth.required");
    assert_eq!(answer.body["message"], "Il faut être connecté.");
    person.language = "en-GB";
    assert_eq!(person.get("/api/users").await.body["message"], "You are not signed in.");
    // The user's own choice wins over the browser's.
    let viewer = server.signed_in(Role::Viewer).await;
    viewer.patch("/api/auth/me", json!({ "language": "fr" })).await.expect(200);
    let refused = viewer.get("/api/users").await.refused(403, "auth.forbidden");
    assert!(refused.body["message"].as_str().unwrap().contains("manageUsers"));
    assert!(refused.body["message"].as_str().unwrap().starts_with("Votre rôle"));
}

#[tokio::test]
async fn the_log_and_the_result_of_a_job_are_told_in_the_readers_language() {
    // Given a job whose log and result hold sentences, and plain words of an older version.
    let server = Server::start().await;
    let mut viewer = server.signed_in(Role::Viewer).await;
    let (store, now) = (server.catalog().job_store(), Timestamp::now());
    let id = store.enqueue(NewJob::new(JobKind::Restore), now).await.unwrap();
    let claim = Claim { worker: "w1".to_owned(), limits: Limits::default(), lease: Duration::from_secs(60), now };
    let job = store.claim(claim).await.unwrap().expect("it waits");
    assert!(store.start(job.lease(), now).await.unwrap());
    let sentence = log::RESTORE_BEGINS.told().with("snapshot", "12ab").with("target", "/srv");
    let lines = vec![LogLine::told(now, LogLevel::Info, &sentence), LogLine::new(now, LogLevel::Info, "plain words")];
    let denied = std::io::Error::from_raw_os_error(13);
    let message = table::RESTORE_PROBLEM.told().with("detail", denied).encode();
    let result =
        json!({ "problems": [{ "path": "/srv/a", "message": message }, { "path": "/srv/b", "message": "plain" }] });
    let outcome = JobOutcome::failed("restore.incomplete", table::RESTORE_INCOMPLETE.told().with("count", 2).encode());
    let leaving = Leaving::Ended(outcome.with_result(result));
    let leave = Leave { lease: job.lease(), now, leaving, progress: None, log: lines };
    assert!(store.leave(leave).await.unwrap());
    for (language, begins, denied) in [
        ("fr", "Restauration du point 12ab vers /srv.", "N'est pas restauré tel qu'il était : permission refusée"),
        ("en", "Restoring the recovery point 12ab to /srv.", "Is not restored as it was: Permission denied"),
    ] {
        // When it is read in one language or the other, then all of it is.
        viewer.language = language;
        let read = viewer.get(&format!("/api/jobs/{id}/log")).await.expect(200).body;
        let texts: Vec<_> = read["items"].as_array().unwrap().iter().map(|line| line["text"].clone()).collect();
        assert_eq!(texts, [begins, "plain words"]);
        let read = viewer.get(&format!("/api/jobs/{id}")).await.expect(200).body;
        let problems = &read["result"]["problems"];
        assert!(problems[0]["message"].as_str().unwrap().starts_with(denied), "{problems}");
        assert_eq!(problems[1]["message"], "plain");
    }
}
