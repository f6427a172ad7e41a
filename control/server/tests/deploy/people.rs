//! Who may come in, and how one becomes root.

use serde_json::json;

use crate::lab::{Lab, failed};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_sudo_accepts_installs_it_and_others_change_nothing() {
    let lab = Lab::new().await;
    let mut wrong = lab.by("root", "a wrong password");
    wrong["hostKey"] = lab.host_key().await;
    failed(&lab.run("install", wrong).await, "deploy.login", "untouched");
    failed(&lab.run("install", lab.by("sacha", "lab password")).await, "deploy.sudo", "untouched");
    // The right password for the login, a wrong one for sudo.
    let mut wrong = lab.by("camille", "another password");
    wrong["sudoPassword"] = json!("a wrong password");
    failed(&lab.run("install", wrong).await, "deploy.sudo", "untouched");
    lab.machine.is_clean();

    // sudo with a password.
    let camille = lab.by("camille", "another password");
    let done = lab.run("install", camille.clone()).await;
    assert_eq!(done["state"], "succeeded", "{done}");
    assert_eq!(lab.connection().await, "online");
    assert_eq!(lab.run("uninstall", camille).await["state"], "succeeded");
    lab.machine.is_clean();

    // sudo without one, by the server's own key, which the machine learns.
    let own = lab.admin.get(&lab.path("/ssh")).await.expect(200).body;
    let by_key = json!({ "address": lab.machine.address, "user": "dominique", "method": "serverKey" });
    failed(&lab.run("install", by_key.clone()).await, "deploy.login", "untouched");
    let home = lab.machine.root.join("home/dominique/.ssh");
    std::fs::create_dir(&home).unwrap();
    std::fs::write(home.join("authorized_keys"), own["serverPublicKey"].as_str().unwrap()).unwrap();
    for path in [home.clone(), home.join("authorized_keys")] {
        std::os::unix::fs::chown(path, Some(1001), Some(1001)).unwrap();
    }
    let done = lab.run("install", by_key.clone()).await;
    assert_eq!(done["state"], "succeeded", "{done}");
    assert_eq!(lab.run("uninstall", by_key).await["state"], "succeeded");

    // A private key that is given for this once.
    let key = lab.folder.path().join("key");
    let made = std::process::Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "pass phrase", "-f"])
        .arg(&key)
        .status()
        .unwrap();
    assert!(made.success());
    std::fs::copy(key.with_extension("pub"), home.join("authorized_keys")).unwrap();
    let mut login = json!({ "address": lab.machine.address, "user": "dominique", "method": "key" });
    lab.admin.post(&lab.path("/agent/journal"), login.clone()).await.refused(422, "deploy.login_missing");
    login["privateKey"] = json!(std::fs::read_to_string(&key).unwrap());
    lab.admin.post(&lab.path("/agent/journal"), login.clone()).await.refused(422, "deploy.key_locked");
    login["passphrase"] = json!("pass phrase");
    assert_eq!(lab.run("journal", login).await["state"], "succeeded");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_host_key_gets_no_password() {
    let lab = Lab::new().await;
    let mut login = lab.root();
    login["hostKey"] = lab.host_key().await;
    let accepted = login["hostKey"]["fingerprint"].clone();
    assert_eq!(lab.run("journal", login).await["state"], "succeeded");
    // The machine is installed anew, or is another.
    lab.machine.run("rm /etc/ssh/ssh_host_* && ssh-keygen -q -A >/dev/null && systemctl restart ssh");
    let shown = lab.admin.post(&lab.path("/ssh/host-key"), json!({ "address": lab.machine.address })).await;
    let shown = shown.expect(200).body;
    assert_eq!((&shown["state"], &shown["accepted"]), (&json!("changed"), &accepted), "{shown}");
    failed(&lab.run("install", lab.root()).await, "deploy.host_key_changed", "untouched");
    // Accepting another while one is known is refused too, until the old one is forgotten.
    let mut login = lab.root();
    login["hostKey"] = json!({ "fingerprint": shown["fingerprint"], "kind": shown["kind"] });
    lab.admin.post(&lab.path("/agent/journal"), login.clone()).await.refused(409, "deploy.host_key_changed");
    lab.admin.delete(&lab.path("/ssh/host-key")).await.expect(204);
    assert_eq!(lab.run("journal", login).await["state"], "succeeded");
}
