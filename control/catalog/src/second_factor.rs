//! The second factor of users: a sealed secret, and codes for the day the device is lost.

use jiff::Timestamp;
use rempart_model::UserId;

use crate::sql::Sql;
use crate::{Catalog, CatalogError, WriteTx};

impl Catalog {
    /// How many recovery codes a user has left.
    pub async fn recovery_codes_left(&self, id: UserId) -> Result<u64, CatalogError> {
        let left: i64 = Sql::new("SELECT COUNT(*) FROM recovery_codes WHERE user_id = $1")
            .bind(id)
            .one(self.read(), "count recovery codes")
            .await?;
        Ok(left.unsigned_abs())
    }
}

impl WriteTx {
    /// Keeps a sealed secret until it is confirmed.
    pub async fn begin_totp(&mut self, id: UserId, sealed: &str, now: Timestamp) -> Result<(), CatalogError> {
        Sql::new("UPDATE users SET totp_pending = $2, totp_pending_at = $3 WHERE id = $1")
            .bind(id)
            .bind(sealed)
            .bind(now)
            .run(&self.tx, "begin a second factor")
            .await
            .map(|_| ())
    }

    /// The pending secret comes into force, with these recovery codes (hashes) instead of any before.
    pub async fn confirm_totp(
        &mut self,
        id: UserId,
        step: i64,
        code_hashes: &[String],
        now: Timestamp,
    ) -> Result<(), CatalogError> {
        Sql::new(
            "UPDATE users SET totp_secret = totp_pending, totp_last_step = $2, totp_pending = NULL, \
                 totp_pending_at = NULL, updated_at = $3, version = version + 1 WHERE id = $1",
        )
        .bind(id)
        .bind(step)
        .bind(now)
        .run(&self.tx, "confirm a second factor")
        .await?;
        self.remove_recovery_codes(id).await?;
        for hash in code_hashes {
            Sql::new("INSERT INTO recovery_codes (user_id, code_hash) VALUES ($1, $2)")
                .bind(id)
                .bind(hash)
                .run(&self.tx, "add a recovery code")
                .await?;
        }
        Ok(())
    }

    pub async fn remove_totp(&mut self, id: UserId, now: Timestamp) -> Result<(), CatalogError> {
        Sql::new(
            "UPDATE users SET totp_secret = NULL, totp_last_step = 0, totp_pending = NULL, totp_pending_at = NULL, \
                 updated_at = $2, version = version + 1 WHERE id = $1",
        )
        .bind(id)
        .bind(now)
        .run(&self.tx, "remove a second factor")
        .await?;
        self.remove_recovery_codes(id).await
    }

    async fn remove_recovery_codes(&mut self, id: UserId) -> Result<(), CatalogError> {
        Sql::new("DELETE FROM recovery_codes WHERE user_id = $1")
            .bind(id)
            .run(&self.tx, "remove recovery codes")
            .await
            .map(|_| ())
    }

    /// Takes a code of this time step, once: false where it, or a later one, was taken before.
    pub async fn use_totp_step(&mut self, id: UserId, step: i64) -> Result<bool, CatalogError> {
        let taken = Sql::new("UPDATE users SET totp_last_step = $2 WHERE id = $1 AND totp_last_step < $2")
            .bind(id)
            .bind(step)
            .run(&self.tx, "take a code")
            .await?;
        Ok(taken == 1)
    }

    /// Takes a recovery code, once.
    pub async fn use_recovery_code(&mut self, id: UserId, code_hash: &str) -> Result<bool, CatalogError> {
        let taken = Sql::new("DELETE FROM recovery_codes WHERE user_id = $1 AND code_hash = $2")
            .bind(id)
            .bind(code_hash)
            .run(&self.tx, "take a recovery code")
            .await?;
        Ok(taken >= 1)
    }
}
