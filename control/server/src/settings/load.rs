//! From flags, environment and file to [`Settings`], with an error that names the place of a wrong value.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use super::table::{self, Setting};
use super::{Network, PlainBecause, Settings, Transport};

/// What was said, by key of the table. Flags win over the environment, the environment over the file.
#[derive(Debug, Default, Clone)]
pub struct Sources {
    pub flags: BTreeMap<String, String>,
    pub environment: BTreeMap<String, String>,
    pub file: BTreeMap<String, String>,
}

#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("{from}: {value:?} is not {expected}")]
    Value { from: String, value: String, expected: String },
    #[error("cannot read the settings file {}", path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error("the settings file {} is not TOML", path.display())]
    Syntax { path: PathBuf, source: toml::de::Error },
    #[error("the settings file {}: there is no setting {key:?}; there are: {known}", path.display())]
    Unknown { path: PathBuf, key: String, known: String },
    #[error("{given} is given without {missing}; a certificate needs both files")]
    HalfACertificate { given: &'static str, missing: &'static str },
    #[error("{one} and {other} contradict each other; give only one of them")]
    Conflict { one: &'static str, other: &'static str },
    #[error(
        "encryption_secret has {found} characters, at least {least} are needed; `openssl rand -base64 32` makes one"
    )]
    ShortSecret { found: usize, least: usize },
}

const SECRET_LEAST_CHARACTERS: usize = 16;

impl Sources {
    /// The process's environment: what is set and not empty, by key.
    #[must_use]
    pub fn read_environment(mut self) -> Self {
        for setting in table::TABLE {
            if let Some(value) = std::env::var_os(setting.environment).filter(|value| !value.is_empty()) {
                self.environment.insert(setting.key.to_owned(), value.to_string_lossy().into_owned());
            }
        }
        self
    }

    /// A settings file: TOML, one line per setting.
    pub fn read_file(mut self, path: &Path) -> Result<Self, SettingsError> {
        let text =
            std::fs::read_to_string(path).map_err(|source| SettingsError::File { path: path.to_owned(), source })?;
        let values: toml::Table =
            text.parse().map_err(|source| SettingsError::Syntax { path: path.to_owned(), source })?;
        for (key, value) in values {
            if !table::TABLE.iter().any(|setting| setting.key == key) {
                let known: Vec<&str> = table::TABLE.iter().map(|setting| setting.key).collect();
                return Err(SettingsError::Unknown { path: path.to_owned(), key, known: known.join(", ") });
            }
            let text = match value {
                toml::Value::String(text) => text,
                toml::Value::Array(items) => {
                    let items: Vec<String> =
                        items.iter().map(|item| item.as_str().map_or(item.to_string(), str::to_owned)).collect();
                    items.join(",")
                }
                other => other.to_string(),
            };
            self.file.insert(key, text);
        }
        Ok(self)
    }

    /// The value and the name of the place it came from.
    fn find(&self, setting: &Setting) -> Option<(&str, String)> {
        if let Some(value) = self.flags.get(setting.key) {
            return Some((value, format!("--{}", setting.flag)));
        }
        if let Some(value) = self.environment.get(setting.key) {
            return Some((value, setting.environment.to_owned()));
        }
        self.file.get(setting.key).map(|value| (value.as_str(), format!("{} in the settings file", setting.key)))
    }

    fn text(&self, setting: &Setting) -> Option<String> {
        self.find(setting).map(|(value, _)| value.to_owned())
    }

    fn parse<T: FromStr>(&self, setting: &Setting, expected: &str) -> Result<Option<T>, SettingsError> {
        let Some((value, from)) = self.find(setting) else { return Ok(None) };
        let refuse = || SettingsError::Value { from, value: value.to_owned(), expected: expected.to_owned() };
        value.trim().parse().map(Some).map_err(|_| refuse())
    }

    fn parse_or_default<T: FromStr>(&self, setting: &Setting, expected: &str) -> Result<T, SettingsError> {
        match self.parse(setting, expected)? {
            Some(value) => Ok(value),
            None => setting.default.parse().map_err(|_| SettingsError::Value {
                from: format!("the default of {}", setting.key),
                value: setting.default.to_owned(),
                expected: expected.to_owned(),
            }),
        }
    }

    fn boolean(&self, setting: &Setting, default: bool) -> Result<bool, SettingsError> {
        let Some((value, from)) = self.find(setting) else { return Ok(default) };
        match value.trim().to_ascii_lowercase().as_str() {
            "1" | "true" | "yes" | "on" => Ok(true),
            "0" | "false" | "no" | "off" => Ok(false),
            _ => Err(SettingsError::Value { from, value: value.to_owned(), expected: "true or false".into() }),
        }
    }

    /// A number of at least one.
    fn count(&self, setting: &Setting) -> Result<u32, SettingsError> {
        let expected = "a number of at least 1";
        Ok(self.parse_or_default::<std::num::NonZeroU32>(setting, expected)?.get())
    }

    /// A time of at least a second; more than a day is a slip.
    fn seconds(&self, setting: &Setting) -> Result<Duration, SettingsError> {
        let expected = "a number of seconds, 1 to 86400";
        match self.parse_or_default::<u64>(setting, expected)? {
            seconds @ 1..=86_400 => Ok(Duration::from_secs(seconds)),
            seconds => {
                let from = self.find(setting).map_or_else(|| setting.key.to_owned(), |(_, from)| from);
                Err(SettingsError::Value { from, value: seconds.to_string(), expected: expected.to_owned() })
            }
        }
    }

    /// Decides everything, or says what is wrong and where it was said.
    pub fn settings(&self) -> Result<Settings, SettingsError> {
        let ip: IpAddr = self.parse_or_default(&table::LISTEN, "an address such as 127.0.0.1 or 0.0.0.0")?;
        let port: u16 = self.parse_or_default(&table::PORT, "a port, 0 to 65535")?;
        let backups_dir = PathBuf::from(self.text(&table::BACKUPS_DIR).unwrap_or(table::BACKUPS_DIR.default.into()));
        let backups_dir = std::path::absolute(&backups_dir).unwrap_or(backups_dir);
        let proxies = self.proxies()?;
        let address: Option<IpAddr> = self.parse(&table::BACKUP_SERVER_IP, "an IP address")?;
        let default_url = || format!("sqlite://{}", backups_dir.join("catalog.sqlite").display());
        Ok(Settings {
            listen: SocketAddr::new(ip, port),
            database_url: self.text(&table::DATABASE_URL).unwrap_or_else(default_url),
            encryption_secret: self.secret()?,
            max_concurrent_global: self.count(&table::MAX_CONCURRENT_GLOBAL)?,
            max_concurrent_per_server: self.count(&table::MAX_CONCURRENT_PER_SERVER)?,
            address: address.unwrap_or_else(|| detected_address(ip)),
            address_is_given: address.is_some(),
            public_url: self.parse(&table::PUBLIC_URL, "an address such as https://backup.example.org")?,
            scheduler_enabled: self.boolean(&table::SCHEDULER_ENABLED, true)?,
            scheduler_time_zone: self.time_zone()?,
            transport: self.transport(ip, &proxies)?,
            proxies,
            header_timeout: self.seconds(&table::HEADER_TIMEOUT)?,
            body_timeout: self.seconds(&table::BODY_TIMEOUT)?,
            max_connections: self.count(&table::MAX_CONNECTIONS)?,
            log: self.text(&table::LOG).unwrap_or(table::LOG.default.into()),
            backups_dir,
        })
    }

    fn secret(&self) -> Result<Option<zeroize::Zeroizing<String>>, SettingsError> {
        let Some(secret) = self.text(&table::ENCRYPTION_SECRET).map(zeroize::Zeroizing::new) else { return Ok(None) };
        let found = secret.chars().count();
        if found < SECRET_LEAST_CHARACTERS {
            return Err(SettingsError::ShortSecret { found, least: SECRET_LEAST_CHARACTERS });
        }
        Ok(Some(secret))
    }

    fn time_zone(&self) -> Result<String, SettingsError> {
        let Some((value, from)) = self.find(&table::SCHEDULER_TIMEZONE) else {
            let system = jiff::tz::TimeZone::system();
            return Ok(system.iana_name().unwrap_or("UTC").to_owned());
        };
        match jiff::tz::TimeZone::get(value) {
            Ok(zone) => Ok(zone.iana_name().unwrap_or(value).to_owned()),
            Err(_) => Err(SettingsError::Value {
                from,
                value: value.to_owned(),
                expected: "a time zone such as Europe/Paris".into(),
            }),
        }
    }

    fn proxies(&self) -> Result<Vec<Network>, SettingsError> {
        let Some((value, from)) = self.find(&table::BEHIND_PROXY) else { return Ok(Vec::new()) };
        let parts = value.split(',').map(str::trim).filter(|part| !part.is_empty());
        parts
            .map(|part| {
                part.parse().map_err(|_| SettingsError::Value {
                    from: from.clone(),
                    value: part.to_owned(),
                    expected: "an address or a network, such as 10.0.0.7 or 10.1.0.0/16".into(),
                })
            })
            .collect()
    }

    fn transport(&self, listen: IpAddr, proxies: &[Network]) -> Result<Transport, SettingsError> {
        let certificate = self.text(&table::TLS_CERTIFICATE).map(PathBuf::from);
        let key = self.text(&table::TLS_KEY).map(PathBuf::from);
        let waived = self.boolean(&table::INSECURE_HTTP, false)?;
        let files = match (certificate, key) {
            (Some(certificate), Some(key)) => Some(Transport::Files { certificate, key }),
            (None, None) => None,
            (Some(_), None) => {
                return Err(SettingsError::HalfACertificate { given: "tls_certificate", missing: "tls_key" });
            }
            (None, Some(_)) => {
                return Err(SettingsError::HalfACertificate { given: "tls_key", missing: "tls_certificate" });
            }
        };
        match (files, waived, proxies.is_empty(), listen.is_loopback()) {
            (Some(_), true, _, _) => Err(SettingsError::Conflict { one: "tls_certificate", other: "insecure_http" }),
            (Some(files), false, _, _) => Ok(files),
            (None, true, false, _) => Err(SettingsError::Conflict { one: "behind_proxy", other: "insecure_http" }),
            (None, false, false, _) => Ok(Transport::Plain(PlainBecause::Proxy)),
            (None, _, true, true) => Ok(Transport::Plain(PlainBecause::Loopback)),
            (None, true, true, false) => Ok(Transport::Plain(PlainBecause::Waived)),
            (None, false, true, false) => Ok(Transport::OwnCertificate),
        }
    }
}

/// The address of the interface that leads outside. Connecting a datagram socket sends nothing: it only asks the
/// routing table which address it would send from.
fn detected_address(listen: IpAddr) -> IpAddr {
    if !listen.is_unspecified() {
        return listen;
    }
    let ask = |from: &str, to: &str| {
        let socket = UdpSocket::bind(from).ok()?;
        socket.connect(to).ok()?;
        socket.local_addr().ok().map(|address| address.ip())
    };
    // Documentation addresses (RFC 5737, RFC 3849): routed like any other, owned by nobody.
    ask("0.0.0.0:0", "192.0.2.1:9").or_else(|| ask("[::]:0", "[2001:db8::1]:9")).unwrap_or(Ipv4Addr::LOCALHOST.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn from_flags(pairs: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        Sources { flags: said(pairs), ..Sources::default() }.settings()
    }

    #[test]
    fn without_a_word_the_server_listens_on_loopback_in_the_clear() {
        let settings = from_flags(&[]).unwrap();
        assert_eq!(settings.listen, "127.0.0.1:3000".parse().unwrap());
        assert_eq!(settings.transport, Transport::Plain(PlainBecause::Loopback));
        assert_eq!((settings.max_concurrent_global, settings.max_concurrent_per_server), (8, 4));
        assert_eq!(settings.database_url, "sqlite:///var/lib/rempart/catalog.sqlite");
        assert!(settings.scheduler_enabled);
    }

    #[test]
    fn flags_win_over_the_environment_and_the_environment_over_the_file() {
        let mut sources = Sources {
            flags: said(&[("port", "1")]),
            environment: said(&[("port", "2")]),
            file: said(&[("port", "3")]),
        };
        assert_eq!(sources.settings().unwrap().listen.port(), 1);
        sources.flags.clear();
        assert_eq!(sources.settings().unwrap().listen.port(), 2);
        sources.environment.clear();
        assert_eq!(sources.settings().unwrap().listen.port(), 3);
    }

    #[test]
    fn another_address_than_loopback_gets_tls_unless_it_is_waived_or_a_proxy_ends_it() {
        let open = ("listen", "0.0.0.0");
        let cases: &[(&[(&str, &str)], Transport)] = &[
            (&[open], Transport::OwnCertificate),
            (&[open, ("insecure_http", "true")], Transport::Plain(PlainBecause::Waived)),
            (&[open, ("behind_proxy", "10.0.0.1")], Transport::Plain(PlainBecause::Proxy)),
            (
                &[open, ("tls_certificate", "c"), ("tls_key", "k")],
                Transport::Files { certificate: "c".into(), key: "k".into() },
            ),
            (&[("listen", "::1")], Transport::Plain(PlainBecause::Loopback)),
        ];
        for (flags, expected) in cases {
            assert_eq!(&from_flags(flags).unwrap().transport, expected, "{flags:?}");
        }
    }

    #[test]
    fn a_wrong_value_is_refused_with_the_place_it_was_said_at() {
        let cases: &[(&[(&str, &str)], &str)] = &[
            (&[("port", "70000")], "--port: \"70000\" is not a port"),
            (&[("listen", "localhost")], "--listen"),
            (&[("max_concurrent_global", "0")], "--max-concurrent-global"),
            (&[("header_timeout", "0")], "--header-timeout: \"0\" is not a number of seconds"),
            (&[("body_timeout", "soon")], "--body-timeout"),
            (&[("max_connections", "0")], "--max-connections"),
            (&[("public_url", "backup.example.org")], "https://backup.example.org"),
            (&[("scheduler_enabled", "maybe")], "true or false"),
            (&[("scheduler_timezone", "Mars/Phobos")], "Europe/Paris"),
            (&[("behind_proxy", "10.0.0.1,proxy")], "\"proxy\""),
            (&[("tls_certificate", "c")], "without tls_key"),
            (&[("tls_key", "k")], "without tls_certificate"),
            (&[("tls_certificate", "c"), ("tls_key", "k"), ("insecure_http", "1")], "contradict"),
            (&[("behind_proxy", "10.0.0.1"), ("insecure_http", "1")], "contradict"),
            (&[("encryption_secret", "short")], "5 characters"),
        ];
        for (flags, expected) in cases {
            let error = from_flags(flags).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(error.contains(expected), "{flags:?}: {error:?} does not say {expected:?}");
        }
    }

    #[test]
    fn a_file_with_an_unknown_key_is_refused_and_the_known_ones_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("server.toml");
        std::fs::write(&path, "port = 4000\nbehind_proxy = [\"10.0.0.1\", \"10.0.0.2\"]\n").unwrap();
        let sources = Sources::default().read_file(&path).unwrap();
        assert_eq!(sources.settings().unwrap().listen.port(), 4000);
        assert_eq!(sources.settings().unwrap().proxies.len(), 2);
        std::fs::write(&path, "prot = 4000\n").unwrap();
        let error = Sources::default().read_file(&path).unwrap_err().to_string();
        assert!(error.contains("\"prot\"") && error.contains("port"), "{error}");
        std::fs::write(&path, "port 4000").unwrap();
        assert!(matches!(Sources::default().read_file(&path), Err(SettingsError::Syntax { .. })));
    }

    #[test]
    fn every_setting_stands_once_in_the_table() {
        for (position, one) in table::TABLE.iter().enumerate() {
            for other in &table::TABLE[position + 1..] {
                assert!(one.key != other.key && one.environment != other.environment, "{} stands twice", one.key);
            }
        }
        for name in [
            "PORT",
            "BACKUPS_DIR",
            "RUST_LOG",
            "MAX_CONCURRENT_GLOBAL",
            "MAX_CONCURRENT_PER_SERVER",
            "BACKUP_SERVER_IP",
            "DATABASE_URL",
            "ENCRYPTION_SECRET",
            "SCHEDULER_ENABLED",
            "SCHEDULER_TIMEZONE",
        ] {
            assert!(table::TABLE.iter().any(|setting| setting.environment == name), "{name} keeps its meaning");
        }
    }
}
