//! What does not belong into a location: credentials, switches, limits, patience.

use std::path::PathBuf;
use std::time::Duration;

use crate::{Limits, RetryPolicy, Secret};

/// Credentials and switches that do not belong into a location; the application fills it from its environment
/// ([`OpenOptions::from_environment`] knows the names that restic uses).
#[derive(Clone, Default)]
pub struct OpenOptions {
    pub s3: S3Options,
    pub gcs: GcsOptions,
    pub azure: AzureOptions,
    pub sftp: SftpOptions,
    pub rest: RestOptions,
    /// A file of PEM certificates to trust besides the system's, for every place that is reached by HTTPS.
    pub tls_ca_file: Option<PathBuf>,
    pub proxy: ProxyOptions,
    pub limits: Limits,
    pub retry: RetryPolicy,
    pub timeouts: Timeouts,
}

/// HTTP proxies on the way to places that speak HTTP. This machine itself is always reached without.
#[derive(Clone, Default)]
pub struct ProxyOptions {
    /// For `https://`. May hold a user and a password.
    pub https_url: Option<Secret>,
    /// For `http://`.
    pub http_url: Option<Secret>,
    /// Hosts, domains and networks that are reached without, separated by commas.
    pub not_for: Option<String>,
}

#[cfg(any(feature = "cloud", feature = "rest"))]
impl ProxyOptions {
    /// The proxy for an address.
    pub(crate) fn url_for(&self, address: &str) -> Option<&str> {
        let (scheme, rest) = address.split_once("://")?;
        let host = rest.split(['/', '?']).next().unwrap_or(rest);
        let host = match host.strip_prefix('[') {
            Some(v6) => v6.split(']').next().unwrap_or(v6),
            None => host.rsplit_once(':').map_or(host, |(host, _)| host),
        };
        if host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback()) {
            return None;
        }
        let url = if scheme == "https" { &self.https_url } else { &self.http_url };
        url.as_ref().map(Secret::expose)
    }
}

/// How long to wait for the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    pub connect: Duration,
    /// For one answer, apart from the time that its bytes take.
    pub answer: Duration,
    /// A line slower than this counts as dead: a transfer may take `answer` and its bytes at this rate.
    pub slowest_bytes_per_second: u64,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), answer: Duration::from_secs(60), slowest_bytes_per_second: 16 << 10 }
    }
}

#[cfg(any(feature = "cloud", feature = "rest", feature = "sftp"))]
impl Timeouts {
    /// For an operation that moves so many bytes.
    pub(crate) fn transfer(&self, bytes: u64) -> Duration {
        self.answer.saturating_add(Duration::from_secs(bytes / self.slowest_bytes_per_second.max(1)))
    }
}

/// Whether the place refuses by itself to overwrite (`If-None-Match`, generation 0).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ConditionalWrite {
    #[default]
    Supported,
    /// It ignores the condition or refuses the request (older S3 servers, emulators): look first, then write. Two writers of
    /// one name in the same moment are not kept apart then; as names are hashes of content, they write the same.
    LookFirst,
}

#[derive(Clone, Default)]
pub struct S3Options {
    pub access_key_id: Option<String>,
    pub secret_access_key: Option<Secret>,
    pub session_token: Option<Secret>,
    /// Where not given: from the host's name, else `us-east-1`.
    pub region: Option<String>,
    /// Where not given: in the path, except at Amazon.
    pub bucket_in: Option<BucketIn>,
    pub conditional_write: ConditionalWrite,
}

/// Where the bucket's name stands in the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BucketIn {
    /// `https://host/bucket/…`
    Path,
    /// `https://bucket.host/…`
    Host,
}

#[derive(Clone, Default)]
pub struct GcsOptions {
    /// The JSON file of a service account.
    pub service_account_file: Option<PathBuf>,
    /// The content of such a file, where it lies in no file.
    pub service_account_key: Option<Secret>,
    /// A bearer token, instead of a service account.
    pub access_token: Option<Secret>,
    /// Another address than Google's, such as an emulator's. Without credentials, requests to it carry an empty token.
    pub endpoint: Option<String>,
    pub conditional_write: ConditionalWrite,
}

#[derive(Clone, Default)]
pub struct AzureOptions {
    pub account_name: Option<String>,
    pub account_key: Option<Secret>,
    /// A shared access signature: the query string that the portal shows, with or without `?`.
    pub sas: Option<Secret>,
    /// Where not given: `core.windows.net`.
    pub endpoint_suffix: Option<String>,
    /// The whole address of the account, such as an emulator's `http://127.0.0.1:10000/devstoreaccount1`.
    pub endpoint: Option<String>,
}

#[derive(Clone, Default)]
pub struct SftpOptions {
    pub password: Option<Secret>,
    /// Private keys, tried in this order.
    pub key_files: Vec<PathBuf>,
    /// Private keys that lie in no file: the text of one, as `ssh-keygen` writes it. Tried after the files.
    pub keys: Vec<Secret>,
    /// Of encrypted private keys.
    pub key_passphrase: Option<Secret>,
    /// The socket of an SSH agent (`SSH_AUTH_SOCK`).
    pub agent_socket: Option<PathBuf>,
    /// Files in the format of OpenSSH's `known_hosts`; new keys are added to the first.
    pub known_hosts_files: Vec<PathBuf>,
    pub host_keys: HostKeyPolicy,
    /// `SHA256:…`: the one key that the host may show. Where given, no file of known hosts is asked.
    pub host_key_fingerprint: Option<String>,
    /// The user where the location names none.
    pub default_user: Option<String>,
}

/// What to do with a host whose key is not known. A key that differs from the known one is always refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HostKeyPolicy {
    /// Refuse, and tell the fingerprint.
    #[default]
    Strict,
    /// Remember it in the first of the files.
    AcceptNew,
}

#[derive(Clone, Default)]
pub struct RestOptions {
    /// Where the location holds none.
    pub user: Option<String>,
    pub password: Option<Secret>,
}

#[cfg(all(test, any(feature = "cloud", feature = "rest")))]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_chosen_by_scheme_and_never_for_this_machine() {
        let proxy = ProxyOptions {
            https_url: Some(Secret::new("http://secure:1")),
            http_url: Some(Secret::new("http://plain:2")),
            not_for: None,
        };
        for (address, url) in [
            ("https://host:9000/bucket", Some("http://secure:1")),
            ("http://host", Some("http://plain:2")),
            ("https://[2001:db8::1]:9000/", Some("http://secure:1")),
            ("http://localhost:9000", None),
            ("http://127.0.0.1:9000/x", None),
            ("https://[::1]:9000", None),
        ] {
            assert_eq!(proxy.url_for(address), url, "{address}");
        }
        assert_eq!(ProxyOptions::default().url_for("https://host"), None);
    }
}
