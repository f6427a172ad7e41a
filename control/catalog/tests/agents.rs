//! Agents: keys, tokens, who holds whose channel, and which jobs may be claimed then.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rempart_catalog::{AgentAbout, AgentPulse, Catalog, CatalogError, on_both_dialects};
use rempart_jobs::{Claim, JobStore as _, Limits, NewJob};
use rempart_model::{AgentLimits, HourLimit, JobKind, ServerId, WorkPriority};

fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

async fn server(catalog: &Catalog, name: &str) -> ServerId {
    let mut tx = catalog.begin().await.unwrap();
    let id = tx.insert_server(name, Some("192.0.2.7"), &["db".to_owned()], now()).await.unwrap();
    tx.commit().await.unwrap();
    id
}

on_both_dialects! {
    async fn a_key_is_one_agents_until_another_takes_its_place(scratch: Scratch) {
        let catalog = scratch.catalog().await;
        let (first, second) = (server(&catalog, "a").await, server(&catalog, "b").await);
        assert_eq!(catalog.agent_by_key("K1").await.unwrap(), None);
        let mut tx = catalog.begin().await.unwrap();
        tx.set_agent_key(first, "K1", now()).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(catalog.agent_by_key("K1").await.unwrap().unwrap().server_id, first);
        // A key is of one machine.
        let mut tx = catalog.begin().await.unwrap();
        assert!(matches!(tx.set_agent_key(second, "K1", now()).await, Err(CatalogError::Taken { .. })));
        tx.rollback().await.unwrap();
        // Enrolled anew: the former key is told that it was revoked.
        let mut tx = catalog.begin().await.unwrap();
        tx.set_agent_key(first, "K2", now()).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(catalog.agent_by_key("K1").await.unwrap(), None);
        assert!(catalog.is_revoked_agent_key("K1").await.unwrap());
        let mut tx = catalog.begin().await.unwrap();
        assert!(tx.revoke_agent_key(first, now()).await.unwrap());
        assert!(!tx.revoke_agent_key(first, now()).await.unwrap(), "revoked twice");
        tx.commit().await.unwrap();
        assert!(catalog.is_revoked_agent_key("K2").await.unwrap());
        assert_eq!(catalog.agent(first).await.unwrap().unwrap().public_key, None);
    }

    async fn an_installation_that_is_taken_back_gives_the_key_of_before(scratch: Scratch) {
        let catalog = scratch.catalog().await;
        let (fresh, known) = (server(&catalog, "fresh").await, server(&catalog, "known").await);
        let key = async |id| catalog.agent(id).await.unwrap().unwrap().public_key;
        let enrolled_at = async || catalog.agent(known).await.unwrap().unwrap().enrolled_at;
        let later = now() + SignedDuration::from_mins(5);
        let mut tx = catalog.begin().await.unwrap();
        assert!(!tx.take_back_agent_install(known, now()).await.unwrap(), "none is open");
        tx.set_agent_key(known, "K1", now()).await.unwrap();
        for id in [fresh, known] {
            assert!(!tx.begin_agent_install(id, now()).await.unwrap());
        }
        assert!(!tx.begin_agent_install(known, now()).await.unwrap(), "it has not enrolled yet");
        tx.set_agent_key(fresh, "F1", later).await.unwrap();
        tx.set_agent_key(known, "K2", later).await.unwrap();
        // The attempt's worker died; the next one enrols again, and fails.
        for id in [fresh, known] {
            assert!(tx.begin_agent_install(id, later).await.unwrap());
        }
        tx.set_agent_key(known, "K3", later).await.unwrap();
        tx.commit().await.unwrap();
        assert!(catalog.is_revoked_agent_key("K1").await.unwrap());
        let mut tx = catalog.begin().await.unwrap();
        for id in [fresh, known] {
            assert!(tx.take_back_agent_install(id, later).await.unwrap());
        }
        tx.commit().await.unwrap();
        assert_eq!((key(fresh).await, key(known).await.as_deref()), (None, Some("K1")));
        assert_eq!(enrolled_at().await, Some(now()));
        for (of, revoked) in [("K1", false), ("K2", true), ("K3", true), ("F1", true)] {
            assert_eq!(catalog.is_revoked_agent_key(of).await.unwrap(), revoked, "{of}");
        }
        // One that never came to enrol takes nothing away; one that settled, or whose key a person revoked, gives nothing back.
        let mut tx = catalog.begin().await.unwrap();
        tx.begin_agent_install(known, later).await.unwrap();
        assert!(!tx.take_back_agent_install(known, later).await.unwrap());
        tx.begin_agent_install(known, later).await.unwrap();
        tx.set_agent_key(known, "K4", later).await.unwrap();
        tx.settle_agent_install(known).await.unwrap();
        assert!(!tx.take_back_agent_install(known, later).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(key(known).await.as_deref(), Some("K4"));
        let mut tx = catalog.begin().await.unwrap();
        tx.begin_agent_install(known, later).await.unwrap();
        assert!(tx.revoke_agent_key(known, later).await.unwrap());
        assert!(!tx.take_back_agent_install(known, later).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(key(known).await, None);
        // A key that became another server's meanwhile stays there.
        let mut tx = catalog.begin().await.unwrap();
        tx.set_agent_key(known, "K5", later).await.unwrap();
        tx.begin_agent_install(known, later).await.unwrap();
        tx.set_agent_key(known, "K6", later).await.unwrap();
        tx.set_agent_key(fresh, "K5", later).await.unwrap();
        assert!(tx.take_back_agent_install(known, later).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!((key(fresh).await.as_deref(), key(known).await), (Some("K5"), None));
    }

    async fn a_token_is_used_by_one_key(scratch: Scratch) {
        let catalog = scratch.catalog().await;
        let id = server(&catalog, "a").await;
        let mut tx = catalog.begin().await.unwrap();
        let until = now() + SignedDuration::from_hours(1);
        tx.insert_enrolment(id, "H0", until, None, now()).await.unwrap();
        tx.insert_enrolment(id, "H1", until, None, now()).await.unwrap();
        assert_eq!(tx.enrolment("H0").await.unwrap(), None, "one that was not used goes with the next");
        let row = tx.enrolment("H1").await.unwrap().unwrap();
        assert_eq!((row.server_id, row.expires_at, row.used_by.clone()), (id, until, None));
        assert!(tx.use_enrolment(row.id, "K1", now()).await.unwrap());
        assert!(tx.use_enrolment(row.id, "K1", now()).await.unwrap(), "its answer may have been lost");
        assert!(!tx.use_enrolment(row.id, "K2", now()).await.unwrap(), "used by another key too");
        assert_eq!(tx.enrolment("H1").await.unwrap().unwrap().used_by.as_deref(), Some("K1"));
        tx.commit().await.unwrap();
    }

    async fn an_agent_has_limits_that_are_changed(scratch: Scratch) {
        let catalog = scratch.catalog().await;
        let id = server(&catalog, "a").await;
        let limits = async || catalog.agent(id).await.unwrap().unwrap().limits;
        assert_eq!(limits().await, AgentLimits::default());
        let hours = vec![HourLimit { from: 8, until: 18, bytes_per_second: Some(1 << 20) }];
        let changed = AgentLimits { priority: WorkPriority::Idle, hours, ..AgentLimits::default() };
        let mut tx = catalog.begin().await.unwrap();
        tx.set_agent_limits(id, &changed).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(limits().await, changed);
    }

    async fn an_agents_job_is_claimed_where_its_channel_is(scratch: Scratch) {
        let catalog = scratch.catalog().await;
        let id = server(&catalog, "a").await;
        let store = catalog.job_store();
        let claim = || Claim {
            worker: "w1".to_owned(),
            limits: Limits::default(),
            lease: Duration::from_secs(30),
            now: now(),
        };
        let job = NewJob { server_id: Some(id), ..NewJob::new(JobKind::Backup) };
        let job = store.enqueue(job, now()).await.unwrap();
        catalog.is_process("here");
        assert_eq!(store.claim(claim()).await.unwrap(), None, "nobody has its channel");
        assert_eq!(catalog.waiting_reasons(Limits::default(), now()).await.unwrap().get(&job), Some(&"agent"));
        let connect = async |process: &str| {
            let mut tx = catalog.begin().await.unwrap();
            tx.agent_connected(id, 1, "0.1.0", process, now()).await.unwrap();
            tx.commit().await.unwrap();
        };
        connect("elsewhere").await;
        assert_eq!(store.claim(claim()).await.unwrap(), None, "another process has its channel");
        connect("here").await;
        assert_eq!(catalog.waiting_reasons(Limits::default(), now()).await.unwrap().get(&job), None);
        assert_eq!(store.claim(claim()).await.unwrap().map(|job| job.id), Some(job));
        // What it was given, a process that comes after this one knows.
        let restore = NewJob { server_id: Some(id), ..NewJob::new(JobKind::Restore) };
        let restore = store.enqueue(restore, now()).await.unwrap();
        assert_eq!(catalog.restores_given_out(id).await.unwrap(), [], "nobody has it yet");
        assert_eq!(store.claim(claim()).await.unwrap().map(|job| job.id), Some(restore));
        assert_eq!(catalog.restores_given_out(id).await.unwrap(), [restore]);
        // What the server does for the machine by itself waits for no agent.
        let mut tx = catalog.begin().await.unwrap();
        tx.agent_gone(id, "elsewhere", now(), now()).await.unwrap();
        tx.commit().await.unwrap();
        assert!(catalog.agent(id).await.unwrap().unwrap().process.is_some(), "another's channel was taken off");
        let mut tx = catalog.begin().await.unwrap();
        tx.agent_gone(id, "here", now(), now()).await.unwrap();
        tx.commit().await.unwrap();
        let own = store.enqueue(NewJob { server_id: Some(id), ..NewJob::new(JobKind::Verify) }, now()).await.unwrap();
        assert_eq!(store.claim(claim()).await.unwrap().map(|job| job.id), Some(own));
    }

    async fn signs_of_life_and_what_an_agent_says_of_its_machine_are_kept(scratch: Scratch) {
        let catalog = scratch.catalog().await;
        let id = server(&catalog, "a").await;
        let about = AgentAbout {
            host_name: "db1".to_owned(),
            os: "Debian GNU/Linux 13".to_owned(),
            kernel: "6.12".to_owned(),
            arch: "x86_64".to_owned(),
            addresses: vec!["192.0.2.7".to_owned()],
            program_sha256: Some("5e".repeat(32)),
        };
        let seen = now() + SignedDuration::from_secs(60);
        let mut tx = catalog.begin().await.unwrap();
        tx.agent_connected(id, 1, "0.1.0", "here", now()).await.unwrap();
        tx.describe_agent(id, &about, now()).await.unwrap();
        let pulse = AgentPulse { server_id: id, seen_at: seen, round_trip_us: Some(1500) };
        tx.agent_pulses(&[pulse], now()).await.unwrap();
        tx.commit().await.unwrap();
        let (row, agent) = (catalog.server(id).await.unwrap(), catalog.agent(id).await.unwrap().unwrap());
        assert_eq!((row.host_name.as_deref(), row.last_seen_at), (Some("db1"), Some(seen)));
        assert_eq!((agent.round_trip_us, agent.addresses), (Some(1500), about.addresses));
        assert_eq!(agent.program_sha256, about.program_sha256);
        // A process that died holds no channel.
        let mut tx = catalog.begin().await.unwrap();
        assert_eq!(tx.sweep_agents("here", now(), now()).await.unwrap(), 0);
        assert_eq!(tx.sweep_agents("another", now(), now()).await.unwrap(), 1);
        tx.commit().await.unwrap();
        assert_eq!(catalog.agent(id).await.unwrap().unwrap().process, None);
    }

    async fn a_server_is_renamed_and_removed_over_the_version_that_was_seen(scratch: Scratch) {
        let catalog = scratch.catalog().await;
        let id = server(&catalog, "a").await;
        let mut tx = catalog.begin().await.unwrap();
        let version = tx.update_server(id, 1, "b", None, &[], now()).await.unwrap();
        let stale = tx.update_server(id, 1, "c", None, &[], now()).await;
        assert!(matches!(stale, Err(CatalogError::Stale { .. })));
        assert!(matches!(tx.delete_server(id, 1, now()).await, Err(CatalogError::Stale { .. })));
        tx.set_agent_key(id, "K1", now()).await.unwrap();
        tx.delete_server(id, version, now()).await.unwrap();
        tx.commit().await.unwrap();
        assert!(matches!(catalog.server(id).await, Err(CatalogError::NotFound { .. })));
        assert_eq!(catalog.agent(id).await.unwrap(), None);
        assert!(catalog.is_revoked_agent_key("K1").await.unwrap(), "its agent is told why it is refused");
    }
}
