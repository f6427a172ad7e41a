//! Lists, page by page: what all of them can be asked.

use rempart_catalog::PageRequest;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::api::types::Page;

/// `?limit=50&cursor=…&sort=…&q=…`.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub struct ListQuery {
    /// How many items at most: 1 to 200, 50 where it is not said.
    #[param(minimum = 1, maximum = 200, example = 50)]
    pub limit: Option<u32>,
    /// `nextCursor` of the page before.
    pub cursor: Option<String>,
    /// A field's name, with `-` in front for the other way round; lists that know one order only take none.
    pub sort: Option<String>,
    /// Only what contains this text.
    pub q: Option<String>,
}

pub const DEFAULT_LIMIT: u32 = 50;
pub const MOST_PER_PAGE: u32 = 200;

impl ListQuery {
    /// What the catalog is asked for.
    #[must_use]
    pub fn page(&self) -> PageRequest {
        let cursor = self.cursor.clone().filter(|cursor| !cursor.is_empty());
        PageRequest { limit: self.limit.unwrap_or(DEFAULT_LIMIT).clamp(1, MOST_PER_PAGE), cursor }
    }

    /// The text to look for, where there is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        self.q.as_deref().map(str::trim).filter(|text| !text.is_empty())
    }
}

/// The catalog's page as an answer.
pub fn answer<R, T>(page: rempart_catalog::Page<R>, show: impl FnMut(R) -> T) -> Page<T> {
    Page { items: page.items.into_iter().map(show).collect(), next_cursor: page.next_cursor, total: page.total }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_stays_within_bounds() {
        for (asked, given) in [(None, 50), (Some(0), 1), (Some(7), 7), (Some(100_000), 200)] {
            assert_eq!(ListQuery { limit: asked, ..ListQuery::default() }.page().limit, given);
        }
    }

    #[test]
    fn an_empty_search_or_cursor_is_none() {
        let query = ListQuery { q: Some("  ".into()), cursor: Some(String::new()), ..ListQuery::default() };
        assert!(query.text().is_none() && query.page().cursor.is_none());
    }
}
