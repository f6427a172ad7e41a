//! Refusals: a code for programs, a sentence and a hint in the reader's language, the field at fault.

mod below;
pub mod codes;

use std::error::Error;
use std::sync::Arc;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::api::types::{ErrorBody, Language};
pub use below::OrSay;
pub use codes::Code;

/// What a handler answers when it does not do what it was asked. The language is not known here: the answer is
/// written by the outermost layer, which knows who asked.
#[derive(Debug, Clone)]
pub struct ApiError {
    code: &'static Code,
    values: Vec<(&'static str, String)>,
    field: Option<String>,
    retry_after_seconds: Option<u64>,
    cause: Option<Arc<dyn Error + Send + Sync>>,
}

pub type ApiResult<T> = Result<T, ApiError>;

impl ApiError {
    #[must_use]
    pub fn new(code: &'static Code) -> Self {
        Self { code, values: Vec::new(), field: None, retry_after_seconds: None, cause: None }
    }

    /// Fills `{key}` of the sentence.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl ToString) -> Self {
        self.values.push((key, value.to_string()));
        self
    }

    /// The field of the request that is at fault, as a path: `schedule.cron`.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    /// What went wrong below: logged for the administrator, never answered.
    #[must_use]
    pub fn because(mut self, cause: impl Error + Send + Sync + 'static) -> Self {
        self.cause = Some(Arc::new(cause));
        self
    }

    /// Something failed that the asker cannot do anything about.
    #[must_use]
    pub fn internal(cause: impl Error + Send + Sync + 'static) -> Self {
        Self::new(&codes::INTERNAL).because(cause)
    }

    /// There is no such thing, or not any more.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(&codes::NOT_FOUND)
    }

    #[must_use]
    pub fn code(&self) -> &'static Code {
        self.code
    }

    #[must_use]
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.code.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    #[must_use]
    pub fn body(&self, language: Language) -> ErrorBody {
        let sentence = self.code.sentence(language);
        ErrorBody {
            code: self.code.id.to_owned(),
            message: self.filled(sentence.message),
            hint: sentence.hint.map(|hint| self.filled(hint)),
            field: self.field.clone(),
        }
    }

    fn filled(&self, template: &str) -> String {
        let mut text = template.to_owned();
        for (key, value) in &self.values {
            text = text.replace(&format!("{{{key}}}"), value);
        }
        text
    }

    /// The answer in this language.
    #[must_use]
    pub fn answer(&self, language: Language) -> Response {
        self.log();
        let mut response = (self.status(), axum::Json(self.body(language))).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }

    fn log(&self) {
        let Some(cause) = &self.cause else { return };
        let mut chain = cause.to_string();
        let mut next = cause.source();
        while let Some(source) = next {
            chain.push_str(": ");
            chain.push_str(&source.to_string());
            next = source.source();
        }
        if self.code.status >= 500 {
            tracing::error!(code = self.code.id, "{chain}");
        } else {
            tracing::info!(code = self.code.id, "{chain}");
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_is_in_the_language_asked_for_and_filled_in() {
        let error = ApiError::new(&codes::FORBIDDEN).with("permission", "users.manage").field("name");
        let (french, english) = (error.body(Language::Fr), error.body(Language::En));
        assert_eq!(french.code, english.code);
        assert!(french.message != english.message);
        for body in [french, english] {
            assert!(body.message.contains("users.manage"), "{}", body.message);
            assert_eq!(body.field.as_deref(), Some("name"));
        }
    }
}
