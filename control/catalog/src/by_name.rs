//! Pages of lists in the order of names, case aside; and texts looked for in names.

use std::collections::{BTreeSet, HashMap};

use sea_orm::ConnectionTrait;

use crate::page::contains;
use crate::sql::{FromRow, Row, Sql};
use crate::{Catalog, CatalogError, Page, PageRequest};

/// A list whose rows have a name, kept in lower case, and a number that tells namesakes apart.
pub(crate) struct ByName {
    /// What is read of a row.
    pub columns: &'static str,
    /// The SQL of the name in lower case, and of the number.
    pub order: (&'static str, &'static str),
    /// What is being done, for errors.
    pub operation: &'static str,
}

impl ByName {
    /// `filtered` is the whole statement but for its order, made for the columns that it is given; `key` the row's own
    /// order, as the statement's.
    pub async fn page<T: FromRow>(
        &self,
        db: &impl ConnectionTrait,
        request: &PageRequest,
        filtered: impl Fn(&str) -> Sql,
        key: impl Fn(&T) -> (String, i64),
    ) -> Result<Page<T>, CatalogError> {
        const SORT: &str = "name";
        let (name, id) = self.order;
        let mut sql = filtered(self.columns);
        if let Some((last_name, last_id)) = request.after::<(String, i64)>(SORT)? {
            sql = sql.push(&format!(" AND ({name}, {id}) > ("));
            sql = sql.push_bind(last_name).push(", ").push_bind(last_id).push(")");
        }
        let rows: Vec<T> = sql
            .push(&format!(" ORDER BY {name}, {id} LIMIT "))
            .push_bind(request.limit() as i64 + 1)
            .all(db, self.operation)
            .await?;
        let total = match request.total_known(rows.len()) {
            Some(known) => known,
            None => filtered("1").counted().one::<i64>(db, self.operation).await?.unsigned_abs(),
        };
        Ok(Page::of(rows, request, SORT, key, total))
    }
}

impl Sql {
    /// Adds a condition: one of these columns, which hold lower case, has the text somewhere in it.
    pub(crate) fn push_search(mut self, columns: &[&str], text: &str) -> Self {
        for (number, column) in columns.iter().enumerate() {
            self = self.push(if number == 0 { " AND (" } else { " OR " }).push(column).push(" LIKE ");
            self = self.push_bind(contains(text)).push(" ESCAPE '\\'");
        }
        self.push(")")
    }
}

/// What a row is called: its columns `id` and `name`.
pub(crate) struct Named {
    pub id: i64,
    pub name: String,
}

impl FromRow for Named {
    fn from_row(row: &Row<'_>) -> Result<Self, CatalogError> {
        Ok(Self { id: row.get("id")?, name: row.get("name")? })
    }
}

impl Catalog {
    /// What rows are called, by their numbers. `select` reads [`Named`] and has no condition.
    pub(crate) async fn names_by_id(&self, select: &str, ids: Vec<i64>) -> Result<HashMap<i64, String>, CatalogError> {
        // They are numbers, so they are no way in for SQL.
        let ids: BTreeSet<i64> = ids.into_iter().collect();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let list = ids.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
        let sql = Sql::new(format!("{select} WHERE id IN ({list})"));
        let rows: Vec<Named> = sql.all(self.read(), "read what rows are called").await?;
        Ok(rows.into_iter().map(|row| (row.id, row.name)).collect())
    }
}
