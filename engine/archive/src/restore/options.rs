//! What a restore is asked to do.

pub use rempart_model::Overwrite;

use super::filter::Filter;

/// Whose the restored entries are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ownership {
    /// The numbers in the snapshot. Who is not root keeps what the system does not let them give away, as `cp -p` does.
    #[default]
    ById,
    /// The names in the snapshot as this machine's /etc/passwd and /etc/group know them; the numbers for unknown names.
    ByName,
    /// Who runs the restore.
    Ours,
}

/// Whether anything is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RunMode {
    #[default]
    Execute,
    /// Tells the observer what would be done, and does nothing. Existing content is compared all the same.
    Show,
}

/// See each field. `Default` restores everything, overwriting what differs.
#[derive(Debug, Clone)]
pub struct RestoreOptions {
    pub mode: RunMode,
    pub filter: Filter,
    pub overwrite: Overwrite,
    pub ownership: Ownership,
    /// Removes what the target's directories hold and the snapshot's do not, as far as the filter selects it. Mount
    /// points are left.
    pub delete: bool,
    /// Leaves holes where the content is zeros.
    pub sparse: bool,
    /// Reads everything again when all is done, and compares it with the snapshot.
    pub verify: bool,
}

impl Default for RestoreOptions {
    fn default() -> Self {
        Self {
            mode: RunMode::default(),
            filter: Filter::default(),
            overwrite: Overwrite::Always,
            ownership: Ownership::default(),
            delete: false,
            sparse: false,
            verify: false,
        }
    }
}
