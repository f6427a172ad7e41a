//! The address under which others know this server.

use std::fmt;
use std::str::FromStr;

use axum::http::Uri;

/// `https://backup.example.org` or `http://10.0.0.7:8080`: scheme, host and perhaps a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    scheme: String,
    authority: String,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no address of a server; write https://backup.example.org, without a path")]
pub struct ParsePublicUrlError {
    pub text: String,
}

impl FromStr for PublicUrl {
    type Err = ParsePublicUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = || ParsePublicUrlError { text: text.to_owned() };
        let uri: Uri = text.trim().parse().map_err(|_| refuse())?;
        let scheme = uri.scheme_str().filter(|scheme| matches!(*scheme, "http" | "https")).ok_or_else(refuse)?;
        let authority = uri.authority().ok_or_else(refuse)?;
        let is_bare = uri.path_and_query().is_none_or(|path| path.as_str() == "/");
        // Credentials in it would be shown to everybody.
        if !is_bare || authority.host().is_empty() || authority.as_str().contains('@') {
            return Err(refuse());
        }
        Ok(Self { scheme: scheme.to_owned(), authority: authority.as_str().to_owned() })
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_a_server_is_read_and_anything_else_refused() {
        for (text, shown) in [
            ("https://backup.example.org", "https://backup.example.org"),
            ("https://backup.example.org/", "https://backup.example.org"),
            (" http://10.0.0.7:8080 ", "http://10.0.0.7:8080"),
            ("https://[fd00::7]:3000", "https://[fd00::7]:3000"),
        ] {
            assert_eq!(text.parse::<PublicUrl>().unwrap().to_string(), shown);
        }
        for wrong in ["", "backup.example.org", "ftp://a", "https://", "https://a/b", "https://a?b", "https://me:it@a"]
        {
            assert_eq!(wrong.parse::<PublicUrl>().unwrap_err().text, wrong);
        }
    }
}
