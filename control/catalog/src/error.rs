//! What can go wrong with the catalog, and what a caller does about it.

use std::path::PathBuf;

use sea_orm::{DbErr, RuntimeErr, SqlErr};

/// An error of the database below, with its own words.
pub type DatabaseError = Box<dyn std::error::Error + Send + Sync>;

#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    #[error("the catalog {address} cannot be opened")]
    Open { address: String, source: DatabaseError },
    #[error("the folder {} of the catalog cannot be made", path.display())]
    Folder { path: PathBuf, source: std::io::Error },
    #[error(
        "the catalog was written by a newer version of Rempart (it knows {migration}): install that version, or put \
         back a copy of the catalog from before"
    )]
    Newer { migration: String },
    #[error("{operation}: the database refused")]
    Database { operation: &'static str, source: DatabaseError },
    #[error("{operation}: the database does not answer")]
    Unavailable { operation: &'static str, source: DatabaseError },
    /// Two rows would share what may exist once; `constraint` holds the database's name of it.
    #[error("{operation}: there is one already ({constraint})")]
    Taken { operation: &'static str, constraint: String },
    /// A row is still referred to, or refers to one that is gone.
    #[error("{operation}: another row depends on it")]
    Depends { operation: &'static str, source: DatabaseError },
    #[error("there is no {what} {id}")]
    NotFound { what: &'static str, id: i64 },
    /// The row was changed since the caller read it.
    #[error("the {what} {id} was changed in the meantime: read it again")]
    Stale { what: &'static str, id: i64 },
    #[error("the {what} {id} is in use by {by}")]
    InUse { what: &'static str, id: i64, by: String },
    #[error("the catalog {address} holds something already; an import needs an empty one")]
    NotEmpty { address: String },
    #[error("{column}: the catalog holds {value:?}, which this version cannot read")]
    Unreadable { column: String, value: String },
    #[error("the plan's schedule is refused")]
    Schedule(#[from] rempart_policy::ScheduleError),
    #[error("a cursor that this list did not give out: begin again without one")]
    Cursor,
    #[error("the copy {} of the catalog cannot be made", path.display())]
    Copy { path: PathBuf, source: DatabaseError },
}

/// What a caller does about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CatalogErrorKind {
    /// Nothing of that number: 404.
    NotFound,
    /// Something of that name, or the same fire time, exists: 409.
    Taken,
    /// Changed in the meantime: 412.
    Stale,
    /// Still in use, or what it refers to is gone: 409.
    InUse,
    /// The caller's input: 400.
    BadInput,
    /// Try again: 503.
    Unavailable,
    /// A fault: 500.
    Internal,
}

impl CatalogError {
    #[must_use]
    pub fn kind(&self) -> CatalogErrorKind {
        match self {
            Self::NotFound { .. } => CatalogErrorKind::NotFound,
            Self::Taken { .. } => CatalogErrorKind::Taken,
            Self::Stale { .. } => CatalogErrorKind::Stale,
            Self::InUse { .. } | Self::Depends { .. } | Self::NotEmpty { .. } => CatalogErrorKind::InUse,
            Self::Cursor | Self::Schedule(_) => CatalogErrorKind::BadInput,
            Self::Unavailable { .. } => CatalogErrorKind::Unavailable,
            Self::Open { .. }
            | Self::Folder { .. }
            | Self::Newer { .. }
            | Self::Database { .. }
            | Self::Unreadable { .. }
            | Self::Copy { .. } => CatalogErrorKind::Internal,
        }
    }

    /// Whether the same call may succeed a moment later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        self.kind() == CatalogErrorKind::Unavailable
    }

    pub(crate) fn from_database(operation: &'static str, error: DbErr) -> Self {
        match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(constraint)) => return Self::Taken { operation, constraint },
            Some(SqlErr::ForeignKeyConstraintViolation(_)) => {
                return Self::Depends { operation, source: Box::new(error) };
            }
            _ => {}
        }
        if is_transient(&error) {
            Self::Unavailable { operation, source: Box::new(error) }
        } else {
            Self::Database { operation, source: Box::new(error) }
        }
    }
}

/// A lost or refused connection, a lock held too long, a deadlock that the database broke.
fn is_transient(error: &DbErr) -> bool {
    use sea_orm::sqlx::Error as Sqlx;
    match error {
        DbErr::ConnectionAcquire(_) => true,
        DbErr::Conn(RuntimeErr::SqlxError(error))
        | DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error)) => match error.as_ref() {
            Sqlx::Io(_) | Sqlx::PoolTimedOut | Sqlx::PoolClosed | Sqlx::WorkerCrashed => true,
            // SQLite: BUSY and its kin (low byte 5); PostgreSQL: shutting down (57P), deadlock (40P01), too many (53).
            Sqlx::Database(error) => error.code().is_some_and(|code| {
                code.parse::<i64>().is_ok_and(|number| number & 0xff == 5 && code.len() < 5)
                    || code.starts_with("57P")
                    || code.starts_with("53")
                    || code == "40P01"
            }),
            _ => false,
        },
        _ => false,
    }
}
