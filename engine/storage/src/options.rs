//! What does not belong into a location: credentials, limits, switches.

/// Credentials and switches that do not belong into a location; the application fills it from its environment
/// (AWS_ACCESS_KEY_ID, GOOGLE_APPLICATION_CREDENTIALS, AZURE_ACCOUNT_NAME, …: the names restic uses).
#[derive(Clone, Default)]
pub struct OpenOptions {}
