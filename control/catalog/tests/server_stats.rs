//! Figures of servers over time, alerts that are raised once, thresholds with versions.

use jiff::{SignedDuration, Timestamp};
use rempart_catalog::{
    Catalog, CatalogError, Cause, DiskSample, Keeping, Look, SampleSpan, ServerSample, Settled, on_both_dialects,
};
use rempart_model::{AlertKind, AlertSubject, ServerId};
use rempart_policy::Thresholds;
use serde_json::json;

fn begin() -> Timestamp {
    "2026-11-20T00:00:00Z".parse().unwrap()
}

async fn server(catalog: &Catalog) -> ServerId {
    let mut tx = catalog.begin().await.unwrap();
    let id = tx.insert_server("web-1", None, &[], begin()).await.unwrap();
    tx.commit().await.unwrap();
    id
}

fn look(at: Timestamp, cpu: Option<f64>, used: u64) -> Look {
    let sample = ServerSample {
        at,
        cpu_percent: cpu,
        cpu_peak_percent: cpu,
        load: 1.5,
        memory_used_bytes: used,
        memory_total_bytes: 1000,
        swap_used_bytes: 0,
        swap_total_bytes: 0,
    };
    let disk = |mount: &str| DiskSample { at, mount_point: mount.to_owned(), used_bytes: used, size_bytes: 1000 };
    Look { figures: json!({ "at": at }), sample, disks: vec![disk("/"), disk("/srv/été")] }
}

async fn record(catalog: &Catalog, server: ServerId, look: &Look) {
    let mut tx = catalog.begin().await.unwrap();
    tx.record_look(server, look).await.unwrap();
    tx.commit().await.unwrap();
}

on_both_dialects! {
    async fn looks_become_means_of_hours_and_of_days_and_gaps_stay_gaps(scratch: Scratch) {
        let catalog = scratch.catalog().await;
        let id = server(&catalog).await;
        let at = |minutes: i64| begin() + SignedDuration::from_mins(minutes);
        // Four looks in the first hour, the first of which knows no usage; the machine is away for two hours; one look.
        for (minutes, cpu, used) in
            [(0, None, 100), (15, Some(10.0), 200), (30, Some(20.0), 300), (45, Some(60.0), 400), (190, Some(50.0), 750)]
        {
            record(&catalog, id, &look(at(minutes), cpu, used)).await;
        }
        let looks = catalog.server_samples(id, SampleSpan::Look, begin()).await.unwrap();
        assert_eq!(looks.len(), 5);
        assert_eq!((looks[0].cpu_percent, looks[1].cpu_percent), (None, Some(10.0)));
        let hours = catalog.server_samples(id, SampleSpan::Hour, begin()).await.unwrap();
        let seen: Vec<_> =
            hours.iter().map(|hour| (hour.at, hour.cpu_percent, hour.cpu_peak_percent, hour.memory_used_bytes)).collect();
        assert_eq!(seen, [(at(0), Some(30.0), Some(60.0), 250), (at(180), Some(50.0), Some(50.0), 750)]);
        let days = catalog.server_samples(id, SampleSpan::Day, begin()).await.unwrap();
        assert_eq!((days.len(), days[0].at, days[0].memory_used_bytes), (1, begin(), 500));
        let disks = catalog.server_disk_samples(id, SampleSpan::Hour, at(60)).await.unwrap();
        let seen: Vec<_> = disks.iter().map(|disk| (&*disk.mount_point, disk.used_bytes, disk.size_bytes)).collect();
        assert_eq!(seen, [("/", 750, 1000), ("/srv/été", 750, 1000)]);
        // The last look is there whole, and when it was.
        let last = catalog.server_stats(id).await.unwrap().unwrap();
        assert_eq!((last.at, &last.value["at"]), (at(190), &json!(at(190))));
        assert_eq!(catalog.last_looks(&[id]).await.unwrap().get(&id), Some(&at(190)));
    }

    async fn what_is_old_goes_span_by_span(scratch: Scratch) {
        let catalog = scratch.catalog().await;
        let id = server(&catalog).await;
        let now = begin() + SignedDuration::from_hours(24 * 400);
        for days in [0, 350, 398, 400] {
            record(&catalog, id, &look(begin() + SignedDuration::from_hours(24 * days), Some(1.0), 1)).await;
        }
        // Each with its two disks.
        let swept = catalog.sweep(&Keeping::default(), now).await.unwrap();
        assert_eq!(swept.samples, (2 + 1) * 3, "two looks, one hour");
        let mut left = Vec::new();
        for span in [SampleSpan::Look, SampleSpan::Hour, SampleSpan::Day] {
            left.push(catalog.server_samples(id, span, begin()).await.unwrap().len());
            assert_eq!(catalog.server_disk_samples(id, span, begin()).await.unwrap().len(), 2 * left[left.len() - 1]);
        }
        assert_eq!(left, [2, 3, 4]);
        assert_eq!(catalog.sweep(&Keeping::default(), now).await.unwrap().samples, 0, "again, nothing");
    }

    async fn an_alert_is_raised_once_and_ends_when_it_is_over(scratch: Scratch) {
        let catalog = scratch.catalog().await;
        let id = server(&catalog).await;
        let disk = |mount: &str, percent: i64| Cause {
            kind: AlertKind::Disk,
            detail: mount.to_owned(),
            facts: json!({ "percent": percent }),
        };
        let settle = async |causes: &[Cause], hours: i64| {
            let at = begin() + SignedDuration::from_hours(hours);
            let mut tx = catalog.begin().await.unwrap();
            let kinds = [AlertKind::Disk, AlertKind::Cpu];
            let settled = tx.settle_alerts(AlertSubject::Server, id, &kinds, causes, at).await.unwrap();
            tx.commit().await.unwrap();
            settled
        };
        let alerts = async || catalog.alerts_of(AlertSubject::Server, id, 10).await.unwrap();
        let before = catalog.last_event_seq().await.unwrap();
        assert_eq!(settle(&[disk("/", 91), disk("/srv", 95)], 0).await, Settled { raised: 2, over: 0 });
        assert_eq!(settle(&[disk("/", 93), disk("/srv", 96)], 1).await, Settled::default(), "raised again");
        let events = catalog.last_event_seq().await.unwrap() - before;
        assert_eq!(events, 2, "one event for each alert");
        let standing = catalog.standing_alerts(10).await.unwrap();
        assert_eq!(standing.len(), 2);
        assert!(standing.iter().all(|row| row.since == begin() && row.until.is_none()));
        assert_eq!(alerts().await.iter().find(|row| row.detail == "/").unwrap().facts["percent"], json!(93));
        // One is over; what was not judged stands.
        let mut tx = catalog.begin().await.unwrap();
        tx.settle_alerts(AlertSubject::Server, id, &[AlertKind::Cpu], &[], begin()).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(settle(&[disk("/", 93)], 2).await, Settled { raised: 0, over: 1 });
        let rows = alerts().await;
        assert_eq!((rows[0].detail.as_str(), rows[0].until), ("/", None), "those that stand come first");
        assert_eq!((rows[1].detail.as_str(), rows[1].until), ("/srv", Some(begin() + SignedDuration::from_hours(2))));
        // It comes again: another alert.
        assert_eq!(settle(&[disk("/", 93), disk("/srv", 97)], 3).await, Settled { raised: 1, over: 0 });
        assert_eq!(alerts().await.len(), 3);
        // The server goes, and they with it.
        let mut tx = catalog.begin().await.unwrap();
        tx.delete_server(id, 1, begin()).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(catalog.standing_alerts(10).await.unwrap(), []);
    }

    async fn a_servers_thresholds_are_its_own_until_they_are_given_back(scratch: Scratch) {
        let catalog = scratch.catalog().await;
        let id = server(&catalog).await;
        let own = Thresholds { disk_percent: Some(70), cpu_percent: None, ..Thresholds::default() };
        let put = async |version, own: Option<&Thresholds>| {
            let mut tx = catalog.begin().await.unwrap();
            let put = tx.put_server_thresholds(id, version, own, begin()).await;
            if put.is_ok() {
                tx.commit().await.unwrap();
            }
            put
        };
        let kept = async || catalog.server_thresholds(id).await.unwrap();
        assert_eq!((kept().await.own, kept().await.version), (None, 0));
        assert_eq!(put(0, Some(&own)).await.unwrap(), 1);
        assert_eq!((kept().await.own, kept().await.version), (Some(own), 1));
        assert!(matches!(put(0, None).await, Err(CatalogError::Stale { .. })), "somebody else was there first");
        assert_eq!(put(1, None).await.unwrap(), 2);
        assert_eq!((kept().await.own, kept().await.version), (None, 2));
    }

    async fn capabilities_are_kept_with_their_age(scratch: Scratch) {
        let catalog = scratch.catalog().await;
        let id = server(&catalog).await;
        assert_eq!(catalog.server_capabilities(id).await.unwrap(), None);
        for hours in [0, 5] {
            let at = begin() + SignedDuration::from_hours(hours);
            let mut tx = catalog.begin().await.unwrap();
            tx.record_capabilities(id, &json!({ "tools": [hours] }), at).await.unwrap();
            tx.commit().await.unwrap();
            let kept = catalog.server_capabilities(id).await.unwrap().unwrap();
            assert_eq!((kept.at, kept.value), (at, json!({ "tools": [hours] })));
        }
    }
}
