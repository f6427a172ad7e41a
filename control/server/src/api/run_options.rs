//! What the systems before took with a backup, beside the plan: its kind and its compression.

use rempart_jobs::RunOptions;
use rempart_model::Compression;
use serde::Deserialize;
use utoipa::ToSchema;

/// Options of one backup; any other is refused.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BackupOptions {
    #[serde(rename = "type", default)]
    kind: Option<BackupKind>,
    #[serde(default)]
    compression: Option<ArchiveForm>,
}

/// Every recovery point is whole, and only what is new is stored: the kinds differ in what is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
enum BackupKind {
    /// Every file is read.
    Full,
    /// Files that look unchanged are not read.
    Differential,
    /// The same as `differential`.
    Incremental,
}

/// There are no archives any more: all but `none` mean the compression of the repository format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
enum ArchiveForm {
    Gzip,
    Zip,
    #[serde(rename = "tar.gz")]
    TarGz,
    None,
}

impl From<BackupOptions> for RunOptions {
    fn from(options: BackupOptions) -> Self {
        Self {
            read_everything: options.kind == Some(BackupKind::Full),
            compression: options.compression.map(|form| match form {
                ArchiveForm::Gzip | ArchiveForm::Zip | ArchiveForm::TarGz => Compression::Auto,
                ArchiveForm::None => Compression::Off,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<RunOptions, crate::http::errors::ApiError> {
        crate::http::body::parse::<BackupOptions>(json.as_bytes()).map(RunOptions::from)
    }

    #[test]
    fn what_the_systems_before_took_is_honoured_and_anything_else_refused() {
        let options = |read_everything, compression| RunOptions { compression, read_everything };
        for (json, expected) in [
            ("{}", options(false, None)),
            (r#"{"type":"full"}"#, options(true, None)),
            (r#"{"type":"incremental","compression":"gzip"}"#, options(false, Some(Compression::Auto))),
            (r#"{"type":"differential","compression":"tar.gz"}"#, options(false, Some(Compression::Auto))),
            (r#"{"compression":"zip"}"#, options(false, Some(Compression::Auto))),
            (r#"{"compression":"none","type":null}"#, options(false, Some(Compression::Off))),
        ] {
            assert_eq!(read(json).unwrap(), expected, "{json}");
        }
        for json in
            [r#"{"typ":"full"}"#, r#"{"type":"monthly"}"#, r#"{"compression":"brotli"}"#, r#"{"encrypt":false}"#]
        {
            assert_eq!(read(json).unwrap_err().code().id, "request.wrong_type", "{json}");
        }
    }
}
