//! The gates, knocked at by who is no agent of this server, or of another time.

use std::sync::Arc;

use futures_util::{SinkExt as _, StreamExt as _};
use rempart_protocol::handshake::{AgentHandshake, ChannelBinding, Purpose};
use rempart_protocol::{Identity, OURS, RefusalCode, VersionRange};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::agent::{Control, Socket, socket};
use crate::support::Server;

/// What is said to `words`, before the end.
async fn answered(socket: &mut Socket, words: &str) -> String {
    socket.send(Message::text(words)).await.expect("the server listens");
    let answer = socket.next().await.expect("a reason").expect("a message");
    assert!(matches!(socket.next().await, Some(Ok(Message::Close(Some(_))))), "{words}: {answer}");
    answer.to_text().expect("text").to_owned()
}

#[tokio::test]
async fn who_is_no_agent_is_told_why_and_let_in_nowhere() {
    let server = Server::start().await;
    let pinned = server.state.work.agent_identity().await.unwrap().public();
    let stranger = Arc::new(Identity::generate());
    let refused = async |pinned| Control::open(&server, &stranger, pinned).await.err().expect("let in").code;
    assert_eq!(refused(pinned).await, RefusalCode::UnknownAgent);
    assert_eq!(refused(Identity::generate().public()).await, RefusalCode::WrongServer);
    // A session, a token, or plain words open neither gate.
    for (gate, words) in [("control", "let me in"), ("control", "{}"), ("data", "[]"), ("data", "{\"type\":\"ready\"}")]
    {
        let answer = answered(&mut socket(&server, gate).await, words).await;
        let refused: Value = serde_json::from_str(&answer).expect("JSON");
        assert_eq!((&refused["type"], &refused["code"]), (&json!("refused"), &json!("malformed")), "{gate}: {words}");
    }
    let plain = reqwest::get(format!("{}/api/agent/control", server.url)).await.unwrap();
    assert!(plain.status().is_client_error(), "{}", plain.status());
}

#[tokio::test]
async fn an_agent_of_another_time_is_told_which_of_the_two_to_upgrade() {
    let server = Server::start().await;
    let pinned = server.state.work.agent_identity().await.unwrap().public();
    let too_new = OURS.newest.0 + 1;
    for (gate, purpose) in [("control", Purpose::Control), ("data", Purpose::Data)] {
        for (oldest, newest, behind) in
            [(0, 0, "the agent is too old"), (too_new, too_new + 3, "the server is too old")]
        {
            let (identity, versions) = (Arc::new(Identity::generate()), VersionRange::new(oldest, newest));
            let begun =
                AgentHandshake::begin_with(identity, pinned, None, purpose, ChannelBinding::None, "1", versions);
            let (mut agent, hello) = begun.unwrap();
            let answer = answered(&mut socket(&server, gate).await, &hello).await;
            let refusal = agent.receive(&answer).expect_err("let in");
            assert_eq!(refusal.code, RefusalCode::Version, "{gate}: {refusal}");
            assert!(refusal.detail.contains(behind), "{gate}: {refusal}");
        }
    }
}
