//! Every setting of the server, named once: flags, environment, file and documentation are made from this table.

/// One setting and the names it goes by.
#[derive(Debug)]
pub struct Setting {
    /// The name in the settings file.
    pub key: &'static str,
    /// Without its two hyphens.
    pub flag: &'static str,
    pub environment: &'static str,
    /// What stands for the value in help; `None` for a switch.
    pub value: Option<&'static str>,
    /// As a person would write it; empty where there is none, or where `about` explains it.
    pub default: &'static str,
    pub about: &'static str,
    /// A secret has no flag: arguments can be read by every user of a machine.
    pub has_flag: bool,
}

const fn setting(
    key: &'static str,
    flag: &'static str,
    environment: &'static str,
    value: &'static str,
    default: &'static str,
    about: &'static str,
) -> Setting {
    Setting { key, flag, environment, value: Some(value), default, about, has_flag: true }
}

const fn switch(key: &'static str, flag: &'static str, environment: &'static str, about: &'static str) -> Setting {
    Setting { key, flag, environment, value: None, default: "", about, has_flag: true }
}

pub const LISTEN: Setting = setting(
    "listen",
    "listen",
    "REMPART_LISTEN",
    "ADDRESS",
    "127.0.0.1",
    "the address to listen on; any other than a loopback address gets TLS",
);
pub const PORT: Setting =
    setting("port", "port", "PORT", "NUMBER", "3000", "the port to listen on; 0 takes a free one");
pub const BACKUPS_DIR: Setting = setting(
    "backups_dir",
    "backups-dir",
    "BACKUPS_DIR",
    "FOLDER",
    "/var/lib/rempart",
    "where everything is kept: catalog, master key, certificate, the first storage pool",
);
pub const DATABASE_URL: Setting = setting(
    "database_url",
    "database-url",
    "DATABASE_URL",
    "URL",
    "",
    "the catalog: `sqlite:///path/to/file` or `postgres://…`; default: `catalog.sqlite` in the folder of backups_dir",
);
pub const ENCRYPTION_SECRET: Setting = Setting {
    has_flag: false,
    ..setting(
        "encryption_secret",
        "encryption-secret",
        "ENCRYPTION_SECRET",
        "SECRET",
        "",
        "the master key's secret, at least 16 characters; default: `master.key` in the folder of backups_dir, made at the first start",
    )
};
pub const MAX_CONCURRENT_GLOBAL: Setting = setting(
    "max_concurrent_global",
    "max-concurrent-global",
    "MAX_CONCURRENT_GLOBAL",
    "NUMBER",
    "8",
    "jobs at work at once, over all servers",
);
pub const MAX_CONCURRENT_PER_SERVER: Setting = setting(
    "max_concurrent_per_server",
    "max-concurrent-per-server",
    "MAX_CONCURRENT_PER_SERVER",
    "NUMBER",
    "4",
    "jobs at work at once for one protected server",
);
pub const BACKUP_SERVER_IP: Setting = setting(
    "backup_server_ip",
    "backup-server-ip",
    "BACKUP_SERVER_IP",
    "ADDRESS",
    "",
    "the address others reach this server at; default: the one of the interface that leads outside",
);
pub const PUBLIC_URL: Setting = setting(
    "public_url",
    "public-url",
    "REMPART_PUBLIC_URL",
    "URL",
    "",
    "how others reach this server, such as `https://backup.example.org`: in addresses that are given to people and to restic; default: made of backup_server_ip, the port and whether there is TLS",
);
pub const SCHEDULER_ENABLED: Setting = setting(
    "scheduler_enabled",
    "scheduler-enabled",
    "SCHEDULER_ENABLED",
    "BOOLEAN",
    "true",
    "whether this process starts plans at their times",
);
pub const SCHEDULER_TIMEZONE: Setting = setting(
    "scheduler_timezone",
    "scheduler-timezone",
    "SCHEDULER_TIMEZONE",
    "ZONE",
    "",
    "the time zone offered for new plans, such as `Europe/Paris`; default: the machine's",
);
pub const TLS_CERTIFICATE: Setting = setting(
    "tls_certificate",
    "tls-certificate",
    "REMPART_TLS_CERTIFICATE",
    "FILE",
    "",
    "PEM file of the certificate and its chain, read again when it changes; default: an own certificate in `tls` in the folder of backups_dir",
);
pub const TLS_KEY: Setting =
    setting("tls_key", "tls-key", "REMPART_TLS_KEY", "FILE", "", "PEM file of the certificate's private key");
pub const BEHIND_PROXY: Setting = setting(
    "behind_proxy",
    "behind-proxy",
    "REMPART_BEHIND_PROXY",
    "ADDRESSES",
    "",
    "addresses or networks (`10.0.0.7,10.1.0.0/16`) of the proxies that end TLS before this server; others are refused",
);
pub const INSECURE_HTTP: Setting = switch(
    "insecure_http",
    "insecure-http",
    "REMPART_INSECURE_HTTP",
    "listen without TLS on an address that others can reach: passwords can be overheard",
);
pub const HEADER_TIMEOUT: Setting = setting(
    "header_timeout",
    "header-timeout",
    "REMPART_HEADER_TIMEOUT",
    "SECONDS",
    "60",
    "a connection is closed that has not sent a whole request header within this time, the first one or the next",
);
pub const BODY_TIMEOUT: Setting = setting(
    "body_timeout",
    "body-timeout",
    "REMPART_BODY_TIMEOUT",
    "SECONDS",
    "120",
    "a transfer is broken off in which nothing has moved for this time, in either direction",
);
pub const MAX_CONNECTIONS: Setting = setting(
    "max_connections",
    "max-connections",
    "REMPART_MAX_CONNECTIONS",
    "NUMBER",
    "10000",
    "connections at once; more are closed as they come",
);
pub const LOG: Setting = setting(
    "log",
    "log",
    "RUST_LOG",
    "FILTER",
    "info",
    "what is logged: `warn`, `info`, `debug`, or filters such as `rempart_jobs=debug`",
);

/// In the order of the documentation.
pub const TABLE: &[&Setting] = &[
    &LISTEN,
    &PORT,
    &BACKUPS_DIR,
    &DATABASE_URL,
    &ENCRYPTION_SECRET,
    &MAX_CONCURRENT_GLOBAL,
    &MAX_CONCURRENT_PER_SERVER,
    &BACKUP_SERVER_IP,
    &PUBLIC_URL,
    &SCHEDULER_ENABLED,
    &SCHEDULER_TIMEZONE,
    &TLS_CERTIFICATE,
    &TLS_KEY,
    &BEHIND_PROXY,
    &INSECURE_HTTP,
    &HEADER_TIMEOUT,
    &BODY_TIMEOUT,
    &MAX_CONNECTIONS,
    &LOG,
];

/// The table as Markdown, for the documentation.
#[must_use]
pub fn markdown() -> String {
    let mut text = String::from("| file | environment | flag | default | meaning |\n|---|---|---|---|---|\n");
    for setting in TABLE {
        let flag = match (setting.has_flag, setting.value) {
            (false, _) => "none: a secret".to_owned(),
            (true, Some(value)) => format!("`--{} {value}`", setting.flag),
            (true, None) => format!("`--{}`", setting.flag),
        };
        let default = if setting.default.is_empty() { String::new() } else { format!("`{}`", setting.default) };
        text.push_str(&format!(
            "| `{}` | `{}` | {flag} | {default} | {} |\n",
            setting.key,
            setting.environment,
            setting.about.replace('|', "\\|")
        ));
    }
    text
}
