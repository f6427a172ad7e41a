//! An entry of the target: a name in a directory.

use std::ffi::{CStr, CString};
use std::sync::Arc;

use super::directory::Dir;

/// A place in the target, reached from its directory's handle.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) dir: Arc<Dir>,
    pub(super) name: CString,
}

impl Place {
    pub(super) fn path(&self) -> Vec<u8> {
        self.dir.path_of(&self.name)
    }

    pub(super) fn name(&self) -> &CStr {
        &self.name
    }
}
