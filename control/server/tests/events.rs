//! Events reach browsers: who may hear what, and nothing is lost over a break.

mod support;

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use jiff::Timestamp;
use rempart_catalog::Topic;
use rempart_model::Role;
use serde_json::{Value, json};
use support::{PASSWORD, Person, Server};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The session's cookie, as a browser would send it.
async fn cookie(server: &Server, role: Role) -> String {
    let person: Person = server.nobody();
    let answer = person.try_sign_in(role.as_str(), PASSWORD, None).await.expect(200);
    answer.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
}

async fn connect(server: &Server, cookie: &str, origin: &str) -> Result<Socket, tungstenite::Error> {
    let mut request = format!("ws://{}/ws", server.address).into_client_request()?;
    request.headers_mut().insert("cookie", cookie.parse().unwrap());
    request.headers_mut().insert("origin", origin.parse().unwrap());
    tokio_tungstenite::connect_async(request).await.map(|(socket, _)| socket)
}

async fn hear(socket: &mut Socket) -> Value {
    loop {
        let message = tokio::time::timeout(Duration::from_secs(20), socket.next()).await.expect("nothing is heard");
        match message.expect("the connection ended").expect("a message") {
            Message::Text(text) => return serde_json::from_str(&text).unwrap(),
            Message::Close(frame) => return json!({ "closed": frame.map(|frame| frame.reason.to_string()) }),
            _ => {}
        }
    }
}

async fn say(socket: &mut Socket, message: Value) {
    socket.send(Message::text(message.to_string())).await.unwrap();
}

async fn happen(server: &Server, topic: Topic, id: i64) {
    let mut tx = server.catalog().begin().await.unwrap();
    tx.append_event(topic, "changed", id, &json!({ "n": id }), Timestamp::now()).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_browser_hears_what_it_subscribed_to_and_what_it_missed() {
    let server = Server::start().await;
    server.user(Role::Viewer).await;
    let cookie = cookie(&server, Role::Viewer).await;
    let mut socket = connect(&server, &cookie, &server.url).await.unwrap();
    say(&mut socket, json!({ "subscribe": ["plans"], "after": null })).await;
    let hello = hear(&mut socket).await;
    let seq = hello["hello"]["seq"].as_i64().unwrap_or_else(|| panic!("{hello}"));
    happen(&server, Topic::Jobs, 1).await;
    happen(&server, Topic::Plans, 2).await;
    let event = hear(&mut socket).await;
    assert_eq!(
        (event["topic"].as_str(), event["id"].as_i64(), event["data"]["n"].as_i64()),
        (Some("plans"), Some(2), Some(2))
    );
    // Given a break in which something happens
    socket.close(None).await.unwrap();
    happen(&server, Topic::Plans, 3).await;
    let mut socket = connect(&server, &cookie, &server.url).await.unwrap();
    say(&mut socket, json!({ "subscribe": ["plans", "jobs"], "after": event["seq"] })).await;
    assert!(hear(&mut socket).await["hello"]["seq"].as_i64().unwrap() >= seq);
    assert_eq!(hear(&mut socket).await["id"], 3);
    // And a number that this server does not know
    say(&mut socket, json!({ "subscribe": ["plans"], "after": 1_000_000 })).await;
    assert!(hear(&mut socket).await["hello"].is_object());
    assert_eq!(hear(&mut socket).await["reset"], true);
}

#[tokio::test]
async fn a_viewer_does_not_hear_of_users() {
    let server = Server::start().await;
    server.user(Role::Viewer).await;
    let mut socket = connect(&server, &cookie(&server, Role::Viewer).await, &server.url).await.unwrap();
    say(&mut socket, json!({ "subscribe": ["users", "workers", "plans"], "after": null })).await;
    hear(&mut socket).await;
    happen(&server, Topic::Users, 1).await;
    happen(&server, Topic::Workers, 2).await;
    happen(&server, Topic::Plans, 3).await;
    assert_eq!(hear(&mut socket).await["id"], 3);
}

#[tokio::test]
async fn another_site_and_strangers_get_no_events() {
    let server = Server::start().await;
    server.user(Role::Viewer).await;
    let cookie = cookie(&server, Role::Viewer).await;
    for (cookie, origin, status) in
        [(cookie.as_str(), "https://evil.example", 403), ("none=1", server.url.as_str(), 401)]
    {
        match connect(&server, cookie, origin).await {
            Err(tungstenite::Error::Http(response)) => assert_eq!(response.status(), status, "{origin}"),
            Err(error) => panic!("{origin}: {error}"),
            Ok(_) => panic!("{origin} was let in"),
        }
    }
    let mut socket = connect(&server, &cookie, &server.url).await.unwrap();
    socket.send(Message::text("nonsense")).await.unwrap();
    assert!(hear(&mut socket).await["closed"].as_str().unwrap().contains("subscribe"));
}
