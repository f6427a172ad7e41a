//! Browsing by the catalog's numbers: the repository stays open between two pages.

use std::sync::Arc;

use rempart_archive::cancel::CancelToken;
use rempart_format::BlobKind;
use rempart_model::{BlobId, SnapshotRowId};
use rempart_repository::Repository;

use super::{Download, DownloadForm, FindPage, ListPage, find, list, path_bytes};
use crate::task::verify::snapshot_hash;
use crate::trouble::{Result, table};
use crate::{Work, blocking};

impl Work {
    /// A page of a folder. `path` and `after` are in percent code, as entries name themselves.
    pub async fn list_snapshot(
        &self,
        id: SnapshotRowId,
        path: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<ListPage> {
        let (path, after) = (path_bytes(path), after.map(path_bytes));
        self.in_snapshot(id, move |repository, root| list(repository, root, &path, after.as_deref(), limit)).await
    }

    pub async fn find_in_snapshot(&self, id: SnapshotRowId, text: &str, limit: usize) -> Result<FindPage> {
        let text = text.to_owned();
        // Whoever does not wait for the answer any more ends the search.
        let stop = StopOnDrop(CancelToken::new());
        let cancel = stop.0.clone();
        self.in_snapshot(id, move |repository, root| find(repository, root, &text, limit, &cancel)).await
    }

    pub async fn download(&self, id: SnapshotRowId, path: &str, archive: Option<DownloadForm>) -> Result<Download> {
        let path = path_bytes(path);
        self.in_snapshot(id, move |repository, root| Download::begin(repository, root, &path, archive)).await
    }

    /// Looks into a snapshot. Another process may have moved what the loaded index names, by a prune or a new backup: then
    /// the index is loaded anew, and it is looked once more.
    async fn in_snapshot<T: Send + 'static>(
        &self,
        id: SnapshotRowId,
        look: impl Fn(&Repository, BlobId) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let row = self.catalog.snapshot(id).await?;
        let repository = self.open_repository(row.repository_id).await?;
        let hash = snapshot_hash(&row.hash)?;
        blocking(move || {
            let root = repository.snapshot(hash)?.snapshot.tree;
            if !repository.index()?.contains(BlobKind::Tree, &root) {
                repository.reload_index()?;
            }
            match look(&repository, root) {
                Err(trouble) if is_about_the_index(trouble.code()) => {
                    let before = repository.index()?;
                    if Arc::ptr_eq(&before, &repository.reload_index()?) {
                        Err(trouble)
                    } else {
                        look(&repository, root)
                    }
                }
                outcome => outcome,
            }
        })
        .await
    }
}

fn is_about_the_index(code: &str) -> bool {
    [&table::REPOSITORY_DAMAGED, &table::STORAGE_MISSING].iter().any(|sentence| sentence.code == code)
}

struct StopOnDrop(CancelToken);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}
