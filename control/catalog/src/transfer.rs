//! The whole catalog into a SQLite file, and back into an empty catalog: on either database, so that a server can move from
//! one to the other.
//!
//! Rows are read as JSON that the database makes, in one transaction, so they are of one moment; what the columns are is
//! asked of the SQLite side, which there always is.

use std::path::Path;

use sea_orm::{AccessMode, ConnectionTrait, IsolationLevel, TransactionTrait, Value};

use crate::sql::Sql;
use crate::{Catalog, CatalogError, CatalogUrl, Dialect};

/// So many rows are in memory at once.
const ROWS_AT_ONCE: usize = 500;

/// A table to move.
struct Table {
    name: String,
    columns: Vec<Column>,
}

struct Column {
    name: String,
    kind: Kind,
    is_key: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    Real,
    Truth,
    Text,
    Bytes,
}

impl Catalog {
    /// Writes everything into a new file, which another version can open too if it is not older.
    pub async fn export_to(&self, file: &Path) -> Result<(), CatalogError> {
        let copy = Self::open(&CatalogUrl::sqlite(file)).await?;
        let outcome = transfer(self, &copy, &copy).await;
        copy.close().await;
        outcome
    }

    /// Fills this catalog from such a file. Refuses where this one holds anything already ([`CatalogError::NotEmpty`]).
    pub async fn import_from(&self, file: &Path) -> Result<(), CatalogError> {
        let from = Self::open(&CatalogUrl::sqlite(file)).await?;
        let outcome = match self.is_empty(&from).await {
            Ok(true) => transfer(&from, self, &from).await,
            Ok(false) => Err(CatalogError::NotEmpty { address: self.url().to_string() }),
            Err(error) => Err(error),
        };
        from.close().await;
        outcome
    }

    /// No table of `like` has a row here.
    async fn is_empty(&self, like: &Self) -> Result<bool, CatalogError> {
        for table in tables(like).await? {
            let count: i64 = Sql::new(format!("SELECT COUNT(*) FROM {}", table.name))
                .one(self.read(), "look whether the catalog is empty")
                .await?;
            if count > 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// The tables of a SQLite catalog, each after those it refers to: migrations make them in that order.
async fn tables(sqlite: &Catalog) -> Result<Vec<Table>, CatalogError> {
    let names: Vec<String> = Sql::new(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
         AND name <> 'migrations' ORDER BY rowid",
    )
    .all(sqlite.read(), "list the tables")
    .await?;
    let mut tables = Vec::with_capacity(names.len());
    for name in names {
        let described: Vec<String> =
            Sql::new(format!("SELECT json_array(name, type, pk) FROM pragma_table_info('{name}') ORDER BY cid"))
                .all(sqlite.read(), "list the columns")
                .await?;
        let columns = described.iter().map(|text| column(text)).collect::<Result<_, _>>()?;
        tables.push(Table { name, columns });
    }
    Ok(tables)
}

fn column(described: &str) -> Result<Column, CatalogError> {
    let unreadable = || CatalogError::Unreadable { column: "a column".to_owned(), value: described.to_owned() };
    let (name, declared, key): (String, String, i64) = serde_json::from_str(described).map_err(|_| unreadable())?;
    let kind = match declared.to_ascii_uppercase().as_str() {
        "INTEGER" | "BIGINT" | "INT" | "SMALLINT" => Kind::Number,
        "BOOLEAN" => Kind::Truth,
        "TEXT" => Kind::Text,
        "BLOB" => Kind::Bytes,
        "REAL" | "DOUBLE PRECISION" | "DOUBLE" => Kind::Real,
        _ => return Err(unreadable()),
    };
    Ok(Column { name, kind, is_key: key > 0 })
}

async fn transfer(from: &Catalog, to: &Catalog, sqlite: &Catalog) -> Result<(), CatalogError> {
    let tables = tables(sqlite).await?;
    let failed = |error| CatalogError::from_database("read the catalog", error);
    let (isolation, access) = match from.dialect() {
        // Its read transactions see one moment anyhow.
        Dialect::Sqlite => (None, None),
        Dialect::Postgres => (Some(IsolationLevel::RepeatableRead), Some(AccessMode::ReadOnly)),
    };
    let reading = from.read().begin_with_config(isolation, access).await.map_err(failed)?;
    let writing = to.begin().await?;
    for table in &tables {
        copy(table, &reading, from.dialect(), &writing.tx).await?;
        if let Some(key) = table.number() {
            let last = last_number(table, key, &reading, from.dialect()).await?;
            continue_after(table, key, last, &writing.tx, to.dialect()).await?;
        }
    }
    writing.commit().await?;
    reading.commit().await.map_err(failed)
}

async fn copy(
    table: &Table,
    from: &impl ConnectionTrait,
    dialect: Dialect,
    to: &impl ConnectionTrait,
) -> Result<(), CatalogError> {
    // Tables with one numeric key are read page by page; the others hold a handful of rows.
    let number = table.number().and_then(|key| table.columns.iter().position(|column| column.name == key.name));
    let insert = table.insert();
    let mut after = i64::MIN;
    loop {
        let mut sql = Sql::new(table.select(dialect));
        if let Some(position) = number {
            let key = &table.columns[position].name;
            sql = sql.push(&format!(" WHERE {key} > ")).push_bind(after);
            sql = sql.push(&format!(" ORDER BY {key} LIMIT {ROWS_AT_ONCE}"));
        }
        let rows: Vec<String> = sql.all(from, "read the catalog").await?;
        for row in &rows {
            let cells: Vec<serde_json::Value> = serde_json::from_str(row)
                .map_err(|_| CatalogError::Unreadable { column: table.name.clone(), value: row.clone() })?;
            if let Some(position) = number {
                after = cells[position].as_i64().unwrap_or(after);
            }
            let mut sql = Sql::new(insert.clone());
            for (column, cell) in table.columns.iter().zip(&cells) {
                sql = sql.bind(column.kind.value(cell).ok_or_else(|| CatalogError::Unreadable {
                    column: format!("{}.{}", table.name, column.name),
                    value: cell.to_string(),
                })?);
            }
            sql.run(to, "fill the catalog").await?;
        }
        if number.is_none() || rows.len() < ROWS_AT_ONCE {
            return Ok(());
        }
    }
}

impl Table {
    /// The one numeric key, where that is how rows are told apart.
    fn number(&self) -> Option<&Column> {
        let mut keys = self.columns.iter().filter(|column| column.is_key);
        match (keys.next(), keys.next()) {
            (Some(key), None) if key.kind == Kind::Number => Some(key),
            _ => None,
        }
    }

    /// One column: the row as a JSON array.
    fn select(&self, dialect: Dialect) -> String {
        let cells: Vec<String> = self.columns.iter().map(|column| column.read(dialect)).collect();
        let cells = cells.join(", ");
        let array = match dialect {
            Dialect::Sqlite => format!("json_array({cells})"),
            Dialect::Postgres => format!("CAST(json_build_array({cells}) AS TEXT)"),
        };
        format!("SELECT {array} FROM {}", self.name)
    }

    fn insert(&self) -> String {
        let names: Vec<&str> = self.columns.iter().map(|column| column.name.as_str()).collect();
        let places: Vec<String> = (1..=names.len()).map(|place| format!("${place}")).collect();
        format!("INSERT INTO {} ({}) VALUES ({})", self.name, names.join(", "), places.join(", "))
    }
}

impl Column {
    fn read(&self, dialect: Dialect) -> String {
        let name = &self.name;
        match (self.kind, dialect) {
            // JSON holds no bytes.
            (Kind::Bytes, Dialect::Sqlite) => format!("CASE WHEN {name} IS NULL THEN NULL ELSE hex({name}) END"),
            (Kind::Bytes, Dialect::Postgres) => format!("encode({name}, 'hex')"),
            _ => name.clone(),
        }
    }
}

impl Kind {
    /// A cell of the JSON as a parameter; `None` where it is no value of this kind.
    fn value(self, cell: &serde_json::Value) -> Option<Value> {
        let is_null = cell.is_null();
        Some(match self {
            Self::Number if is_null => Value::from(None::<i64>),
            Self::Number => cell.as_i64()?.into(),
            Self::Real if is_null => Value::from(None::<f64>),
            Self::Real => cell.as_f64()?.into(),
            Self::Truth if is_null => Value::from(None::<bool>),
            Self::Truth => cell.as_bool().or_else(|| cell.as_i64().map(|number| number != 0))?.into(),
            Self::Text if is_null => Value::from(None::<String>),
            Self::Text => cell.as_str()?.to_owned().into(),
            Self::Bytes if is_null => Value::from(None::<Vec<u8>>),
            Self::Bytes => bytes(cell.as_str()?)?.into(),
        })
    }
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    if !hex.is_ascii() || !hex.len().is_multiple_of(2) {
        return None;
    }
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).ok()).collect()
}

/// The highest number that the table ever gave out: rows of it may be gone (a job that ended moves to the history), and their
/// numbers must not come again.
async fn last_number(
    table: &Table,
    key: &Column,
    from: &impl ConnectionTrait,
    dialect: Dialect,
) -> Result<i64, CatalogError> {
    let (name, key) = (&table.name, &key.name);
    let counted = match dialect {
        Dialect::Sqlite => format!("SELECT seq FROM sqlite_sequence WHERE name = '{name}'"),
        // Only a table that counts by itself has a sequence.
        Dialect::Postgres => format!(
            "SELECT COALESCE(last_value, 0) FROM pg_sequences WHERE schemaname = current_schema()
             AND pg_get_serial_sequence('{name}', '{key}') = schemaname || '.' || sequencename"
        ),
    };
    let counted: Option<i64> = Sql::new(counted).first(from, "read the numbers of a table").await?;
    let highest: i64 = Sql::new(format!("SELECT CAST(COALESCE(MAX({key}), 0) AS BIGINT) FROM {name}"))
        .one(from, "read the numbers of a table")
        .await?;
    Ok(counted.unwrap_or(0).max(highest))
}

async fn continue_after(
    table: &Table,
    key: &Column,
    last: i64,
    to: &impl ConnectionTrait,
    dialect: Dialect,
) -> Result<(), CatalogError> {
    const OPERATION: &str = "continue the numbers of a table";
    let (name, key) = (&table.name, &key.name);
    if last <= 0 {
        return Ok(());
    }
    match dialect {
        Dialect::Sqlite => {
            let counts: i64 =
                Sql::new("SELECT COUNT(*) FROM sqlite_master WHERE name = $1 AND sql LIKE '%AUTOINCREMENT%'")
                    .bind(name)
                    .one(to, OPERATION)
                    .await?;
            if counts == 0 {
                return Ok(());
            }
            Sql::new("DELETE FROM sqlite_sequence WHERE name = $1").bind(name).run(to, OPERATION).await?;
            Sql::new("INSERT INTO sqlite_sequence (name, seq) VALUES ($1, $2)")
                .bind(name)
                .bind(last)
                .run(to, OPERATION)
                .await?;
        }
        Dialect::Postgres => {
            let sequence = format!("pg_get_serial_sequence('{name}', '{key}')");
            let sql = format!("SELECT CAST(setval({sequence}, $1) AS BIGINT) WHERE {sequence} IS NOT NULL");
            let _: Option<i64> = Sql::new(sql).bind(last).first(to, OPERATION).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use rempart_model::{PlanSpec, RepoId, ServerId, Sources};

    use crate::{CatalogErrorKind, NewPlan, PageRequest, PlanFilter};

    fn plan(name: String) -> NewPlan {
        let sources = Sources { folders: vec!["/home".into()], ..Sources::default() };
        NewPlan {
            name,
            server_id: ServerId::new(1),
            repository_id: RepoId::new(1),
            spec: PlanSpec { sources, ..PlanSpec::default() },
            enabled: true,
        }
    }

    crate::on_both_dialects! {
        async fn everything_moves_through_a_file_into_an_empty_catalog(scratch: Scratch) {
            // Given a catalog with more rows than are read at once.
            let catalog = scratch.catalog().await;
            let now = Timestamp::from_millisecond(1_700_000_000_123).unwrap();
            let mut tx = catalog.begin().await.unwrap();
            for number in 0..600 {
                tx.insert_plan(&plan(format!("é {number:03}")), now).await.unwrap();
            }
            // The newest is gone, and its number with it.
            let last = tx.insert_plan(&plan("last".into()), now).await.unwrap();
            tx.delete_plan(last.id, last.version, now).await.unwrap();
            tx.commit().await.unwrap();
            let file = scratch.folder().join("export.sqlite");

            // When it is written into a file and that into catalogs of both kinds.
            catalog.export_to(&file).await.unwrap();
            for dialect in [crate::Dialect::Sqlite, crate::Dialect::Postgres] {
                let other = crate::testing::Scratch::new(dialect);
                let other = other.catalog().await;
                other.import_from(&file).await.unwrap();

                // Then the same is there, and new rows get new numbers.
                let all = PlanFilter::default();
                let (page, expected) = (PageRequest::first(500), PageRequest::first(500));
                assert_eq!(other.plans(&all, &page).await.unwrap(), catalog.plans(&all, &expected).await.unwrap());
                assert_eq!(other.last_event_seq().await.unwrap(), catalog.last_event_seq().await.unwrap());
                let mut tx = other.begin().await.unwrap();
                let new = tx.insert_plan(&plan("new".into()), now).await.unwrap();
                tx.commit().await.unwrap();
                assert_eq!(new.id.get(), 602, "a number came again");

                // And a catalog that holds something takes no import.
                let error = other.import_from(&file).await.unwrap_err();
                assert_eq!(error.kind(), CatalogErrorKind::InUse, "{error}");
            }
        }
    }
}
