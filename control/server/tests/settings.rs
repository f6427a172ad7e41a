//! The application's settings, mail through a real mail server, health, measurements.

mod support;

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use jiff::Timestamp;
use rempart_jobs::{Beat, Claim, Heartbeat, JobStore as _, Limits, LogLine, NewJob};
use rempart_model::{JobKind, LogLevel, Role};
use rempart_server::background;
use reqwest::Method;
use serde_json::{Value, json};
use support::Server;

fn changed(settings: &Value, change: Value) -> Value {
    let mut settings = settings.clone();
    for (key, value) in change.as_object().unwrap() {
        settings[key] = value.clone();
    }
    settings
}

#[tokio::test]
async fn settings_are_changed_by_administrators_and_by_one_at_a_time() {
    let server = Server::start().await;
    let admin = server.signed_in(Role::Administrator).await;
    let first = admin.get("/api/settings").await.expect(200);
    assert_eq!(first.body["applicationName"], "Rempart");
    let new = changed(&first.body, json!({ "applicationName": "Coffre", "defaultLanguage": "en" }));
    let put =
        |body: &Value, etag: &str| admin.request(Method::PUT, "/api/settings").header("if-match", etag).json(body);
    let second = admin.send(put(&new, &first.etag())).await.expect(200);
    admin.send(put(&new, &first.etag())).await.refused(412, "request.stale");
    assert_eq!(server.nobody().get("/api/setup").await.body["applicationName"], "Coffre");
    for (change, code) in [
        (json!({ "applicationName": " " }), "settings.application_name"),
        (json!({ "logRetentionDays": 0 }), "settings.log_retention"),
        (json!({ "defaultTheme": "pink" }), "request.wrong_type"),
    ] {
        admin.send(put(&changed(&second.body, change), &second.etag())).await.refused(422, code);
    }
    let viewer = server.signed_in(Role::Viewer).await;
    viewer.get("/api/settings").await.expect(200);
    viewer.put("/api/settings", new).await.refused(403, "auth.forbidden");
}

/// aiosmtpd, printing what it receives; with a password where one is asked for.
struct MailServer {
    process: Child,
    port: u16,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

const SINK: &str = r#"
import asyncio, sys
from aiosmtpd.smtp import SMTP, AuthResult
class Sink:
    async def handle_DATA(self, server, session, envelope):
        print("FROM", envelope.mail_from); print("TO", envelope.rcpt_tos)
        print("USER", session.auth_data)
        for line in envelope.content.decode().splitlines(): print(line)
        print("END", flush=True)
        return "250 kept"
def check(server, session, envelope, mechanism, data):
    right = data.login == b"rempart" and data.password == b"s3cret word"
    # Not handled: the server itself says 535.
    return AuthResult(success=right, handled=False, auth_data=data.login.decode() if right else None)
async def main():
    loop = asyncio.get_running_loop()
    make = lambda: SMTP(Sink(), authenticator=check, auth_require_tls=False, auth_required=True)
    server = await loop.create_server(make, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"#;

impl MailServer {
    fn start() -> Self {
        let python = concat!(env!("CARGO_MANIFEST_DIR"), "/../../.cache/lab/aiosmtpd/bin/python");
        let mut process = Command::new(python)
            .args(["-u", "-c", SINK])
            .stdout(Stdio::piped())
            .spawn()
            .expect("aiosmtpd is not there: run tests/lab/install.sh aiosmtpd");
        let mut lines = BufReader::new(process.stdout.take().expect("piped")).lines();
        let port = lines.next().and_then(Result::ok).and_then(|line| line.parse().ok());
        let port = port.expect("aiosmtpd does not start");
        Self { process, port, lines }
    }

    fn message(&mut self) -> String {
        self.lines.by_ref().map_while(Result::ok).take_while(|line| line != "END").collect::<Vec<_>>().join("\n")
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_message_arrives_and_a_refused_one_says_why() {
    let server = Server::start().await;
    let mut admin = server.signed_in(Role::Administrator).await;
    let mut sink = MailServer::start();
    let first = admin.get("/api/settings").await.expect(200).body;
    let mail = |password: Value| {
        json!({ "enabled": true, "host": "127.0.0.1", "port": sink.port, "security": "none", "username": "rempart",
            "password": password, "passwordSet": false, "from": "Coffre <coffre@example.org>", "to": ["a@example.org"] })
    };
    let (wrong, right, kept) = (mail(json!("wrong")), mail(json!("s3cret word")), mail(Value::Null));
    let to = json!({ "to": "camille@example.org" });
    // Given no settings yet
    admin.post("/api/settings/mail-test", to.clone()).await.refused(409, "settings.mail_off");
    // When the password is wrong, the mail server's words are told
    admin.put("/api/settings", changed(&first, json!({ "mail": wrong }))).await.expect(200);
    let refused = admin.post("/api/settings/mail-test", to.clone()).await.refused(503, "settings.mail_failed");
    assert!(refused.body["message"].as_str().unwrap().contains("535"), "{}", refused.text);
    // Then with the right one it arrives, also after a change that keeps the password
    let saved = admin.put("/api/settings", changed(&first, json!({ "mail": right }))).await.expect(200);
    assert_eq!(saved.body["mail"]["passwordSet"], true);
    assert!(!saved.text.contains("s3cret"), "the password is answered: {}", saved.text);
    admin.put("/api/settings", changed(&first, json!({ "mail": kept }))).await.expect(200);
    admin.language = "fr";
    admin.post("/api/settings/mail-test", to).await.expect(204);
    let message = sink.message();
    for part in ["FROM coffre@example.org", "camille@example.org", "USER rempart", "Subject: Rempart"] {
        assert!(message.contains(part), "{part:?} is not in:\n{message}");
    }
    let bad = changed(
        &first,
        json!({ "mail": { "enabled": true, "host": "", "port": 25, "security": "none", "username": null,
        "password": null, "passwordSet": false, "from": "x", "to": [] } }),
    );
    admin.put("/api/settings", bad).await.refused(422, "settings.mail_host");
}

#[tokio::test]
async fn health_and_measurements_are_there() {
    let server = Server::start().await;
    let nobody = server.nobody();
    nobody.get("/health/live").await.expect(200);
    nobody.get("/health/ready").await.expect(200);
    nobody.get("/metrics").await.refused(401, "auth.required");
    let viewer = server.signed_in(Role::Viewer).await;
    let text = viewer.get("/metrics").await.expect(200).text;
    for name in [
        "rempart_http_requests_total",
        "rempart_http_request_seconds_bucket",
        "rempart_resident_bytes",
        "rempart_jobs{state=\"queued\"} 0",
        "rempart_runs_last_day{state=\"failed\"} 0",
        "rempart_catalog_up 1",
    ] {
        assert!(text.contains(name), "{name} is not in:\n{text}");
    }
    assert!(text.contains(r#"route="/health/live""#), "{text}");
    let system = viewer.get("/api/system").await.expect(200);
    assert_eq!(system.body["catalog"], "sqlite");
    assert!(system.body["residentBytes"].as_u64().unwrap() > 1_000_000);
    let described = nobody.get("/api/openapi.json").await.expect(200);
    assert_eq!(described.body["info"]["title"], "Rempart");
}

#[tokio::test]
async fn logs_go_when_they_are_as_old_as_administrators_say() {
    // Given a job that said something on each of the last ten days.
    let server = Server::start().await;
    let admin = server.signed_in(Role::Administrator).await;
    let (store, now) = (server.catalog().job_store(), Timestamp::now());
    let day = |days: u64| now - Duration::from_secs(days * 24 * 60 * 60);
    let id = store.enqueue(NewJob::new(JobKind::PoolAnalysis), now).await.unwrap();
    let (limits, lease) = (Limits::default(), Duration::from_secs(60));
    let job = store.claim(Claim { worker: "w1".to_owned(), limits, lease, now }).await.unwrap().expect("it waits");
    let log = (1..=10).map(|days| LogLine::new(day(days), LogLevel::Info, format!("{days} days ago"))).collect();
    let beat = Heartbeat { lease: job.lease(), now, lease_until: now + lease, progress: None, log };
    assert_eq!(store.heartbeat(beat).await.unwrap(), Beat::Held);

    // When they are kept for a week.
    let settings = admin.get("/api/settings").await.expect(200);
    let week = changed(&settings.body, json!({ "logRetentionDays": 7 }));
    let put = admin.request(Method::PUT, "/api/settings").header("if-match", settings.etag()).json(&week);
    admin.send(put).await.expect(200);
    let keeping = background::keeping(server.catalog()).await.unwrap();
    server.catalog().sweep(&keeping, now + Duration::from_secs(60)).await.unwrap();

    // Then older lines are gone, and no other.
    let left = server.catalog().job_log(id, None, 100).await.unwrap();
    let left: Vec<_> = left.iter().map(|row| row.line.text.as_str()).collect();
    assert_eq!(left, ["1 days ago", "2 days ago", "3 days ago", "4 days ago", "5 days ago", "6 days ago"]);
}
