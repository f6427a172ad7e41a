//! Raw views for people who look into a repository: what a file holds, opened and unpacked, not interpreted.

use bytes::Bytes;
use rempart_model::{Id, IdPrefix, PackId};
use rempart_storage::{ObjectKind, ObjectName};

use crate::{Repository, RepositoryError, Result, files};

impl Repository {
    /// The config as JSON.
    pub fn cat_config(&self) -> Result<Vec<u8>> {
        let sealed = self.store().read(ObjectName::Config)?;
        self.master_key().open(&sealed).map_err(|error| RepositoryError::DamagedConfig {
            location: self.location().to_owned(),
            reason: error.to_string(),
        })
    }

    /// The JSON of a key file (its master key stays sealed), a lock, a snapshot or an index.
    pub fn cat_file(&self, kind: ObjectKind, id: Id) -> Result<Vec<u8>> {
        match kind {
            ObjectKind::Key | ObjectKind::Pack => Ok(self.store().read(ObjectName::Named(kind, id))?.to_vec()),
            ObjectKind::Lock | ObjectKind::Snapshot | ObjectKind::Index => Ok(files::read(self, kind, id)?.0),
        }
    }

    /// A pack as it is stored.
    pub fn cat_pack(&self, id: PackId) -> Result<Bytes> {
        Ok(self.store().read(ObjectName::Named(ObjectKind::Pack, id.0))?)
    }

    /// The one object of a kind whose id begins so.
    pub fn resolve(&self, kind: ObjectKind, prefix: &IdPrefix) -> Result<Id> {
        let listed = self.store().list(kind)?;
        let mut matching = listed.into_iter().map(|listed| listed.id).filter(|id| prefix.matches(id));
        match (matching.next(), matching.next()) {
            (Some(id), None) => Ok(id),
            (Some(_), Some(_)) => Err(RepositoryError::Ambiguous { what: files::word(kind), prefix: prefix.clone() }),
            (None, _) => {
                Err(RepositoryError::NoSuchFile { what: files::word(kind), prefix: prefix.as_str().to_owned() })
            }
        }
    }
}
