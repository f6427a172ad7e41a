//! How this server was told to run: flags before environment before file before defaults.

mod load;
mod network;
mod page;
mod public_url;
pub mod table;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

pub use load::{SettingsError, Sources};
pub use network::{Network, ParseNetworkError};
pub use page::markdown;
pub use public_url::{ParsePublicUrlError, PublicUrl};

/// Everything that is decided before the server starts and never while it runs.
#[derive(Clone)]
pub struct Settings {
    pub listen: SocketAddr,
    pub backups_dir: PathBuf,
    pub database_url: String,
    /// Text of the master key's secret; `None` where a file in `backups_dir` holds the key.
    pub encryption_secret: Option<zeroize::Zeroizing<String>>,
    pub max_concurrent_global: u32,
    pub max_concurrent_per_server: u32,
    /// The address shown to people and agents.
    pub address: IpAddr,
    /// Whether somebody said it; else it was detected.
    pub address_is_given: bool,
    /// How others reach this server, where somebody said it.
    pub public_url: Option<PublicUrl>,
    pub scheduler_enabled: bool,
    /// IANA name.
    pub scheduler_time_zone: String,
    pub transport: Transport,
    /// Peers whose forwarding headers are believed; empty without a proxy.
    pub proxies: Vec<Network>,
    /// For a request's header, and between two requests.
    pub header_timeout: Duration,
    /// For the next bytes of a body, in either direction.
    pub body_timeout: Duration,
    pub max_connections: u32,
    pub log: String,
}

/// What lies between TCP and HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transport {
    /// HTTP in the clear, and why that is allowed.
    Plain(PlainBecause),
    /// TLS by a certificate of our own making, kept below `backups_dir`.
    OwnCertificate,
    /// TLS by files that somebody else renews.
    Files { certificate: PathBuf, key: PathBuf },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlainBecause {
    Loopback,
    Proxy,
    Waived,
}

impl Transport {
    /// Whether what browsers see is HTTPS: cookies are then marked Secure.
    #[must_use]
    pub fn is_secure_for_browsers(&self) -> bool {
        match self {
            Self::OwnCertificate | Self::Files { .. } | Self::Plain(PlainBecause::Proxy) => true,
            Self::Plain(PlainBecause::Loopback | PlainBecause::Waived) => false,
        }
    }

    #[must_use]
    pub fn scheme(&self) -> &'static str {
        match self {
            Self::Plain(_) => "http",
            Self::OwnCertificate | Self::Files { .. } => "https",
        }
    }
}

impl Settings {
    /// The folder of the certificate that is made here.
    #[must_use]
    pub fn tls_dir(&self) -> PathBuf {
        self.backups_dir.join("tls")
    }

    /// Where a person opens the UI, with the port that was really taken.
    #[must_use]
    pub fn url(&self, port: u16) -> String {
        let host = match self.listen.ip() {
            ip if ip.is_unspecified() => self.address,
            ip => ip,
        };
        format!("{}://{}", self.transport.scheme(), SocketAddr::new(host, port))
    }

    /// Where others reach it: as somebody said; else at the address that somebody gave, or at that of the listener. Without
    /// a slash at its end.
    #[must_use]
    pub fn public_url(&self, port: u16) -> String {
        match &self.public_url {
            Some(url) => url.to_string(),
            None if self.address_is_given => {
                format!("{}://{}", self.transport.scheme(), SocketAddr::new(self.address, port))
            }
            None => self.url(port),
        }
    }
}
