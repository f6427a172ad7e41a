//! Power and network that fail while an agent is brought, or exchanged: the machine has one whole agent or none.

use serde_json::{Value, json};

use crate::lab::{Lab, agent, failed};

const PROGRAM: &str = "opt/rempart-agent/bin/rempart-agent";
/// The agent's service runs and does not call, for as long as the machine keeps its power: /run goes with it.
const HELD: &str = "[Service]\nExecStart=\nExecStart=/bin/sh -c '[ ! -e /run/held ] || exec sleep infinity; \
                    exec /opt/rempart-agent/bin/rempart-agent run --data /var/lib/rempart-agent'\n";
const DROP_IN: &str = "etc/systemd/system/rempart-agent.service.d/held.conf";

/// The connection of these jobs broke; which word stands for it depends on what noticed first.
#[track_caller]
fn broke(job: &Value, left: &str) {
    let code = job["code"].as_str().unwrap_or_default();
    assert!(["deploy.lost", "deploy.unreachable", "deploy.slow"].contains(&code), "{job}");
    failed(job, code, left);
}

/// Whether the server says that it has another program.
async fn is_behind(lab: &Lab) -> Value {
    lab.admin.get(&lab.path("")).await.expect(200).body["agent"]["upgradeAvailable"].clone()
}

/// The job is sending the program, and most of it is still here.
async fn uploading(lab: &Lab, action: &str, login: Value) -> i64 {
    lab.machine.slow(40);
    let job = lab.begin(action, login).await;
    lab.in_the_middle(job, 1 << 20).await;
    assert_eq!(lab.job(job).await["progress"]["step"], "upload");
    job
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn power_that_fails_while_the_agent_is_brought_leaves_none_or_a_whole_one() {
    let mut lab = Lab::new().await;
    let login = lab.root_and_key().await;
    let job = uploading(&lab, "install", login.clone()).await;
    lab.machine.cut_power();
    lab.machine.give_power();
    broke(&lab.ended(job).await, "rolledBack");
    lab.machine.is_clean();
    assert_eq!(lab.connection().await, "neverSeen");

    // Behind the enrolment, the machine starts the agent by itself, and the job sees it.
    lab.machine.put(DROP_IN, HELD);
    lab.machine.run("touch /run/held");
    let job = lab.begin("install", login).await;
    lab.at_step(job, "call").await;
    lab.machine.cut_power();
    assert!(lab.machine.has("opt/rempart-agent/unfinished"));
    lab.machine.give_power();
    let done = lab.succeeds(job).await;
    assert_eq!((&done["result"]["left"], &done["attempt"]), (&json!("done"), &json!(1)), "{done}");
    assert_eq!(lab.connection().await, "online");
    assert!(!lab.machine.has("opt/rempart-agent/unfinished"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn power_that_fails_during_an_upgrade_leaves_the_old_agent_or_the_new_one() {
    let mut lab = Lab::new().await;
    lab.installed().await;
    let installed = std::fs::read(lab.machine.root.join(PROGRAM)).unwrap();
    // Another program of the same abilities.
    let newer = lab.folder.path().join("newer");
    std::fs::write(&newer, [&installed[..], b"newer"].concat()).unwrap();
    std::fs::set_permissions(&newer, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    lab.gives(&newer);
    lab.until("the agent says what it is", async || (is_behind(&lab).await == true).then_some(())).await;

    let job = uploading(&lab, "upgrade", lab.root()).await;
    lab.machine.cut_power();
    lab.machine.give_power();
    broke(&lab.ended(job).await, "rolledBack");
    assert!(std::fs::read(lab.machine.root.join(PROGRAM)).unwrap() == installed, "another program than before");
    lab.until("the old agent calls", async || (lab.connection().await == "online").then_some(())).await;

    lab.machine.put(DROP_IN, HELD);
    lab.machine.run("touch /run/held && systemctl daemon-reload");
    let job = lab.begin("upgrade", lab.root()).await;
    lab.at_step(job, "call").await;
    lab.machine.cut_power();
    lab.machine.give_power();
    let done = lab.succeeds(job).await;
    assert_eq!((&done["result"]["left"], &done["attempt"]), (&json!("done"), &json!(1)), "{done}");
    assert!(std::fs::read(lab.machine.root.join(PROGRAM)).unwrap() != installed, "the old program is still there");
    for left in ["bin/rempart-agent.before", "bin/rempart-agent.new", "unit.before"] {
        assert!(!lab.machine.has(&format!("opt/rempart-agent/{left}")), "{left} was left behind");
    }
    lab.until("the new agent says what it is", async || (is_behind(&lab).await == false).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cable_that_is_cut_during_a_deployment_leaves_what_the_next_one_clears() {
    let lab = Lab::new().await;
    let login = lab.root_and_key().await;
    let job = uploading(&lab, "install", login.clone()).await;
    lab.machine.cable("down");
    // Nobody can put the machine back, and the job says so.
    failed(&lab.ended(job).await, "deploy.left_behind", "unfinished");
    lab.machine.cable("up");
    lab.machine.fast();
    assert!(lab.machine.has("opt/rempart-agent/unfinished"));
    let job = lab.begin("install", login).await;
    lab.succeeds(job).await;
    assert!(!lab.machine.has("opt/rempart-agent/unfinished"));

    // An upgrade: the old agent has gone on working, and a later upgrade finds nothing in its way.
    let job = uploading(&lab, "upgrade", lab.root()).await;
    lab.machine.cable("down");
    failed(&lab.ended(job).await, "deploy.left_behind", "unfinished");
    lab.machine.cable("up");
    lab.machine.fast();
    lab.until("the old agent calls", async || (lab.connection().await == "online").then_some(())).await;
    lab.gives(&agent());
    let job = lab.begin("upgrade", lab.root()).await;
    lab.succeeds(job).await;
    assert!(!lab.machine.has("opt/rempart-agent/bin/rempart-agent.before"));
}
