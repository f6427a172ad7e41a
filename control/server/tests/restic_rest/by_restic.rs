//! Whole backups by the real restic.

use rempart_model::ClientMode;

use crate::lab::{Lab, RESTICS, Restic, assert_same, source};

/// init, backup, another backup, restore, check with all data, forget, prune, check.
async fn whole_life(lab: &Lab, which: &str) {
    let password = lab.client("full", ClientMode::Full, None);
    let restic = Restic::new(lab, which, "full", password.expose());
    let source = source(lab);
    let folder = source.to_str().unwrap();
    restic.succeed(&["init", "--repository-version", "2"]).await;
    restic.succeed(&["backup", folder]).await;
    std::fs::write(source.join("large-0"), crate::lab::noise(12 << 20, 77)).unwrap();
    restic.succeed(&["backup", folder]).await;
    assert_eq!(lab.snapshot_changes(), 2, "the server was told of both snapshots");

    let target = lab.scratch.path().join(format!("restored-{which}"));
    restic.succeed(&["restore", "latest", "--target", target.to_str().unwrap()]).await;
    assert_same(&source, &target.join(source.strip_prefix("/").unwrap()));

    restic.succeed(&["check", "--read-data"]).await;
    restic.succeed(&["forget", "--keep-last", "1", "--prune", "--max-unused", "0"]).await;
    restic.succeed(&["check", "--read-data"]).await;
    assert_eq!(restic.succeed(&["list", "snapshots"]).await.lines().count(), 1);
    assert_eq!(restic.succeed(&["list", "locks"]).await.trim(), "", "restic removes its locks");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_restic_lives_with_it() {
    let lab = Lab::start().await;
    whole_life(&lab, RESTICS[0]).await;
    assert_eq!(lab.leftovers(), [] as [std::path::PathBuf; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_restic_lives_with_it() {
    let lab = Lab::start().await;
    whole_life(&lab, RESTICS[1]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_that_lies_elsewhere_is_served_as_well() {
    let back = Lab::start().await;
    let password = back.client("front", ClientMode::Full, None);
    let front = Lab::start_before(&back, &password).await;
    whole_life(&front, RESTICS[0]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_only_client_backs_up_and_restores_and_cannot_delete() {
    for which in RESTICS {
        // Given a repository with a snapshot of an append-only client.
        let lab = Lab::start().await;
        let password = lab.client("writer", ClientMode::AppendOnly, None);
        let restic = Restic::new(&lab, which, "writer", password.expose());
        let source = source(&lab);
        restic.succeed(&["init", "--repository-version", "2"]).await;
        restic.succeed(&["backup", source.to_str().unwrap()]).await;
        let before = restic.succeed(&["list", "packs"]).await.lines().count();

        // When it wants to forget that snapshot and to free the space.
        let said = restic.fail(&["forget", "latest", "--prune"]).await;

        // Then it is refused, everything is still there, and the rest works.
        assert!(said.contains("403"), "{which}: {said}");
        assert_eq!(restic.succeed(&["list", "snapshots"]).await.lines().count(), 1);
        assert_eq!(restic.succeed(&["list", "packs"]).await.lines().count(), before);
        restic.succeed(&["check"]).await;
        let target = lab.scratch.path().join("restored");
        restic.succeed(&["restore", "latest", "--target", target.to_str().unwrap()]).await;
        assert_same(&source, &target.join(source.strip_prefix("/").unwrap()));
        assert_eq!(restic.succeed(&["list", "locks"]).await.trim(), "", "its own locks it may remove");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quota_ends_a_backup_and_hurts_nothing_that_was_there() {
    // Given a small snapshot, and a quota that leaves no room for the source.
    let lab = Lab::start().await;
    let password = lab.client("tenant", ClientMode::Full, Some(8 << 20));
    let restic = Restic::new(&lab, RESTICS[0], "tenant", password.expose());
    let source = source(&lab);
    let small = source.join("small");
    restic.succeed(&["init"]).await;
    restic.succeed(&["backup", small.to_str().unwrap()]).await;

    // When more is backed up than it allows.
    let said = restic.fail(&["backup", "--retry-lock", "0s", source.to_str().unwrap()]).await;

    // Then restic is told, nothing half-written stays, and the first snapshot restores: locks need no quota.
    assert!(said.contains("507"), "{said}");
    let held: u64 = crate::lab::files(&lab.folder()).iter().map(|path| path.metadata().unwrap().len()).sum();
    assert!(held <= (8 << 20) + 4096, "the repository holds {held} bytes");
    let target = lab.scratch.path().join("restored");
    restic.succeed(&["restore", "latest", "--target", target.to_str().unwrap()]).await;
    assert_same(&small, &target.join(small.strip_prefix("/").unwrap()));
    restic.succeed(&["check", "--read-data"]).await;
    assert_eq!(lab.leftovers(), [] as [std::path::PathBuf; 0]);

    // And after the quota was raised, the same backup goes through.
    let password = lab.client("tenant", ClientMode::Full, Some(80 << 20));
    let restic = Restic::new(&lab, RESTICS[0], "tenant", password.expose());
    restic.succeed(&["backup", source.to_str().unwrap()]).await;
    restic.succeed(&["check", "--read-data"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_opens_nothing() {
    let lab = Lab::start().await;
    let password = lab.client("full", ClientMode::Full, None);
    for (user, password) in [("full", "guess"), ("stranger", password.expose()), ("full", "")] {
        let said = Restic::new(&lab, RESTICS[0], user, password).fail(&["init"]).await;
        assert!(said.contains("401"), "{said}");
    }
    assert!(!lab.folder().exists(), "nothing was made");
}
