//! Setup, login, sessions, second factor, tokens: who gets in, and who does not.

mod support;

use rempart_model::Role;
use reqwest::Method;
use serde_json::json;
use support::{PASSWORD, Server};

#[tokio::test]
async fn the_setup_link_makes_one_administrator_and_is_void_then() {
    // Given a server without users and the token that it printed
    let server = Server::start().await;
    let token = server.state.setup.open().unwrap();
    let person = server.nobody();
    let state = person.get("/api/setup").await.expect(200);
    assert_eq!(state.body["needed"], true);
    // When somebody else guesses, nothing is made
    let body = |token: &str| json!({ "token": token, "name": "camille", "password": PASSWORD, "language": "fr" });
    person.post("/api/setup", body("guess")).await.refused(403, "setup.wrong_token");
    let weak = json!({ "token": token, "name": "camille", "password": "password123" });
    person.post("/api/setup", weak).await.refused(422, "user.password_obvious");
    // Then the right one makes the administrator, signed in, once
    let made = person.post("/api/setup", body(&token)).await.expect(201);
    assert_eq!((made.body["name"].as_str(), made.body["role"].as_str()), (Some("camille"), Some("administrator")));
    let me = person.get("/api/auth/me").await.expect(200);
    assert_eq!(me.body["user"]["language"], "fr");
    assert!(me.body["permissions"].as_array().unwrap().contains(&json!("manageUsers")));
    person.post("/api/setup", body(&token)).await.refused(409, "setup.done");
    assert_eq!(server.nobody().get("/api/setup").await.body["needed"], false);
}

#[tokio::test]
async fn a_session_lasts_until_it_is_ended_here_or_elsewhere() {
    let server = Server::start().await;
    let here = server.signed_in(Role::Viewer).await;
    let mut elsewhere = server.nobody();
    elsewhere.sign_in("VIEWER", PASSWORD, None).await;
    let sessions = here.get("/api/auth/sessions").await.expect(200);
    let list = sessions.body["items"].as_array().unwrap();
    assert_eq!((list.len(), &sessions.body["total"]), (2, &json!(2)), "{}", sessions.text);
    let other = list.iter().find(|session| session["current"] == false).unwrap();
    let first = here.get("/api/auth/sessions?limit=1").await.expect(200).body;
    let next = format!("/api/auth/sessions?limit=1&cursor={}", first["nextCursor"].as_str().unwrap());
    let second = here.get(&next).await.expect(200).body;
    assert_eq!(json!([first["items"][0]["id"], second["items"][0]["id"]]), json!([list[0]["id"], list[1]["id"]]));
    assert!(second["nextCursor"].is_null() && second["total"] == 2, "{second}");
    assert_eq!(here.get("/api/auth/sessions?q=no-such-browser").await.expect(200).body["total"], 0);
    here.delete(&format!("/api/auth/sessions/{}", other["id"])).await.expect(204);
    elsewhere.get("/api/auth/me").await.refused(401, "auth.required");
    here.delete(&format!("/api/auth/sessions/{}", other["id"])).await.refused(404, "request.not_found");
    here.post("/api/auth/logout", json!({})).await.expect(204);
    here.get("/api/auth/me").await.refused(401, "auth.required");
}

#[tokio::test]
async fn the_cookie_is_out_of_reach_of_scripts_and_other_sites() {
    let server = Server::start().await;
    server.user(Role::Viewer).await;
    let answer = server.nobody().try_sign_in("viewer", PASSWORD, None).await.expect(200);
    let cookie = answer.headers["set-cookie"].to_str().unwrap();
    for part in ["rempart_session=", "HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "in the clear on loopback a browser would drop it: {cookie}");
    for header in ["content-security-policy", "x-content-type-options", "x-frame-options", "referrer-policy"] {
        assert!(answer.headers.contains_key(header), "{header} is missing");
    }
    assert_eq!(answer.headers["cache-control"], "no-store");
}

#[tokio::test]
async fn a_change_needs_the_token_of_the_page_and_its_own_origin() {
    let server = Server::start().await;
    let mut person = server.signed_in(Role::Viewer).await;
    let change = json!({ "theme": "dark" });
    let foreign = person.request(Method::PATCH, "/api/auth/me").json(&change).header("origin", "https://evil.example");
    person.send(foreign).await.refused(403, "auth.origin");
    person.patch("/api/auth/me", change.clone()).await.expect(200);
    person.csrf = Some("guess".to_owned());
    person.patch("/api/auth/me", change.clone()).await.refused(403, "auth.csrf");
    person.csrf = None;
    person.patch("/api/auth/me", change).await.refused(403, "auth.csrf");
    let login = server.nobody();
    let forged = login
        .request(Method::POST, "/api/auth/login")
        .json(&json!({ "name": "viewer", "password": PASSWORD }))
        .header("origin", "https://evil.example");
    login.send(forged).await.refused(403, "auth.origin");
}

#[tokio::test]
async fn guessing_is_slowed_down_and_an_unknown_name_is_refused_as_a_wrong_password() {
    let server = Server::start().await;
    server.user(Role::Viewer).await;
    let person = server.nobody();
    person.try_sign_in("nobody", PASSWORD, None).await.refused(401, "auth.wrong_credentials");
    for _ in 0..5 {
        person.try_sign_in("viewer", "wrong password", None).await.refused(401, "auth.wrong_credentials");
    }
    let slowed = person.try_sign_in("viewer", PASSWORD, None).await.refused(429, "auth.throttled");
    assert!(slowed.headers.contains_key("retry-after"));
}

#[tokio::test]
async fn the_second_factor_is_asked_for_and_each_code_signs_in_once() {
    let server = Server::start().await;
    let person = server.signed_in(Role::Operator).await;
    // Given a device that was given the secret
    let start = person.post("/api/auth/totp", json!({})).await.expect(200);
    assert!(start.body["qrSvg"].as_str().unwrap().contains("<svg"));
    assert!(start.body["otpauthUrl"].as_str().unwrap().starts_with("otpauth://totp/"));
    let totp = totp_rs::Totp::from_url(start.body["otpauthUrl"].as_str().unwrap()).unwrap();
    let now = jiff::Timestamp::now().as_second() as u64;
    person.post("/api/auth/totp/confirm", json!({ "code": "000000x" })).await.refused(401, "auth.wrong_totp");
    let before = totp.generate(now - 30).to_string();
    let confirmed = person.post("/api/auth/totp/confirm", json!({ "code": before })).await.expect(200);
    let recovery: Vec<String> = serde_json::from_value(confirmed.body["codes"].clone()).unwrap();
    assert_eq!(recovery.len(), 10);
    // Then the password alone does not get in, nor a code that was used
    let other = server.nobody();
    other.try_sign_in("operator", PASSWORD, None).await.refused(401, "auth.totp_required");
    other.try_sign_in("operator", PASSWORD, Some(&before)).await.refused(401, "auth.wrong_totp");
    let code = totp.generate(now).to_string();
    other.try_sign_in("operator", PASSWORD, Some(&code)).await.expect(200);
    other.try_sign_in("operator", PASSWORD, Some(&code)).await.refused(401, "auth.wrong_totp");
    // And a recovery code gets in once
    other.try_sign_in("operator", PASSWORD, Some(&recovery[0].to_uppercase())).await.expect(200);
    other.try_sign_in("operator", PASSWORD, Some(&recovery[0])).await.refused(401, "auth.wrong_totp");
    // And it is turned off by the password only
    let remove =
        |password: &str| person.request(Method::DELETE, "/api/auth/totp").json(&json!({ "password": password }));
    person.send(remove("wrong")).await.refused(403, "user.password_wrong");
    person.send(remove(PASSWORD)).await.expect(204);
    server.nobody().try_sign_in("operator", PASSWORD, None).await.expect(200);
}

#[tokio::test]
async fn a_token_may_what_its_scopes_say_and_no_more() {
    let server = Server::start().await;
    let person = server.signed_in(Role::Administrator).await;
    let make = |scopes: serde_json::Value| json!({ "name": "monitoring", "scopes": scopes, "expiresAt": null });
    person.post("/api/tokens", make(json!(["everything"]))).await.refused(422, "token.scope");
    person.post("/api/tokens", make(json!([]))).await.refused(422, "request.empty_field");
    let past = json!({ "name": "x", "scopes": ["read"], "expiresAt": "2020-01-01T00:00:00Z" });
    person.post("/api/tokens", past).await.refused(422, "token.expiry");
    let made = person.post("/api/tokens", make(json!(["read", "own"]))).await.expect(201);
    let secret = made.body["secret"].as_str().unwrap().to_owned();
    assert!(secret.starts_with("rp_"));
    let program = server.nobody();
    let bearer = |method: Method, path: &str| program.request(method, path).bearer_auth(&secret);
    program.send(bearer(Method::GET, "/api/system")).await.expect(200);
    program.send(bearer(Method::GET, "/metrics")).await.expect(200);
    program.send(bearer(Method::GET, "/api/users")).await.refused(403, "auth.forbidden");
    let more = bearer(Method::POST, "/api/tokens").json(&make(json!(["read"])));
    program.send(more).await.refused(403, "auth.session_only");
    person.delete(&format!("/api/tokens/{}", made.body["token"]["id"])).await.expect(204);
    program.send(bearer(Method::GET, "/api/system")).await.refused(401, "auth.bad_token");
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions() {
    let server = Server::start().await;
    let here = server.signed_in(Role::Viewer).await;
    let mut elsewhere = server.nobody();
    elsewhere.sign_in("viewer", PASSWORD, None).await;
    let change = |current: &str, new: &str| json!({ "current": current, "new": new });
    here.post("/api/auth/password", change("wrong", "another long one")).await.refused(403, "user.password_wrong");
    here.post("/api/auth/password", change(PASSWORD, "short")).await.refused(422, "user.password_short");
    here.post("/api/auth/password", change(PASSWORD, "another long one")).await.expect(204);
    here.get("/api/auth/me").await.expect(200);
    elsewhere.get("/api/auth/me").await.refused(401, "auth.required");
    server.nobody().try_sign_in("viewer", PASSWORD, None).await.refused(401, "auth.wrong_credentials");
}
