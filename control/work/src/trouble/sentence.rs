//! The form of a sentence, and of a table of them.

use rempart_jobs::Told;

/// One thing that can be told. `{key}` is filled in.
#[derive(Debug)]
pub struct Sentence {
    /// For programs: `area.what`, never changed.
    pub code: &'static str,
    /// The class of the answer where a request ends with it, in HTTP's numbers.
    pub status: u16,
    pub french: &'static str,
    pub french_hint: Option<&'static str>,
    pub english: &'static str,
    pub english_hint: Option<&'static str>,
}

impl Sentence {
    /// To be stored; its values are added with [`Told::with`].
    #[must_use]
    pub fn told(&self) -> Told {
        Told::new(self.code)
    }
}

/// Statics of [`Sentence`], and `TABLE` of all of them.
macro_rules! sentences {
    ($($name:ident = $status:literal $code:literal {
        fr: $fr:literal $(, $fr_hint:literal)?;
        en: $en:literal $(, $en_hint:literal)?;
    })+) => {
        $(
            pub static $name: Sentence = Sentence {
                code: $code,
                status: $status,
                french: $fr,
                french_hint: sentences!(@hint $($fr_hint)?),
                english: $en,
                english_hint: sentences!(@hint $($en_hint)?),
            };
        )+
        /// All of them.
        pub static TABLE: &[&Sentence] = &[$(&$name),+];
    };
    (@hint) => { None };
    (@hint $hint:literal) => { Some($hint) };
}

pub(super) use sentences;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::trouble::{all_sentences, log, table};

    fn holes(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(key, _)| key)).collect()
    }

    #[test]
    fn every_sentence_says_the_same_in_both_languages() {
        let mut seen = BTreeSet::new();
        for one in all_sentences() {
            assert!(seen.insert(one.code), "{} stands twice", one.code);
            assert_eq!(holes(one.french), holes(one.english), "{}", one.code);
            assert_eq!(one.french_hint.is_some(), one.english_hint.is_some(), "{}", one.code);
            assert_ne!(one.french, one.english, "{} is not translated", one.code);
            for text in [Some(one.french), one.french_hint, Some(one.english), one.english_hint].into_iter().flatten() {
                assert!(text.ends_with(['.', '?', ')']), "{}: {text:?} is no sentence", one.code);
            }
        }
        assert_eq!(seen.len(), table::TABLE.len() + log::TABLE.len());
    }

    #[test]
    fn what_the_queue_and_its_workers_say_has_words_for_each_of_its_values() {
        for saying in rempart_jobs::told::SAYINGS {
            let known = all_sentences().find(|sentence| sentence.code == saying.code);
            let sentence = known.unwrap_or_else(|| panic!("{} has no words", saying.code));
            assert_eq!(holes(sentence.english), saying.keys.iter().copied().collect(), "{}", saying.code);
        }
    }
}
