//! Every route with every role; every change in the audit log; the description in step with the code.
//!
//! `REMPART_WRITE_DOCS=1 cargo test -p rempart-server --test routes` rewrites `openapi.json` and `docs/permissions.md`.

mod support;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use rempart_model::{Permission, Role};
use rempart_server::http::caller::permission_name;
use rempart_server::http::routes::{Access, Audited, RouteRow};
use rempart_server::{app, openapi};
use reqwest::Method;
use serde_json::json;
use support::{Answer, PASSWORD, Person, Server};

/// A path that names nothing that exists.
fn path_of(row: &RouteRow) -> String {
    let parts = row.path.split('/').map(|part| if part.starts_with('{') { "999999" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

async fn call(person: &Person, row: &RouteRow) -> Answer {
    let method: Method = row.method.parse().unwrap();
    let request = person.request(method, &path_of(row));
    let has_body = matches!(row.method.as_str(), "POST" | "PUT" | "PATCH" | "DELETE");
    person.send(if has_body { request.json(&json!({})) } else { request }).await
}

fn is_unsafe(row: &RouteRow) -> bool {
    !matches!(row.method.as_str(), "GET" | "HEAD")
}

#[tokio::test]
async fn every_route_lets_in_who_may_and_nobody_else() {
    let server = Server::start().await;
    let (_, table) = app::description();
    assert!(table.len() > 25, "only {} routes: are they all registered?", table.len());
    let nobody = server.nobody();
    let mut wrong = Vec::new();
    for row in &table {
        if let Access::Needs(_) = row.access {
            let answer = call(&nobody, row).await;
            if answer.status != 401 || answer.code() != "auth.required" {
                wrong.push(format!("{} {}: nobody got {} {}", row.method, row.path, answer.status, answer.code()));
            }
        }
    }
    for role in Role::ALL {
        let mut person = server.signed_in(*role).await;
        for row in &table {
            let Access::Needs(permission) = row.access else { continue };
            let answer = call(&person, row).await;
            let refused = answer.status == 403 && answer.code() == "auth.forbidden";
            let let_in = !refused && answer.status != 401;
            if let_in != role.may(permission) || (!let_in && !refused) {
                wrong.push(format!("{} {}: a {role} got {} {}", row.method, row.path, answer.status, answer.code()));
            }
            if answer.status.is_server_error() && answer.status != 501 {
                wrong.push(format!("{} {}: {} for {role}: {}", row.method, row.path, answer.status, answer.text));
            }
            if row.operation == "auth.logout" {
                person = server.nobody();
                person.sign_in(role.as_str(), PASSWORD, None).await;
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn every_change_is_in_the_audit_log() {
    let server = Server::start().await;
    let mut admin = server.signed_in(Role::Administrator).await;
    let (_, table) = app::description();
    let mut missing = Vec::new();
    for row in table.iter().filter(|row| match row.audited {
        Audited::Changes => is_unsafe(row),
        Audited::Always => true,
        Audited::Never(_) => false,
    }) {
        let before = server.audit().await;
        call(&admin, row).await;
        let after = server.audit().await;
        let line = &after[0];
        if after.len() != before.len() + 1 || line.action != row.operation {
            missing.push(format!("{} {}: {} lines more", row.method, row.path, after.len() - before.len()));
        }
        if matches!(row.access, Access::Needs(_)) && line.actor != "administrator" {
            missing.push(format!("{} {}: the line names {:?}", row.method, row.path, line.actor));
        }
        if row.operation == "auth.logout" {
            admin = server.nobody();
            admin.sign_in("administrator", PASSWORD, None).await;
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[tokio::test]
async fn an_audit_line_says_who_did_what_to_whom_and_how_it_ended() {
    use rempart_catalog::AuditOutcome::{Refused, Succeeded};
    let server = Server::start().await;
    let admin = server.signed_in(Role::Administrator).await;
    let body = json!({ "name": "camille", "email": null, "role": "viewer", "password": PASSWORD });
    admin.post("/api/users", body.clone()).await.expect(201);
    admin.post("/api/users", body).await.refused(409, "user.name_taken");
    let viewer = server.signed_in(Role::Viewer).await;
    viewer.delete("/api/users/1").await.refused(403, "auth.forbidden");
    server.nobody().try_sign_in("camille", "wrong password", None).await.refused(401, "auth.wrong_credentials");
    let said: Vec<_> =
        server.audit().await.into_iter().map(|l| (l.actor, l.action, l.object_name, l.outcome)).collect();
    let line = |actor: &str, action: &str, object: Option<&str>, outcome| {
        (actor.to_owned(), action.to_owned(), object.map(str::to_owned), outcome)
    };
    for expected in [
        line("administrator", "users.create", Some("camille"), Succeeded),
        line("administrator", "users.create", None, Refused),
        line("viewer", "users.remove", None, Refused),
        line("camille", "auth.login", None, Refused),
        line("command line", "users.create", None, Succeeded),
    ] {
        assert!(said.contains(&expected), "{expected:?} is not among {said:#?}");
    }
    // And the log is shown to administrators, searchable, and to nobody else.
    let found = admin.get("/api/audit?q=camille").await.expect(200);
    assert_eq!(found.body["total"], 2, "{}", found.text);
    viewer.get("/api/audit").await.refused(403, "auth.forbidden");
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Compares with the committed file, or writes it where that is asked for.
fn in_step(file: &str, text: &str) {
    let path = root().join(file);
    if std::env::var_os("REMPART_WRITE_DOCS").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == text,
        "{file} is out of step with the routes: run REMPART_WRITE_DOCS=1 cargo test -p rempart-server --test routes"
    );
}

#[test]
fn the_committed_description_is_that_of_the_routes() {
    in_step("control/server/openapi.json", openapi::text());
}

#[test]
fn the_committed_table_of_permissions_is_that_of_the_routes() {
    let (_, mut table) = app::description();
    table.sort_by(|a, b| (&a.path, &a.method).cmp(&(&b.path, &b.method)));
    let mut text = String::from(
        "# Who may do what\n\nGenerated from the routes; a test keeps it in step. Each role may do what those before it may: \
         viewer, restorer, operator, administrator.\n\n## Permissions\n\n| permission | least role |\n|---|---|\n",
    );
    for permission in Permission::ALL {
        text.push_str(&format!("| `{}` | {} |\n", permission_name(*permission), permission.least_role()));
    }
    text.push_str("\n## Routes\n\n| method | path | permission | audited |\n|---|---|---|---|\n");
    for row in table {
        let access = match row.access {
            Access::Needs(permission) => format!("`{}`", permission_name(permission)),
            Access::Public(why) => format!("none: {why}"),
            Access::Own(how) => how.to_owned(),
        };
        let audited = match row.audited {
            Audited::Always => "yes".to_owned(),
            Audited::Changes if is_unsafe(&row) => "yes".to_owned(),
            Audited::Changes => String::new(),
            Audited::Never(why) => format!("no: {why}"),
        };
        text.push_str(&format!("| {} | `{}` | {access} | {audited} |\n", row.method, row.path));
    }
    in_step("docs/permissions.md", &text);
}

#[test]
fn the_committed_page_about_the_server_is_that_of_its_settings() {
    in_step("docs/server.md", &rempart_server::settings::markdown());
}

#[test]
fn every_operation_has_a_name_of_its_own_a_tag_and_a_summary() {
    let (api, table) = app::description();
    let mut seen = BTreeSet::new();
    for row in &table {
        assert!(seen.insert(row.operation.clone()), "{} stands twice", row.operation);
        let (area, verb) =
            row.operation.split_once('.').unwrap_or_else(|| panic!("{} is not area.verb", row.operation));
        assert!(!area.is_empty() && !verb.is_empty(), "{}", row.operation);
    }
    let description: serde_json::Value = serde_json::to_value(&api).unwrap();
    for (path, item) in description["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(operation["summary"].is_string(), "{method} {path} has no summary");
            assert!(operation["tags"][0].is_string(), "{method} {path} has no tag");
        }
    }
}
