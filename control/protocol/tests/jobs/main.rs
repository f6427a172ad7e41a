//! Jobs over a control channel that is cut at any moment: run at most once, every end told.

mod histories;
mod pair;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rempart_model::{JobId, JobProgress, Outcome};
use rempart_protocol::RefusalCode;
use rempart_protocol::job::{
    BookEvent, Decline, FromAgent, JobBook, JobDesk, JobOffer, JobResult, ToAgent, Withdrawal,
};

use pair::{Pair, lease, offer};

#[test]
fn an_agent_that_lost_the_link_works_on_and_reports() {
    let mut pair = Pair::new();
    pair.connect();
    pair.assign(lease(1, 1));
    pair.assign(lease(2, 1));
    while pair.carry(1) {}
    assert_eq!(pair.started, [lease(1, 1), lease(2, 1)]);
    pair.cut();
    pair.finish_one();
    pair.connect();
    while pair.carry(1) {}
    assert_eq!(pair.ended, BTreeMap::from([(lease(1, 1), Outcome::Succeeded)]));
    assert_eq!(pair.started.len(), 2, "the other still runs and is not started again");
    assert!(pair.off_the_desk.is_empty());
}

#[test]
fn a_stop_that_was_asked_for_without_a_link_is_said_when_the_agent_is_back() {
    let mut pair = Pair::new();
    pair.connect();
    pair.assign(lease(1, 1));
    while pair.carry(1) {}
    pair.cut();
    pair.stop(lease(1, 1), Withdrawal::Canceled);
    assert!(pair.stops.is_empty());
    pair.connect();
    while pair.carry(1) {}
    assert_eq!(pair.stops, BTreeSet::from([lease(1, 1)]));
    pair.settle();
    assert_eq!(pair.ended, BTreeMap::from([(lease(1, 1), Outcome::Canceled)]));
}

#[test]
fn an_offer_that_comes_again_is_answered_and_not_run() {
    let mut book = JobBook::new();
    let (first, younger) = (lease(1, 5), lease(1, 6));
    let receive = |book: &mut JobBook, offer: JobOffer| book.receive(ToAgent::Offer(offer));
    assert!(matches!(receive(&mut book, offer(first)), (_, Some(BookEvent::Start(_)))));
    assert!(matches!(receive(&mut book, offer(first)), (Some(_), None)));
    let declined = |reply: &Option<FromAgent>| match reply {
        Some(FromAgent::Decline { reason, .. }) => Some(*reason),
        _ => None,
    };
    let (reply, event) = receive(&mut book, offer(younger));
    assert_eq!(declined(&reply), Some(Decline::StillStopping));
    assert_eq!(event, Some(BookEvent::Stop { lease: first, reason: Withdrawal::LeaseLost }));
    assert_eq!(declined(&receive(&mut book, offer(lease(1, 4))).0), Some(Decline::Stale));
    book.finish(JobResult::new(first, Outcome::Canceled)).unwrap();
    assert!(matches!(receive(&mut book, offer(younger)), (_, Some(BookEvent::Start(_)))));
    book.finish(JobResult::new(younger, Outcome::Succeeded)).unwrap();
    book.receive(ToAgent::ResultTaken { lease: younger, kept: true });
    for late in [first, younger] {
        assert_eq!(declined(&receive(&mut book, offer(late)).0), Some(Decline::Stale), "{late:?}, long done");
    }
}

#[test]
fn a_server_started_anew_takes_up_what_it_expects_and_stops_what_it_does_not_know() {
    let mut pair = Pair::new();
    pair.connect();
    for job in 1..4 {
        pair.assign(lease(job, 1));
    }
    while pair.carry(1) {}
    pair.cut();
    pair.finish_one();
    pair.desk = JobDesk::new();
    // The first has ended meanwhile, the second runs, the fourth is not known to the agent.
    pair.desk.expect([1, 2, 4].map(JobId::new));
    pair.connect();
    while pair.carry(1) {}
    assert_eq!(pair.stops, BTreeSet::from([lease(3, 1)]), "it is nobody's any more");
    assert_eq!(pair.adopted, [lease(2, 1), lease(1, 1)]);
    assert_eq!(pair.ended, BTreeMap::from([(lease(1, 1), Outcome::Succeeded)]));
    pair.settle();
    assert_eq!(pair.ended.get(&lease(2, 1)), Some(&Outcome::Succeeded));
    assert_eq!(pair.started.len(), 3, "nothing ran twice");
    // Expected of one report only.
    pair.desk.expect([JobId::new(9)]);
    pair.connect();
    while pair.carry(1) {}
    assert_eq!(pair.desk.leases().count(), 0);
}

#[test]
fn messages_lost_repeated_or_before_the_report_are_refused_and_the_peer_is_told() {
    let mut pair = Pair::new();
    pair.connect();
    while pair.carry(1) {}
    let Some((agent, server)) = &mut pair.line else { unreachable!() };
    pair.book.receive(ToAgent::Offer(offer(lease(1, 1))));
    agent.progress(&pair.book, lease(1, 1), JobProgress::default()).unwrap();
    let message = agent.next_message().unwrap();
    server.receive(pair.now, &message, &mut pair.desk).unwrap();
    let refusal = server.receive(pair.now, &message, &mut pair.desk).expect_err("the same again");
    assert_eq!(refusal.code, RefusalCode::OutOfOrder);
    let mut last = None;
    while let Some(message) = server.next_message() {
        last = Some(message);
    }
    assert!(last.is_some_and(|message| message.contains("outOfOrder")), "the agent is told why");

    let mut desk = JobDesk::new();
    desk.line_up();
    let early = FromAgent::Accept { lease: lease(1, 1) };
    assert_eq!(desk.receive(early).expect_err("before the report").code, RefusalCode::Unexpected);
}

#[test]
fn the_round_trip_is_known_and_silence_ends_the_channel_on_both_sides() {
    let mut pair = Pair::new();
    pair.connect();
    while pair.carry(1) {}
    {
        let Some((_, server)) = &mut pair.line else { unreachable!() };
        server.tick(pair.now, &mut pair.desk).unwrap();
    }
    pair.now += Duration::from_millis(40);
    while pair.carry(1) {}
    let Some((agent, server)) = &mut pair.line else { unreachable!() };
    assert_eq!(server.round_trip(), Some(Duration::from_millis(40)));
    let later = pair.now + Duration::from_secs(30);
    assert_eq!(agent.tick(later).expect_err("silence").code, RefusalCode::Silent);
    assert_eq!(server.tick(later, &mut pair.desk).expect_err("silence").code, RefusalCode::Silent);
}

#[test]
fn details_that_would_not_fit_a_message_are_refused_where_they_are_made() {
    let mut book = JobBook::new();
    book.receive(ToAgent::Offer(offer(lease(1, 1))));
    let mut result = JobResult::new(lease(1, 1), Outcome::Warning);
    result.message = Some("é".repeat(5000));
    result.details = serde_json::Value::String("x".repeat(600_000));
    assert_eq!(book.finish(result.clone()).expect_err("too long").code, RefusalCode::TooLong);
    assert!(book.runs(lease(1, 1)), "it can be told again, shorter");
    result.details = serde_json::Value::Null;
    assert!(book.finish(result).unwrap().is_some());
    let mut big = offer(lease(2, 1));
    big.payload = serde_json::Value::String("x".repeat(600_000));
    assert_eq!(JobDesk::new().assign(big).expect_err("too long").code, RefusalCode::TooLong);
}
