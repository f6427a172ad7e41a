//! Rules that fields of many bodies share.

use super::errors::{ApiError, ApiResult, codes};

/// The longest name that people give things.
pub const LONGEST_NAME: usize = 100;

/// A name as people give it: trimmed, not empty, short, in one line.
pub fn name(field: &'static str, text: &str) -> ApiResult<String> {
    line(field, text, LONGEST_NAME)
}

/// One line of text that is not empty.
pub fn line(field: &'static str, text: &str, limit: usize) -> ApiResult<String> {
    let text = text.trim();
    if text.is_empty() {
        return Err(ApiError::new(&codes::EMPTY_FIELD).with("name", field).field(field));
    }
    if text.chars().count() > limit {
        return Err(ApiError::new(&codes::LONG_FIELD).with("name", field).with("limit", limit).field(field));
    }
    if text.chars().any(char::is_control) {
        return Err(ApiError::new(&codes::CONTROL_CHARACTERS).with("name", field).field(field));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_short_line() {
        assert_eq!(name("name", "  Nightly é ").unwrap(), "Nightly é");
        for (text, code) in [
            (" ", "request.empty_field"),
            ("a\nb", "request.control_characters"),
            ("a\0b", "request.control_characters"),
            (&*"x".repeat(101), "request.long_field"),
        ] {
            assert_eq!(name("name", text).unwrap_err().code().id, code, "{text:?}");
        }
    }
}
