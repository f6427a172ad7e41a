//! SQL as text that both dialects read (`$1` is a parameter for both), with typed parameters and typed columns.

use jiff::Timestamp;
use rempart_model as model;
use rempart_model::Word;
pub(crate) use sea_orm::Value;
use sea_orm::{ConnectionTrait, QueryResult, Statement, TryGetable};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::CatalogError;

/// One statement on its way: `Sql::new("…").bind(a).bind(b).all(db, "what is being done")`.
pub(crate) struct Sql {
    text: String,
    values: Vec<Value>,
}

impl Sql {
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), values: Vec::new() }
    }

    /// The next parameter: `$1`, then `$2`, …
    pub fn bind(mut self, value: impl Bind) -> Self {
        self.values.push(value.value());
        self
    }

    /// Adds a piece of text; for filters that are there or not.
    pub fn push(mut self, text: &str) -> Self {
        self.text.push_str(text);
        self
    }

    /// Adds a parameter and its placeholder at the end of the text.
    pub fn push_bind(mut self, value: impl Bind) -> Self {
        self.values.push(value.value());
        self.text.push_str(&format!("${}", self.values.len()));
        self
    }

    /// Adds rows of parameters, `($1, $2), ($3, $4)`: for `VALUES`.
    pub fn push_rows<const N: usize>(mut self, rows: impl IntoIterator<Item = [Value; N]>) -> Self {
        for (number, row) in rows.into_iter().enumerate() {
            self.text.push_str(if number == 0 { "(" } else { ", (" });
            for (column, value) in row.into_iter().enumerate() {
                self.values.push(value);
                let comma = if column == 0 { "" } else { ", " };
                self.text.push_str(&format!("{comma}${}", self.values.len()));
            }
            self.text.push(')');
        }
        self
    }

    /// Adds a list of parameters, `($1, $2, $3)`: for `IN`.
    pub fn push_list(mut self, values: impl IntoIterator<Item = impl Bind>) -> Self {
        self.text.push('(');
        for (number, value) in values.into_iter().enumerate() {
            self.values.push(value.value());
            let comma = if number == 0 { "" } else { ", " };
            self.text.push_str(&format!("{comma}${}", self.values.len()));
        }
        self.text.push(')');
        self
    }

    /// A count of the rows, which stops at [`crate::TOTAL_LIMIT`].
    pub fn counted(self) -> Self {
        let text = format!("SELECT COUNT(*) FROM ({} LIMIT {}) AS counted", self.text, crate::TOTAL_LIMIT);
        Self { text, values: self.values }
    }

    /// Asks how the database would go about it, instead of doing it.
    #[cfg(test)]
    pub fn explained(mut self, dialect: crate::Dialect) -> Self {
        self.text.insert_str(
            0,
            match dialect {
                crate::Dialect::Sqlite => "EXPLAIN QUERY PLAN ",
                crate::Dialect::Postgres => "EXPLAIN ",
            },
        );
        self
    }

    fn statement(self, db: &impl ConnectionTrait) -> Statement {
        Statement::from_sql_and_values(db.get_database_backend(), self.text, self.values)
    }

    /// Runs it; how many rows it touched.
    pub async fn run(self, db: &impl ConnectionTrait, operation: &'static str) -> Result<u64, CatalogError> {
        let statement = self.statement(db);
        let done = db.execute_raw(statement).await.map_err(|e| CatalogError::from_database(operation, e))?;
        Ok(done.rows_affected())
    }

    pub async fn all<T: FromRow>(
        self,
        db: &impl ConnectionTrait,
        operation: &'static str,
    ) -> Result<Vec<T>, CatalogError> {
        let statement = self.statement(db);
        let rows = db.query_all_raw(statement).await.map_err(|e| CatalogError::from_database(operation, e))?;
        rows.iter().map(|row| T::from_row(&Row(row))).collect()
    }

    pub async fn first<T: FromRow>(
        self,
        db: &impl ConnectionTrait,
        operation: &'static str,
    ) -> Result<Option<T>, CatalogError> {
        let statement = self.statement(db);
        let row = db.query_one_raw(statement).await.map_err(|e| CatalogError::from_database(operation, e))?;
        row.map(|row| T::from_row(&Row(&row))).transpose()
    }

    /// The first row, which is there by the statement's nature (`RETURNING`, an aggregate).
    pub async fn one<T: FromRow>(self, db: &impl ConnectionTrait, operation: &'static str) -> Result<T, CatalogError> {
        let missing = || CatalogError::Unreadable { column: operation.to_owned(), value: "no row".to_owned() };
        self.first(db, operation).await?.ok_or_else(missing)
    }
}

/// What can be a parameter.
pub(crate) trait Bind {
    fn value(self) -> Value;
}

macro_rules! bind_as_is {
    ($($t:ty)+) => {$(
        impl Bind for $t {
            fn value(self) -> Value {
                self.into()
            }
        }
        impl Bind for Option<$t> {
            fn value(self) -> Value {
                self.into()
            }
        }
    )+};
}
bind_as_is!(i32 i64 f64 bool String Vec<u8>);

/// A parameter whose type is known at run time only.
impl Bind for Value {
    fn value(self) -> Value {
        self
    }
}

impl Bind for &str {
    fn value(self) -> Value {
        self.to_owned().into()
    }
}
impl Bind for Option<&str> {
    fn value(self) -> Value {
        self.map(str::to_owned).into()
    }
}
impl Bind for &String {
    fn value(self) -> Value {
        self.clone().into()
    }
}
/// Counts and sizes. The catalog's numbers are signed; beyond 2^63 is no size that exists.
impl Bind for u64 {
    fn value(self) -> Value {
        i64::try_from(self).unwrap_or(i64::MAX).into()
    }
}
impl Bind for Option<u64> {
    fn value(self) -> Value {
        self.map(|number| i64::try_from(number).unwrap_or(i64::MAX)).into()
    }
}
impl Bind for Timestamp {
    fn value(self) -> Value {
        self.as_millisecond().into()
    }
}
impl Bind for Option<Timestamp> {
    fn value(self) -> Value {
        self.map(Timestamp::as_millisecond).into()
    }
}

macro_rules! bind_ids {
    ($($t:ident)+) => {$(
        impl Bind for model::$t {
            fn value(self) -> Value {
                self.get().into()
            }
        }
        impl Bind for Option<model::$t> {
            fn value(self) -> Value {
                self.map(model::$t::get).into()
            }
        }
        impl FromRow for model::$t {
            /// A row of one column.
            fn from_row(row: &Row<'_>) -> Result<Self, CatalogError> {
                row.0.try_get_by_index(0).map(Self).map_err(|e| unreadable("0", &e))
            }
        }
        impl From64 for model::$t {
            fn from64(number: i64) -> Self {
                Self(number)
            }
        }
    )+};
}
bind_ids!(
    AuditId JobId JobLogId PlanId PoolId PoolSampleId ProblemId RepoClientId RepoId RunId ServerId SessionId
    SnapshotRowId TokenId UserId WorkerId
);

macro_rules! bind_words {
    ($($t:ident)+) => {$(
        impl Bind for model::$t {
            fn value(self) -> Value {
                self.as_str().to_owned().into()
            }
        }
        impl Bind for Option<model::$t> {
            fn value(self) -> Value {
                self.map(|word| word.as_str().to_owned()).into()
            }
        }
    )+};
}
bind_words!(
    Access AlertKind AlertSubject ClientMode Compression JobKind JobState LogLevel Missed PoolKind PoolState RepositoryState Role RunOrigin
    RunState
);

/// A value kept as JSON text.
pub(crate) struct Json<'a, T>(pub &'a T);
impl<T: Serialize> Bind for Json<'_, T> {
    fn value(self) -> Value {
        serde_json::to_string(self.0).expect("the catalog's values are plain JSON").into()
    }
}

/// What a row becomes.
pub(crate) trait FromRow: Sized {
    fn from_row(row: &Row<'_>) -> Result<Self, CatalogError>;
}

/// An identifier made from its number.
pub(crate) trait From64 {
    fn from64(number: i64) -> Self;
}

/// One row; columns by name.
pub(crate) struct Row<'a>(&'a QueryResult);

impl Row<'_> {
    /// A column of a type that the database knows: `i64`, `i32`, `bool`, `String`, and `Option` of those.
    pub fn get<T: TryGetable>(&self, column: &str) -> Result<T, CatalogError> {
        self.0.try_get("", column).map_err(|error| unreadable(column, &error))
    }
    pub fn id<T: From64>(&self, column: &str) -> Result<T, CatalogError> {
        self.get(column).map(T::from64)
    }
    pub fn opt_id<T: From64>(&self, column: &str) -> Result<Option<T>, CatalogError> {
        Ok(self.get::<Option<i64>>(column)?.map(T::from64))
    }
    /// A count or a size.
    pub fn number(&self, column: &str) -> Result<u64, CatalogError> {
        Ok(self.get::<i64>(column)?.try_into().unwrap_or(0))
    }
    pub fn opt_number(&self, column: &str) -> Result<Option<u64>, CatalogError> {
        Ok(self.get::<Option<i64>>(column)?.and_then(|number| number.try_into().ok()))
    }
    pub fn time(&self, column: &str) -> Result<Timestamp, CatalogError> {
        let ms = self.get(column)?;
        time(column, ms)
    }
    pub fn opt_time(&self, column: &str) -> Result<Option<Timestamp>, CatalogError> {
        self.get::<Option<i64>>(column)?.map(|ms| time(column, ms)).transpose()
    }
    pub fn word<W: Word>(&self, column: &str) -> Result<W, CatalogError> {
        let text: String = self.get(column)?;
        W::parse(&text).ok_or_else(|| CatalogError::Unreadable { column: column.to_owned(), value: text })
    }
    pub fn json<T: DeserializeOwned>(&self, column: &str) -> Result<T, CatalogError> {
        let text: String = self.get(column)?;
        serde_json::from_str(&text).map_err(|_| CatalogError::Unreadable { column: column.to_owned(), value: text })
    }
    pub fn opt_json<T: DeserializeOwned>(&self, column: &str) -> Result<Option<T>, CatalogError> {
        let Some(text) = self.get::<Option<String>>(column)? else { return Ok(None) };
        let read = serde_json::from_str(&text);
        read.map(Some).map_err(|_| CatalogError::Unreadable { column: column.to_owned(), value: text })
    }
}

fn time(column: &str, ms: i64) -> Result<Timestamp, CatalogError> {
    Timestamp::from_millisecond(ms)
        .map_err(|_| CatalogError::Unreadable { column: column.to_owned(), value: ms.to_string() })
}

fn unreadable(column: &str, error: &dyn std::fmt::Debug) -> CatalogError {
    CatalogError::Unreadable { column: column.to_owned(), value: format!("{error:?}") }
}

/// A row of one number, the first column.
impl FromRow for i64 {
    fn from_row(row: &Row<'_>) -> Result<Self, CatalogError> {
        row.0.try_get_by_index(0).map_err(|e| unreadable("0", &e))
    }
}
/// A row of one text, the first column.
impl FromRow for String {
    fn from_row(row: &Row<'_>) -> Result<Self, CatalogError> {
        row.0.try_get_by_index(0).map_err(|e| unreadable("0", &e))
    }
}
