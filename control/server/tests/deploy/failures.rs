//! What goes wrong, at each step: nothing is left half installed.

use std::path::Path;

use serde_json::json;

use crate::lab::{Lab, agent, failed};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_at_any_step_leaves_a_clean_machine_and_no_key() {
    let lab = Lab::new().await;
    let mut login = lab.root();
    login["hostKey"] = lab.host_key().await;
    // Before anything was changed: nobody listens there.
    let mut elsewhere = login.clone();
    elsewhere["port"] = json!(23);
    failed(&lab.run("install", elsewhere).await, "deploy.unreachable", "untouched");
    // At the upload, at the enrolment, at the start.
    lab.gives(Path::new("/bin/false"));
    failed(&lab.run("install", login.clone()).await, "deploy.does_not_run", "rolledBack");
    lab.machine.is_clean();
    lab.gives(Path::new("/etc/hostname"));
    failed(&lab.run("install", login.clone()).await, "deploy.program", "rolledBack");
    lab.machine.is_clean();
    // It "enrols", its service ends at once, and never calls.
    lab.gives(Path::new("/bin/true"));
    let job = lab.run("install", login.clone()).await;
    failed(&job, "deploy.no_call", "rolledBack");
    assert_eq!(job["result"]["step"], "call");
    lab.machine.is_clean();
    assert_eq!(lab.connection().await, "neverSeen");
    // Canceled while it waits for the call.
    let job = lab.begin("install", login.clone()).await;
    lab.until("it waits for the call", async || (lab.job(job).await["progress"]["step"] == "call").then_some(())).await;
    lab.admin.post(&lab.path("/agent/install"), login.clone()).await.refused(409, "deploy.busy");
    lab.admin.post(&format!("/api/jobs/{job}/cancel"), json!({})).await.expect(202);
    let ended = lab.ended(job).await;
    assert_eq!((&ended["state"], &ended["result"]["left"]), (&json!("canceled"), &json!("rolledBack")), "{ended}");
    lab.machine.is_clean();
    // What an attempt of a worker that died has left is removed by the next.
    let base = lab.machine.root.join("opt/rempart-agent");
    std::fs::create_dir_all(base.join("bin")).unwrap();
    for left in ["bin/rempart-agent", "unfinished"] {
        std::fs::write(base.join(left), "half").unwrap();
    }
    lab.gives(&agent());
    let done = lab.run("install", login).await;
    assert_eq!(done["state"], "succeeded", "{done}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_breaks_is_made_anew_to_put_the_machine_back() {
    let lab = Lab::new().await;
    lab.gives(Path::new("/bin/true"));
    let mut login = lab.root();
    login["hostKey"] = lab.host_key().await;
    let job = lab.begin("install", login.clone()).await;
    lab.until("it waits for the call", async || (lab.job(job).await["progress"]["step"] == "call").then_some(())).await;
    lab.machine.run("for session in $(pgrep --full \"[s]shd: root@notty\"); do kill $session; done");
    failed(&lab.ended(job).await, "deploy.no_call", "rolledBack");
    lab.machine.is_clean();

    // One that is gone for good is told of; the next installation clears what it kept.
    let job = lab.begin("install", login.clone()).await;
    lab.until("it waits for the call", async || (lab.job(job).await["progress"]["step"] == "call").then_some(())).await;
    lab.machine
        .run("systemctl stop ssh; for session in $(pgrep --full \"[s]shd: root@notty\"); do kill $session; done");
    failed(&lab.ended(job).await, "deploy.left_behind", "unfinished");
    assert!(lab.machine.has("opt/rempart-agent/unfinished"));
    lab.machine.run("systemctl start ssh");
    lab.gives(&agent());
    let done = lab.run("install", login).await;
    assert_eq!(done["state"], "succeeded", "{done}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_that_cannot_reach_the_server_is_taken_back() {
    let lab = Lab::with("", &[("public_url", "https://192.0.2.1:9")]).await;
    let mut login = lab.root();
    login["hostKey"] = lab.host_key().await;
    let job = lab.run("install", login).await;
    failed(&job, "deploy.enrol", "rolledBack");
    lab.machine.is_clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_machine_without_systemd_or_without_room_is_told_of() {
    for (wish, code, left) in
        [("no-systemd", "deploy.no_systemd", "untouched"), ("full-disk", "deploy.no_room", "rolledBack")]
    {
        let lab = Lab::with(wish, &[]).await;
        let mut login = lab.root();
        login["hostKey"] = lab.host_key().await;
        failed(&lab.run("install", login).await, code, left);
        lab.machine.is_clean();
    }
}
