//! What is known about a request before its handler runs, and what the handler adds.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use parking_lot::Mutex;

use super::audit::AuditNote;
use super::caller::Caller;
use super::errors::{ApiError, codes};
use super::{language, origin};
use crate::api::types::Language;
use crate::auth;
use crate::settings::{Network, PlainBecause, Transport};
use crate::state::AppState;

/// One per request, in its extensions.
pub struct RequestContext {
    pub state: AppState,
    /// The rightmost hop that is not one of our proxies.
    pub address: IpAddr,
    pub caller: Option<Caller>,
    /// Why a credential that was sent is not taken; answered where a route asks for one.
    pub refused_credential: Option<ApiError>,
    pub user_agent: String,
    pub note: Mutex<AuditNote>,
}

impl RequestContext {
    pub fn of(extensions: &Extensions) -> Result<&Arc<Self>, ApiError> {
        extensions.get::<Arc<Self>>().ok_or_else(|| ApiError::new(&codes::INTERNAL))
    }

    #[must_use]
    pub fn language(&self, headers: &HeaderMap) -> Language {
        let chosen = self.caller.as_ref().and_then(|caller| caller.language);
        chosen.or_else(|| language::asked_for(headers)).unwrap_or(language::DEFAULT)
    }
}

/// The client's address.
#[derive(Debug, Clone, Copy)]
pub struct ClientAddress(pub IpAddr);

impl<S: Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Ok(Self(RequestContext::of(&parts.extensions)?.address))
    }
}

/// The language to answer in, for handlers that write sentences themselves.
#[derive(Debug, Clone, Copy)]
pub struct AnswerLanguage(pub Language);

impl<S: Sync> FromRequestParts<S> for AnswerLanguage {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Ok(Self(RequestContext::of(&parts.extensions)?.language(&parts.headers)))
    }
}

impl<S: Sync> FromRequestParts<S> for Language {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Ok(RequestContext::of(&parts.extensions)?.language(&parts.headers))
    }
}

/// The outermost layer of the API: finds out who asks, runs the rest, and writes refusals in their language.
pub async fn attach(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map_or(Ipv4Addr::LOCALHOST.into(), |c| c.0.ip());
    origin::name_host(&mut request);
    let settings = &state.settings;
    if let Err(refusal) = check_peer(peer, &settings.transport, &settings.proxies) {
        return refusal.answer(language::asked_for(request.headers()).unwrap_or(language::DEFAULT));
    }
    let address = client_address(peer, request.headers(), &settings.proxies);
    let (caller, refused) = match auth::recognise(&state, request.headers(), address).await {
        Ok(caller) => (caller, None),
        Err(error) => (None, Some(error)),
    };
    let context = Arc::new(RequestContext {
        address,
        caller,
        refused_credential: refused,
        user_agent: origin::user_agent(request.headers()),
        note: Mutex::default(),
        state,
    });
    let language = context.language(request.headers());
    request.extensions_mut().insert(context);
    let response = next.run(request).await;
    match response.extensions().get::<ApiError>() {
        Some(error) => error.answer(language),
        None => plain_refusal(response, language),
    }
}

/// For routes of other protocols: the rule about who may come in the clear holds for them too.
pub async fn refuse_peers(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map_or(Ipv4Addr::LOCALHOST.into(), |c| c.0.ip());
    match check_peer(peer, &state.settings.transport, &state.settings.proxies) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.answer(language::asked_for(request.headers()).unwrap_or(language::DEFAULT)),
    }
}

/// Refusals that come from the router itself have no body: they get ours.
fn plain_refusal(response: Response, language: Language) -> Response {
    use axum::http::StatusCode;
    let code = match response.status() {
        StatusCode::METHOD_NOT_ALLOWED => &codes::METHOD,
        StatusCode::PAYLOAD_TOO_LARGE => {
            return ApiError::new(&codes::TOO_LARGE).with("limit", super::body::LIMIT_BYTES).answer(language);
        }
        _ => return response,
    };
    let mut answer = ApiError::new(code).answer(language);
    for (name, value) in response.headers() {
        if name == axum::http::header::ALLOW {
            answer.headers_mut().insert(name, value.clone());
        }
    }
    answer.into_response()
}

/// Behind a proxy, nobody else may come in the clear; the machine itself may, for health checks.
fn check_peer(peer: IpAddr, transport: &Transport, proxies: &[Network]) -> Result<(), ApiError> {
    let only_proxies = matches!(transport, Transport::Plain(PlainBecause::Proxy));
    if only_proxies && !peer.to_canonical().is_loopback() && !proxies.iter().any(|proxy| proxy.contains(peer)) {
        return Err(ApiError::new(&codes::NOT_THROUGH_PROXY));
    }
    Ok(())
}

/// Walks `X-Forwarded-For` from the right: each trusted proxy vouches for the hop before it.
fn client_address(peer: IpAddr, headers: &HeaderMap, proxies: &[Network]) -> IpAddr {
    let mut address = peer.to_canonical();
    let hops: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|v| v.split(','))
        .collect();
    for hop in hops.iter().rev() {
        if !proxies.iter().any(|proxy| proxy.contains(address)) {
            break;
        }
        let Ok(before) = hop.trim().parse::<IpAddr>() else { break };
        address = before.to_canonical();
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_trusted_proxy_may_say_who_came_before_it() {
        let proxies: Vec<Network> = vec!["10.0.0.0/24".parse().unwrap()];
        let cases = [
            ("203.0.113.5", "1.2.3.4", "203.0.113.5"),
            ("10.0.0.1", "1.2.3.4", "1.2.3.4"),
            ("10.0.0.1", "6.6.6.6, 1.2.3.4", "1.2.3.4"),
            ("10.0.0.1", "1.2.3.4, 10.0.0.2", "1.2.3.4"),
            ("10.0.0.1", "nonsense", "10.0.0.1"),
            ("::ffff:10.0.0.1", "1.2.3.4", "1.2.3.4"),
        ];
        for (peer, forwarded, expected) in cases {
            let mut headers = HeaderMap::new();
            headers.insert("x-forwarded-for", forwarded.parse().unwrap());
            let found = client_address(peer.parse().unwrap(), &headers, &proxies);
            assert_eq!(found, expected.parse::<IpAddr>().unwrap(), "{peer} forwarding {forwarded}");
        }
    }

    #[test]
    fn behind_a_proxy_others_are_refused_in_the_clear() {
        let proxies: Vec<Network> = vec!["10.0.0.1".parse().unwrap()];
        let proxy = Transport::Plain(PlainBecause::Proxy);
        for (peer, allowed) in [("10.0.0.1", true), ("127.0.0.1", true), ("10.0.0.2", false)] {
            assert_eq!(check_peer(peer.parse().unwrap(), &proxy, &proxies).is_ok(), allowed, "{peer}");
        }
        assert!(check_peer("10.0.0.2".parse().unwrap(), &Transport::OwnCertificate, &[]).is_ok());
    }
}
