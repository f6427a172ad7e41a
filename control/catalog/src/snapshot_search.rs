//! Snapshots found by a piece of text. No index finds what is in the middle of a text, so a narrow table of texts is read;
//! what is done with the answer depends on how much it is.

use rempart_model::SnapshotRowId;

use crate::sql::{Json, Sql};
use crate::{Catalog, CatalogError, Dialect, NewSnapshot, WriteTx};

/// What a search has found.
pub(crate) enum Found {
    /// All of them; their rows are read by their numbers.
    Few(Vec<SnapshotRowId>),
    /// So many that a page is soon full when the list is read in its order.
    Many(String),
}

/// More than so many are many: two in a hundred of a catalog of 100,000.
const FEW: usize = 2_000;

/// The shortest piece that is taken for the beginning of a name.
const NAME_DIGITS: usize = 4;

impl Catalog {
    /// Looks for a part of a host's name, a path or a tag, or for the beginning of a name.
    pub(crate) async fn search_snapshots(&self, text: &str) -> Result<Found, CatalogError> {
        let text = text.to_lowercase();
        let sql = format!("SELECT id FROM snapshot_texts WHERE {} > 0 LIMIT {}", self.place_of("$1", "text"), FEW + 1);
        let mut found: Vec<SnapshotRowId> = Sql::new(sql).bind(&text).all(self.read(), "search snapshots").await?;
        if found.len() <= FEW
            && let Some(end) = end_of_names(&text)
        {
            let sql = format!(
                "SELECT id FROM snapshots WHERE snapshot_hash >= $1 AND snapshot_hash < $2 LIMIT {}",
                FEW + 1 - found.len()
            );
            let named = Sql::new(sql).bind(&text).bind(end).all(self.read(), "search snapshots by name").await?;
            found.extend::<Vec<SnapshotRowId>>(named);
            found.sort_unstable();
            found.dedup();
        }
        Ok(if found.len() <= FEW { Found::Few(found) } else { Found::Many(text) })
    }

    /// Where `needle` begins in `column`, from 1; 0 where it is not there.
    fn place_of(&self, needle: &str, column: &str) -> String {
        match self.dialect() {
            Dialect::Sqlite => format!("instr({column}, {needle})"),
            Dialect::Postgres => format!("strpos({column}, {needle})"),
        }
    }

    /// Adds the condition that the snapshot `s` was found.
    pub(crate) fn push_found(&self, sql: Sql, found: &Found) -> Sql {
        let sql = sql.push(" AND ");
        match (found, self.dialect()) {
            (Found::Few(ids), Dialect::Sqlite) => {
                sql.push("s.id IN (SELECT value FROM json_each(").push_bind(Json(&numbers(ids))).push("))")
            }
            (Found::Few(ids), Dialect::Postgres) => {
                let text = numbers(ids).iter().map(i64::to_string).collect::<Vec<_>>().join(",");
                sql.push("s.id = ANY (CAST(string_to_array(").push_bind(text).push(", ',') AS BIGINT[]))")
            }
            (Found::Many(text), dialect) => {
                let place = match dialect {
                    Dialect::Sqlite => "instr",
                    Dialect::Postgres => "strpos",
                };
                let sql = sql
                    .push(&format!("(EXISTS (SELECT 1 FROM snapshot_texts t WHERE t.id = s.id AND {place}(t.text, "));
                let sql = sql.push_bind(text).push(") > 0)");
                match end_of_names(text) {
                    Some(end) => {
                        let sql = sql.push(" OR (s.snapshot_hash >= ").push_bind(text);
                        sql.push(" AND s.snapshot_hash < ").push_bind(end).push("))")
                    }
                    None => sql.push(")"),
                }
            }
        }
    }

    /// How many were found, up to the limit of counting, for a search with no other filter; None where it takes a look at
    /// the snapshots themselves.
    pub(crate) async fn count_found(&self, found: &Found) -> Result<Option<u64>, CatalogError> {
        match found {
            Found::Few(ids) => Ok(Some(ids.len() as u64)),
            Found::Many(text) if end_of_names(text).is_some() => Ok(None),
            Found::Many(text) => {
                let sql = format!("SELECT 1 FROM snapshot_texts WHERE {} > 0", self.place_of("$1", "text"));
                let number: i64 = Sql::new(sql).bind(text).counted().one(self.read(), "count snapshots").await?;
                Ok(Some(number.unsigned_abs()))
            }
        }
    }
}

/// What names that begin so stay below; None where it is no beginning of a name.
fn end_of_names(text: &str) -> Option<String> {
    let is_name = (NAME_DIGITS..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    // `g` follows every digit that a name is made of.
    is_name.then(|| format!("{text}g"))
}

fn numbers(ids: &[SnapshotRowId]) -> Vec<i64> {
    ids.iter().map(|id| id.get()).collect()
}

impl WriteTx {
    /// What a search will look through.
    pub(crate) async fn insert_snapshot_text(
        &mut self,
        id: SnapshotRowId,
        new: &NewSnapshot,
    ) -> Result<(), CatalogError> {
        let text = format!("{}\n{}\n{}", new.host_name, json(&new.paths), json(&new.tags)).to_lowercase();
        Sql::new("INSERT INTO snapshot_texts (id, text) VALUES ($1, $2)")
            .bind(id)
            .bind(text)
            .run(&self.tx, "record what a search looks through")
            .await
            .map(|_| ())
    }
}

fn json(texts: &[String]) -> String {
    serde_json::to_string(texts).expect("texts are plain JSON")
}
