//! Pools, repositories, plans and folders, as scripts ask for them over HTTP.

mod support;

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use rempart_model::{JobId, Role};
use serde_json::{Value, json};
use support::{Person, Server};

/// An administrator, a pool in the server's folder, and a repository in it.
async fn furnished(server: &Server) -> (Person, Value, Value) {
    // This machine is protected as soon as the server works.
    server.state.work.start().await.expect("the server's own machine is known");
    let admin = server.signed_in(Role::Administrator).await;
    let pool = pool(server, &admin, "first").await;
    let repository = repository(&admin, &pool, "files").await;
    (admin, pool, repository)
}

async fn pool(server: &Server, admin: &Person, name: &str) -> Value {
    let place = json!({ "kind": "local", "path": server.folder().join(name) });
    admin.post("/api/pools", json!({ "name": name, "place": place })).await.expect(201).body
}

async fn repository(admin: &Person, pool: &Value, name: &str) -> Value {
    let body = json!({ "name": name, "poolId": pool["id"], "serverId": 1 });
    admin.post("/api/repositories", body).await.expect(201).body
}

fn plan(repository: &Value, excludes: &[&str]) -> Value {
    json!({
        "name": "Files", "serverId": 1, "repositoryId": repository["id"], "enabled": true,
        "sources": { "folders": ["/etc"], "excludes": excludes, "excludeCaches": true, "oneFileSystem": false },
        "schedule": null, "retention": null, "compression": "auto", "tags": [], "priority": 0, "maxRetries": 0,
        "verifyAfterRun": false
    })
}

#[tokio::test]
async fn the_repositories_of_one_pool_are_listed() {
    let server = Server::start().await;
    let (admin, first, files) = furnished(&server).await;
    let second = pool(&server, &admin, "second").await;
    let papers = repository(&admin, &second, "papers").await;
    for (query, expected) in [
        (format!("?poolId={}", first["id"]), vec![&files["id"]]),
        (format!("?poolId={}", second["id"]), vec![&papers["id"]]),
        (format!("?poolId={}&q=files", second["id"]), vec![]),
        ("?poolId=999".to_owned(), vec![]),
        (String::new(), vec![&files["id"], &papers["id"]]),
    ] {
        let found = admin.get(&format!("/api/repositories{query}")).await.expect(200).body;
        let ids: Vec<&Value> = found["items"].as_array().unwrap().iter().map(|item| &item["id"]).collect();
        assert_eq!((ids, found["total"].as_u64()), (expected.clone(), Some(expected.len() as u64)), "{query}");
    }
    admin.get("/api/repositories?poolId=first").await.refused(400, "request.bad_query");
}

#[tokio::test]
async fn restic_is_given_the_address_by_which_others_know_the_server() {
    let cases: [(&[(&str, &str)], &str); 3] = [
        (&[], "@127.0.0.1:3000/restic/"),
        (&[("backup_server_ip", "203.0.113.5")], "@203.0.113.5:3000/restic/"),
        (
            &[("backup_server_ip", "203.0.113.5"), ("public_url", "https://backup.example.org/")],
            "@backup.example.org/restic/",
        ),
    ];
    for (flags, expected) in cases {
        let server = Server::with(flags).await;
        server.state.listens_on(3000);
        let (admin, _, repository) = furnished(&server).await;
        let path = format!("/api/repositories/{}/clients", repository["id"]);
        let made = admin.post(&path, json!({ "username": "laptop", "mode": "full" })).await.expect(201).body;
        let url = made["repositoryUrl"].as_str().unwrap();
        assert!(url.contains(expected), "{url} with {flags:?}");
        assert_eq!(url.starts_with("rest:https://"), flags.len() == 2, "{url}");
    }
}

#[tokio::test]
async fn a_pattern_that_no_backup_could_use_is_refused_by_name_when_the_plan_is_made() {
    let server = Server::start().await;
    let (admin, _, repository) = furnished(&server).await;
    let refused = admin.post("/api/plans", plan(&repository, &["*.tmp", "/srv/[a-"])).await;
    let refused = refused.refused(422, "plan.bad_pattern");
    assert_eq!(refused.body["field"], "sources.excludes[1]");
    assert!(refused.body["message"].as_str().unwrap().contains("/srv/[a-"), "{}", refused.text);
    admin.post("/api/plans", plan(&repository, &["*.tmp", "/srv/[a-z]"])).await.expect(201);
}

#[tokio::test]
async fn the_options_of_an_old_backup_request_are_honoured_or_refused() {
    let server = Server::start().await;
    let (admin, _, repository) = furnished(&server).await;
    let plan = admin.post("/api/plans", plan(&repository, &[])).await.expect(201).body["id"].clone();
    for options in [json!({ "encrypt": true }), json!({ "type": "monthly" }), json!("full")] {
        let body = json!({ "planId": plan, "options": options });
        admin.post("/api/backups", body).await.refused(422, "request.wrong_type");
    }
    assert_eq!(admin.get("/api/runs").await.body["total"], 0, "nothing was begun");
    let body = json!({ "planId": plan, "options": { "type": "full", "compression": "none" } });
    let accepted = admin.post("/api/backups", body).await.expect(202).body;
    let job = server.catalog().job(JobId::new(accepted["jobId"].as_i64().unwrap())).await.unwrap();
    let options = json!({ "compression": "off", "readEverything": true });
    assert_eq!(job.payload["options"], options);
    // And they are the run's own: whoever runs it again runs it with them.
    let run = accepted["runId"].as_i64().unwrap();
    admin.post(&format!("/api/runs/{run}/retry"), json!({})).await.refused(409, "run.still_active");
    admin.post(&format!("/api/runs/{run}/cancel"), json!({})).await.expect(202);
    let again = admin.post(&format!("/api/runs/{run}/retry"), json!({})).await.expect(202).body;
    let job = server.catalog().job(JobId::new(again["jobId"].as_i64().unwrap())).await.unwrap();
    assert_eq!(job.payload["options"], options);
}

#[tokio::test]
async fn a_folder_whose_name_is_no_utf8_is_entered_and_protected() {
    let server = Server::start().await;
    let (admin, _, repository) = furnished(&server).await;
    let folder = server.folder().join(OsStr::from_bytes(b"caf\xe9 100%25"));
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("menu"), "soup").unwrap();
    let look = async |path: &str| {
        let encoded = rempart_work::browse::path_text(path.as_bytes());
        admin.get(&format!("/api/servers/1/explorer?path={encoded}")).await.expect(200).body["items"].clone()
    };
    let found = look(server.folder().to_str().unwrap()).await;
    let entry = found.as_array().unwrap().iter().find(|entry| entry["name"].as_str().unwrap().starts_with("caf"));
    let path = entry.unwrap()["path"].as_str().unwrap().to_owned();
    assert!(path.ends_with("/caf%E9 100%2525"), "{path}");
    assert_eq!(look(&path).await[0]["name"], "menu");
    let mut body = plan(&repository, &[]);
    body["sources"]["folders"] = json!([path]);
    assert_eq!(admin.post("/api/plans", body).await.expect(201).body["sources"]["folders"], json!([path]));
}
