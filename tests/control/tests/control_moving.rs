//! A whole server in one file: exported, imported elsewhere, and at work there. And the catalog made anew.

use std::path::Path;

use rempart_control_tests::{Client, Place, Random, Server, ended, protect};
use rempart_tests_support::Program;
use serde_json::json;

fn admin(words: &[&str], file: &Path, folder: &Path, passphrase: &Path) -> Program {
    let program = Program::rempart().args(words).arg(file).arg("--passphrase-file").arg(passphrase);
    program.env("BACKUPS_DIR", folder)
}

#[test]
fn a_server_moves_with_everything_it_knows() {
    // Given a server with a recovery point.
    let mut random = Random::new(11);
    let place = Place::new();
    place.grow(&mut random, 10, 50_000);
    let (server, client, made) = protect(&place, &[], &json!({}));
    let job = client.post(&format!("/api/plans/{}/execute", made.plan_id), &json!({})).ok();
    assert_eq!(ended(&client, job["jobId"].as_i64().expect("a job"))["state"], "succeeded");

    // When it is exported while it runs, and imported into an empty folder.
    let beside = |name: &str| place.data().with_file_name(name);
    let (file, passphrase, elsewhere) = (beside("export"), beside("passphrase"), beside("elsewhere"));
    std::fs::write(&passphrase, "a passphrase for this test\n").expect("the passphrase");
    admin(&["admin", "export"], &file, &place.data(), &passphrase).succeed();
    drop(server);
    admin(&["admin", "import"], &file, &elsewhere, &passphrase).succeed();

    // Then the server there knows the user, the plan and the snapshot, and opens the repository.
    let server = Server::start(&elsewhere, &[]);
    assert!(server.setup_token.is_none(), "it has a user");
    let mut client = Client::new(&server.base);
    client.log_in();
    assert_eq!(client.get("/api/snapshots").ok()["items"].as_array().expect("a page").len(), 1);
    let job = client.post(&format!("/api/plans/{}/execute", made.plan_id), &json!({})).ok();
    assert_eq!(ended(&client, job["jobId"].as_i64().expect("a job"))["state"], "succeeded");

    // And neither is done twice, nor with another passphrase.
    assert_ne!(admin(&["admin", "export"], &file, &elsewhere, &passphrase).run().code, Some(0));
    let again = admin(&["admin", "import"], &file, &elsewhere, &passphrase).run();
    assert!(again.code != Some(0) && again.stderr.contains("empty"), "{again}");
    std::fs::write(&passphrase, "another passphrase\n").expect("the passphrase");
    let wrong = admin(&["admin", "import"], &file, &beside("third"), &passphrase).run();
    assert!(wrong.code != Some(0) && wrong.stderr.contains("passphrase"), "{wrong}");
}

#[test]
fn the_catalog_learns_again_what_the_repositories_hold() {
    // Given a catalog that knows nothing of a snapshot that restic made behind its back.
    let mut random = Random::new(12);
    let place = Place::new();
    place.grow(&mut random, 10, 50_000);
    let (server, client, made) = protect(&place, &[], &json!({}));
    made.restic(&place.data()).arg("backup").arg(place.source()).succeed();
    assert_eq!(client.get("/api/snapshots").ok()["total"], 0);

    // When it is rebuilt beside the running server.
    let ran = Program::rempart().args(["catalog", "rebuild"]).env("BACKUPS_DIR", place.data()).succeed();

    // Then it is there.
    assert!(ran.stdout.contains("1 snapshots, 1 new"), "{ran}");
    assert_eq!(client.get("/api/snapshots").ok()["items"].as_array().expect("a page").len(), 1);
    drop(server);
}
