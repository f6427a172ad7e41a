//! What a restore is asked to do.

use super::filter::Filter;

/// What happens where the target has an entry of the same name already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Overwrite {
    /// It becomes what the snapshot says. A file's content is compared chunk by chunk; only what differs is written.
    #[default]
    Always,
    /// Same, but a file of the same size and modification time is taken to hold the right content.
    IfChanged,
    /// It is left alone where its modification time is not before the snapshot's.
    IfNewer,
    /// It is left alone.
    Never,
}

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
#[derive(Debug, Clone, Default)]
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
