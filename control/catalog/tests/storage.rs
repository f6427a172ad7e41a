//! Snapshots page by page, pools' measurements thinned, on both dialects.

use jiff::{SignedDuration, Timestamp};
use rempart_catalog::{
    Catalog, LocalServer, NewPool, NewRepository, NewSnapshot, PageRequest, PoolSample, SnapshotFilter,
    on_both_dialects,
};
use rempart_model::{PoolId, PoolKind, PoolState, RepoId};

fn now() -> Timestamp {
    "2026-05-01T12:00:00Z".parse().unwrap()
}

async fn storage(catalog: &Catalog) -> (PoolId, RepoId) {
    let local = LocalServer { name: "s".into(), address: None, os: None, host_name: "s".into() };
    let pool = NewPool {
        uid: "u".into(),
        name: "p".into(),
        kind: PoolKind::Local,
        place: "{}".into(),
        location: "/p".into(),
        secrets: None,
        state: PoolState::Reachable,
    };
    let mut tx = catalog.begin().await.unwrap();
    let server = tx.register_local_server(&local, now()).await.unwrap();
    assert_eq!(tx.register_local_server(&local, now()).await.unwrap(), server, "this machine is there once");
    let pool_id = tx.insert_pool(&pool, now()).await.unwrap();
    let repository = NewRepository {
        uid: "r".into(),
        pool_id,
        server_id: Some(server),
        name: "r".into(),
        path: "s/r".into(),
        password: "s1.x.y".into(),
    };
    let id = tx.insert_repository(&repository, now()).await.unwrap();
    tx.commit().await.unwrap();
    (pool_id, id)
}

fn snapshot(repository_id: RepoId, number: i64) -> NewSnapshot {
    NewSnapshot {
        repository_id,
        hash: format!("{number:064x}"),
        server_id: None,
        plan_id: None,
        run_id: None,
        // Several share a moment: the page's border must not lose one of them.
        taken_at: now() + SignedDuration::from_secs(number / 3),
        host_name: if number % 2 == 0 { "even" } else { "odd" }.into(),
        paths: vec!["/srv/50%".into()],
        tags: Vec::new(),
        program: None,
        files: None,
        size_bytes: None,
        added_bytes: None,
        is_incomplete: false,
    }
}

on_both_dialects! {
    async fn every_snapshot_is_on_one_page_whichever_way_it_is_read(scratch: Scratch) {
        let catalog = scratch.catalog().await;
        let (_, repository) = storage(&catalog).await;
        let mut tx = catalog.begin().await.unwrap();
        for number in 0..100 {
            assert!(tx.record_snapshot(&snapshot(repository, number), now()).await.unwrap().1);
        }
        assert!(!tx.record_snapshot(&snapshot(repository, 5), now()).await.unwrap().1, "recorded twice");
        tx.commit().await.unwrap();
        for (filter, expected) in [
            (SnapshotFilter::default(), 100),
            (SnapshotFilter { oldest_first: true, ..SnapshotFilter::default() }, 100),
            (SnapshotFilter { text: Some("EVEN".into()), ..SnapshotFilter::default() }, 50),
            (SnapshotFilter { text: Some("50%".into()), ..SnapshotFilter::default() }, 100),
            (SnapshotFilter { text: Some("5_%".into()), ..SnapshotFilter::default() }, 0),
            (SnapshotFilter { text: Some(format!("{:062x}", 0)), ..SnapshotFilter::default() }, 100),
            (SnapshotFilter { repository_id: Some(repository), ..SnapshotFilter::default() }, 100),
            (SnapshotFilter { taken_until: Some(now()), ..SnapshotFilter::default() }, 3),
        ] {
            let (mut seen, mut cursor) = (Vec::new(), None);
            loop {
                let page = catalog.snapshots(&filter, &PageRequest { limit: 7, cursor }).await.unwrap();
                assert_eq!(page.total, expected, "{filter:?}");
                seen.extend(page.items.into_iter().map(|row| (row.taken_at, row.id)));
                cursor = page.next_cursor;
                if cursor.is_none() {
                    break;
                }
            }
            assert_eq!(seen.len() as u64, expected, "{filter:?}");
            if !filter.oldest_first {
                seen.reverse();
            }
            assert!(seen.is_sorted_by(|a, b| a < b), "{filter:?}: out of order, or twice");
        }
    }

    async fn a_search_that_finds_many_goes_page_by_page_too(scratch: Scratch) {
        const MANY: i64 = 2_100;
        let catalog = scratch.catalog().await;
        let (_, repository) = storage(&catalog).await;
        let mut tx = catalog.begin().await.unwrap();
        for number in 0..MANY {
            let mut new = snapshot(repository, number);
            if number == 1_000 {
                new.host_name = "Ärger".into();
            }
            tx.record_snapshot(&new, now()).await.unwrap();
        }
        tx.commit().await.unwrap();
        let all = async |filter: SnapshotFilter| {
            let (mut seen, mut cursor, mut totals) = (Vec::new(), None, Vec::new());
            loop {
                let page = catalog.snapshots(&filter, &PageRequest { limit: 500, cursor }).await.unwrap();
                totals.push(page.total);
                seen.extend(page.items.into_iter().map(|row| (row.taken_at, row.id)));
                cursor = page.next_cursor;
                if cursor.is_none() {
                    assert!(seen.is_sorted_by(|a, b| a > b), "{filter:?}: out of order, or twice");
                    assert!(totals.iter().all(|total| *total == seen.len() as u64), "{filter:?}: {totals:?}");
                    return seen.len() as i64;
                }
            }
        };
        let text = |text: &str| SnapshotFilter { text: Some(text.into()), ..SnapshotFilter::default() };
        assert_eq!(all(text("srv/50")).await, MANY);
        assert_eq!(all(text("ärGER")).await, 1);
        assert_eq!(all(SnapshotFilter { repository_id: Some(repository), ..text("srv/50") }).await, MANY);
        let early = now() + SignedDuration::from_secs(9);
        assert_eq!(all(SnapshotFilter { taken_until: Some(early), ..text("srv/50") }).await, 30);
        assert_eq!(all(SnapshotFilter { repository_id: Some(RepoId::new(999)), ..text("srv/50") }).await, 0);
        // By name: one, and those that begin alike.
        assert_eq!(all(text(&format!("{:064x}", 77))).await, 1);
        assert_eq!(all(text(&format!("{:061x}", 0))).await, MANY);

        // What is gone is not found.
        let mut tx = catalog.begin().await.unwrap();
        tx.remove_snapshots(repository, &[format!("{:064x}", 1_000)], now()).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(all(text("ärger")).await, 0);
    }

    async fn old_measurements_are_thinned_and_the_last_of_each_span_stays(scratch: Scratch) {
        let catalog = scratch.catalog().await;
        let (pool, _) = storage(&catalog).await;
        let mut tx = catalog.begin().await.unwrap();
        let sample = |minutes: i64| PoolSample {
            at: now() + SignedDuration::from_mins(minutes),
            used_bytes: minutes.unsigned_abs(),
            capacity_bytes: None,
            free_bytes: Some(1),
        };
        // Twice in one quarter of an hour is one measurement.
        for minutes in [0, 5, 15, 30, 45, 60, 75, 120] {
            tx.record_pool_sample(pool, &sample(minutes)).await.unwrap();
        }
        let before = now() + SignedDuration::from_mins(100);
        assert_eq!(tx.thin_pool_samples(before, 3_600_000).await.unwrap(), 4);
        assert_eq!(tx.thin_pool_samples(before, 3_600_000).await.unwrap(), 0, "thinned again");
        tx.commit().await.unwrap();
        let left = catalog.pool_samples(pool, now()).await.unwrap();
        assert_eq!(left.iter().map(|sample| sample.used_bytes).collect::<Vec<_>>(), [45, 75, 120]);
    }
}
