//! The first administrator: made by whoever can read what the server printed at its start.

use parking_lot::Mutex;
use subtle::ConstantTimeEq as _;

use super::secret;
use crate::http::errors::ApiError;

/// The one-time token of the setup link. It lives in memory: another start prints another link.
#[derive(Default)]
pub struct Setup {
    token: Mutex<Option<String>>,
}

impl Setup {
    /// Makes the token; what was made before is void.
    pub fn open(&self) -> Result<String, ApiError> {
        let token = secret::random()?;
        *self.token.lock() = Some(token.clone());
        Ok(token)
    }

    #[must_use]
    pub fn is_open(&self) -> bool {
        self.token.lock().is_some()
    }

    /// Whether this is the token.
    #[must_use]
    pub fn fits(&self, given: &str) -> bool {
        self.token.lock().as_deref().is_some_and(|token| token.as_bytes().ct_eq(given.as_bytes()).into())
    }

    /// A user exists: the link is void.
    pub fn close(&self) {
        *self.token.lock() = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_void_once_it_was_used_or_replaced() {
        let setup = Setup::default();
        assert!(!setup.fits(""), "a closed setup takes a token");
        let first = setup.open().unwrap();
        let second = setup.open().unwrap();
        assert!(!setup.fits(&first) && setup.fits(&second));
        setup.close();
        assert!(!setup.fits(&second));
    }
}
