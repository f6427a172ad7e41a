//! Where the catalog is: `sqlite:///var/lib/rempart/catalog.sqlite` or `postgres://user:password@host/database`.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// A catalog's address. Printed without its password, and it has no `Debug` that would show one.
#[derive(Clone, PartialEq, Eq)]
pub enum CatalogUrl {
    /// The file of an embedded SQLite.
    Sqlite(PathBuf),
    /// The whole URL, as PostgreSQL's own tools read it.
    Postgres(String),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "DATABASE_URL does not name a catalog ({reason}): write sqlite:///folder/catalog.sqlite or \
     postgres://user:password@host/database"
)]
pub struct ParseCatalogUrlError {
    reason: &'static str,
}

impl CatalogUrl {
    #[must_use]
    pub fn sqlite(file: impl AsRef<Path>) -> Self {
        Self::Sqlite(file.as_ref().to_owned())
    }
}

impl FromStr for CatalogUrl {
    type Err = ParseCatalogUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = |reason| Err(ParseCatalogUrlError { reason });
        if let Some(rest) = text.strip_prefix("sqlite:") {
            let file = rest.strip_prefix("//").unwrap_or(rest);
            return match file {
                "" => refuse("no file is named"),
                _ if file.contains(":memory:") => refuse("a catalog in memory would be lost with the process"),
                _ if file.contains('?') => refuse("a file's name takes no options"),
                _ => Ok(Self::Sqlite(PathBuf::from(file))),
            };
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(text.to_owned()));
        }
        refuse("it begins with neither sqlite: nor postgres:")
    }
}

impl fmt::Display for CatalogUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(file) => write!(f, "sqlite://{}", file.display()),
            Self::Postgres(url) => {
                // Also what is no user information but may carry a password, such as `?password=`, stays unsaid.
                let (scheme, rest) = url.split_once("://").unwrap_or(("postgres", url));
                let address = rest.split(['?', '#']).next().unwrap_or_default();
                let (authority, path) = address.split_once('/').unwrap_or((address, ""));
                let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
                write!(f, "{scheme}://{host}/{path}")
            }
        }
    }
}

impl fmt::Debug for CatalogUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_shown_without_their_password() {
        for (text, shown) in [
            ("sqlite:///var/lib/rempart/catalog.sqlite", "sqlite:///var/lib/rempart/catalog.sqlite"),
            ("sqlite:catalog.sqlite", "sqlite://catalog.sqlite"),
            ("postgres://rempart:s3cr3t@db:5432/rempart?sslmode=require", "postgres://db:5432/rempart"),
            ("postgresql://rempart:p@ss@db/rempart?password=s3cr3t", "postgresql://db/rempart"),
            ("postgres:///rempart?host=/run/postgresql", "postgres:///rempart"),
        ] {
            let url: CatalogUrl = text.parse().expect(text);
            assert_eq!((url.to_string().as_str(), format!("{url:?}").as_str()), (shown, shown), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_the_way_to_write_one() {
        for text in ["", "catalog.sqlite", "mysql://x/y", "sqlite:", "sqlite::memory:", "sqlite://a?mode=ro"] {
            let error = text.parse::<CatalogUrl>().expect_err(text).to_string();
            assert!(error.contains("sqlite:///folder"), "{text}: {error}");
        }
    }
}
