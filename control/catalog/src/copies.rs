//! Consistent copies of the SQLite file: one a day and one at each start, the newest seven kept. PostgreSQL has its own
//! tools for that.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::sql::Sql;
use crate::{Catalog, CatalogError, Dialect};

/// How many copies are kept.
pub const COPIES_KEPT: usize = 7;

impl Catalog {
    /// Writes `catalog-<time>.sqlite` into `folder` and drops the oldest beyond [`COPIES_KEPT`]. The copy is whole before
    /// it has its name. None on PostgreSQL.
    pub async fn copy_into(&self, folder: &Path, now: Timestamp) -> Result<Option<PathBuf>, CatalogError> {
        if self.dialect() != Dialect::Sqlite {
            return Ok(None);
        }
        let target =
            folder.join(format!("catalog-{}.sqlite", now.to_zoned(TimeZone::UTC).strftime("%Y%m%dT%H%M%S%3fZ")));
        let failed = |source: std::io::Error| CatalogError::Copy { path: target.clone(), source: Box::new(source) };
        tokio::fs::create_dir_all(folder).await.map_err(failed)?;
        let partial = target.with_extension("partial");
        match tokio::fs::remove_file(&partial).await {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        // On a connection of its own: the readers are `query_only`, which refuses VACUUM, and on the writer's nobody could
        // write for as long as the copy takes. It reads one moment of the catalog, beside whoever writes.
        let connection = self.connect_for_a_copy().await?;
        let copied = Sql::new("VACUUM INTO $1")
            .bind(partial.to_string_lossy().as_ref())
            .run(&connection, "copy the catalog")
            .await
            .map_err(|error| CatalogError::Copy { path: target.clone(), source: Box::new(error) });
        let _ = connection.close().await;
        copied?;
        restrict(&partial).map_err(failed)?;
        let file = tokio::fs::File::open(&partial).await.map_err(failed)?;
        file.sync_all().await.map_err(failed)?;
        tokio::fs::rename(&partial, &target).await.map_err(failed)?;
        let folder_handle = tokio::fs::File::open(folder).await.map_err(failed)?;
        folder_handle.sync_all().await.map_err(failed)?;
        drop_oldest(folder).await.map_err(failed)?;
        Ok(Some(target))
    }

    /// The time of the newest copy in `folder`, so that a day's copy is made once a day also across restarts.
    pub async fn newest_copy(folder: &Path) -> Option<PathBuf> {
        copies(folder).await.ok()?.pop()
    }
}

/// A copy holds what the catalog holds.
fn restrict(file: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600))
}

/// Oldest first: their names are their times.
async fn copies(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut entries = tokio::fs::read_dir(folder).await?;
    while let Some(entry) = entries.next_entry().await? {
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        if name.starts_with("catalog-") && name.ends_with(".sqlite") {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

async fn drop_oldest(folder: &Path) -> std::io::Result<()> {
    let found = copies(folder).await?;
    for old in found.iter().rev().skip(COPIES_KEPT) {
        tokio::fs::remove_file(old).await?;
    }
    Ok(())
}
