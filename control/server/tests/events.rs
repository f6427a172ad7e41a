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

/// The connection is closed, and nothing is heard before.
async fn ends(mut socket: Socket, reason: &str) {
    assert_eq!(hear(&mut socket).await, json!({ "closed": reason }));
}

#[tokio::test]
async fn a_revoked_credential_hears_nothing_more() {
    // Given a person signed in twice, and a program of theirs, all of them listening; one of them to nothing yet.
    let server = Server::start().await;
    let person = server.signed_in(Role::Administrator).await;
    let stolen = cookie(&server, Role::Administrator).await;
    let mut revoked = connect(&server, &stolen, &server.url).await.unwrap();
    say(&mut revoked, json!({ "subscribe": ["plans"], "after": null })).await;
    hear(&mut revoked).await;
    let silent = connect(&server, &stolen, &server.url).await.unwrap();
    let made = person.post("/api/tokens", json!({ "name": "monitor", "scopes": ["read"] })).await.expect(201);
    let mut request = format!("ws://{}/ws", server.address).into_client_request().unwrap();
    let bearer = format!("Bearer {}", made.body["secret"].as_str().unwrap());
    request.headers_mut().insert("authorization", bearer.parse().unwrap());
    let (mut program, _) = tokio_tungstenite::connect_async(request).await.unwrap();
    say(&mut program, json!({ "subscribe": ["plans"], "after": null })).await;
    hear(&mut program).await;

    // When the session is ended elsewhere, its sockets end, and the program's does not.
    let sessions = person.get("/api/auth/sessions").await.expect(200).body;
    let other = sessions["items"].as_array().unwrap().iter().find(|session| session["current"] == false).unwrap();
    person.delete(&format!("/api/auth/sessions/{}", other["id"])).await.expect(204);
    ends(revoked, "signed out").await;
    ends(silent, "signed out").await;
    happen(&server, Topic::Plans, 5).await;
    assert_eq!(hear(&mut program).await["id"], 5);

    // And so it is with a token that is removed.
    person.delete(&format!("/api/tokens/{}", made.body["token"]["id"])).await.expect(204);
    ends(program, "signed out").await;
}

#[tokio::test]
async fn whoever_is_shut_out_or_gets_another_role_hears_nothing_more() {
    let server = Server::start().await;
    let admin = server.signed_in(Role::Administrator).await;
    server.user(Role::Viewer).await;
    let viewer = admin.get("/api/users?q=viewer").await.expect(200).body["items"][0]["id"].clone();
    let path = format!("/api/users/{viewer}");
    for (change, reason) in [
        (json!({ "role": "operator" }), "the role has changed"),
        (json!({ "password": "two herons on the pond" }), "signed out"),
        (json!({ "disabled": true }), "signed out"),
    ] {
        // Each begins with the person signed in anew, as they were.
        let again = json!({ "role": "viewer", "disabled": false, "password": PASSWORD });
        admin.patch(&path, again).await.expect(200);
        let socket = connect(&server, &cookie(&server, Role::Viewer).await, &server.url).await.unwrap();
        admin.patch(&path, change).await.expect(200);
        ends(socket, reason).await;
    }
}

/// Another server on the same catalog: what one of them revokes, the other one ends too.
#[tokio::test]
async fn a_session_revoked_at_another_server_hears_nothing_more() {
    let server = Server::start().await;
    let admin = server.signed_in(Role::Administrator).await;
    let other = server.another().await;
    let stolen = cookie(&server, Role::Administrator).await;
    let socket = connect(&other, &stolen, &other.url).await.unwrap();
    let sessions = admin.get("/api/auth/sessions").await.expect(200).body;
    let revoked = sessions["items"].as_array().unwrap().iter().find(|session| session["current"] == false).unwrap();
    admin.delete(&format!("/api/auth/sessions/{}", revoked["id"])).await.expect(204);
    ends(socket, "signed out").await;
}

#[tokio::test]
async fn who_does_not_ask_for_a_websocket_is_told_so() {
    let server = Server::start().await;
    let viewer = server.signed_in(Role::Viewer).await;
    for path in ["/ws", "/api/agent/control", "/api/agent/data"] {
        viewer.get(path).await.refused(400, "request.not_a_websocket");
    }
}
