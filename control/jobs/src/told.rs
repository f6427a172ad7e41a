//! Sentences that are stored: a code and the values that fill it, to be told in the language of whoever reads them later.
//! The words of all sentences, of this room too, stand where both languages are (`work::trouble`).

use std::collections::BTreeMap;
use std::fmt::Display;

use serde::{Deserialize, Serialize};

use crate::LOG_LINE_LIMIT_BYTES;
use crate::job::{cut, on_one_line};

/// A sentence as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    pub code: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, String>,
}

impl Told {
    #[must_use]
    pub fn new(code: &str) -> Self {
        Self { code: code.to_owned(), values: BTreeMap::new() }
    }

    /// Fills `{key}`.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Display) -> Self {
        self.values.insert(key.to_owned(), value.to_string());
        self
    }

    /// As one column of text.
    #[must_use]
    pub fn encode(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|_| self.code.clone())
    }

    /// As a log keeps it: values on one line each, and cut until the whole fits into [`LOG_LINE_LIMIT_BYTES`].
    #[must_use]
    pub fn encode_line(&self) -> String {
        let mut most = LOG_LINE_LIMIT_BYTES;
        loop {
            let values =
                self.values.iter().map(|(key, value)| (key.clone(), cut(on_one_line(value.clone()), most))).collect();
            let text = Self { code: self.code.clone(), values }.encode();
            if text.len() <= LOG_LINE_LIMIT_BYTES || most == 0 {
                return text;
            }
            most /= 2;
        }
    }

    /// Reads a stored text; `None` for one that is plain words.
    #[must_use]
    pub fn decode(text: &str) -> Option<Self> {
        text.starts_with("{\"code\":").then(|| serde_json::from_str(text).ok()).flatten()
    }
}

/// A sentence that this room says, and what its holes are called.
#[derive(Debug)]
pub struct Saying {
    pub code: &'static str,
    pub keys: &'static [&'static str],
}

impl Saying {
    /// With a value for each key, in their order.
    #[must_use]
    pub fn told<const N: usize>(&self, values: [&dyn Display; N]) -> Told {
        debug_assert_eq!(N, self.keys.len(), "{} has other holes", self.code);
        self.keys.iter().zip(values).fold(Told::new(self.code), |told, (key, value)| told.with(key, value))
    }
}

macro_rules! sayings {
    ($($name:ident = $code:literal [$($key:literal),*];)+) => {
        $(pub const $name: Saying = Saying { code: $code, keys: &[$($key),*] };)+
        /// All of them.
        pub const SAYINGS: &[Saying] = &[$($name),+];
    };
}

sayings! {
    WORKER_LOST = "worker.lost" [];
    JOB_PANICKED = "job.panicked" ["detail"];
    JOB_UNKNOWN_KIND = "job.unknown_kind" [];
    LINES_LEFT_OUT = "log.lines_left_out" ["count"];
    WORKER_STARTED = "log.worker_started" [];
    WORKER_STOPPED = "log.worker_stopped" [];
    WORKER_BLIND = "log.worker_blind" ["detail"];
    WORKER_TAKES = "log.worker_takes" ["job", "kind"];
    WORKER_CANNOT_BEGIN = "log.worker_cannot_begin" ["job", "detail"];
    WORKER_NOT_HEARD = "log.worker_not_heard" ["job", "detail"];
    WORKER_CANNOT_END = "log.worker_cannot_end" ["job", "detail"];
    JOB_SUCCEEDED = "log.job_succeeded" ["job"];
    JOB_WARNED = "log.job_warned" ["job"];
    JOB_FAILED = "log.job_failed" ["job"];
    JOB_CANCELED = "log.job_canceled" ["job"];
    JOB_WILL_RETRY = "log.job_will_retry" ["job"];
    JOB_GIVEN_BACK = "log.job_given_back" ["job"];
    JOB_LEASE_LOST = "log.job_lease_lost" ["job"];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_read_back_as_it_was_stored_and_plain_words_are_none() {
        let told = WORKER_TAKES.told([&7, &"backup"]);
        assert_eq!(Told::decode(&told.encode()), Some(told.clone()));
        assert_eq!(told.encode_line(), told.encode());
        for plain in ["started", "{", "{\"code\":", "{\"other\":1}", ""] {
            assert_eq!(Told::decode(plain), None, "{plain}");
        }
    }

    #[test]
    fn a_log_line_keeps_its_form_however_long_and_odd_its_values_are() {
        for piece in ["a", "é", "\u{1}", "\"", "a\nb\0\r"] {
            let told = Told::new("log.x").with("path", piece.repeat(9000)).with("detail", piece.repeat(9000));
            let line = told.encode_line();
            assert!(line.len() <= LOG_LINE_LIMIT_BYTES, "{} bytes of {piece:?}", line.len());
            let read = Told::decode(&line).expect("it is whole");
            assert!(read.values["path"].ends_with('…') && !read.values["path"].contains('\n'), "{piece:?}");
            assert!(read.values["path"].len() > 200, "{piece:?}: as much as fits is kept");
        }
    }
}
