//! Limits as people write them: a share, a size, or none.

use std::fmt;
use std::str::FromStr;

use crate::maintain::check::parse_bytes;

/// How much of something is allowed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limit {
    Bytes(u64),
    /// Hundredths of a percent of the bytes in use.
    BasisPoints(u32),
    Unlimited,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no limit: write a percentage (5%), a size (500M, 2G) or `unlimited`")]
pub struct ParseLimitError {
    pub text: String,
}

impl Limit {
    /// In bytes, where it is relative of `used_bytes`. A share of p % means: of all that is then stored, p % may be unused.
    pub(super) fn of(self, used_bytes: u64) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Unlimited => u64::MAX,
            Self::BasisPoints(points @ 0..10_000) => {
                let unused = u128::from(used_bytes) * u128::from(points) / u128::from(10_000 - points);
                u64::try_from(unused).unwrap_or(u64::MAX)
            }
            Self::BasisPoints(_) => u64::MAX,
        }
    }
}

impl FromStr for Limit {
    type Err = ParseLimitError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = if text == "unlimited" {
            Some(Self::Unlimited)
        } else if let Some(percent) = text.strip_suffix('%') {
            let percent: Option<f64> = percent.parse().ok();
            percent.filter(|p| (0.0..=100.0).contains(p)).map(|p| Self::BasisPoints((p * 100.0).round() as u32))
        } else {
            parse_bytes(text).map(Self::Bytes)
        };
        parsed.ok_or_else(|| ParseLimitError { text: text.to_owned() })
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "{bytes} bytes"),
            Self::BasisPoints(points) => write!(f, "{}%", f64::from(*points) / 100.0),
            Self::Unlimited => f.write_str("unlimited"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_of_all_that_stays_stored() {
        assert_eq!(Limit::BasisPoints(500).of(950), 50);
        assert_eq!(Limit::BasisPoints(0).of(950), 0);
        assert_eq!(Limit::BasisPoints(10_000).of(950), u64::MAX);
    }

    #[test]
    fn limits_are_read_as_they_are_written() {
        for (text, expected) in [
            ("5%", Limit::BasisPoints(500)),
            ("0", Limit::Bytes(0)),
            ("2G", Limit::Bytes(2 << 30)),
            ("unlimited", Limit::Unlimited),
        ] {
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
        for text in ["", "%", "101%", "-1", "much"] {
            assert!(text.parse::<Limit>().is_err(), "{text:?} was taken for a limit");
        }
    }
}
