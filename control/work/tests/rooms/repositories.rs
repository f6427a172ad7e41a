//! Repositories: real restic opens them with what the kit says, and nothing half-written stays.

use rempart_catalog::testing::{Scratch, run};
use rempart_catalog::{Dialect, NewRepository};
use rempart_model::{PoolId, RepoId, RepositoryState};
use rempart_work::secret::Field;
use rempart_work::{MasterKey, Tongue};

use crate::common::{Room, make_source, restic, restic_ok};

rempart_catalog::on_both_dialects! {
    async fn restic_opens_a_repository_with_what_the_recovery_kit_says(scratch: Scratch) {
        let room = Room::new(&scratch).await;
        let pool = room.pool("pool").await;
        let row = room.repository(pool, "files").await;
        assert_eq!((row.path.as_str(), row.state), ("lab-1/files", RepositoryState::Ready));
        assert!(row.password.starts_with("s1."), "the password is sealed");

        let kit = room.work.recovery_kit(row.id, Tongue::French).await.unwrap();
        let place = room.folder.join("pool/lab-1/files");
        assert_eq!(kit.location, place.display().to_string());
        for needed in [kit.password.expose(), &kit.location, &kit.confirmation_code, "restic restore latest"] {
            assert!(kit.text.contains(needed), "the page lacks {needed}:\n{}", kit.text);
        }
        assert!(!row.password.contains(kit.password.expose()));
        let config = restic_ok(&place, kit.password.expose(), &["cat", "config"]);
        assert!(config.contains(&row.repository_uuid.unwrap()), "{config}");
        assert!(!restic(&place, "wrong", &["cat", "config"]).status.success());

        // Until it is confirmed it can be had again; the code of the last one confirms it, and then no more.
        let again = room.work.recovery_kit(row.id, Tongue::English).await.unwrap();
        assert!(again.text.contains("REMPART RECOVERY KIT"));
        let wrong = room.work.confirm_recovery_kit(row.id, &kit.confirmation_code).await.err();
        assert_eq!(wrong.map(|trouble| trouble.code()), Some("repository.kit_wrong_code"));
        let confirmed = room.work.confirm_recovery_kit(row.id, &format!(" {} ", again.confirmation_code.to_uppercase())).await;
        assert!(confirmed.is_ok_and(|row| row.kit_confirmed_at.is_some()));
        let closed = room.work.recovery_kit(row.id, Tongue::English).await.err();
        assert_eq!(closed.map(|trouble| trouble.code()), Some("repository.kit_already_confirmed"));
    }

    async fn names_that_are_taken_or_lead_elsewhere_are_refused_and_leave_nothing(scratch: Scratch) {
        let room = Room::new(&scratch).await;
        let pool = room.pool("pool").await;
        room.repository(pool, "files").await;
        std::fs::create_dir_all(room.folder.join("elsewhere")).unwrap();
        std::os::unix::fs::symlink(room.folder.join("elsewhere"), room.folder.join("pool/lab-1/out")).unwrap();
        for (name, code) in [
            ("files", "repository.path_taken"),
            ("../files", "repository.path_outside_pool"),
            ("out", "repository.path_outside_pool"),
            ("a b", "repository.name_invalid"),
        ] {
            let refused = room.work.create_repository(room.request(pool, name, None)).await.err();
            assert_eq!(refused.map(|trouble| trouble.code()), Some(code), "{name}");
        }
        assert_eq!(room.work.catalog.all_repositories().await.unwrap().len(), 1);
        assert_eq!(std::fs::read_dir(room.folder.join("elsewhere")).unwrap().count(), 0);
    }
}

#[test]
fn a_repository_of_restic_is_adopted_by_its_password() {
    run(async {
        let scratch = Scratch::new(Dialect::Sqlite);
        let room = Room::new(&scratch).await;
        let pool = room.pool("pool").await;
        let place = room.folder.join("pool/lab-1/theirs");
        make_source(&room.folder.join("source"), 10);
        restic_ok(&place, "their secret", &["init"]);
        restic_ok(&place, "their secret", &["backup", room.folder.join("source").to_str().unwrap()]);

        let refused = room.work.create_repository(room.request(pool, "theirs", None)).await.err();
        assert_eq!(refused.map(|trouble| trouble.code()), Some("repository.exists"));
        let refused = room.work.create_repository(room.request(pool, "theirs", Some("wrong"))).await.err();
        assert_eq!(refused.map(|trouble| trouble.code()), Some("repository.wrong_password"));
        let refused = room.work.create_repository(room.request(pool, "nothing", Some("x"))).await.err();
        assert_eq!(refused.map(|trouble| trouble.code()), Some("repository.none_there"));
        assert!(room.work.catalog.all_repositories().await.unwrap().is_empty(), "a refusal left a row");
        // The refusals touched nothing of theirs.
        restic_ok(&place, "their secret", &["check"]);

        let row = room.work.create_repository(room.request(pool, "theirs", Some("their secret"))).await.unwrap();
        let opened = room.work.open_repository(row.id).await.unwrap();
        assert_eq!(opened.snapshots().unwrap().len(), 1);
    });
}

#[test]
fn what_fails_midway_leaves_no_row_and_no_file() {
    run(async {
        let scratch = Scratch::new(Dialect::Sqlite);
        let room = Room::new(&scratch).await;
        let pool = room.pool("pool").await;
        // Given a file where the server's folder would be
        std::fs::create_dir_all(room.folder.join("pool")).unwrap();
        std::fs::write(room.folder.join("pool/lab-1"), "in the way").unwrap();
        let refused = room.work.create_repository(room.request(pool, "files", None)).await;
        assert!(refused.is_err());
        assert!(room.work.catalog.all_repositories().await.unwrap().is_empty());
        // Then, the way free again, the same name works
        std::fs::remove_file(room.folder.join("pool/lab-1")).unwrap();
        room.repository(pool, "files").await;
    });
}

#[test]
fn a_making_that_was_killed_is_finished_or_taken_back_at_the_next_start() {
    run(async {
        let scratch = Scratch::new(Dialect::Sqlite);
        let room = Room::new(&scratch).await;
        let pool = room.pool("pool").await;
        // Given a process that died before it could say that the first was ready, and before the second had a config
        let whole = half_made(&room, pool, "whole").await;
        half_made(&room, pool, "begun").await;
        std::fs::remove_file(room.folder.join("pool/lab-1/begun/config")).unwrap();
        // When the next one starts
        let next = room.again(&scratch).await;
        next.start().await.unwrap();
        // Then the first is ready with its password, and of the second nothing is left
        let rows = next.catalog.all_repositories().await.unwrap();
        assert_eq!(rows.iter().map(|row| (row.id, row.state)).collect::<Vec<_>>(), [(whole, RepositoryState::Ready)]);
        next.open_repository(whole).await.unwrap();
        assert!(!room.folder.join("pool/lab-1/begun").exists(), "files are left");
    });
}

/// The row and the files as they are just before the row says that it is ready.
async fn half_made(room: &Room, pool: PoolId, name: &str) -> RepoId {
    let key = MasterKey::open(&room.folder).expect("the master key");
    let uid = format!("uid of {name}");
    let field = Field { table: "repositories", row: &uid, field: "password" };
    let new = NewRepository {
        pool_id: pool,
        server_id: Some(room.server.id),
        name: name.to_owned(),
        path: format!("lab-1/{name}"),
        password: key.seal(field, "half made"),
        uid: uid.clone(),
    };
    let mut tx = room.work.catalog.begin().await.unwrap();
    let id = tx.insert_repository(&new, jiff::Timestamp::now()).await.unwrap();
    tx.commit().await.unwrap();
    restic_ok(&room.folder.join("pool").join(&new.path), "half made", &["init"]);
    id
}
