//! Every refusal there is: its code, its status, and what people are told in French and in English. One file per area.
//!
//! ```text
//! codes! {
//!     /// When it is answered.
//!     NAME_TAKEN = 409 "plan.name_taken" {
//!         fr: "Un plan nommé « {name} » existe déjà.", "Choisissez un autre nom.";
//!         en: "There already is a plan named “{name}”.", "Choose another name.";
//!     }
//! }
//! ```

mod access;
mod plans;
mod request;
mod settings;
pub mod storage;

use crate::api::types::Language;

pub use access::*;
pub use plans::*;
pub use request::*;
pub use settings::*;

/// One refusal.
#[derive(Debug)]
pub struct Code {
    /// For programs: `area.what`, never changed.
    pub id: &'static str,
    pub status: u16,
    pub french: Sentence,
    pub english: Sentence,
}

/// What a person reads. `{key}` is filled in.
#[derive(Debug)]
pub struct Sentence {
    pub message: &'static str,
    /// What to do next.
    pub hint: Option<&'static str>,
}

impl Code {
    #[must_use]
    pub fn sentence(&self, language: Language) -> &Sentence {
        match language {
            Language::Fr => &self.french,
            Language::En => &self.english,
        }
    }
}

/// Defines codes and the table of them.
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $status:literal $id:literal {
        fr: $fr:literal $(, $fr_hint:literal)?;
        en: $en:literal $(, $en_hint:literal)?;
    })+) => {
        use super::{Code, Sentence};
        $(
            $(#[$doc])*
            pub static $name: Code = Code {
                id: $id,
                status: $status,
                french: Sentence { message: $fr, hint: super::codes!(@hint $($fr_hint)?) },
                english: Sentence { message: $en, hint: super::codes!(@hint $($en_hint)?) },
            };
        )+
        /// The codes of this area.
        pub(super) static TABLE: &[&Code] = &[$(&$name),+];
    };
    (@hint) => { None };
    (@hint $hint:literal) => { Some($hint) };
}
use codes;

/// Every area's codes.
#[must_use]
pub fn all() -> Vec<&'static Code> {
    let storage: Vec<&'static Code> = storage::TABLE.iter().collect();
    [access::TABLE, plans::TABLE, request::TABLE, settings::TABLE, &storage].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn holes(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(key, _)| key)).collect()
    }

    #[test]
    fn every_code_is_one_of_a_kind_and_says_the_same_in_both_languages() {
        let mut seen = BTreeSet::new();
        for code in all() {
            assert!(seen.insert(code.id), "{} stands twice", code.id);
            assert!(
                code.id.split_once('.').is_some_and(|(area, what)| !area.is_empty() && !what.is_empty()),
                "{}",
                code.id
            );
            assert!((400..=503).contains(&code.status), "{}: {}", code.id, code.status);
            let (fr, en) = (&code.french, &code.english);
            assert_eq!(holes(fr.message), holes(en.message), "{}: the messages fill in different values", code.id);
            assert_eq!(fr.hint.is_some(), en.hint.is_some(), "{}: a hint in one language only", code.id);
            assert_eq!(holes(fr.hint.unwrap_or("")), holes(en.hint.unwrap_or("")), "{}: hints differ", code.id);
            for text in [Some(fr.message), fr.hint, Some(en.message), en.hint].into_iter().flatten() {
                assert!(text.ends_with(['.', '?', ')']), "{}: {text:?} is no sentence", code.id);
            }
            assert_ne!(fr.message, en.message, "{} is not translated", code.id);
        }
    }
}
