//! Storage in the words of JSON bodies: pools and their places, repositories, snapshots, folders.

use rempart_catalog::{PoolRow, PoolSample as SampleRow, RepoClientRow, RepositoryRow, ServerRow, SnapshotRow};
use rempart_model as model;
use rempart_work::browse::{Entry, EntryKind};
use rempart_work::explorer::{Found, FoundKind};
use rempart_work::pool::{self, PoolSecrets};
use rempart_work::{Tongue, localised};

use super::types::{
    Connection, ExplorerEntry, FileKind, Language, Pool, PoolPlace, PoolSample, PoolTest, PoolTestStep, Repository,
    RestClient, Server, Snapshot, SnapshotEntry,
};
use crate::http::errors::{ApiError, codes};
use rempart_work::Trouble;

impl From<Language> for Tongue {
    fn from(language: Language) -> Self {
        match language {
            Language::Fr => Self::French,
            Language::En => Self::English,
        }
    }
}

impl From<Trouble> for ApiError {
    fn from(trouble: Trouble) -> Self {
        let mut error = Self::new(codes::storage::of(trouble.sentence));
        for (key, value) in &trouble.values {
            error = error.with(key, value);
        }
        if let Some(field) = trouble.field {
            error = error.field(field);
        }
        error.because(trouble)
    }
}

/// The place and the secrets of a request, each for its own way.
#[must_use]
pub fn parted(place: PoolPlace) -> (pool::PoolPlace, PoolSecrets) {
    let mut secrets = PoolSecrets::default();
    let place = match place {
        PoolPlace::Local { path } => pool::PoolPlace::Local { path },
        PoolPlace::S3 { endpoint, region, bucket, prefix, access_key_id, secret_access_key } => {
            secrets.secret_access_key = secret_access_key;
            pool::PoolPlace::S3 { endpoint, region, bucket, prefix, access_key_id }
        }
        PoolPlace::Gcs { bucket, prefix, service_account_key, endpoint } => {
            secrets.service_account_key = service_account_key;
            pool::PoolPlace::Gcs { bucket, prefix, endpoint }
        }
        PoolPlace::Azure { account, container, prefix, account_key, endpoint } => {
            secrets.account_key = account_key;
            pool::PoolPlace::Azure { account, container, prefix, endpoint }
        }
        PoolPlace::Sftp { host, port, user, path, password, private_key, host_key_fingerprint } => {
            secrets.password = password;
            secrets.private_key = private_key;
            pool::PoolPlace::Sftp { host, port, user, path, host_key_fingerprint }
        }
    };
    (place, secrets)
}

/// As it is answered: without secrets.
fn shown(place: pool::PoolPlace) -> PoolPlace {
    match place {
        pool::PoolPlace::Local { path } => PoolPlace::Local { path },
        pool::PoolPlace::S3 { endpoint, region, bucket, prefix, access_key_id } => {
            PoolPlace::S3 { endpoint, region, bucket, prefix, access_key_id, secret_access_key: None }
        }
        pool::PoolPlace::Gcs { bucket, prefix, endpoint } => {
            PoolPlace::Gcs { bucket, prefix, service_account_key: None, endpoint }
        }
        pool::PoolPlace::Azure { account, container, prefix, endpoint } => {
            PoolPlace::Azure { account, container, prefix, account_key: None, endpoint }
        }
        pool::PoolPlace::Sftp { host, port, user, path, host_key_fingerprint } => {
            PoolPlace::Sftp { host, port, user, path, password: None, private_key: None, host_key_fingerprint }
        }
    }
}

/// A pool for a reader of this language.
#[must_use]
pub fn pool_answer(row: PoolRow, place: pool::PoolPlace, tongue: Tongue) -> Pool {
    Pool {
        id: row.id.get(),
        name: row.name,
        kind: row.kind,
        place: shown(place),
        location: row.location,
        state: row.state,
        state_message: row.state_message.map(|text| localised(&text, tongue).0),
        capacity_bytes: row.capacity_bytes,
        free_bytes: row.free_bytes,
        used_bytes: row.used_bytes,
        repository_count: u32::try_from(row.repository_count).unwrap_or(u32::MAX),
        analysed_at: row.analysed_at,
        version: row.version,
    }
}

#[must_use]
pub fn test_answer(test: &pool::PoolTest, tongue: Tongue) -> PoolTest {
    let step = |done: &pool::Done| PoolTestStep {
        step: done.step.as_str().to_owned(),
        ok: done.outcome.is_ok(),
        duration_ms: u64::try_from(done.duration.as_millis()).unwrap_or(u64::MAX),
        message: done.outcome.as_ref().err().map(|trouble| trouble.message(tongue)),
        hint: done.outcome.as_ref().err().and_then(|trouble| trouble.hint(tongue)),
    };
    PoolTest {
        ok: test.is_ok(),
        steps: test.steps.iter().map(step).collect(),
        host_key_fingerprint: test.host_key_fingerprint.clone(),
    }
}

impl From<SampleRow> for PoolSample {
    fn from(row: SampleRow) -> Self {
        Self { at: row.at, used_bytes: row.used_bytes, capacity_bytes: row.capacity_bytes, free_bytes: row.free_bytes }
    }
}

impl From<ServerRow> for Server {
    fn from(row: ServerRow) -> Self {
        Self {
            id: row.id.get(),
            name: row.name,
            local: row.is_local,
            address: row.address,
            connection: match (row.is_local, row.last_seen_at) {
                (true, _) => Connection::Online,
                (false, Some(_)) => Connection::Offline,
                (false, None) => Connection::NeverSeen,
            },
            last_seen_at: row.last_seen_at,
            os: row.os,
            host_name: row.host_name,
            labels: row.labels,
            agent: None,
            plan_count: u32::try_from(row.plan_count).unwrap_or(u32::MAX),
            version: row.version,
        }
    }
}

impl From<Found> for ExplorerEntry {
    fn from(found: Found) -> Self {
        Self {
            name: found.name,
            path: found.path,
            kind: match found.kind {
                FoundKind::File => FileKind::File,
                FoundKind::Dir => FileKind::Dir,
                FoundKind::Symlink => FileKind::Symlink,
                FoundKind::Other => FileKind::Other,
            },
            size_bytes: found.size_bytes,
            modified_at: found.modified_at,
            readable: found.readable,
        }
    }
}

/// A repository for a reader of this language.
#[must_use]
pub fn repository_answer(row: RepositoryRow, location: String, tongue: Tongue) -> Repository {
    Repository {
        id: row.id.get(),
        name: row.name,
        pool_id: row.pool_id.get(),
        pool_name: row.pool_name,
        server_id: row.server_id.map(model::ServerId::get),
        server_name: row.server_name,
        path: row.path,
        location,
        repository_uuid: row.repository_uuid,
        stored_bytes: row.stored_bytes,
        snapshot_count: row.snapshot_count,
        checked_at: row.checked_at,
        check_ok: row.check_ok,
        check_message: row.check_message.map(|text| localised(&text, tongue).0),
        recovery_kit_confirmed: row.kit_confirmed_at.is_some(),
        created_at: row.created_at,
        version: row.version,
    }
}

impl From<RepoClientRow> for RestClient {
    fn from(row: RepoClientRow) -> Self {
        Self {
            id: row.id.get(),
            repository_id: row.repository_id.get(),
            username: row.username,
            mode: row.mode,
            quota_bytes: row.quota_bytes,
            created_at: row.created_at,
            last_used_at: row.last_used_at,
        }
    }
}

impl From<SnapshotRow> for Snapshot {
    fn from(row: SnapshotRow) -> Self {
        Self {
            id: row.id.get(),
            short_hash: row.hash.chars().take(8).collect(),
            snapshot_hash: row.hash,
            repository_id: row.repository_id.get(),
            repository_name: row.repository_name,
            server_id: row.server_id.map(model::ServerId::get),
            server_name: row.server_name,
            plan_id: row.plan_id.map(model::PlanId::get),
            plan_name: row.plan_name,
            run_id: row.run_id.map(model::RunId::get),
            taken_at: row.taken_at,
            host_name: row.host_name,
            paths: row.paths,
            tags: row.tags,
            program: row.program,
            files: row.files,
            size_bytes: row.size_bytes,
            added_bytes: row.added_bytes,
            incomplete: row.is_incomplete,
            verified_at: row.verified_at,
            damaged: row.is_damaged,
            vanished: row.vanished_at.is_some(),
        }
    }
}

impl From<Entry> for SnapshotEntry {
    fn from(entry: Entry) -> Self {
        Self {
            name: entry.name,
            path: entry.path,
            kind: match entry.kind {
                EntryKind::File => FileKind::File,
                EntryKind::Dir => FileKind::Dir,
                EntryKind::Symlink => FileKind::Symlink,
                EntryKind::Other => FileKind::Other,
            },
            size_bytes: entry.size_bytes,
            modified_at: entry.modified_at,
            mode: entry.mode,
            owner: entry.owner,
            group: entry.group,
            link_target: entry.link_target,
        }
    }
}
