//! The web UI, embedded. In debug builds it is read from `web/dist` at every request.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::http::errors::{ApiError, codes};

/// Built by `npm run build` in `web/`. Without it everything compiles, and a page says what to do.
#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Dist;

const PLACEHOLDER: &str = include_str!("placeholder.html");

/// Files whose names carry a hash of their content never change.
const HASHED_FOLDER: &str = "assets/";

/// Answers what no route does: a file of the UI, or its page for addresses that the UI knows.
pub async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    let is_api = ["api", "ws", "restic", "health", "metrics"].contains(&path.split('/').next().unwrap_or(""));
    if is_api {
        return ApiError::new(&codes::NO_SUCH_ROUTE).into_response();
    }
    if method != Method::GET && method != Method::HEAD {
        return ApiError::new(&codes::METHOD).into_response();
    }
    if !path.is_empty()
        && let Some(response) = file(path, &headers)
    {
        return response;
    }
    // A missing file is missing; an address of the UI is the page, which knows what to show there.
    if path.starts_with(HASHED_FOLDER) || has_extension(path) {
        return StatusCode::NOT_FOUND.into_response();
    }
    file("index.html", &headers).unwrap_or_else(|| {
        ([(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")], PLACEHOLDER)
            .into_response()
    })
}

fn has_extension(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|name| name.contains('.'))
}

/// The file, in the smallest form that the browser takes.
fn file(path: &str, headers: &HeaderMap) -> Option<Response> {
    let plain = || Dist::get(path).map(|file| (file, None));
    let (found, encoding) = encodings(headers)
        .find_map(|(encoding, suffix)| Dist::get(&format!("{path}.{suffix}")).map(|file| (file, Some(encoding))))
        .or_else(plain)?;
    let etag = etag(&found);
    let unchanged = headers.get(header::IF_NONE_MATCH).is_some_and(|seen| *seen == etag);
    let mut response = if unchanged {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Response::new(Body::from(found.data.into_owned()))
    };
    let answer = response.headers_mut();
    let kind = mime_guess::from_path(path).first_or_octet_stream();
    let kind = if kind.type_() == mime_guess::mime::TEXT || kind.subtype() == "javascript" {
        format!("{kind}; charset=utf-8")
    } else {
        kind.to_string()
    };
    answer.insert(header::CONTENT_TYPE, kind.parse().ok()?);
    let cache = if path.starts_with(HASHED_FOLDER) { "public, max-age=31536000, immutable" } else { "no-cache" };
    answer.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    answer.insert(header::ETAG, etag);
    answer.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(encoding) = encoding {
        answer.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    Some(response)
}

/// What the browser takes of what the build makes, the smallest first.
fn encodings(headers: &HeaderMap) -> impl Iterator<Item = (&'static str, &'static str)> {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or("").to_owned();
    [("br", "br"), ("gzip", "gz")].into_iter().filter(move |(encoding, _)| {
        accepted.split(',').any(|part| {
            let mut pieces = part.split(';');
            let refused = part.contains("q=0") && !part.contains("q=0.");
            pieces.next().is_some_and(|name| name.trim() == *encoding) && !refused
        })
    })
}

fn etag(file: &EmbeddedFile) -> HeaderValue {
    let hash: String = file.metadata.sha256_hash()[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    HeaderValue::from_str(&format!("\"{hash}\"")).unwrap_or(HeaderValue::from_static("\"0\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn get(path: &str) -> Response {
        serve(Method::GET, path.parse().unwrap(), HeaderMap::new()).await
    }

    #[tokio::test]
    async fn an_address_of_the_ui_is_its_page_and_a_missing_file_is_missing() {
        for page in ["/", "/plans", "/plans/7/edit"] {
            let response = get(page).await;
            assert_eq!(response.status(), StatusCode::OK, "{page}");
            assert_eq!(response.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8", "{page}");
            assert_eq!(response.headers()[header::CACHE_CONTROL], "no-cache", "{page}");
        }
        for missing in ["/assets/gone-1234.js", "/favicon-gone.ico", "/../Cargo.toml"] {
            assert_eq!(get(missing).await.status(), StatusCode::NOT_FOUND, "{missing}");
        }
        for api in ["/api/nothing", "/api", "/health/x"] {
            let response = get(api).await;
            assert_eq!(response.extensions().get::<ApiError>().unwrap().code().id, "request.no_such_route", "{api}");
        }
    }

    #[test]
    fn the_smallest_form_that_the_browser_takes_is_sent() {
        let cases =
            [("gzip, deflate, br, zstd", "br"), ("gzip", "gzip"), ("br;q=0, gzip", "gzip"), ("", ""), ("identity", "")];
        for (accepted, expected) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, accepted.parse().unwrap());
            assert_eq!(encodings(&headers).next().map_or("", |(name, _)| name), expected, "{accepted}");
        }
    }
}
