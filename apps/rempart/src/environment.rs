//! Every environment variable that rempart reads, named once. `docs/cli.md` prints this table, and behind it those that
//! only the storage asks for (`rempart_storage::ENVIRONMENT`).

use std::ffi::OsString;

/// A setting and the names it is looked up under, the first that is set (and not empty) wins.
pub struct Variable {
    pub names: &'static [&'static str],
    pub about: &'static str,
}

impl Variable {
    /// The value and the name it was found under.
    #[must_use]
    pub fn find(&self) -> Option<(OsString, &'static str)> {
        self.names.iter().find_map(|name| std::env::var_os(name).filter(|value| !value.is_empty()).map(|v| (v, *name)))
    }

    #[must_use]
    pub fn value(&self) -> Option<OsString> {
        self.find().map(|(value, _)| value)
    }

    /// The value as text; bytes that are not UTF-8 are replaced.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        self.value().map(|value| value.to_string_lossy().into_owned())
    }
}

macro_rules! variables {
    ($($constant:ident = [$($name:literal),+], $about:literal;)+) => {
        $(pub const $constant: Variable = Variable { names: &[$($name),+], about: $about };)+
        /// In the order of the documentation.
        pub const TABLE: &[&Variable] = &[$(&$constant),+];
    };
}

variables! {
    REPOSITORY = ["REMPART_REPOSITORY", "RESTIC_REPOSITORY"], "the repository, as `--repo`";
    REPOSITORY_FILE = ["REMPART_REPOSITORY_FILE", "RESTIC_REPOSITORY_FILE"], "a file whose first line is the repository, as `--repository-file`";
    PASSWORD = ["REMPART_PASSWORD", "RESTIC_PASSWORD"], "the password itself";
    PASSWORD_FILE = ["REMPART_PASSWORD_FILE", "RESTIC_PASSWORD_FILE"], "a file whose first line is the password, as `--password-file`";
    PASSWORD_COMMAND = ["REMPART_PASSWORD_COMMAND", "RESTIC_PASSWORD_COMMAND"], "a command that prints the password, as `--password-command`";
    FROM_REPOSITORY = ["REMPART_FROM_REPOSITORY", "RESTIC_FROM_REPOSITORY"], "`copy`: the repository to copy from, as `--from-repo`";
    FROM_REPOSITORY_FILE = ["REMPART_FROM_REPOSITORY_FILE", "RESTIC_FROM_REPOSITORY_FILE"], "`copy`: as `--from-repository-file`";
    FROM_PASSWORD = ["REMPART_FROM_PASSWORD", "RESTIC_FROM_PASSWORD"], "`copy`: the password of the repository to copy from";
    FROM_PASSWORD_FILE = ["REMPART_FROM_PASSWORD_FILE", "RESTIC_FROM_PASSWORD_FILE"], "`copy`: as `--from-password-file`";
    FROM_PASSWORD_COMMAND = ["REMPART_FROM_PASSWORD_COMMAND", "RESTIC_FROM_PASSWORD_COMMAND"], "`copy`: as `--from-password-command`";
    NEW_PASSWORD = ["REMPART_NEW_PASSWORD"], "`key add`, `key passwd`: the new password itself";
    CACHE_DIR = ["REMPART_CACHE_DIR"], "where caches are kept, as `--cache-dir`; else `$XDG_CACHE_HOME/rempart`, else `$HOME/.cache/rempart`";
    XDG_CACHE_HOME = ["XDG_CACHE_HOME"], "the user's folder for caches";
    HOME = ["HOME"], "the user's folder";
    HOST = ["REMPART_HOST", "RESTIC_HOST"], "the host name that snapshots are stored and looked up under, as `--host`";
    COMPRESSION = ["REMPART_COMPRESSION", "RESTIC_COMPRESSION"], "as `--compression`";
    PACK_SIZE = ["REMPART_PACK_SIZE", "RESTIC_PACK_SIZE"], "as `--pack-size`, in MiB";
    READ_CONCURRENCY = ["REMPART_READ_CONCURRENCY", "RESTIC_READ_CONCURRENCY"], "as `--read-concurrency`";
    REST_USERNAME = ["REMPART_REST_USERNAME", "RESTIC_REST_USERNAME"], "restic REST: the user's name";
    REST_PASSWORD = ["REMPART_REST_PASSWORD", "RESTIC_REST_PASSWORD"], "restic REST: the user's password";
    CACERT = ["REMPART_CACERT", "RESTIC_CACERT"], "a file of certificates to trust, as `--cacert`";
    LOG = ["REMPART_LOG"], "a log on the standard error: `warn`, `info`, `debug`, or filters such as `rempart_storage=debug`";
    NO_COLOR = ["NO_COLOR"], "set: no colours";
}
