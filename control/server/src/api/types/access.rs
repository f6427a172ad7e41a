//! Who may do what: users, sessions, tokens, audit, settings.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum RoleName {
    Administrator,
    Operator,
    Restorer,
    Viewer,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    Fr,
    En,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// As the browser has it.
    Auto,
    Light,
    Dark,
}

/// What the page needs before anybody is signed in.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SetupState {
    /// No user exists yet: the setup link of the server's first output leads on.
    pub needed: bool,
    pub application_name: String,
    pub version: String,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SetupRequest {
    /// From the one-time setup link.
    pub token: String,
    pub name: String,
    pub password: String,
    pub language: Option<Language>,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LoginRequest {
    pub name: String,
    pub password: String,
    /// The six digits, or a recovery code, where the account asks for one.
    pub totp: Option<String>,
}

/// Who is signed in, and what they may do.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Me {
    pub user: User,
    pub permissions: Vec<String>,
    /// Goes into the header `X-Rempart-Csrf` of every request that changes something.
    pub csrf_token: String,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MeUpdate {
    pub language: Option<Language>,
    pub theme: Option<Theme>,
    pub email: Option<String>,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PasswordChange {
    pub current: String,
    pub new: String,
}

/// Where a person is signed in.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    pub id: i64,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub last_seen_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
    pub address: String,
    pub user_agent: String,
    /// The one that asks.
    pub current: bool,
}

/// The beginning of two-step login: not in force before it is confirmed.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TotpStart {
    /// Base32, for typing.
    pub secret: String,
    pub otpauth_url: String,
    /// An SVG image of the address.
    pub qr_svg: String,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TotpConfirm {
    pub code: String,
}

/// Turning two-step login off takes the password again.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TotpRemove {
    pub password: String,
}

/// Shown once: each code signs in once without the other device.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecoveryCodes {
    pub codes: Vec<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct User {
    pub id: i64,
    pub name: String,
    pub email: Option<String>,
    pub role: RoleName,
    pub language: Option<Language>,
    pub theme: Theme,
    pub totp_enabled: bool,
    pub disabled: bool,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_login_at: Option<Timestamp>,
    /// Also in the header `ETag`.
    pub version: i64,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserCreate {
    pub name: String,
    pub email: Option<String>,
    pub role: RoleName,
    pub password: String,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserUpdate {
    pub email: Option<String>,
    pub role: Option<RoleName>,
    pub disabled: Option<bool>,
    /// A new password set by an administrator; ends the user's sessions.
    pub password: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApiToken {
    pub id: i64,
    pub name: String,
    /// At most what the owner's role has.
    pub scopes: Vec<String>,
    pub owner: String,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_used_at: Option<Timestamp>,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApiTokenCreate {
    pub name: String,
    pub scopes: Vec<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
}

/// Shown once.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApiTokenCreated {
    pub token: ApiToken,
    /// `rp_…`: goes behind `Authorization: Bearer`.
    pub secret: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    pub id: i64,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Name of the user or token; `system` for what nobody asked for.
    pub actor: String,
    pub address: Option<String>,
    /// Such as `plan.create`, `snapshot.download`, `auth.login`.
    pub action: String,
    pub object_kind: Option<String>,
    pub object_id: Option<i64>,
    pub object_name: Option<String>,
    pub succeeded: bool,
    pub detail: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    pub application_name: String,
    /// For people who have not chosen; `null`: the browser's, and French where it asks for neither.
    pub default_language: Option<Language>,
    pub default_theme: Theme,
    pub mail: MailSettings,
    /// Days that finished runs' logs are kept.
    pub log_retention_days: u32,
    pub version: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum MailSecurity {
    None,
    StartTls,
    Tls,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MailSettings {
    pub enabled: bool,
    pub host: String,
    pub port: u16,
    pub security: MailSecurity,
    pub username: Option<String>,
    /// In answers always `null`; in requests `null` keeps what is stored.
    pub password: Option<String>,
    pub password_set: bool,
    pub from: String,
    pub to: Vec<String>,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MailTest {
    pub to: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SystemInfo {
    pub version: String,
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
    /// What agents will call: `BACKUP_SERVER_IP`, or what was detected.
    pub address: String,
    pub host_name: String,
    /// `sqlite` or `postgresql`.
    pub catalog: String,
    pub scheduler_enabled: bool,
    pub time_zone: String,
    pub max_concurrent_global: u32,
    pub max_concurrent_per_server: u32,
    pub resident_bytes: u64,
}
