//! An agent from its enrolment to its jobs, and everything that may happen to it in the middle of them.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use rempart_agent_tests::{Agent, Server, Trouble, Way, lease, refused, until};
use rempart_host::explorer::{Page, TreeSize};
use rempart_host::stats::HostStats;
use rempart_model::{Outcome, WorkPriority};
use rempart_protocol::control::{Answer, Question};
use rempart_protocol::job::{JobResult, Withdrawal};
use rempart_protocol::order::{BackupOutcome, PaceStep, RestoreOutcome};
use rempart_tests_support::{Place, strange, tree};

/// A server, a source with some strange entries, and an agent that runs.
struct Scene {
    // Before the folder that its log is in.
    agent: Agent,
    server: Server,
    place: Place,
}

impl Scene {
    fn new(name: &str) -> Self {
        let place = Place::new(name);
        strange::make(&place.source());
        let server = Server::start(&place.repository());
        let mut agent = Agent::enrol(&server, &place.path().join("agent"));
        agent.start();
        Self { agent, server, place }
    }

    fn source(&self) -> PathBuf {
        self.place.source()
    }

    fn backup(&self, job: i64) -> (JobResult, BackupOutcome) {
        self.server.order_backup(lease(job, 1), &self.server.backup_order(&self.source()));
        self.backed_up(job, 1)
    }

    fn backed_up(&self, job: i64, generation: i64) -> (JobResult, BackupOutcome) {
        let result = self.server.ended(lease(job, generation));
        let outcome = serde_json::from_value(result.details.clone()).expect("a backup's outcome");
        (result, outcome)
    }

    /// Brings the newest snapshot back below another folder, and compares.
    fn restore_and_compare(&self, job: i64, what: &str) -> RestoreOutcome {
        let target = self.place.path().join(format!("restored-{job}"));
        self.server.order_restore(lease(job, 1), &self.server.restore_order(&target));
        let result = self.server.ended(lease(job, 1));
        assert_eq!(result.outcome, Outcome::Succeeded, "{result:?}");
        let below = target.join(self.source().strip_prefix("/").expect("absolute"));
        tree::assert_equal(&self.source(), &below, tree::ALL, what);
        serde_json::from_value(result.details).expect("a restore's outcome")
    }

    /// Waits until a job is in the middle: blobs came, and the server holds the rest.
    fn in_the_middle(&self) {
        until("blobs come", || (self.server.seen().blobs >= 3).then_some(()));
    }

    fn list(&self, path: &Path) -> Page {
        let question = Question::List { path: path.to_str().expect("plain").into(), after: None, limit: 1000 };
        match self.server.ask(question) {
            Answer::Done(page) => serde_json::from_value(page).expect("a page"),
            Answer::Failed(fault) => panic!("{fault:?}"),
        }
    }
}

/// In the middle of the third blob.
const HOLD: Trouble = Trouble { hold_after_blobs: Some(3), cut_after_frames: None, cuts: 0 };

fn whole(result: &JobResult, outcome: &BackupOutcome) {
    assert_eq!(result.outcome, Outcome::Succeeded, "{result:?}");
    assert!(outcome.snapshot.is_some() && outcome.problems.count == 0, "{outcome:?}");
}

#[test]
fn a_token_is_good_for_one_agent_of_the_right_server() {
    let place = Place::new("agent-enrol");
    let server = Server::start(&place.repository());
    let data = |name: &str| place.path().join(name);
    let other = rempart_protocol::Identity::generate().public().to_string();
    let token = server.token();
    let said = refused(&server, &data("a"), &other, &token);
    assert!(said.contains("not the server that the agent was installed for"), "{said}");
    let expired = server.token_until(Timestamp::now() - SignedDuration::from_secs(1));
    let said = refused(&server, &data("b"), &server.key(), &expired);
    assert!(said.contains("expired"), "{said}");
    let said = refused(&server, &data("c"), &server.key(), "rpe_short");
    assert!(said.contains("43 characters"), "{said}");

    let mut agent = Agent::enrol(&server, &data("d"));
    let mode = |path: &Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o7777;
    assert_eq!(mode(agent.data()), 0o700);
    for file in ["key.json", "agent.json"] {
        assert_eq!(mode(&agent.data().join(file)), 0o600, "{file}");
    }
    agent.start();
    until("the agent calls home with its key alone", || server.is_connected().then_some(()));
    until("it says so itself", || (agent.status().code == Some(0)).then_some(()));
    let said = until("it knows its machine", || server.seen().about);
    assert!(!said.host_name.is_empty() && !said.kernel.is_empty(), "{said:?}");
    agent.terminate();
    let status = agent.status();
    assert_eq!(status.code, Some(1), "{status}");
    assert!(status.stdout.contains("not running"), "{status}");
}

#[test]
fn a_token_that_was_used_is_refused_to_another_agent() {
    let place = Place::new("agent-token");
    let server = Server::start(&place.repository());
    let token = server.token();
    let first = place.path().join("first");
    let enrol = |data: &Path| {
        rempart_tests_support::Program::agent()
            .args(["enrol", "--server", &server.url(), "--server-key", &server.key(), "--token", &token, "--data"])
            .arg(data)
            .run()
    };
    assert_eq!(enrol(&first).code, Some(0));
    assert_eq!(enrol(&first).code, Some(0), "its first answer may have been lost");
    let said = refused(&server, &place.path().join("second"), &server.key(), &token);
    assert!(said.contains("used by another agent"), "{said}");
}

#[test]
fn a_server_whose_name_the_proxy_alone_knows_is_reached_through_it() {
    let place = Place::new("agent-proxy");
    strange::make(&place.source());
    let server = Server::start(&place.repository());
    let way = Way::to(&server);
    let (url, certificate) = way.url();
    let data = place.path().join("agent");
    let mut agent = Agent::enrol_by(&server, &data, (&url, &certificate), &[way.variable()]);
    agent.start();
    until("the agent is connected", || server.is_connected().then_some(()));
    let scene = Scene { agent, server, place };
    let (result, outcome) = scene.backup(1);
    whole(&result, &outcome);
    scene.restore_and_compare(2, "through the proxy");
    let asked = way.asked();
    // Once to enrol, once for the channel, and data by ways of its own.
    assert!(asked.len() > 4 && asked.iter().all(|way| way == "CONNECT backup.invalid:443"), "{asked:?}");
    way.shut();
    scene.server.cut_control();
    until("it is said why there is no way", || {
        let status = scene.agent.status().stdout;
        (status.contains("no way through the proxy") && status.contains("403 Forbidden")).then_some(())
    });
}

#[test]
fn a_limit_holds_until_its_hour_is_over() {
    let scene = Scene::new("agent-pace");
    std::fs::write(scene.source().join("noise"), strange::noise(7, 8 << 20)).expect("a large file");
    let mut order = scene.server.backup_order(&scene.source());
    let (begins, ends) = (Timestamp::UNIX_EPOCH, Timestamp::now() + SignedDuration::from_secs(8));
    // What is let go first takes longer than there are seconds: nothing follows it until the limit ends.
    order.limits.pace =
        vec![PaceStep { from: begins, bytes_per_second: Some(1) }, PaceStep { from: ends, bytes_per_second: None }];
    order.limits.priority = WorkPriority::Low;
    scene.server.order_backup(lease(1, 1), &order);
    until("the job runs", || (scene.server.seen().progress > 2).then_some(()));
    let seen = scene.server.seen().blobs;
    // On a machine that took so long to come here, this look says nothing.
    if Timestamp::now() < ends {
        assert_eq!(seen, 0, "sent without waiting for its turn");
    }
    let (result, outcome) = scene.backed_up(1, 1);
    whole(&result, &outcome);
    assert!(Timestamp::now() >= ends, "as if there was no limit");
    scene.restore_and_compare(2, "what was sent slowly");
}

#[test]
fn folders_sizes_and_figures_are_told_on_demand() {
    let scene = Scene::new("agent-explore");
    let page = scene.list(&scene.source());
    let names: Vec<String> = page.entries.iter().map(|entry| entry.name.to_text()).collect();
    let mut expected: Vec<String> =
        std::fs::read_dir(scene.source()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    expected.sort();
    assert_eq!(names, expected);
    let many = scene.source().join("many");
    let size = match scene.server.ask(Question::TreeSize { path: many.to_str().unwrap().into() }) {
        Answer::Done(size) => serde_json::from_value::<TreeSize>(size).unwrap(),
        Answer::Failed(fault) => panic!("{fault:?}"),
    };
    assert_eq!(size.files, 300);
    let Answer::Done(stats) = scene.server.ask(Question::Stats) else { panic!("figures") };
    assert!(serde_json::from_value::<HostStats>(stats).unwrap().cpu.cores > 0);
    let Answer::Done(found) = scene.server.ask(Question::Capabilities) else { panic!("capabilities") };
    assert!(found["tools"].is_array(), "{found}");
    let missing = Question::List { path: "/no/such/folder".into(), after: None, limit: 5 };
    assert!(matches!(scene.server.ask(missing), Answer::Failed(fault) if fault.code == "missing"));
}

#[test]
fn a_strange_tree_is_backed_up_and_comes_back_and_what_is_unchanged_is_not_read_again() {
    let scene = Scene::new("agent-backup");
    let (result, first) = scene.backup(1);
    whole(&result, &first);
    assert!(first.summary.files_new > 300 && first.summary.data_blobs > 0, "{first:?}");
    scene.restore_and_compare(2, "the first snapshot");

    // By the change cache: no content is sent, and no tree is read. Folders above the source may have changed.
    let read = scene.server.seen().trees_read;
    let (result, second) = scene.backup(3);
    whole(&result, &second);
    assert_eq!(
        (second.summary.files_unmodified, second.summary.data_blobs),
        (first.summary.files_new, 0),
        "{second:?}"
    );
    assert_eq!(scene.server.seen().trees_read, read);

    // Without it: the parent's trees are read through the session.
    std::fs::remove_dir_all(scene.agent.data().join("changes")).expect("the change cache");
    let (result, third) = scene.backup(4);
    whole(&result, &third);
    assert_eq!((third.summary.files_unmodified, third.summary.data_blobs), (first.summary.files_new, 0), "{third:?}");
    assert!(scene.server.seen().trees_read > read, "no tree of the parent was read");

    strange::change(&scene.source(), 1);
    let (result, fourth) = scene.backup(5);
    whole(&result, &fourth);
    assert!(fourth.summary.files_changed > 0 && fourth.summary.files_new < 10, "{fourth:?}");
    scene.restore_and_compare(6, "after a change");
    assert!(scene.server.seen().progress > 0, "nothing was told while jobs ran");
}

#[test]
fn connections_that_break_cost_nothing_but_time() {
    let scene = Scene::new("agent-cut");
    std::fs::write(scene.source().join("noise"), strange::noise(7, 60 << 20)).expect("a large file");
    scene.server.make_trouble(Trouble { cut_after_frames: Some(3), cuts: 12, ..Trouble::default() });
    let (result, outcome) = scene.backup(1);
    whole(&result, &outcome);
    let seen = scene.server.seen();
    assert!(seen.data_connections > 10, "only {} connections: was any cut?", seen.data_connections);
    assert_eq!((seen.accepted.as_slice(), seen.ended.len()), (&[lease(1, 1)][..], 1));
    scene.server.make_trouble(Trouble { cut_after_frames: Some(1), cuts: 12, ..Trouble::default() });
    scene.restore_and_compare(2, "over connections that break");
}

#[test]
fn an_agent_that_loses_its_channel_works_on_and_reports() {
    let scene = Scene::new("agent-link");
    scene.server.make_trouble(HOLD);
    scene.server.order_backup(lease(1, 1), &scene.server.backup_order(&scene.source()));
    scene.in_the_middle();
    scene.server.cut_control();
    scene.server.make_trouble(Trouble::default());
    let (result, outcome) = scene.backed_up(1, 1);
    whole(&result, &outcome);
    let seen = scene.server.seen();
    assert_eq!(seen.accepted, [lease(1, 1)], "offered once, run once");
    assert!(seen.control_connections >= 2 && seen.gone.is_empty(), "{seen:?}");
    assert_eq!(scene.server.snapshots().len(), 1);
}

#[test]
fn a_job_of_an_agent_that_was_killed_fails_once_and_succeeds_under_the_next_lease() {
    let mut scene = Scene::new("agent-kill");
    scene.server.make_trouble(HOLD);
    scene.server.order_backup(lease(1, 1), &scene.server.backup_order(&scene.source()));
    scene.in_the_middle();
    scene.agent.kill();
    scene.server.make_trouble(Trouble::default());
    scene.agent.start();
    let result = scene.server.ended(lease(1, 1));
    assert_eq!((result.outcome, result.may_retry), (Outcome::Failed, true), "{result:?}");
    assert_eq!(result.code.as_deref(), Some("agent.restarted"));
    assert!(scene.server.snapshots().is_empty(), "nothing is committed that nobody finished");
    scene.server.order_backup(lease(1, 2), &scene.server.backup_order(&scene.source()));
    let (result, outcome) = scene.backed_up(1, 2);
    whole(&result, &outcome);
    assert_eq!(scene.server.seen().accepted, [lease(1, 1), lease(1, 2)]);
    scene.restore_and_compare(2, "after a kill");
}

#[test]
fn a_job_is_stopped_on_request() {
    let scene = Scene::new("agent-stop");
    scene.server.make_trouble(HOLD);
    scene.server.order_backup(lease(1, 1), &scene.server.backup_order(&scene.source()));
    scene.in_the_middle();
    scene.server.stop(lease(1, 1), Withdrawal::Canceled);
    let result = scene.server.ended(lease(1, 1));
    assert_eq!(result.outcome, Outcome::Canceled, "{result:?}");
    scene.server.make_trouble(Trouble::default());
    let (result, outcome) = scene.backup(2);
    whole(&result, &outcome);
}

#[test]
fn an_agent_that_is_stopped_ends_soon_and_tells_what_it_broke_off() {
    let mut scene = Scene::new("agent-term");
    scene.server.make_trouble(HOLD);
    scene.server.order_backup(lease(1, 1), &scene.server.backup_order(&scene.source()));
    scene.in_the_middle();
    scene.agent.terminate();
    scene.server.make_trouble(Trouble::default());
    assert!(!scene.server.seen().ended.contains_key(&lease(1, 1)), "told without a channel");
    scene.agent.start();
    let result = scene.server.ended(lease(1, 1));
    assert_eq!((result.outcome, result.may_retry), (Outcome::Failed, true), "{result:?}");
    assert_eq!(result.code.as_deref(), Some("agent.restarted"));
}

#[test]
fn what_cannot_be_done_is_told_with_its_reason() {
    let scene = Scene::new("agent-faults");
    let mut order = scene.server.backup_order(&scene.source());
    order.sources.folders = vec!["/no/such/folder".into()];
    scene.server.order_backup(lease(1, 1), &order);
    let (result, outcome) = scene.backed_up(1, 1);
    assert_eq!((result.outcome, result.code.as_deref()), (Outcome::Failed, Some("backup.nothing_read")));
    assert_eq!(outcome.problems.first[0].path, "/no", "the first folder that is missing");
    order.sources.folders = vec![scene.source().to_str().unwrap().into(), "/no/such/folder".into()];
    scene.server.order_backup(lease(2, 1), &order);
    let (result, outcome) = scene.backed_up(2, 1);
    assert_eq!((result.outcome, outcome.problems.count), (Outcome::Warning, 1), "{result:?}");
    assert!(outcome.snapshot.is_some());
    order.sources.excludes = vec!["[".into()];
    scene.server.order_backup(lease(3, 1), &order);
    let (result, _) = scene.backed_up(3, 1);
    assert_eq!((result.outcome, result.code.as_deref()), (Outcome::Failed, Some("backup.bad_pattern")));

    let mut order = scene.server.restore_order(&scene.place.path().join("back"));
    order.paths = vec!["/no/such/file".into()];
    scene.server.order_restore(lease(4, 1), &order);
    assert_eq!(scene.server.ended(lease(4, 1)).code.as_deref(), Some("snapshot.path_missing"));
    order.paths.clear();
    order.target = Some("relative".into());
    scene.server.order_restore(lease(5, 1), &order);
    assert_eq!(scene.server.ended(lease(5, 1)).code.as_deref(), Some("restore.target"));
}
