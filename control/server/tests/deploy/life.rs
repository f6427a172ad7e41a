//! An agent's whole life on one machine.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use serde_json::{Value, json};

use crate::lab::{Lab, agent, failed};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn root_installs_it_it_backs_up_and_restores_everything_and_leaves_nothing() {
    let lab = Lab::new().await;
    // Nobody is let in before somebody has accepted the host's key.
    lab.admin.post(&lab.path("/agent/install"), lab.root()).await.refused(409, "deploy.host_key_unknown");
    let place = json!({ "address": lab.machine.address, "port": 22 });
    let shown = lab.admin.post(&lab.path("/ssh/host-key"), place).await.expect(200).body;
    let own = std::fs::read_to_string(lab.machine.root.join("etc/ssh/ssh_host_ed25519_key.pub")).unwrap();
    assert_eq!((&shown["state"], &shown["kind"]), (&json!("new"), &json!("ssh-ed25519")));
    assert_eq!(shown["fingerprint"], fingerprint(&own));

    lab.installed().await;
    assert_eq!(lab.connection().await, "online");
    let known = lab.admin.get(&lab.path("/ssh")).await.expect(200).body;
    assert_eq!(
        (&known["ssh"]["user"], &known["ssh"]["hostKey"]["fingerprint"]),
        (&json!("root"), &shown["fingerprint"])
    );
    let program = lab.machine.root.join("opt/rempart-agent/bin/rempart-agent");
    assert_eq!(program.metadata().unwrap().mode() & 0o7777, 0o755);
    assert_eq!(lab.machine.root.join("var/lib/rempart-agent").metadata().unwrap().mode() & 0o7777, 0o700);
    assert!(!lab.machine.has("opt/rempart-agent/unfinished"));
    // A second time is refused, and leaves the first alone.
    let again = lab.run("install", lab.root()).await;
    failed(&again, "deploy.already_installed", "untouched");
    assert_eq!(again["title"], "web-1");
    assert_eq!(lab.connection().await, "online");

    backs_up_and_restores(&lab).await;

    let journal = lab.begin("journal", lab.root()).await;
    assert_eq!(lab.ended(journal).await["state"], "succeeded");
    assert!(lab.log(journal).await.contains("connected"), "{}", lab.log(journal).await);
    assert_eq!(lab.run("restart", lab.root()).await["state"], "succeeded");

    let removed = lab.run("uninstall", lab.root()).await;
    assert_eq!((&removed["state"], &removed["result"]["left"]), (&json!("succeeded"), &json!("done")), "{removed}");
    lab.machine.is_clean();
    let server = lab.admin.get(&lab.path("")).await.expect(200).body;
    assert_eq!((&server["connection"], &server["agent"]["enrolled"]), (&json!("offline"), &json!(false)));
    failed(&lab.run("restart", lab.root()).await, "deploy.not_installed", "untouched");
    // Nothing of a password is anywhere in the server's folder.
    assert!(!holds(lab.folder.path(), b"lab password"), "the password lies in the server's folder");
}

/// The unit's sandbox lets the agent read what nobody else may, and put back owners, modes and devices.
async fn backs_up_and_restores(lab: &Lab) {
    let root = &lab.machine.root;
    let source = root.join("srv/data");
    std::fs::create_dir_all(&source).unwrap();
    std::fs::write(source.join("secret"), "only for sacha").unwrap();
    std::fs::write(source.join("tool"), "#!/bin/sh\n").unwrap();
    let set = |name: &str, mode: u32, owner: u32| {
        std::os::unix::fs::chown(source.join(name), Some(owner), Some(owner)).unwrap();
        std::fs::set_permissions(source.join(name), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    set("secret", 0o000, 1002);
    set("tool", 0o4755, 0);
    let made = std::process::Command::new("mknod").arg(source.join("device")).args(["c", "1", "3"]).status().unwrap();
    assert!(made.success(), "mknod: {made}");

    let plan = lab.plan(&["/srv/data", "/etc/shadow"], 0).await;
    let job = lab.ended(lab.execute(plan).await).await;
    assert_eq!(job["state"], "succeeded", "{job}");

    let job = lab.ended(lab.restore(lab.snapshots().await[0], "/srv/back").await).await;
    assert_eq!(job["state"], "succeeded", "{job}");
    let facts = |path: &Path| {
        let found = path.symlink_metadata().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        (found.mode(), found.uid(), found.rdev(), found.len())
    };
    for name in ["secret", "tool", "device"] {
        assert_eq!(facts(&root.join("srv/back/srv/data").join(name)), facts(&source.join(name)), "{name}");
    }
    assert_eq!(
        std::fs::read(root.join("srv/back/etc/shadow")).unwrap(),
        std::fs::read(root.join("etc/shadow")).unwrap()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upgrade_that_does_not_call_back_is_taken_back() {
    let lab = Lab::new().await;
    failed(&lab.run("upgrade", with_key(&lab, lab.root()).await).await, "deploy.not_installed", "untouched");
    lab.installed().await;
    let program = lab.machine.root.join("opt/rempart-agent/bin/rempart-agent");
    let installed = std::fs::read(&program).unwrap();

    let done = lab.run("upgrade", lab.root()).await;
    assert_eq!((&done["state"], &done["result"]["left"]), (&json!("succeeded"), &json!("done")), "{done}");
    assert!(!lab.machine.has("opt/rempart-agent/bin/rempart-agent.before"));

    // One that does not even run is never taken into use; one that runs and does not call goes again.
    for (program, code) in [("/bin/false", "deploy.does_not_run"), ("/bin/true", "deploy.no_call")] {
        lab.gives(Path::new(program));
        let job = lab.run("upgrade", lab.root()).await;
        failed(&job, code, "rolledBack");
        assert_eq!(lab.connection().await, "online", "{program}");
    }
    assert!(std::fs::read(&program).unwrap() == installed, "another program than before");
    for left in ["rempart-agent.before", "rempart-agent.new"] {
        assert!(!lab.machine.has(&format!("opt/rempart-agent/bin/{left}")), "{left} was left behind");
    }
    lab.gives(&agent());
    assert_eq!(lab.run("restart", lab.root()).await["state"], "succeeded");
}

async fn with_key(lab: &Lab, mut login: Value) -> Value {
    login["hostKey"] = lab.host_key().await;
    login
}

/// As `ssh-keygen -l` prints it.
fn fingerprint(public: &str) -> String {
    let output = std::process::Command::new("sh")
        .args(["-c", "printf '%s' \"$1\" | ssh-keygen -lf - | cut -d' ' -f2", "sh", public])
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn holds(folder: &Path, text: &[u8]) -> bool {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).any(|path| match path.is_dir() {
        true => holds(&path, text),
        false if path.is_symlink() => false,
        false => std::fs::read(&path).is_ok_and(|bytes| bytes.windows(text.len()).any(|at| at == text)),
    })
}
