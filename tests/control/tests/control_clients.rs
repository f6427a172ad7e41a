//! Clients of the server's restic REST endpoint, over the whole server.

use rempart_control_tests::{Place, Random, all_ended, protect};
use rempart_tests_support::Program;
use serde_json::json;

#[test]
fn rempart_and_restic_back_up_through_the_server_and_it_learns_of_their_snapshots() {
    // Given a repository of the server and two clients of it.
    let mut random = Random::new(7);
    let place = Place::new();
    place.grow(&mut random, 20, 100_000);
    let (server, client, made) = protect(&place, &[], &json!({}));
    let clients = format!("/api/repositories/{}/clients", made.repository_id);
    let url = |name: &str, mode: &str| {
        let body = json!({ "username": name, "mode": mode, "quotaBytes": null });
        let created = client.post(&clients, &body).ok();
        let password = created["password"].as_str().expect("a password").to_owned();
        let host = server.base.trim_start_matches("http://");
        format!("rest:http://{name}:{password}@{host}/restic/{}/", made.repository_id)
    };
    let (laptop, guest) = (url("laptop", "full"), url("guest", "appendOnly"));
    let password = place.data().with_file_name("password");
    std::fs::write(&password, &made.password).expect("the password");

    // When rempart and restic back up through it.
    let rempart = || {
        Program::rempart()
            .env("REMPART_REPOSITORY", &laptop)
            .env("REMPART_PASSWORD_FILE", &password)
            .env("REMPART_CACHE_DIR", place.data().with_file_name("rempart-cache"))
    };
    rempart().arg("backup").arg(place.source()).succeed();
    let restic = || {
        Program::peer("restic")
            .env("RESTIC_REPOSITORY", &guest)
            .env("RESTIC_PASSWORD_FILE", &password)
            .env("RESTIC_CACHE_DIR", place.data().with_file_name("restic-cache"))
    };
    restic().arg("backup").arg(place.source()).succeed();
    rempart().arg("check").arg("--read-data").succeed();
    let refused = restic().args(["forget", "--keep-last", "1", "--prune"]).run();

    // Then the append-only client could not forget, and the catalog knows both snapshots.
    assert_ne!(refused.code, Some(0), "{refused}");
    all_ended(&client);
    let known = client.get("/api/snapshots").ok();
    assert_eq!(known["items"].as_array().expect("a page").len(), 2, "{known}");

    // And a client that is removed is refused.
    let listed = client.get(&clients).ok();
    for listed in listed["items"].as_array().expect("the clients") {
        assert!(!listed.to_string().contains("password"), "{listed}");
        client.delete(&format!("{clients}/{}", listed["id"]), None).ok();
    }
    rempart_control_tests::until("the client is refused", std::time::Duration::from_secs(30), || {
        (rempart().arg("snapshots").run().code != Some(0)).then_some(())
    });
}
