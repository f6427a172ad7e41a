//! The names of environment variables that fill the options: restic's, so that a restic user changes nothing.

use std::path::PathBuf;

use crate::options::BucketIn;
use crate::{OpenOptions, Secret};

/// Every variable that [`OpenOptions::from_environment`] asks for, with what it means.
pub const ENVIRONMENT: &[(&str, &str)] = &[
    ("AWS_ACCESS_KEY_ID", "S3: the key's name"),
    ("AWS_SECRET_ACCESS_KEY", "S3: the key"),
    ("AWS_SESSION_TOKEN", "S3: the token of a temporary key"),
    ("AWS_DEFAULT_REGION", "S3: the bucket's region"),
    ("AWS_REGION", "S3: the bucket's region, where AWS_DEFAULT_REGION is not set"),
    ("AWS_BUCKET_LOOKUP", "S3: `path` or `dns`, where the bucket stands in the address"),
    ("GOOGLE_APPLICATION_CREDENTIALS", "Google Cloud Storage: the JSON file of a service account"),
    ("GOOGLE_ACCESS_TOKEN", "Google Cloud Storage: a bearer token instead"),
    ("STORAGE_EMULATOR_HOST", "Google Cloud Storage: the address of an emulator"),
    ("AZURE_ACCOUNT_NAME", "Azure: the storage account"),
    ("AZURE_ACCOUNT_KEY", "Azure: its key"),
    ("AZURE_ACCOUNT_SAS", "Azure: a shared access signature instead"),
    ("AZURE_ENDPOINT_SUFFIX", "Azure: another cloud than core.windows.net"),
    ("AZURE_STORAGE_ENDPOINT", "Azure: the whole address of the account, such as an emulator's"),
    ("SSH_AUTH_SOCK", "SFTP: the socket of an SSH agent"),
    ("HOME", "SFTP: where .ssh with keys and known hosts is"),
    ("USER", "SFTP: the user where the location names none"),
    ("RESTIC_REST_USERNAME", "REST: the user where the location names none"),
    ("RESTIC_REST_PASSWORD", "REST: the password where the location holds none"),
    ("HTTPS_PROXY", "HTTPS: the proxy on the way"),
    ("HTTP_PROXY", "HTTP: the proxy on the way"),
    ("NO_PROXY", "HTTP and HTTPS: hosts that are reached without the proxy"),
    ("RESTIC_CACERT", "HTTPS: a file of certificates to trust"),
];

/// The private keys that `ssh` tries by itself.
const KEY_FILES: [&str; 3] = ["id_ed25519", "id_ecdsa", "id_rsa"];

impl OpenOptions {
    /// Asks `lookup` for each variable of [`ENVIRONMENT`]; an empty value counts as none. The library itself does not
    /// look at the process's environment.
    #[must_use]
    pub fn from_environment(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let text = |name| lookup(name).filter(|value| !value.is_empty());
        let secret = |name| text(name).map(Secret::new);
        let path = |name| text(name).map(PathBuf::from);
        let mut options = Self::default();

        options.s3.access_key_id = text("AWS_ACCESS_KEY_ID");
        options.s3.secret_access_key = secret("AWS_SECRET_ACCESS_KEY");
        options.s3.session_token = secret("AWS_SESSION_TOKEN");
        options.s3.region = text("AWS_DEFAULT_REGION").or_else(|| text("AWS_REGION"));
        options.s3.bucket_in = match text("AWS_BUCKET_LOOKUP").as_deref() {
            Some("path") => Some(BucketIn::Path),
            Some("dns") => Some(BucketIn::Host),
            _ => None,
        };

        options.gcs.service_account_file = path("GOOGLE_APPLICATION_CREDENTIALS");
        options.gcs.access_token = secret("GOOGLE_ACCESS_TOKEN");
        options.gcs.endpoint = text("STORAGE_EMULATOR_HOST");

        options.azure.account_name = text("AZURE_ACCOUNT_NAME");
        options.azure.account_key = secret("AZURE_ACCOUNT_KEY");
        options.azure.sas = secret("AZURE_ACCOUNT_SAS");
        options.azure.endpoint_suffix = text("AZURE_ENDPOINT_SUFFIX");
        options.azure.endpoint = text("AZURE_STORAGE_ENDPOINT");

        options.sftp.agent_socket = path("SSH_AUTH_SOCK");
        options.sftp.default_user = text("USER");
        if let Some(home) = path("HOME") {
            let ssh = home.join(".ssh");
            options.sftp.key_files = KEY_FILES.map(|name| ssh.join(name)).into();
            options.sftp.known_hosts_files = vec![ssh.join("known_hosts"), "/etc/ssh/ssh_known_hosts".into()];
        }

        options.rest.user = text("RESTIC_REST_USERNAME");
        options.rest.password = secret("RESTIC_REST_PASSWORD");
        options.proxy.https_url = secret("HTTPS_PROXY");
        options.proxy.http_url = secret("HTTP_PROXY");
        options.proxy.not_for = text("NO_PROXY");
        options.tls_ca_file = path("RESTIC_CACERT");
        options
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variable_of_the_table_is_asked_for_and_no_other() {
        let asked = std::cell::RefCell::new(std::collections::BTreeSet::new());
        let _ = OpenOptions::from_environment(|name| {
            asked.borrow_mut().insert(name.to_owned());
            None
        });
        let table: std::collections::BTreeSet<String> =
            ENVIRONMENT.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(asked.into_inner(), table);
    }

    #[test]
    fn an_empty_value_counts_as_none() {
        let options = OpenOptions::from_environment(|_| Some(String::new()));
        assert!(options.s3.access_key_id.is_none() && options.sftp.key_files.is_empty());
    }
}
