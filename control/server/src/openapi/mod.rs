//! The description of the API: what the routes say of themselves, and what holds for all of them.

mod examples;

use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{Info, InfoBuilder, LicenseBuilder, OpenApi};

/// Adds title, version and the ways to authenticate.
#[must_use]
pub fn complete(mut api: OpenApi) -> OpenApi {
    api.info = info();
    let components = api.components.get_or_insert_default();
    let session = ApiKey::Cookie(ApiKeyValue::with_description(
        crate::auth::SESSION_COOKIE,
        "A browser's session; changes also carry the header X-Rempart-Csrf, whose value /api/auth/me gives.",
    ));
    components.add_security_scheme("session", SecurityScheme::ApiKey(session));
    components.add_security_scheme("token", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    components.add_security_scheme("basic", SecurityScheme::Http(Http::new(HttpAuthScheme::Basic)));
    examples::add(&mut api);
    api
}

fn info() -> Info {
    InfoBuilder::new()
        .title("Rempart")
        .version(crate::VERSION)
        .description(Some(
            "Sizes are bytes, instants RFC 3339 in UTC, ids integers. Lists take limit, cursor, sort and q. Changes of what \
             has a version must carry If-Match with the ETag that was read, or the version from the body in quotes: without \
             it 428, with another version 412. Long work answers 202 with the number of its job. Every refusal has a \
             code, a sentence in the reader's language, and a hint.",
        ))
        .license(Some(LicenseBuilder::new().name("AGPL-3.0-or-later").build()))
        .build()
}

/// The description as it is committed and answered, with a line end.
#[must_use]
pub fn text() -> &'static str {
    static TEXT: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
        let (api, _) = crate::app::description();
        let mut text = api.to_pretty_json().expect("a description is plain JSON");
        text.push('\n');
        text
    });
    &TEXT
}
