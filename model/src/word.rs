//! Closed lists of words: one enum, one spelling for the database (snake_case) and one for JSON (camelCase).

/// A word of a closed list, as the catalog stores it.
pub trait Word: Copy + Sized + 'static {
    /// What the list is a list of.
    const WHAT: &'static str;
    /// Every word, in the order in which people are shown them.
    const ALL: &'static [Self];
    /// The spelling in the database.
    fn as_str(self) -> &'static str;
    /// Reads the spelling of the database.
    fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|word| word.as_str() == text)
    }
}

/// Text that is none of a list's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a {what}; there are: {known}")]
pub struct ParseWordError {
    pub what: &'static str,
    pub text: String,
    pub known: String,
}

impl ParseWordError {
    #[must_use]
    pub fn of<W: Word>(text: &str) -> Self {
        let known: Vec<_> = W::ALL.iter().map(|word| word.as_str()).collect();
        Self { what: W::WHAT, text: text.to_owned(), known: known.join(", ") }
    }
}

macro_rules! words {
    ($($(#[$meta:meta])* $name:ident ($what:literal) { $($(#[$doc:meta])* $word:ident = $text:literal),+ $(,)? })+) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub enum $name {
            $($(#[$doc])* $word,)+
        }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$word),+];

            /// The spelling in the database and in logs.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$word => $text,)+
                }
            }
        }
        impl $crate::Word for $name {
            const WHAT: &'static str = $what;
            const ALL: &'static [Self] = Self::ALL;
            fn as_str(self) -> &'static str {
                self.as_str()
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
        impl std::str::FromStr for $name {
            type Err = $crate::ParseWordError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                <Self as $crate::Word>::parse(text).ok_or_else(|| $crate::ParseWordError::of::<Self>(text))
            }
        }
    )+};
}
pub(crate) use words;
