//! What administrators decide while the server runs.

use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use rempart_catalog::SettingsRow;
use rempart_model::Permission;
use utoipa_axum::routes;

use super::types::{ErrorBody, Language, MailSettings, MailTest, Settings, Theme};
use crate::http::audit::Audit;
use crate::http::body::Body;
use crate::http::context::AnswerLanguage;
use crate::http::errors::{ApiError, ApiResult, codes};
use crate::http::etag::{IfMatch, Versioned};
use crate::http::routes::Routes;
use crate::mail;
use crate::preferences::{ApplicationSettings, SETTINGS, StoredMail};
use crate::state::AppState;

pub fn routes() -> Routes {
    Routes::new()
        .needs(Permission::Read, routes!(read))
        .needs(Permission::ManageSettings, routes!(write))
        .needs(Permission::ManageSettings, routes!(mail_test))
}

/// The application's settings; never the mail password.
#[utoipa::path(get, path = "/api/settings", operation_id = "settings.read", tag = "settings",
    responses((status = 200, body = Settings), (status = "4XX", body = ErrorBody)))]
async fn read(State(state): State<AppState>) -> ApiResult<Versioned<Settings>> {
    let row = state.catalog.settings::<ApplicationSettings>(SETTINGS).await?;
    Ok(Versioned::ok(row.version, shown(row)))
}

/// Changes them all. `mail.password`: `null` keeps what is stored, an empty text removes it.
#[utoipa::path(put, path = "/api/settings", operation_id = "settings.write", tag = "settings", request_body = Settings,
    params(("If-Match" = String, Header, description = "The ETag that was read; `*` overwrites whatever is there", example = "\"3\"")),
    responses((status = 200, body = Settings), (status = "4XX", body = ErrorBody)))]
async fn write(
    State(state): State<AppState>,
    audit: Audit,
    if_match: IfMatch,
    Body(body): Body<Settings>,
) -> ApiResult<Versioned<Settings>> {
    let old = state.catalog.settings::<ApplicationSettings>(SETTINGS).await?;
    if_match.check(old.version)?;
    let value = ApplicationSettings {
        application_name: application_name(&body.application_name)?,
        default_language: body.default_language.map(|language| language.as_str().to_owned()),
        default_theme: body.default_theme.as_str().to_owned(),
        log_retention_days: retention(body.log_retention_days)?,
        mail: stored_mail(&state, body.mail, old.value.mail)?,
    };
    let mut tx = state.catalog.begin().await?;
    let version = tx.put_settings(SETTINGS, old.version, &value, Timestamp::now()).await?;
    tx.commit().await?;
    audit.object(0_i64, &value.application_name);
    Ok(Versioned::ok(version, shown(SettingsRow { value, version })))
}

/// Sends a message with the stored settings, and says what the mail server said.
#[utoipa::path(post, path = "/api/settings/mail-test", operation_id = "settings.mailTest", tag = "settings",
    request_body = MailTest, responses((status = 204), (status = "4XX", body = ErrorBody), (status = 503, body = ErrorBody)))]
async fn mail_test(
    State(state): State<AppState>,
    AnswerLanguage(language): AnswerLanguage,
    audit: Audit,
    Body(body): Body<MailTest>,
) -> ApiResult<StatusCode> {
    let settings = state.catalog.settings::<ApplicationSettings>(SETTINGS).await?.value;
    let to = mail::address(&body.to).map_err(|error| error.field("to"))?;
    audit.object(0_i64, &body.to);
    if !settings.mail.enabled {
        return Err(ApiError::new(&codes::MAIL_OFF));
    }
    mail::send_test(&state, &settings, to, language).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn shown(row: SettingsRow<ApplicationSettings>) -> Settings {
    let mail = row.value.mail;
    Settings {
        application_name: row.value.application_name,
        default_language: row.value.default_language.as_deref().and_then(Language::parse),
        default_theme: Theme::parse(&row.value.default_theme),
        mail: MailSettings {
            enabled: mail.enabled,
            host: mail.host,
            port: mail.port,
            security: mail.security,
            username: mail.username,
            password: None,
            password_set: mail.sealed_password.is_some(),
            from: mail.from,
            to: mail.to,
        },
        log_retention_days: row.value.log_retention_days,
        version: row.version,
    }
}

fn application_name(name: &str) -> ApiResult<String> {
    let name = name.trim();
    let fits = (1..=60).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    if fits { Ok(name.to_owned()) } else { Err(ApiError::new(&codes::SETTINGS_NAME).field("applicationName")) }
}

fn retention(days: u32) -> ApiResult<u32> {
    if (1..=3650).contains(&days) {
        Ok(days)
    } else {
        Err(ApiError::new(&codes::SETTINGS_RETENTION).field("logRetentionDays"))
    }
}

fn stored_mail(state: &AppState, given: MailSettings, old: StoredMail) -> ApiResult<StoredMail> {
    let host = given.host.trim().to_owned();
    if given.enabled && host.is_empty() {
        return Err(ApiError::new(&codes::MAIL_HOST).field("mail.host"));
    }
    if host.chars().any(|c| c.is_control() || c.is_whitespace()) || host.len() > 253 {
        return Err(ApiError::new(&codes::MAIL_HOST).field("mail.host"));
    }
    if given.enabled || !given.from.trim().is_empty() {
        mail::mailbox(&given.from).map_err(|error| error.field("mail.from"))?;
    }
    for address in &given.to {
        mail::address(address).map_err(|error| error.field("mail.to"))?;
    }
    let sealed_password = match given.password {
        None => old.sealed_password,
        Some(password) if password.is_empty() => None,
        Some(password) => Some(state.seal(mail::PASSWORD_FIELD, &password)),
    };
    Ok(StoredMail {
        enabled: given.enabled,
        host,
        port: given.port,
        security: given.security,
        username: given.username.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()),
        sealed_password,
        from: given.from.trim().to_owned(),
        to: given.to,
    })
}
