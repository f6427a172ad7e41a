//! Where bytes lie: storage pools, repositories in them, clients of a repository's restic REST endpoint.

use crate::word::words;

words! {
    /// What a storage pool is.
    PoolKind("pool kind") {
        Local = "local",
        S3 = "s3",
        Gcs = "gcs",
        Azure = "azure",
        Sftp = "sftp",
    }

    /// What the last look at a storage pool found.
    PoolState("pool state") {
        /// Nobody has looked yet.
        Unknown = "unknown",
        Reachable = "reachable",
        /// It answers, and takes no writes: full, or mounted read-only, or the credentials allow no more.
        ReadOnly = "read_only",
        Unreachable = "unreachable",
    }

    /// How far the making of a repository has come.
    RepositoryState("repository state") {
        /// The row is there, the files may not be: whoever starts next finishes it or takes it back.
        Creating = "creating",
        Ready = "ready",
    }

    /// What a client of a restic REST endpoint may do.
    ClientMode("client mode") {
        /// It adds, and removes nothing but its own locks.
        AppendOnly = "append_only",
        Full = "full",
    }
}
