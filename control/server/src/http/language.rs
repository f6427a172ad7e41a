//! Which language an answer is in: the user's choice, else what the browser asks for, else French.

use axum::http::{HeaderMap, header};

use crate::api::types::Language;

/// The house's own language, where nobody asks for another.
pub const DEFAULT: Language = Language::Fr;

/// The first of our languages that `Accept-Language` asks for, by quality.
#[must_use]
pub fn asked_for(headers: &HeaderMap) -> Option<Language> {
    let text = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
    let mut best: Option<(f32, Language)> = None;
    for part in text.split(',') {
        let mut pieces = part.split(';');
        let tag = pieces.next().unwrap_or("").trim();
        let quality =
            pieces.find_map(|piece| piece.trim().strip_prefix("q=")).map_or(1.0, |q| q.trim().parse().unwrap_or(0.0));
        let primary = tag.split('-').next().unwrap_or("").to_ascii_lowercase();
        let language = match primary.as_str() {
            "fr" => Language::Fr,
            "en" => Language::En,
            _ => continue,
        };
        if quality > 0.0 && best.is_none_or(|(known, _)| quality > known) {
            best = Some((quality, language));
        }
    }
    best.map(|(_, language)| language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browsers_first_choice_among_ours_is_taken() {
        let cases = [
            ("en-GB,en;q=0.9,fr;q=0.8", Some(Language::En)),
            ("de, fr;q=0.5, en;q=0.7", Some(Language::En)),
            ("fr-CA", Some(Language::Fr)),
            ("de", None),
            ("en;q=0, fr;q=0.1", Some(Language::Fr)),
            ("", None),
            ("*", None),
            ("en;q=nonsense", None),
        ];
        for (value, expected) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, value.parse().unwrap());
            assert_eq!(asked_for(&headers), expected, "{value:?}");
        }
    }
}
