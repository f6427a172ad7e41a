//! Users, their credentials, what administrators decide and the audit log, on both dialects.

use std::time::Duration;

use jiff::Timestamp;
use rempart_catalog::{
    AuditBegin, AuditEnd, AuditFilter, AuditOutcome, Catalog, CatalogErrorKind, NewSession, NewToken, NewUser,
    PageRequest, UserChange, UserRow, on_both_dialects,
};
use rempart_model::{AuditId, Role, UserId};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn new(name: &str, role: Role) -> NewUser {
    NewUser { name: name.into(), email: None, role, language: None, password_hash: "$argon2id$".into() }
}

async fn add(catalog: &Catalog, user: NewUser) -> UserRow {
    let mut tx = catalog.begin().await.unwrap();
    let row = tx.insert_user(&user, at(0)).await.unwrap();
    tx.commit().await.unwrap();
    row
}

async fn session(catalog: &Catalog, user: UserId, hash: &str, second: i64, expires: i64) -> rempart_model::SessionId {
    let session = NewSession {
        user_id: user,
        token_hash: hash.into(),
        csrf_token: "c".into(),
        expires_at: at(expires),
        address: "192.0.2.1".into(),
        user_agent: "a browser".into(),
    };
    let mut tx = catalog.begin().await.unwrap();
    let id = tx.insert_session(&session, at(second)).await.unwrap();
    tx.commit().await.unwrap();
    id
}

fn begin(actor: &str, action: &str, object_id: i64) -> AuditBegin {
    AuditBegin {
        user: Some(UserId::new(1)),
        actor: actor.into(),
        address: Some("192.0.2.7".into()),
        action: action.into(),
        object_kind: Some(action.split('.').next().unwrap().into()),
        object_id: Some(object_id),
    }
}

on_both_dialects! {
    async fn a_name_is_had_once_whatever_its_case(scratch: Scratch) {
        let catalog = scratch.catalog().await;
        let made = add(&catalog, NewUser { email: Some("E@example.org".into()), ..new("Émile", Role::Viewer) }).await;
        add(&catalog, new("anna", Role::Administrator)).await;
        let mut tx = catalog.begin().await.unwrap();
        let refused = tx.insert_user(&new("éMILE", Role::Viewer), at(1)).await.err().expect("the name is taken");
        assert_eq!(refused.kind(), CatalogErrorKind::Taken, "{refused}");
        tx.rollback().await.unwrap();
        assert_eq!(catalog.user_by_name("ÉMILE").await.unwrap().map(|user| user.id), Some(made.id));

        // In the order of their names, and found by parts of name and address.
        let names = async |text: Option<&str>| -> Vec<String> {
            let page = catalog.users(text, &PageRequest::default()).await.unwrap();
            page.items.into_iter().map(|user| user.name).collect()
        };
        assert_eq!(names(None).await, ["anna", "Émile"]);
        assert_eq!(names(Some("MIL")).await, ["Émile"]);
        assert_eq!(names(Some("e@EXAMPLE")).await, ["Émile"]);
        assert_eq!(names(Some("%")).await, Vec::<String>::new(), "a wildcard was taken for one");
        let first = catalog.users(None, &PageRequest::first(1)).await.unwrap();
        let next = PageRequest { limit: 1, cursor: first.next_cursor };
        assert_eq!(catalog.users(None, &next).await.unwrap().items[0].name, "Émile");
    }

    async fn one_first_user_is_made_of_many_that_come_at_once(scratch: Scratch) {
        let catalogs = [scratch.catalog().await, scratch.catalog().await];
        assert!(!catalogs[0].has_users().await.unwrap());
        let tries: Vec<_> = (0..6).map(|number| {
            let catalog = catalogs[number % 2].clone();
            tokio::spawn(async move {
                let mut tx = catalog.begin().await.unwrap();
                let made = tx.insert_first_user(&new(&format!("u{number}"), Role::Administrator), at(0)).await.unwrap();
                tx.commit().await.unwrap();
                made.is_some()
            })
        }).collect();
        let mut made = 0;
        for one in tries {
            made += usize::from(one.await.unwrap());
        }
        assert_eq!((made, catalogs[1].users(None, &PageRequest::default()).await.unwrap().total), (1, 1));
    }

    async fn a_stale_change_is_refused_and_the_last_administrator_stays(scratch: Scratch) {
        let catalog = scratch.catalog().await;
        let (one, two) = (add(&catalog, new("a", Role::Administrator)).await, add(&catalog, new("b", Role::Administrator)).await);
        let change = async |id: UserId, version: i64, change: UserChange| {
            let mut tx = catalog.begin().await.unwrap();
            let changed = tx.update_user(id, Some(version), &change, at(5)).await?;
            tx.commit().await.map(|()| changed)
        };
        let viewer = || UserChange { role: Some(Role::Viewer), ..UserChange::default() };
        let mail = UserChange { email: Some(Some("a@example.org".into())), ..UserChange::default() };
        let changed = change(one.id, one.version, mail).await.unwrap();
        assert_eq!((changed.email.as_deref(), changed.updated_at, changed.role), (Some("a@example.org"), at(5), Role::Administrator));
        let stale = change(one.id, one.version, viewer()).await.err().expect("it was changed since");
        assert_eq!(stale.kind(), CatalogErrorKind::Stale, "{stale}");
        change(one.id, changed.version, viewer()).await.unwrap();
        for leaves in [viewer(), UserChange { disabled: Some(true), ..UserChange::default() }] {
            let last = change(two.id, two.version, leaves).await.err().expect("the last administrator");
            assert_eq!(last.kind(), CatalogErrorKind::InUse, "{last}");
        }
        let mut tx = catalog.begin().await.unwrap();
        let last = tx.delete_user(two.id, None, at(6)).await.err().expect("the last administrator");
        assert_eq!(last.kind(), CatalogErrorKind::InUse, "{last}");
    }

    async fn sessions_end_with_their_time_their_user_and_when_told(scratch: Scratch) {
        let catalog = scratch.catalog().await;
        add(&catalog, new("admin", Role::Administrator)).await;
        let user = add(&catalog, new("u", Role::Operator)).await;
        let first = session(&catalog, user.id, "one", 0, 100).await;
        let second = session(&catalog, user.id, "two", 1, 200).await;
        let known = async |hash: &str, second: i64| {
            catalog.session_by_hash(hash, at(second)).await.unwrap().map(|found| (found.credential.id, found.name, found.role))
        };
        assert_eq!(known("one", 99).await, Some((first, "u".to_owned(), Role::Operator)));
        assert_eq!(known("one", 100).await, None, "its time is over");
        assert_eq!(known("three", 1).await, None);

        let mut tx = catalog.begin().await.unwrap();
        tx.touch_session(first, "192.0.2.9", at(50), at(150)).await.unwrap();
        tx.commit().await.unwrap();
        let live = catalog.sessions_of(user.id, None, at(120), &PageRequest::default()).await.unwrap().items;
        assert_eq!(live.iter().map(|row| row.id).collect::<Vec<_>>(), [first, second], "the last used first");
        assert_eq!((live[0].address.as_str(), live[0].last_seen_at), ("192.0.2.9", at(50)));

        // Told to end: one, all but one, those whose time is over; of others, none.
        let mut tx = catalog.begin().await.unwrap();
        let others = tx.delete_session(UserId::new(999), first, at(100)).await.expect_err("another user's");
        assert_eq!(others.kind(), CatalogErrorKind::NotFound);
        assert_eq!(tx.delete_sessions_of(user.id, Some(first), at(100)).await.unwrap(), 1);
        assert_eq!(tx.delete_expired_sessions(at(149)).await.unwrap(), 0);
        tx.commit().await.unwrap();
        assert_eq!(known("two", 1).await, None);

        // A user who may not sign in any more is not recognised; one who is gone takes sessions along.
        let mut tx = catalog.begin().await.unwrap();
        let disabled = UserChange { disabled: Some(true), ..UserChange::default() };
        tx.update_user(user.id, None, &disabled, at(60)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(known("one", 61).await, None, "disabled");
        let mut tx = catalog.begin().await.unwrap();
        tx.delete_user(user.id, None, at(62)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(catalog.sessions_of(user.id, None, at(62), &PageRequest::default()).await.unwrap().total, 0);
    }

    async fn tokens_are_known_by_their_hash_until_they_expire(scratch: Scratch) {
        let catalog = scratch.catalog().await;
        let user = add(&catalog, new("u", Role::Operator)).await;
        let mut tx = catalog.begin().await.unwrap();
        let token = |name: &str, expires_at| NewToken {
            user_id: user.id, name: name.into(), token_hash: format!("h{name}"), scopes: vec!["read".into(), "run".into()], expires_at,
        };
        let forever = tx.insert_token(&token("b", None), at(0)).await.unwrap();
        tx.insert_token(&token("a", Some(at(10))), at(0)).await.unwrap();
        tx.touch_token(forever, at(3)).await.unwrap();
        tx.commit().await.unwrap();
        let found = catalog.token_by_hash("hb", at(1_000_000)).await.unwrap().expect("it does not expire");
        assert_eq!((found.credential.scopes, found.credential.last_used_at), (vec!["read".to_owned(), "run".to_owned()], Some(at(3))));
        assert!(catalog.token_by_hash("ha", at(9)).await.unwrap().is_some());
        assert!(catalog.token_by_hash("ha", at(10)).await.unwrap().is_none(), "it has expired");
        let mut tx = catalog.begin().await.unwrap();
        tx.delete_token(forever, at(100)).await.unwrap();
        assert_eq!(tx.delete_token(forever, at(100)).await.expect_err("it is gone").kind(), CatalogErrorKind::NotFound);
        tx.commit().await.unwrap();
        assert!(catalog.token_by_hash("hb", at(1)).await.unwrap().is_none());
    }

    async fn a_code_of_the_second_factor_is_taken_once(scratch: Scratch) {
        let catalog = scratch.catalog().await;
        let user = add(&catalog, new("u", Role::Viewer)).await;
        let mut tx = catalog.begin().await.unwrap();
        tx.begin_totp(user.id, "sealed", at(1)).await.unwrap();
        assert_eq!(tx.user(user.id).await.unwrap().totp_pending.as_deref(), Some("sealed"));
        tx.confirm_totp(user.id, 100, &["one".into(), "two".into()], at(2)).await.unwrap();
        tx.commit().await.unwrap();
        let row = catalog.user(user.id).await.unwrap();
        assert_eq!((row.totp_secret.as_deref(), row.totp_pending, row.totp_last_step), (Some("sealed"), None, 100));

        // Many at once with the same code: one of them.
        let tries: Vec<_> = (0..4).map(|_| {
            let (catalog, id) = (catalog.clone(), user.id);
            tokio::spawn(async move {
                let mut tx = catalog.begin().await.unwrap();
                let taken = (tx.use_totp_step(id, 101).await.unwrap(), tx.use_recovery_code(id, "one").await.unwrap());
                tx.commit().await.unwrap();
                taken
            })
        }).collect();
        let (mut steps, mut codes) = (0, 0);
        for one in tries {
            let (step, code) = one.await.unwrap();
            (steps, codes) = (steps + u32::from(step), codes + u32::from(code));
        }
        assert_eq!((steps, codes, catalog.recovery_codes_left(user.id).await.unwrap()), (1, 1, 1));
        let mut tx = catalog.begin().await.unwrap();
        assert!(!tx.use_totp_step(user.id, 100).await.unwrap(), "a step before the last");
        tx.remove_totp(user.id, at(3)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(catalog.recovery_codes_left(user.id).await.unwrap(), 0);
        assert_eq!(catalog.user(user.id).await.unwrap().totp_secret, None);
    }

    async fn settings_are_written_over_the_version_that_was_read(scratch: Scratch) {
        let catalog = scratch.catalog().await;
        let put = async |version: i64, value: &str| {
            let mut tx = catalog.begin().await.unwrap();
            let version = tx.put_settings("name", version, &value.to_owned(), at(0)).await?;
            tx.commit().await.map(|()| version)
        };
        let read = async || catalog.settings::<String>("name").await.unwrap();
        assert_eq!((read().await.value, read().await.version), (String::new(), 0));
        assert_eq!(put(0, "é").await.unwrap(), 1);
        assert_eq!(put(1, "two").await.unwrap(), 2);
        for stale in [0, 1] {
            assert_eq!(put(stale, "late").await.expect_err("stale").kind(), CatalogErrorKind::Stale, "version {stale}");
        }
        assert_eq!((read().await.value, read().await.version), ("two".to_owned(), 2));
    }

    async fn the_audit_log_is_written_before_and_completed_after(scratch: Scratch) {
        let catalog = scratch.catalog().await;
        let mut ids: Vec<AuditId> = Vec::new();
        for number in 0..5 {
            let action = if number % 2 == 0 { "plans.create" } else { "users.delete" };
            ids.push(catalog.audit_begin(&begin("Émile", action, number), at(number)).await.unwrap());
        }
        let end = AuditEnd {
            outcome: AuditOutcome::Succeeded,
            actor: None,
            object_id: Some(77),
            object_name: Some("50%_off".into()),
            detail: None,
        };
        catalog.audit_finish(ids[2], &end).await.unwrap();
        let list = async |filter: AuditFilter| {
            let (mut seen, mut request) = (Vec::new(), PageRequest::first(2));
            loop {
                let page = catalog.audit(&filter, &request).await.unwrap();
                seen.extend(page.items);
                let Some(cursor) = page.next_cursor else { return (seen, page.total) };
                request.cursor = Some(cursor);
            }
        };
        let (all, total) = list(AuditFilter::default()).await;
        let numbers: Vec<_> = all.iter().map(|row| row.id).collect();
        ids.reverse();
        assert_eq!((numbers, total), (ids.clone(), 5), "newest first, each once");
        let done = &all[2];
        assert_eq!((done.outcome, done.object_id, done.object_name.as_deref()), (AuditOutcome::Succeeded, Some(77), Some("50%_off")));
        assert_eq!((done.actor.as_str(), done.at, done.address.as_deref()), ("Émile", at(2), Some("192.0.2.7")));
        assert_eq!(all[0].outcome, AuditOutcome::Started);

        let found = async |filter: AuditFilter| list(filter).await.1;
        assert_eq!(found(AuditFilter { text: Some("%_OFF".into()), ..AuditFilter::default() }).await, 1);
        assert_eq!(found(AuditFilter { text: Some("émile".into()), ..AuditFilter::default() }).await, 5);
        assert_eq!(found(AuditFilter { action: Some("users.delete".into()), ..AuditFilter::default() }).await, 2);
        let object = |id| AuditFilter { object: Some(("plans".into(), id)), ..AuditFilter::default() };
        assert_eq!((found(object(None)).await, found(object(Some(77))).await, found(object(Some(2))).await), (3, 1, 0));
    }

    async fn a_transaction_that_is_dropped_leaves_nothing_and_holds_nobody_up(scratch: Scratch) {
        let catalog = scratch.catalog().await;
        let mut tx = catalog.begin().await.unwrap();
        tx.insert_user(&new("a", Role::Administrator), at(0)).await.unwrap();
        drop(tx);
        let next = tokio::time::timeout(Duration::from_secs(20), add(&catalog, new("a", Role::Administrator)));
        next.await.expect("the next writer waits for ever");
        assert_eq!(catalog.users(None, &PageRequest::default()).await.unwrap().total, 1);
        assert!(catalog.last_event_seq().await.unwrap() > 0);
    }
}
