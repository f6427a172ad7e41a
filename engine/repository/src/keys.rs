//! Key files: one per password, each holding the same master key.

use bytes::Bytes;
use jiff::Timestamp;
use rempart_crypto::{CryptoError, KdfParams, MasterKey, derive_key, random_bytes, sha256};
use rempart_format::{KDF_SCRYPT, KeyFile, LocalZone, WallTime, decode_master_key, encode_master_key};
use rempart_model::{Id, KeyId};
use rempart_storage::{ObjectKind, ObjectName, ObjectStore};

use crate::identity::Identity;
use crate::{Clock, LockGuard, Repository, RepositoryError, Result};

/// What a key file tells without its password.
#[derive(Debug, Clone)]
pub struct KeyInfo {
    pub id: KeyId,
    pub created: Timestamp,
    pub hostname: String,
    pub username: String,
    pub kdf: KdfParams,
    /// The one that opened this repository.
    pub in_use: bool,
}

/// What came of trying a key file.
pub(crate) enum Attempt {
    Opened(Box<MasterKey>),
    WrongPassword,
    /// Removed between listing and reading.
    Vanished,
    Damaged(RepositoryError),
}

const fn name(id: KeyId) -> ObjectName {
    ObjectName::Named(ObjectKind::Key, id.0)
}

pub(crate) fn try_open(store: &dyn ObjectStore, id: KeyId, password: &[u8]) -> Result<Attempt> {
    let json = match store.read(name(id)) {
        Err(error) if error.is_not_found() => return Ok(Attempt::Vanished),
        read => read?,
    };
    let damaged = |reason: String| Ok(Attempt::Damaged(RepositoryError::DamagedKey { id, reason }));
    let file = match KeyFile::decode(&json) {
        Ok(file) if file.kdf == KDF_SCRYPT => file,
        Ok(file) => return damaged(format!("unknown key derivation {:?}", file.kdf)),
        Err(error) => return damaged(error.to_string()),
    };
    let kdf = KdfParams { n: file.n, r: file.r, p: file.p };
    let user_key = match derive_key(password, &file.salt, kdf) {
        Ok(key) => key,
        Err(error) => return damaged(error.to_string()),
    };
    let mut secret = match user_key.open(&file.data) {
        Ok(secret) => secret,
        Err(CryptoError::BadMac) => return Ok(Attempt::WrongPassword),
        Err(error) => return damaged(error.to_string()),
    };
    let parts = decode_master_key(&secret);
    secret.fill(0);
    match parts {
        Ok(parts) => Ok(Attempt::Opened(Box::new(MasterKey::from_parts(parts)))),
        Err(error) => damaged(error.to_string()),
    }
}

/// Writes a key file, not yet synced.
pub(crate) fn write(
    store: &dyn ObjectStore,
    key: &MasterKey,
    password: &[u8],
    kdf: KdfParams,
    clock: &dyn Clock,
) -> Result<KeyId> {
    let salt: [u8; 64] = random_bytes();
    let user_key = derive_key(password, &salt, kdf).map_err(RepositoryError::Kdf)?;
    let mut secret = encode_master_key(&key.to_parts());
    let data = user_key.seal(&secret);
    secret.fill(0);
    let me = Identity::of_this_process();
    let file = KeyFile {
        created: WallTime::new(clock.now(), &LocalZone::system()),
        username: me.username,
        hostname: me.hostname,
        kdf: KDF_SCRYPT.to_owned(),
        n: kdf.n,
        r: kdf.r,
        p: kdf.p,
        salt: salt.to_vec(),
        data,
    };
    let json = file.encode();
    let id = KeyId(Id::new(sha256(&json)));
    store.write(name(id), Bytes::from(json))?;
    Ok(id)
}

impl Repository {
    /// Every key file, in the order of their ids. One that cannot be read fails the call, naming it.
    pub fn keys(&self) -> Result<Vec<KeyInfo>> {
        let store = self.store();
        let mut keys = Vec::new();
        for listed in store.list(ObjectKind::Key)? {
            let id = KeyId(listed.id);
            let json = match store.read(name(id)) {
                Err(error) if error.is_not_found() => continue,
                read => read?,
            };
            let file = KeyFile::decode(&json)
                .map_err(|error| RepositoryError::DamagedKey { id, reason: error.to_string() })?;
            keys.push(KeyInfo {
                id,
                created: file.created.instant,
                hostname: file.hostname,
                username: file.username,
                kdf: KdfParams { n: file.n, r: file.r, p: file.p },
                in_use: id == self.key_id(),
            });
        }
        keys.sort_unstable_by_key(|key| key.id);
        Ok(keys)
    }

    /// Adds a password. Durable, and proven to open the repository, when this returns.
    pub fn add_key(&self, password: &[u8], kdf: KdfParams) -> Result<KeyId> {
        self.ensure_writable()?;
        let store = &**self.store();
        let id = write(store, self.master_key(), password, kdf, &**self.clock())?;
        store.sync()?;
        match try_open(store, id, password)? {
            Attempt::Opened(key) if key.to_parts().encrypt == self.master_key().to_parts().encrypt => Ok(id),
            _ => Err(RepositoryError::DamagedKey { id, reason: "it does not open right after it was written".into() }),
        }
    }

    /// Removes a password: neither the one in use nor the last.
    pub fn remove_key(&self, exclusive: &LockGuard, id: KeyId) -> Result<()> {
        exclusive.ensure_exclusive_for(self, "remove a key")?;
        let ids = self.store().list(ObjectKind::Key)?;
        if !ids.iter().any(|listed| listed.id == id.0) {
            return Err(RepositoryError::NoSuchFile { what: "key", prefix: id.short() });
        }
        if ids.len() == 1 {
            return Err(RepositoryError::LastKey);
        }
        if id == self.key_id() {
            return Err(RepositoryError::KeyInUse);
        }
        self.store().remove(name(id))?;
        Ok(())
    }

    /// Replaces the password in use: adds the new one, opens it as a proof, then removes the old one.
    pub fn change_password(&self, exclusive: &LockGuard, password: &[u8], kdf: KdfParams) -> Result<KeyId> {
        exclusive.ensure_exclusive_for(self, "change the password")?;
        let new = self.add_key(password, kdf)?;
        let old = std::mem::replace(&mut *self.inner.key_id.write(), new);
        self.store().remove(name(old))?;
        Ok(new)
    }
}
