//! What a restore does beside what is there already.

use serde::{Deserialize, Serialize};

/// What happens where the target has an entry of the same name already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum Overwrite {
    /// It becomes what the snapshot says. A file's content is compared chunk by chunk; only what differs is written.
    Always,
    /// Same, but a file of the same size and modification time is taken to hold the right content.
    #[default]
    IfChanged,
    /// It is left alone where its modification time is not before the snapshot's.
    IfNewer,
    /// It is left alone.
    Never,
}
