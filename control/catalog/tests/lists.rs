//! Lists in the order of names: page by page, searched, narrowed, on both dialects.

use jiff::{SignedDuration, Timestamp};
use rempart_catalog::{
    Catalog, LocalServer, NewPool, NewRepoClient, NewRepository, NewSession, NewToken, NewUser, Page, PageRequest,
    RepositoryFilter, on_both_dialects,
};
use rempart_jobs::{ProcessInfo, WorkerStore as _};
use rempart_model::{ClientMode, PoolId, PoolKind, PoolState, Role, UserId};

fn now() -> Timestamp {
    "2026-05-01T12:00:00Z".parse().unwrap()
}

/// Upper and lower case, beyond ASCII too, a name that begins another, wildcards of `LIKE`; in the order of the list.
const NAMES: [&str; 6] = ["100% nas", "archive", "Archive 2", "Bureau", "cave_froide", "Étage"];

/// Added from the last to the first, so that their numbers are in no order.
async fn pools(catalog: &Catalog) -> Vec<PoolId> {
    let mut tx = catalog.begin().await.unwrap();
    let mut ids = Vec::new();
    for name in NAMES.iter().rev() {
        let pool = NewPool {
            uid: (*name).into(),
            name: (*name).into(),
            kind: PoolKind::Local,
            place: "{}".into(),
            location: format!("/srv/{}", name.len()) + name,
            secrets: None,
            state: PoolState::Reachable,
        };
        ids.push(tx.insert_pool(&pool, now()).await.unwrap());
    }
    tx.commit().await.unwrap();
    ids
}

fn repository(pool_id: PoolId, name: &str) -> NewRepository {
    let (uid, path) = (format!("{pool_id}-{name}"), format!("web1/{name}"));
    NewRepository { uid, pool_id, server_id: None, name: name.into(), path, password: "s1.x.y".into() }
}

/// All pages of a list, two rows each, and the total that every page tells.
async fn whole<T>(list: impl AsyncFn(PageRequest) -> Page<T>, name: impl Fn(T) -> String) -> (Vec<String>, u64) {
    let (mut names, mut request, mut totals) = (Vec::new(), PageRequest::first(2), Vec::new());
    loop {
        let page = list(request.clone()).await;
        assert!(page.items.len() <= 2, "a page of {}", page.items.len());
        totals.push(page.total);
        names.extend(page.items.into_iter().map(&name));
        request.cursor = page.next_cursor;
        if request.cursor.is_none() {
            totals.dedup();
            assert_eq!(totals.len(), 1, "pages tell different totals: {totals:?}");
            return (names, totals[0]);
        }
    }
}

on_both_dialects! {
    async fn pools_are_listed_by_name_and_found_by_part_of_it_case_aside(scratch: Scratch) {
        let catalog = scratch.catalog().await;
        let ids = pools(&catalog).await;
        let list = async |text: Option<&str>| {
            whole(async |request| catalog.pools(text, &request).await.unwrap(), |row| row.name).await
        };
        assert_eq!(list(None).await, (NAMES.map(String::from).to_vec(), 6));
        for (text, found) in [
            ("ARCH", vec!["archive", "Archive 2"]),
            ("étage", vec!["Étage"]),
            ("ÉTA", vec!["Étage"]),
            ("e_f", vec!["cave_froide"]),
            ("a_c", vec![]),
            ("0%", vec!["100% nas"]),
            ("/srv/6", vec!["Bureau", "Étage"]),
        ] {
            let (names, total) = list(Some(text)).await;
            assert_eq!((names, total), (found.iter().map(|name| (*name).to_owned()).collect(), found.len() as u64), "{text}");
        }
        // A new name is found, and has the new place.
        let mut row = catalog.pool(ids[0]).await.unwrap();
        row.name = "ÂTRE".into();
        let mut tx = catalog.begin().await.unwrap();
        tx.update_pool(&row, row.version, now()).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(list(Some("âtre")).await, (vec!["ÂTRE".to_owned()], 1));
        assert_eq!(catalog.all_pools().await.unwrap().len(), 6);
    }

    async fn repositories_are_narrowed_by_pool_and_server(scratch: Scratch) {
        let catalog = scratch.catalog().await;
        let pools = pools(&catalog).await;
        let local = LocalServer { name: "Web1".into(), address: None, os: None, host_name: "web1.example".into() };
        let mut tx = catalog.begin().await.unwrap();
        let server = tx.register_local_server(&local, now()).await.unwrap();
        let mut first = None;
        for (pool, name) in [(0, "main"), (1, "Main"), (1, "logs"), (0, "db"), (2, "main")] {
            let of_server = (pool == 1).then_some(server);
            let new = NewRepository { server_id: of_server, ..repository(pools[pool], name) };
            let id = tx.insert_repository(&new, now()).await.unwrap();
            first.get_or_insert(id);
        }
        tx.commit().await.unwrap();
        let list = async |filter: RepositoryFilter| {
            let all = async |request| catalog.repositories(&filter, &request).await.unwrap();
            whole(all, |row| format!("{} in {}", row.name, row.pool_name)).await.0
        };
        let all = ["db in Étage", "logs in cave_froide", "main in Étage", "Main in cave_froide", "main in Bureau"];
        assert_eq!(list(RepositoryFilter::default()).await, all);
        let of_pool = RepositoryFilter { pool_id: Some(pools[1]), ..RepositoryFilter::default() };
        assert_eq!(list(of_pool.clone()).await, ["logs in cave_froide", "Main in cave_froide"]);
        assert_eq!(list(RepositoryFilter { text: Some("MAI".into()), ..of_pool }).await, ["Main in cave_froide"]);
        let of_server = RepositoryFilter { server_id: Some(server), ..RepositoryFilter::default() };
        assert_eq!(list(of_server).await.len(), 2);
        let text = |text: &str| RepositoryFilter { text: Some(text.into()), ..RepositoryFilter::default() };
        assert_eq!(list(text("WEB1/")).await.len(), 5, "by path");
        assert_eq!(list(text("éta")).await, ["db in Étage", "main in Étage"], "by the pool's name");
        let id = first.unwrap();
        let mut tx = catalog.begin().await.unwrap();
        tx.rename_repository(id, "Zone", 1, now()).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(list(text("zone")).await, ["Zone in Étage"]);
        assert_eq!(list(RepositoryFilter::default()).await.last().unwrap(), "Zone in Étage");
        assert_eq!(catalog.repository_paths(&[id, id]).await.unwrap(), [(id, "web1/main".to_owned())].into());
        assert_eq!(catalog.server_names(&[server]).await.unwrap(), [(server, "Web1".to_owned())].into());
        assert_eq!(catalog.servers_by_host().await.unwrap(), [("web1.example".to_owned(), server)].into());
    }

    async fn tokens_are_those_of_their_owner_or_of_everybody(scratch: Scratch) {
        let catalog = scratch.catalog().await;
        let mut tx = catalog.begin().await.unwrap();
        let mut users: Vec<UserId> = Vec::new();
        for name in ["Zoé", "ann"] {
            let password_hash = String::new();
            let new = NewUser { name: name.into(), email: None, role: Role::Viewer, language: None, password_hash };
            users.push(tx.insert_user(&new, now()).await.unwrap().id);
        }
        for (user, name) in [(0, "Backup"), (1, "backup 2"), (0, "archive"), (1, "monitor")] {
            let new = NewToken {
                user_id: users[user], name: name.into(), token_hash: name.into(), scopes: vec!["read".into()],
                expires_at: None,
            };
            tx.insert_token(&new, now()).await.unwrap();
        }
        tx.commit().await.unwrap();
        let list = async |user: Option<UserId>, text: Option<&str>| {
            whole(async |request| catalog.tokens(user, text, &request).await.unwrap(), |row| row.name).await.0
        };
        assert_eq!(list(None, None).await, ["archive", "Backup", "backup 2", "monitor"]);
        assert_eq!(list(Some(users[0]), None).await, ["archive", "Backup"]);
        assert_eq!(list(Some(UserId::new(999)), None).await, Vec::<String>::new());
        assert_eq!(list(None, Some("BACK")).await, ["Backup", "backup 2"]);
        assert_eq!(list(None, Some("zoé")).await, ["archive", "Backup"], "by the owner's name");
        assert_eq!(catalog.count_tokens(users[0]).await.unwrap(), 2);
    }

    async fn restic_clients_are_those_of_their_repository_by_name(scratch: Scratch) {
        let catalog = scratch.catalog().await;
        let pool = pools(&catalog).await[0];
        let mut tx = catalog.begin().await.unwrap();
        let main = tx.insert_repository(&repository(pool, "main"), now()).await.unwrap();
        let other = tx.insert_repository(&repository(pool, "other"), now()).await.unwrap();
        for (repository_id, username) in [(main, "web-2"), (main, "Laptop"), (other, "web-9"), (main, "web_1")] {
            let (username, password_hash, mode) = (username.into(), String::new(), ClientMode::AppendOnly);
            let new = NewRepoClient { repository_id, username, password_hash, mode, quota_bytes: None };
            tx.insert_repo_client(&new, now()).await.unwrap();
        }
        tx.commit().await.unwrap();
        let list = async |text: Option<&str>| {
            let page = async |request| catalog.repo_clients(main, text, &request).await.unwrap();
            let (mut names, total) = whole(page, |row| row.username).await;
            // Where capitals and signs stand, each database has its own order.
            names.sort();
            (names, total)
        };
        assert_eq!(list(None).await, (["Laptop", "web-2", "web_1"].map(String::from).to_vec(), 3));
        assert_eq!(list(Some("LAP")).await.0, ["Laptop"]);
        assert_eq!(list(Some("b_")).await.0, ["web_1"]);
    }

    async fn sessions_are_those_of_their_user_the_last_used_first(scratch: Scratch) {
        let catalog = scratch.catalog().await;
        let mut tx = catalog.begin().await.unwrap();
        let mut users = Vec::new();
        for name in ["ann", "bob"] {
            let password_hash = String::new();
            let new = NewUser { name: name.into(), email: None, role: Role::Viewer, language: None, password_hash };
            users.push(tx.insert_user(&new, now()).await.unwrap().id);
        }
        let minute = |minutes: i64| now() + SignedDuration::from_mins(minutes);
        // Two at the same moment: their numbers decide.
        for (user, seen, browser) in [(0, 3, "Firefox/1"), (0, 1, "Chrome/2"), (1, 2, "Firefox/3"), (0, 3, "Safari/4"), (0, -9, "Gone/5")] {
            let new = NewSession {
                user_id: users[user], token_hash: browser.into(), csrf_token: String::new(), expires_at: minute(seen + 9),
                address: "192.0.2.7".into(), user_agent: browser.into(),
            };
            tx.insert_session(&new, minute(seen)).await.unwrap();
        }
        tx.commit().await.unwrap();
        let list = async |text: Option<&str>| {
            let page = async |request| catalog.sessions_of(users[0], text, minute(5), &request).await.unwrap();
            whole(page, |row| row.user_agent).await
        };
        let all = ["Safari/4", "Firefox/1", "Chrome/2"];
        assert_eq!(list(None).await, (all.map(String::from).to_vec(), 3));
        assert_eq!(list(Some("fire")).await.0, ["Firefox/1"]);
        assert_eq!(list(Some("192.0")).await.0, all);
    }

    async fn workers_stand_process_by_process_and_ten_comes_after_nine(scratch: Scratch) {
        let catalog = scratch.catalog().await;
        let store = catalog.job_store();
        let process = |host: &str, pid: u32| {
            ProcessInfo { id: format!("{host} {pid}"), host: host.into(), pid, ..ProcessInfo::this(now()) }
        };
        for (host, pid, count) in [("web", 7, 3), ("Archive", 9, 7), ("web", 3, 2)] {
            store.register(process(host, pid), count, now(), Timestamp::UNIX_EPOCH).await.unwrap();
        }
        let list = async |text: Option<&str>| {
            let page = async |request| catalog.workers(text, &request).await.unwrap();
            whole(page, |row| format!("{} {} {}", row.host, row.pid, row.name)).await
        };
        let (all, total) = list(None).await;
        let archive: Vec<String> = (4..=10).map(|number| format!("Archive 9 w{number}")).collect();
        let web = ["web 3 w11", "web 3 w12", "web 7 w1", "web 7 w2", "web 7 w3"].map(String::from);
        assert_eq!((all, total), ([archive.clone(), web.to_vec()].concat(), 12));
        assert_eq!(list(Some("archive")).await.0, archive);
        assert_eq!(list(Some("W12")).await.0, ["web 3 w12"]);
    }
}
