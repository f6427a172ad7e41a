//! Pages of long lists, found by the last key seen (keyset): the hundredth thousandth page costs what the first does.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::CatalogError;

/// Which page is asked for.
#[derive(Debug, Clone, Default)]
pub struct PageRequest {
    /// How many rows; 0 means [`PageRequest::DEFAULT_LIMIT`], and no more than [`PageRequest::MAX_LIMIT`] are given.
    pub limit: u32,
    /// [`Page::next_cursor`] of the page before; None for the first.
    pub cursor: Option<String>,
}

impl PageRequest {
    pub const DEFAULT_LIMIT: u32 = 50;
    pub const MAX_LIMIT: u32 = 500;

    #[must_use]
    pub fn first(limit: u32) -> Self {
        Self { limit, cursor: None }
    }

    pub(crate) fn limit(&self) -> usize {
        let limit = if self.limit == 0 { Self::DEFAULT_LIMIT } else { self.limit.min(Self::MAX_LIMIT) };
        limit as usize
    }

    /// How many rows there are in all, where these, read with a limit one above the page's, are all of them: then nobody
    /// need count.
    pub(crate) fn total_known(&self, rows_read: usize) -> Option<u64> {
        (self.cursor.is_none() && rows_read <= self.limit()).then_some(rows_read as u64)
    }

    /// The key after which the page begins, when the cursor was given out for the same sort.
    pub(crate) fn after<K: DeserializeOwned>(&self, sort: &str) -> Result<Option<K>, CatalogError> {
        let Some(cursor) = &self.cursor else { return Ok(None) };
        let json = from_hex(cursor).ok_or(CatalogError::Cursor)?;
        let (of, key): (String, K) = serde_json::from_slice(&json).map_err(|_| CatalogError::Cursor)?;
        if of == sort { Ok(Some(key)) } else { Err(CatalogError::Cursor) }
    }
}

/// One page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Opaque; None on the last page.
    pub next_cursor: Option<String>,
    /// How many rows there are in all; [`TOTAL_LIMIT`] means so many or more.
    pub total: u64,
}

/// Where counting the rows of a filtered list stops: nobody pages that far, and counting a million costs more than the page.
pub const TOTAL_LIMIT: u64 = 10_000;

impl<T> Page<T> {
    /// Makes a page of rows that were read with a limit one above the request's; the one too many says that more follow.
    pub(crate) fn of<K: Serialize>(
        mut rows: Vec<T>,
        request: &PageRequest,
        sort: &str,
        key: impl Fn(&T) -> K,
        total: u64,
    ) -> Self {
        let has_more = rows.len() > request.limit();
        rows.truncate(request.limit());
        let next_cursor = rows.last().filter(|_| has_more).map(|last| {
            let json = serde_json::to_vec(&(sort, key(last))).expect("keys are numbers and text");
            to_hex(&json)
        });
        Self { items: rows, next_cursor, total }
    }

    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(change).collect(), next_cursor: self.next_cursor, total: self.total }
    }
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}

/// A search text as a pattern for `LIKE … ESCAPE '\'`: found anywhere, its own wildcards taken literally.
pub(crate) fn contains(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in text.to_lowercase().chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_continues_its_own_list_only() {
        let request = PageRequest::first(2);
        let page = Page::of(vec![(1, "a"), (2, "é"), (3, "c")], &request, "name", |row| (row.1, row.0), 3);
        assert_eq!(page.items.len(), 2);
        let next = PageRequest { limit: 2, cursor: page.next_cursor };
        assert_eq!(next.after::<(String, i64)>("name").unwrap(), Some(("é".to_owned(), 2)));
        assert!(next.after::<(String, i64)>("time").is_err(), "a cursor of another sort was taken");
        for wrong in ["", "0", "zz", "é", "5b5d"] {
            let request = PageRequest { limit: 2, cursor: Some(wrong.to_owned()) };
            assert!(request.after::<(String, i64)>("name").is_err(), "{wrong:?} was taken for a cursor");
        }
    }

    #[test]
    fn a_search_takes_wildcards_literally() {
        assert_eq!(contains("50%_É"), "%50\\%\\_é%");
    }
}
