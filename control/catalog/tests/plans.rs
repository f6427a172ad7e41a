//! Plans in the catalog, on both dialects.

use jiff::Timestamp;
use rempart_catalog::{CatalogErrorKind, NewPlan, PageRequest, PlanFilter, on_both_dialects};
use rempart_model::{PlanId, PlanSpec, RepoId, ServerId, Sources};

fn plan(name: &str) -> NewPlan {
    NewPlan {
        name: name.to_owned(),
        server_id: ServerId::new(1),
        repository_id: RepoId::new(1),
        spec: PlanSpec {
            sources: Sources { folders: vec!["/srv".to_owned()], ..Sources::default() },
            ..PlanSpec::default()
        },
        enabled: true,
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

on_both_dialects! {
    async fn a_plan_is_read_as_it_was_written_and_its_name_is_taken(scratch: Scratch) {
        let catalog = scratch.catalog().await;
        let mut tx = catalog.begin().await.unwrap();
        let written = tx.insert_plan(&plan("Documents"), at(0)).await.unwrap();
        tx.commit().await.unwrap();

        assert_eq!(catalog.plan(written.id).await.unwrap(), written);
        assert_eq!((written.spec.sources.folders[0].as_str(), written.version, written.created_at), ("/srv", 1, at(0)));
        assert_eq!(catalog.last_event_seq().await.unwrap(), 1);

        let mut tx = catalog.begin().await.unwrap();
        let refused = tx.insert_plan(&plan("DOCUMENTS"), at(1)).await.expect_err("the name differs by case alone");
        assert_eq!(refused.kind(), CatalogErrorKind::Taken, "{refused}");
        drop(tx);
        let missing = catalog.plan(PlanId::new(99)).await.expect_err("there is none");
        assert_eq!(missing.kind(), CatalogErrorKind::NotFound, "{missing}");
    }

    async fn a_stale_writer_changes_nothing(scratch: Scratch) {
        let catalog = scratch.catalog().await;
        let mut tx = catalog.begin().await.unwrap();
        let first = tx.insert_plan(&plan("Documents"), at(0)).await.unwrap();
        let second = tx.update_plan(first.id, first.version, &plan("Papers"), at(1)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!((second.version, second.updated_at, second.created_at), (2, at(1), at(0)));

        let mut tx = catalog.begin().await.unwrap();
        let update = tx.update_plan(first.id, first.version, &plan("Lost"), at(2)).await.expect_err("stale");
        let delete = tx.delete_plan(first.id, first.version, at(2)).await.expect_err("stale");
        tx.commit().await.unwrap();
        assert_eq!((update.kind(), delete.kind()), (CatalogErrorKind::Stale, CatalogErrorKind::Stale));
        assert_eq!(catalog.plan(first.id).await.unwrap().name, "Papers");
    }

    async fn what_is_not_committed_did_not_happen(scratch: Scratch) {
        let catalog = scratch.catalog().await;
        let mut tx = catalog.begin().await.unwrap();
        tx.insert_plan(&plan("Documents"), at(0)).await.unwrap();
        drop(tx);
        let tx = catalog.begin().await.unwrap();
        tx.rollback().await.unwrap();
        assert_eq!(catalog.plans(&PlanFilter::default(), &PageRequest::default()).await.unwrap().total, 0);
        assert_eq!(catalog.last_event_seq().await.unwrap(), 0);
    }

    async fn pages_hold_every_plan_once_in_the_order_of_names(scratch: Scratch) {
        let catalog = scratch.catalog().await;
        let mut tx = catalog.begin().await.unwrap();
        for number in 0..7 {
            tx.insert_plan(&plan(&format!("{} plan {number}", if number % 2 == 0 { "A" } else { "b" })), at(0)).await.unwrap();
        }
        tx.commit().await.unwrap();

        let mut names = Vec::new();
        let mut request = PageRequest::first(3);
        loop {
            let page = catalog.plans(&PlanFilter::default(), &request).await.unwrap();
            assert_eq!(page.total, 7);
            names.extend(page.items.into_iter().map(|plan| plan.name));
            let Some(cursor) = page.next_cursor else { break };
            request.cursor = Some(cursor);
        }
        assert_eq!(names, ["A plan 0", "A plan 2", "A plan 4", "A plan 6", "b plan 1", "b plan 3", "b plan 5"]);

        let found = PlanFilter { text: Some("B PLAN".to_owned()), ..PlanFilter::default() };
        let page = catalog.plans(&found, &PageRequest::first(1)).await.unwrap();
        assert_eq!((page.total, page.items[0].name.as_str()), (3, "b plan 1"));
    }

    async fn a_catalog_opened_twice_at_once_gets_its_tables_once(scratch: Scratch) {
        let (one, two) = tokio::join!(scratch.catalog(), scratch.catalog());
        one.ping().await.unwrap();
        two.ping().await.unwrap();
    }
}
