//! Power and network that fail in the middle of backups and restores: all of it arrives, once.

use serde_json::json;

use crate::data::grow;
use crate::lab::Lab;

const SOURCE: &str = "/srv/data";
const MIB: usize = 1 << 20;

/// An agent, a plan for its data, and how many bytes these are.
async fn protected() -> (Lab, i64, u64) {
    let lab = Lab::new().await;
    lab.installed().await;
    let bytes = grow(&lab.machine.root.join("srv/data"), 32, MIB, 1);
    let plan = lab.plan(&[SOURCE], 1).await;
    (lab, plan, bytes)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cable_that_is_cut_is_waited_for_and_nothing_is_sent_twice() {
    let (lab, plan, bytes) = protected().await;
    let before = lab.machine.sent_bytes();
    lab.machine.slow(20);
    let job = lab.execute(plan).await;
    lab.in_the_middle(job, bytes / 4).await;
    lab.machine.cable("down");
    lab.until("the agent is missed", async || (lab.connection().await == "offline").then_some(())).await;
    lab.machine.cable("up");
    lab.machine.fast();
    let done = lab.succeeds(job).await;
    assert_eq!(done["attempt"], 1, "{done}");
    let sent = lab.machine.sent_bytes() - before;
    // What was on its way at the cut goes again: no more than the credit of a session.
    assert!(sent < bytes + bytes / 2, "{sent} bytes were sent for {bytes}");
    assert_eq!(lab.snapshots().await.len(), 1);

    lab.machine.slow(20);
    let job = lab.restore(lab.snapshots().await[0], "/srv/back").await;
    lab.in_the_middle(job, bytes / 4).await;
    lab.machine.cable("down");
    lab.until("the agent is missed", async || (lab.connection().await == "offline").then_some(())).await;
    lab.machine.cable("up");
    lab.machine.fast();
    let done = lab.succeeds(job).await;
    assert_eq!(done["attempt"], 1, "{done}");
    lab.assert_restored(SOURCE, "/srv/back");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_line_that_loses_packets_carries_all_of_it() {
    let (lab, plan, bytes) = protected().await;
    lab.machine.slow(50);
    lab.machine.lossy(5);
    let before = lab.machine.sent_bytes();
    let done = lab.succeeds(lab.execute(plan).await).await;
    assert_eq!(done["attempt"], 1, "{done}");
    let sent = lab.machine.sent_bytes() - before;
    assert!(sent < bytes + bytes / 2, "{sent} bytes were sent for {bytes}");
    let done = lab.succeeds(lab.restore(lab.snapshots().await[0], "/srv/back").await).await;
    assert_eq!(done["attempt"], 1, "{done}");
    lab.assert_restored(SOURCE, "/srv/back");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn power_that_fails_in_the_middle_ends_in_one_whole_snapshot_and_one_whole_restore() {
    let (mut lab, plan, bytes) = protected().await;
    lab.machine.slow(20);
    let job = lab.execute(plan).await;
    lab.in_the_middle(job, bytes / 4).await;
    lab.machine.cut_power();
    lab.machine.give_power();
    // The agent comes back with the machine, knows of its job, and goes on with it.
    let done = lab.succeeds(job).await;
    assert_eq!(done["attempt"], 1, "{done}");
    assert_eq!(lab.snapshots().await.len(), 1);
    let runs = lab.admin.get("/api/runs").await.expect(200).body;
    assert_eq!(runs["total"], json!(1), "{runs}");

    lab.machine.slow(20);
    let job = lab.restore(lab.snapshots().await[0], "/srv/back").await;
    lab.in_the_middle(job, bytes / 4).await;
    lab.machine.cut_power();
    lab.machine.give_power();
    let done = lab.succeeds(job).await;
    assert_eq!(done["attempt"], 1, "{done}");
    lab.assert_restored(SOURCE, "/srv/back");
    assert_eq!(lab.snapshots().await.len(), 1);
}
