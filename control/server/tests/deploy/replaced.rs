//! A server that has an agent already, and gets another machine.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::lab::{Lab, agent, failed};

/// An agent on the server's own machine, which calls as the lab's; ends with the test.
struct Elsewhere {
    child: Child,
}

impl Elsewhere {
    async fn start(lab: &Lab, data: &Path) -> Self {
        let enrolment = lab.admin.post(&lab.path("/enrolment"), json!({})).await.expect(201).body;
        let text = |key: &str| enrolment[key].as_str().unwrap_or_else(|| panic!("{key}: {enrolment}"));
        let enrolled = Command::new(agent())
            .args(["enrol", "--server", text("serverUrl"), "--server-key", text("serverKey")])
            .args(["--certificate", text("certificate"), "--data"])
            .arg(data)
            .env("REMPART_AGENT_TOKEN", text("token"))
            .status()
            .unwrap();
        assert!(enrolled.success(), "{enrolled}");
        let mut run = Command::new(agent());
        run.args(["run", "--data"]).arg(data).stdout(Stdio::null()).stderr(Stdio::null());
        let elsewhere = Self { child: run.spawn().unwrap() };
        lab.until("it calls", async || (lab.connection().await == "online").then_some(())).await;
        elsewhere
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The server as it is shown once this machine's agent has said what it is.
async fn told_by(lab: &Lab, host_name: &str) -> Value {
    let shown = async || {
        let shown = lab.admin.get(&lab.path("")).await.expect(200).body;
        (shown["hostName"] == host_name && shown["connection"] == "online").then_some(shown)
    };
    lab.until(&format!("the agent of {host_name} calls"), shown).await
}

fn name_of(root: &Path) -> String {
    std::fs::read_to_string(root.join("etc/hostname")).unwrap().trim().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_installation_that_fails_late_gives_the_agent_of_before_its_place_back() {
    let lab = Lab::new().await;
    let data = lab.folder.path().join("elsewhere");
    let _elsewhere = Elsewhere::start(&lab, &data).await;
    let elsewhere = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap().trim().to_owned();
    let before = told_by(&lab, &elsewhere).await;

    // It enrols, takes the other's place, and its service does not start.
    lab.machine.put("etc/systemd/system/rempart-agent.service.d/fails.conf", "[Service]\nExecStartPre=/bin/false\n");
    let login = lab.root_and_key().await;
    failed(&lab.run("install", login.clone()).await, "deploy.start", "rolledBack");
    lab.machine.is_clean();
    let after = lab.admin.get(&lab.path("")).await.expect(200).body;
    assert_eq!(after["agent"]["enrolledAt"], before["agent"]["enrolledAt"], "{after}");
    told_by(&lab, &elsewhere).await;

    // One that ends well takes the place for good.
    std::fs::remove_file(lab.machine.root.join("etc/systemd/system/rempart-agent.service.d/fails.conf")).unwrap();
    let job = lab.begin("install", login).await;
    lab.succeeds(job).await;
    told_by(&lab, &name_of(&lab.machine.root)).await;
}
