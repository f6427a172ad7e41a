//! Whether a request comes from our own page.

use axum::http::{HeaderMap, HeaderValue, Method, Request, header};
use subtle::ConstantTimeEq;

use super::caller::{Caller, Credential};
use super::errors::{ApiError, codes};

/// The header that a page sends with every change.
pub const CSRF_HEADER: &str = "x-rempart-csrf";

#[must_use]
pub fn is_unsafe(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE)
}

/// A change must come from our own origin, and with a session it must carry the session's token. A bearer token is
/// proof enough: no browser sends it by itself.
pub fn check(method: &Method, headers: &HeaderMap, caller: Option<&Caller>) -> Result<(), ApiError> {
    if !is_unsafe(method) {
        return Ok(());
    }
    match caller.map(|caller| &caller.by) {
        Some(Credential::Token { .. }) => Ok(()),
        Some(Credential::Session { csrf_token, .. }) => {
            same_origin(headers)?;
            let sent = headers.get(CSRF_HEADER).map(|value| value.as_bytes()).unwrap_or_default();
            if sent.ct_eq(csrf_token.as_bytes()).into() { Ok(()) } else { Err(ApiError::new(&codes::CSRF)) }
        }
        None => same_origin(headers),
    }
}

/// HTTP/2 names the host in the request's address (RFC 9113, section 8.3.1), HTTP/1.1 in a header: from here on it is there.
pub fn name_host<B>(request: &mut Request<B>) {
    if request.headers().contains_key(header::HOST) {
        return;
    }
    let host = request.uri().authority().and_then(|host| HeaderValue::from_str(host.as_str()).ok());
    if let Some(host) = host {
        request.headers_mut().insert(header::HOST, host);
    }
}

/// `Origin`, where a browser sends one, must name the host that was asked.
pub fn same_origin(headers: &HeaderMap) -> Result<(), ApiError> {
    let refuse = |origin: &str| ApiError::new(&codes::ORIGIN).with("origin", origin);
    if headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site") {
        return Err(refuse("cross-site"));
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
    let origin = origin.to_str().map_err(|_| refuse("?"))?;
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("");
    match origin.split_once("://") {
        Some(("http" | "https", from)) if from.eq_ignore_ascii_case(host) => Ok(()),
        _ => Err(refuse(origin)),
    }
}

/// What the client calls itself, short enough to be kept.
#[must_use]
pub fn user_agent(headers: &HeaderMap) -> String {
    let text = headers.get(header::USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    text.unwrap_or_default().chars().filter(|c| !c.is_control()).take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse::<header::HeaderName>().unwrap(), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn the_host_of_an_http2_request_is_that_of_its_address() {
        let asked = |uri: &str, pairs: &[(&'static str, &str)]| {
            let mut request = Request::builder().uri(uri).body(()).unwrap();
            *request.headers_mut() = headers(pairs);
            name_host(&mut request);
            request.headers().clone()
        };
        let origin = ("origin", "https://backup.example:3000");
        assert!(same_origin(&asked("https://backup.example:3000/api/auth/login", &[origin])).is_ok());
        assert!(same_origin(&asked("https://elsewhere.example/api/auth/login", &[origin])).is_err());
        assert!(same_origin(&asked("/api/auth/login", &[origin])).is_err());
        // What a header says stays.
        assert!(same_origin(&asked("https://elsewhere.example/", &[origin, ("host", "backup.example:3000")])).is_ok());
    }

    #[test]
    fn a_browser_on_another_site_is_refused() {
        let host = ("host", "backup.example:3000");
        let cases: &[(&[(&'static str, &str)], bool)] = &[
            (&[host], true),
            (&[host, ("origin", "https://backup.example:3000")], true),
            (&[host, ("origin", "http://backup.example:3000")], true),
            (&[host, ("origin", "https://backup.example")], false),
            (&[host, ("origin", "https://evil.example")], false),
            (&[host, ("origin", "null")], false),
            (&[host, ("sec-fetch-site", "cross-site")], false),
            (&[host, ("sec-fetch-site", "same-origin")], true),
        ];
        for (pairs, allowed) in cases {
            assert_eq!(same_origin(&headers(pairs)).is_ok(), *allowed, "{pairs:?}");
        }
    }
}
