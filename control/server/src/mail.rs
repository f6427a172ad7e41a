//! Mail: one message, sent now.

use std::time::Duration;

use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use rempart_work::secret::Field;

use crate::api::types::{Language, MailSecurity};
use crate::http::body::detail;
use crate::http::errors::{ApiError, ApiResult, codes};
use crate::preferences::{ApplicationSettings, StoredMail};
use crate::state::AppState;

/// Where the sealed password stands.
pub const PASSWORD_FIELD: Field<'static> = Field { table: "settings", row: "application", field: "mail_password" };

/// A mail server that does not answer within this is down.
const TIMEOUT: Duration = Duration::from_secs(15);

/// An address that mail can go to.
pub fn address(text: &str) -> ApiResult<Address> {
    text.trim().parse().map_err(|_| refused(text))
}

/// An address with or without a name: `Rempart <rempart@example.org>`.
pub fn mailbox(text: &str) -> ApiResult<Mailbox> {
    text.trim().parse().map_err(|_| refused(text))
}

fn refused(text: &str) -> ApiError {
    ApiError::new(&codes::MAIL_ADDRESS).with("address", text.chars().take(80).collect::<String>())
}

/// Sends a test message; the refusal says what the mail server said.
pub async fn send_test(
    state: &AppState,
    settings: &ApplicationSettings,
    to: Address,
    language: Language,
) -> ApiResult<()> {
    let name = &settings.application_name;
    let (subject, text) = match language {
        Language::Fr => (
            format!("{name} : message d'essai"),
            format!(
                "Ce message d'essai vient de {name}. S'il vous est parvenu, les réglages de messagerie sont bons.\n"
            ),
        ),
        Language::En => (
            format!("{name}: test message"),
            format!("This test message comes from {name}. If you can read it, the mail settings are right.\n"),
        ),
    };
    let message = Message::builder()
        .from(mailbox(&settings.mail.from).map_err(|error| error.field("mail.from"))?)
        .to(Mailbox::new(None, to))
        .subject(subject)
        .body(text)
        .map_err(failed)?;
    let transport = transport(state, &settings.mail)?;
    transport.send(message).await.map(|_| ()).map_err(failed)
}

fn transport(state: &AppState, mail: &StoredMail) -> ApiResult<AsyncSmtpTransport<Tokio1Executor>> {
    let parameters = || TlsParameters::new(mail.host.clone()).map_err(failed);
    let tls = match mail.security {
        MailSecurity::None => Tls::None,
        MailSecurity::StartTls => Tls::Required(parameters()?),
        MailSecurity::Tls => Tls::Wrapper(parameters()?),
    };
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(mail.host.clone())
        .port(mail.port)
        .tls(tls)
        .timeout(Some(TIMEOUT));
    if let Some(user) = &mail.username {
        let password = match &mail.sealed_password {
            Some(sealed) => state.unseal(PASSWORD_FIELD, sealed)?.expose().to_owned(),
            None => String::new(),
        };
        builder = builder.credentials(Credentials::new(user.clone(), password));
    }
    Ok(builder.build())
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> ApiError {
    let mut text = detail(&error);
    let mut next = error.source();
    while let Some(source) = next {
        let more = detail(source);
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        next = source.source();
    }
    ApiError::new(&codes::MAIL_FAILED).with("detail", text).because(error)
}
