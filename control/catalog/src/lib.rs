//! The metadata database: entities, migrations, queries; SQLite and PostgreSQL from one source.
//!
//! - **Owns**: every table, every query; the rules of how SQLite and PostgreSQL are opened.
//! - **May use**: `jobs` (whose `JobStore` it implements), `policy`, `model`.
//! - **Must not know**: HTTP, repositories, what a job does.
//! - **Invariants**: instants are UTC milliseconds; a write transaction on SQLite begins IMMEDIATE, on one connection.
