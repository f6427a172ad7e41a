//! Pools: tested for real, refused where they collide, and their secrets nowhere in the clear.

use rempart_catalog::Dialect;
use rempart_catalog::testing::{Scratch, run};
use rempart_work::pool::{PoolChange, PoolPlace, PoolSecrets, test_pool};

use crate::common::Room;
use crate::lab::Server;

fn steps(place: &PoolPlace, secrets: &PoolSecrets) -> Vec<(&'static str, Option<&'static str>)> {
    let test = test_pool(place, secrets);
    test.steps
        .iter()
        .map(|done| (done.step.as_str(), done.outcome.as_ref().err().map(|trouble| trouble.code())))
        .collect()
}

const ALL_WELL: [(&str, Option<&str>); 6] =
    [("connect", None), ("create", None), ("write", None), ("read", None), ("list", None), ("delete", None)];

fn moto(server: &Server) -> (PoolPlace, PoolSecrets) {
    let place = PoolPlace::S3 {
        endpoint: Some(server.text("endpoint")),
        region: None,
        bucket: server.text("bucket"),
        prefix: "some/pool".to_owned(),
        access_key_id: Some(server.text("access_key_id")),
    };
    (place, PoolSecrets::of(|secrets| secrets.secret_access_key = Some(server.text("secret_access_key"))))
}

fn sshd(server: &Server, fingerprint: Option<String>) -> PoolPlace {
    PoolPlace::Sftp {
        host: server.text("host"),
        port: server.facts["port"].as_u64().unwrap().try_into().unwrap(),
        user: server.text("user"),
        path: format!("{}/pool", server.text("folder")),
        host_key_fingerprint: fingerprint,
    }
}

#[test]
fn every_kind_of_place_passes_the_test_step_by_step() {
    let dir = tempfile::tempdir().unwrap();
    let local = PoolPlace::Local { path: dir.path().join("not/yet").display().to_string() };
    assert_eq!(steps(&local, &PoolSecrets::default()), ALL_WELL, "local");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "the test left something");

    let server = Server::start("moto", &[]);
    let (place, secrets) = moto(&server);
    assert_eq!(steps(&place, &secrets), ALL_WELL, "S3");

    let server = Server::start("gcs", &[]);
    let place =
        PoolPlace::Gcs { bucket: server.text("bucket"), prefix: "p".into(), endpoint: Some(server.text("endpoint")) };
    assert_eq!(steps(&place, &PoolSecrets::default()), ALL_WELL, "GCS");

    let server = Server::start("azurite", &[]);
    let place = PoolPlace::Azure {
        account: server.text("account_name"),
        container: server.text("container"),
        prefix: String::new(),
        endpoint: Some(server.text("endpoint")),
    };
    let secrets = PoolSecrets::of(|secrets| secrets.account_key = Some(server.text("account_key")));
    assert_eq!(steps(&place, &secrets), ALL_WELL, "Azure");
}

#[test]
fn an_sftp_servers_key_is_shown_first_and_held_to_afterwards() {
    let server = Server::start("sshd", &[]);
    let secrets = PoolSecrets::of(|secrets| {
        secrets.private_key = Some(std::fs::read_to_string(server.text("key_file")).unwrap())
    });
    // Given no fingerprint, the test stops at the key and shows it
    let test = test_pool(&sshd(&server, None), &secrets);
    let shown = test.host_key_fingerprint.clone().expect("the key that was shown");
    assert!(shown.starts_with("SHA256:"), "{shown}");
    assert_eq!(
        test.trouble().map(|(step, trouble)| (step.as_str(), trouble.code())),
        Some(("connect", "pool.host_key_unconfirmed"))
    );
    // Confirmed, it works, by key and by password alike
    assert_eq!(steps(&sshd(&server, Some(shown.clone())), &secrets), ALL_WELL);
    let by_password = PoolSecrets::of(|secrets| secrets.password = Some(server.text("password")));
    assert_eq!(steps(&sshd(&server, Some(shown.clone())), &by_password), ALL_WELL);
    // Another key is refused, and so is another password
    let other = Some(format!("SHA256:{}", "A".repeat(43)));
    assert_eq!(steps(&sshd(&server, other), &secrets), [("connect", Some("storage.denied"))]);
    let wrong = PoolSecrets::of(|secrets| secrets.password = Some("wrong".to_owned()));
    assert_eq!(steps(&sshd(&server, Some(shown)), &wrong), [("connect", Some("storage.denied"))]);
}

#[test]
fn a_test_names_the_step_that_failed_and_why() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    let inside = PoolPlace::Local { path: file.join("pool").display().to_string() };
    let (last, _) = (steps(&inside, &PoolSecrets::default()).pop().unwrap(), ());
    assert!(last.1.is_some_and(|code| code.starts_with("storage.")), "{last:?}");
    assert!(file.is_file());

    let closed = PoolPlace::S3 {
        // Nobody listens on the port of the discard protocol.
        endpoint: Some("http://127.0.0.1:9".to_owned()),
        region: None,
        bucket: "b".to_owned(),
        prefix: String::new(),
        access_key_id: Some("x".to_owned()),
    };
    let secrets = PoolSecrets::of(|secrets| secrets.secret_access_key = Some("hush".to_owned()));
    assert_eq!(steps(&closed, &secrets), [("connect", Some("storage.unreachable"))]);
    assert_eq!(steps(&closed, &PoolSecrets::default()), [("connect", Some("storage.denied"))]);

    let server = Server::start("moto", &[]);
    let (place, secrets) = moto(&server);
    let PoolPlace::S3 { endpoint, region, prefix, access_key_id, .. } = place else { unreachable!() };
    let missing = PoolPlace::S3 { endpoint, region, bucket: "no-such-bucket".into(), prefix, access_key_id };
    let failed: Vec<_> = steps(&missing, &secrets).into_iter().filter_map(|(_, code)| code).collect();
    assert_eq!(failed, ["storage.missing"]);
}

rempart_catalog::on_both_dialects! {
    async fn a_pools_secrets_are_sealed_and_kept_when_they_are_not_given_anew(scratch: Scratch) {
        let server = Server::start("moto", &[]);
        let room = Room::new(&scratch).await;
        let (place, _) = moto(&server);
        // One that stands nowhere else: the lab's own is the word that its key id is too.
        let secret = "held back 7f3a".to_owned();
        let secrets = PoolSecrets::of(|secrets| secrets.secret_access_key = Some(secret.clone()));
        let row = room.work.create_pool("bucket", place.clone(), secrets).await.unwrap();
        assert!(row.secrets.as_ref().is_some_and(|sealed| sealed.starts_with("s1.") && !sealed.contains(&secret)));
        assert!(!row.place.contains(&secret) && !row.location.contains(&secret));
        // When the place is written again without the secret
        let change = PoolChange { name: Some("renamed".into()), place: Some((place, PoolSecrets::default())) };
        let changed = room.work.update_pool(row.id, row.version, change).await.unwrap();
        assert_eq!((changed.name.as_str(), changed.version), ("renamed", row.version + 1));
        // Then it is still there, and a stale write is refused
        let opened = room.work.pool_secrets(&changed).unwrap();
        assert!(opened.secret_access_key.as_deref() == Some(secret.as_str()));
        let stale = room.work.update_pool(row.id, row.version, PoolChange::default()).await.err().unwrap();
        assert_eq!(stale.code(), "request.stale");
    }

    async fn two_pools_share_neither_name_nor_place(scratch: Scratch) {
        let room = Room::new(&scratch).await;
        room.pool("one").await;
        std::os::unix::fs::symlink(room.folder.join("one"), room.folder.join("link")).unwrap();
        std::fs::create_dir_all(room.folder.join("one")).unwrap();
        for (name, folder, code) in [
            ("one", "two", "pool.name_taken"),
            ("other", "one", "pool.place_taken"),
            ("other", "one/inside", "pool.place_overlaps"),
            ("other", "link", "pool.place_overlaps"),
            ("other", "link/inside", "pool.place_overlaps"),
            ("", "two", "pool.name_invalid"),
            ("a\nb", "two", "pool.name_invalid"),
        ] {
            let refused = room.work.create_pool(name, room.local(folder), PoolSecrets::default()).await;
            assert_eq!(refused.err().map(|trouble| trouble.code()), Some(code), "{name:?} at {folder}");
        }
        let parent = PoolPlace::Local { path: room.folder.display().to_string() };
        let refused = room.work.create_pool("other", parent, PoolSecrets::default()).await;
        assert_eq!(refused.err().map(|trouble| trouble.code()), Some("pool.place_overlaps"));
        assert_eq!(room.work.catalog.all_pools().await.unwrap().len(), 1);
    }
}

#[test]
fn a_pool_whose_test_fails_is_not_kept() {
    run(async {
        let scratch = Scratch::new(Dialect::Sqlite);
        let room = Room::new(&scratch).await;
        std::fs::write(room.folder.join("file"), "").unwrap();
        let refused = room.work.create_pool("x", room.local("file/pool"), PoolSecrets::default()).await.err().unwrap();
        assert_eq!(refused.code(), "pool.test_failed");
        assert!(refused.values.contains_key("step") && refused.values.contains_key("detail"));
        assert!(room.work.catalog.all_pools().await.unwrap().is_empty());
    });
}
