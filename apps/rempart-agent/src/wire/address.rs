//! Where the server is.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// `http://` or `https://`, a host, a port, and the path below which the server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    pub is_tls: bool,
    /// A name or an address; one of IPv6 without its brackets.
    pub host: String,
    pub port: u16,
    /// Without a slash at its end: empty, or `/backups`.
    pub path: String,
}

/// Text that is no such address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no server's address: {why}; it looks like https://backup.example.org or https://10.0.0.5:8443")]
pub struct AddressError {
    text: String,
    why: &'static str,
}

impl Address {
    /// Whether only this machine is on the way.
    pub fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// As `Host` and `CONNECT` have it.
    pub fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

impl FromStr for Address {
    type Err = AddressError;
    fn from_str(text: &str) -> Result<Self, AddressError> {
        let refuse = |why| AddressError { text: text.to_owned(), why };
        let (is_tls, rest) = match text.split_once("://") {
            Some(("https", rest)) => (true, rest),
            Some(("http", rest)) => (false, rest),
            _ => return Err(refuse("it begins with https:// or http://")),
        };
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if text.contains(['?', '#', '@']) || text.contains(char::is_whitespace) {
            return Err(refuse("it has no user, query or fragment"));
        }
        let (host, port) = match authority.strip_prefix('[') {
            Some(rest) => {
                let (host, port) = rest.split_once(']').ok_or_else(|| refuse("a bracket is not closed"))?;
                (host, port)
            }
            None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
        };
        let port = match port {
            "" => Some(if is_tls { 443 } else { 80 }),
            port => port.strip_prefix(':').and_then(|port| port.parse().ok()).filter(|port| *port > 0),
        };
        let port = port.ok_or_else(|| refuse("a port is a number from 1 to 65535"))?;
        if host.is_empty() {
            return Err(refuse("it names no host"));
        }
        Ok(Self { is_tls, host: host.to_owned(), port, path: path.trim_end_matches('/').to_owned() })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_tls { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.authority(), self.path)
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_with_their_ports_and_paths() {
        for (text, host, port, path, is_loopback) in [
            ("https://backup.example.org", "backup.example.org", 443, "", false),
            ("https://backup.example.org:8443/", "backup.example.org", 8443, "", false),
            ("https://example.org/backups/", "example.org", 443, "/backups", false),
            ("http://127.0.0.1:8080", "127.0.0.1", 8080, "", true),
            ("http://localhost", "localhost", 80, "", true),
            ("https://[::1]:9", "::1", 9, "", true),
            ("https://[2001:db8::5]", "2001:db8::5", 443, "", false),
        ] {
            let address: Address = text.parse().unwrap();
            assert_eq!((address.host.as_str(), address.port, address.path.as_str()), (host, port, path), "{text}");
            assert_eq!(address.is_loopback(), is_loopback, "{text}");
            assert_eq!(address.to_string().parse(), Ok(address), "{text}");
        }
        for wrong in [
            "",
            "backup.example.org",
            "ftp://a",
            "https://",
            "https://:80",
            "https://a:0",
            "https://a:x",
            "https://[::1",
            "https://u@a",
            "https://a?b",
            "https://a b",
        ] {
            let error = wrong.parse::<Address>().expect_err(wrong);
            assert!(error.to_string().contains("https://backup.example.org"), "{error}");
        }
    }
}
