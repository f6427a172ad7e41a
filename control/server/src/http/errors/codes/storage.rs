//! The refusals of the room `work`: its table, as this room's codes.

use std::sync::LazyLock;

use rempart_work::trouble::table::{self, Sentence as Told};

use super::{Code, Sentence};

/// Those that no other area has.
pub(super) static TABLE: LazyLock<Vec<Code>> = LazyLock::new(|| {
    let shared = ["request.stale", "request.not_found"];
    table::TABLE.iter().filter(|told| !shared.contains(&told.code)).map(|told| code(told)).collect()
});

fn code(told: &Told) -> Code {
    Code {
        id: told.code,
        status: told.status,
        french: Sentence { message: told.french, hint: told.french_hint },
        english: Sentence { message: told.english, hint: told.english_hint },
    }
}

/// The code of a sentence.
#[must_use]
pub fn of(told: &Told) -> &'static Code {
    match told.code {
        "request.stale" => &super::STALE,
        "request.not_found" => &super::NOT_FOUND,
        id => TABLE.iter().find(|code| code.id == id).unwrap_or(&super::INTERNAL),
    }
}
