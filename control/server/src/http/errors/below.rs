//! What the rooms below say, as refusals.

use rempart_catalog::{CatalogError, CatalogErrorKind};

use super::{ApiError, codes};

impl From<CatalogError> for ApiError {
    /// By kind. A handler that knows which name is taken, or what is in use, says so instead.
    fn from(error: CatalogError) -> Self {
        match error.kind() {
            CatalogErrorKind::NotFound => Self::not_found(),
            CatalogErrorKind::Taken => Self::new(&codes::TAKEN),
            CatalogErrorKind::Stale => Self::new(&codes::STALE),
            CatalogErrorKind::InUse => match &error {
                CatalogError::InUse { by, .. } => Self::new(&codes::IN_USE).with("by", by),
                _ => Self::new(&codes::GONE_WITH),
            },
            CatalogErrorKind::BadInput => Self::new(&codes::BAD_CURSOR).field("cursor"),
            CatalogErrorKind::Unavailable => Self::new(&codes::BUSY).retry_after(2).because(error),
            CatalogErrorKind::Internal => Self::internal(error),
        }
    }
}

/// Replaces the general answer to one kind of error by one that knows more.
pub trait OrSay<T> {
    fn or_say(self, kind: CatalogErrorKind, say: impl FnOnce() -> ApiError) -> Result<T, ApiError>;
}

impl<T> OrSay<T> for Result<T, CatalogError> {
    fn or_say(self, kind: CatalogErrorKind, say: impl FnOnce() -> ApiError) -> Result<T, ApiError> {
        self.map_err(|error| if error.kind() == kind { say() } else { error.into() })
    }
}
