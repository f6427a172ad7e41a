//! Questions on the control channel: answered once each, bounded, of no consequence for jobs.

use std::sync::Arc;
use std::time::Duration;

use rempart_protocol::control::{
    About, AgentControl, AgentEvent, AgentParts, Answer, AnswerFault, Question, ServerControl, ServerEvent,
};
use rempart_protocol::handshake::{AgentReady, ChannelBinding};
use rempart_protocol::job::{JobBook, JobDesk};
use rempart_protocol::{Identity, RefusalCode, limits};
use serde_json::json;

const NOW: Duration = Duration::ZERO;

struct Line {
    agent: AgentControl,
    server: ServerControl,
    book: JobBook,
    desk: JobDesk,
}

impl Line {
    /// An agent that is in and has reported.
    fn new() -> Self {
        let (agent, server) = (Arc::new(Identity::generate()), Arc::new(Identity::generate()));
        let parts = AgentParts {
            identity: agent,
            pinned: server.public(),
            token: None,
            binding: ChannelBinding::None,
            agent_version: "1".into(),
        };
        let mut line = Self {
            agent: AgentControl::open(parts, NOW).unwrap(),
            server: ServerControl::new(server, ChannelBinding::None, NOW),
            book: JobBook::new(),
            desk: JobDesk::new(),
        };
        while !line.server.is_ready() {
            let message = line.agent.next_message().unwrap();
            if line.server.receive_visitor(&message).unwrap().is_some() {
                line.server.admit(NOW, AgentReady::default(), &mut line.desk).unwrap();
            }
            let _ = line.carry_to_agent();
        }
        let _ = line.carry_to_server();
        line
    }

    fn carry_to_agent(&mut self) -> Result<Vec<AgentEvent>, RefusalCode> {
        let mut events = Vec::new();
        while let Some(message) = self.server.next_message() {
            events.extend(self.agent.receive(NOW, &message, &mut self.book).map_err(|refusal| refusal.code)?);
        }
        Ok(events)
    }

    fn carry_to_server(&mut self) -> Result<Vec<ServerEvent>, RefusalCode> {
        let mut events = Vec::new();
        while let Some(message) = self.agent.next_message() {
            events.extend(self.server.receive(NOW, &message, &mut self.desk).map_err(|refusal| refusal.code)?);
        }
        Ok(events)
    }
}

fn list(path: &str) -> Question {
    Question::List { path: path.into(), after: None, limit: 10 }
}

#[test]
fn each_question_is_answered_once_in_any_order() {
    let mut line = Line::new();
    let (first, second) = (line.server.ask(list("/srv")).unwrap(), line.server.ask(Question::Stats).unwrap());
    let asked = [
        AgentEvent::Asked { number: first, question: list("/srv") },
        AgentEvent::Asked { number: second, question: Question::Stats },
    ];
    assert_eq!(line.carry_to_agent().unwrap(), asked);
    let (figures, gone) = (Answer::Done(json!({ "cores": 2 })), Answer::Failed(AnswerFault::new("missing", "/srv")));
    line.agent.answer(second, figures.clone()).unwrap();
    line.agent.answer(first, gone.clone()).unwrap();
    line.agent.answer(first, figures.clone()).unwrap();
    let answered = [
        ServerEvent::Answered { number: second, answer: figures },
        ServerEvent::Answered { number: first, answer: gone },
    ];
    assert_eq!(line.carry_to_server().unwrap(), answered, "a second answer is not said");
}

#[test]
fn a_question_that_is_withdrawn_is_answered_all_the_same() {
    let mut line = Line::new();
    let number = line.server.ask(Question::TreeSize { path: "/".into() }).unwrap();
    line.carry_to_agent().unwrap();
    line.server.withdraw(number).unwrap();
    assert_eq!(line.carry_to_agent().unwrap(), [AgentEvent::Withdrawn(number)]);
    let canceled = Answer::Failed(AnswerFault::new(AnswerFault::CANCELED, ""));
    line.agent.answer(number, canceled.clone()).unwrap();
    line.server.withdraw(number).unwrap();
    assert_eq!(line.carry_to_server().unwrap(), [ServerEvent::Answered { number, answer: canceled }]);
    assert_eq!(line.carry_to_agent().unwrap(), [], "withdrawn while the answer was under way");
    line.server.withdraw(number).unwrap();
    assert_eq!(line.server.next_message(), None, "nothing is said of what was answered");
}

#[test]
fn an_answer_that_is_too_long_becomes_one_that_says_so() {
    let mut line = Line::new();
    let number = line.server.ask(list("/")).unwrap();
    line.carry_to_agent().unwrap();
    line.agent.answer(number, Answer::Done(json!("x".repeat(limits::CONTROL_MESSAGE_BYTES)))).unwrap();
    let events = line.carry_to_server().unwrap();
    let [ServerEvent::Answered { answer: Answer::Failed(fault), .. }] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!(fault.code, AnswerFault::TOO_LONG);
    line.server.ask(Question::Stats).unwrap();
    assert_eq!(line.carry_to_agent().unwrap().len(), 1, "the channel goes on");
}

#[test]
fn a_question_of_a_newer_server_is_known_as_unknown() {
    let question: Question = serde_json::from_str(r#"{"type":"inventedLater","depth":3}"#).unwrap();
    assert_eq!(question, Question::Unknown);
}

#[test]
fn more_than_the_limits_allow_is_not_asked_and_not_taken() {
    let mut line = Line::new();
    let long = list(&"x".repeat(limits::PATH_TEXT_BYTES + 1));
    assert_eq!(line.server.ask(long).map_err(|refusal| refusal.code), Err(RefusalCode::TooLong));
    let empty = Question::List { path: "/".into(), after: None, limit: 0 };
    assert_eq!(line.server.ask(empty).map_err(|refusal| refusal.code), Err(RefusalCode::Malformed));
    for _ in 0..limits::ASKED_AT_A_TIME {
        line.server.ask(Question::Stats).unwrap();
    }
    assert_eq!(line.server.ask(Question::Stats).map_err(|refusal| refusal.code), Err(RefusalCode::TooLong));
    assert_eq!(line.carry_to_agent().unwrap().len(), limits::ASKED_AT_A_TIME);
    line.agent.answer(1, Answer::Done(json!(null))).unwrap();
    line.carry_to_server().unwrap();
    assert!(line.server.ask(Question::Stats).is_ok(), "there is room again");
}

#[test]
fn an_answer_that_nobody_asked_for_ends_the_connection() {
    let mut line = Line::new();
    let number = line.server.ask(Question::Stats).unwrap();
    line.carry_to_agent().unwrap();
    line.agent.answer(number, Answer::Done(json!(1))).unwrap();
    let message = line.agent.next_message().unwrap();
    assert!(line.server.receive(NOW, &message, &mut line.desk).is_ok());
    let seq: u64 = serde_json::from_str::<serde_json::Value>(&message).unwrap()["seq"].as_u64().unwrap();
    let again = message.replacen(&format!("\"seq\":{seq}"), &format!("\"seq\":{}", seq + 1), 1);
    let refusal = line.server.receive(NOW, &again, &mut line.desk).expect_err("answered before");
    assert_eq!(refusal.code, RefusalCode::Foreign);
    assert!(!line.server.is_ready());
}

#[test]
fn an_agent_tells_what_its_machine_is_within_the_limits() {
    let mut line = Line::new();
    let told = About { host_name: "web1".into(), addresses: vec!["10.0.0.5".into()], ..About::default() };
    line.agent.about(told.clone()).unwrap();
    assert_eq!(line.carry_to_server().unwrap(), [ServerEvent::About(told)]);
    let long = About { os: "é".repeat(limits::NAME_BYTES), addresses: vec!["::1".into(); 100], ..About::default() };
    line.agent.about(long).unwrap();
    let events = line.carry_to_server().unwrap();
    let [ServerEvent::About(about)] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!((about.os.len(), about.addresses.len()), (limits::NAME_BYTES, limits::ADDRESSES_TOLD));
}
