//! Google Cloud Storage.

use std::sync::Arc;

use object_store::StaticCredentialProvider;
use object_store::gcp::{GcpCredential, GoogleCloudStorageBuilder};

use super::answers::{Answers, Remote, client_options, misconfigured, no_retries};
use super::{CloudStore, Traits};
use crate::options::OpenOptions;
use crate::{ErrorKind, ObjectStore, Result, StorageError};

pub(crate) fn open(
    location: String,
    bucket: &str,
    prefix: &str,
    options: &OpenOptions,
) -> Result<Arc<dyn ObjectStore>> {
    let gcs = &options.gcs;
    let answers = Answers {
        secrets: gcs.access_token.iter().chain(&gcs.service_account_key).cloned().collect(),
        holder: format!("the bucket `{bucket}`"),
        credentials: "GOOGLE_APPLICATION_CREDENTIALS",
    };
    // `STORAGE_EMULATOR_HOST` is written both with and without a scheme.
    let endpoint = gcs.endpoint.as_ref().map(|written| match written.contains("://") {
        true => written.trim_end_matches('/').to_owned(),
        false => format!("http://{}", written.trim_end_matches('/')),
    });
    let client = client_options(&location, endpoint.as_deref().unwrap_or("https://storage.googleapis.com"), options)?;
    let mut builder = GoogleCloudStorageBuilder::new().with_bucket_name(bucket).with_retry(no_retries());
    if let Some(endpoint) = &endpoint {
        builder = builder.with_base_url(endpoint);
    }
    if let (None, Some(key)) = (&gcs.access_token, &gcs.service_account_key) {
        builder = builder.with_service_account_key(key.expose()).with_client_options(client);
        let remote = builder.build().map_err(|error| misconfigured(&location, error, &answers))?;
        let traits = Traits { conditional_write: gcs.conditional_write, removal_is_blind: false, holder: "bucket" };
        return CloudStore::open(Arc::new(remote), location, prefix, traits, answers, options);
    }
    builder = match (&gcs.access_token, &gcs.service_account_file, &gcs.endpoint) {
        (Some(token), _, _) => builder.with_bearer_token(token.expose()),
        (None, Some(path), _) => builder.with_service_account_path(path.to_string_lossy()),
        // An empty token, and not an unsigned request: for writes the library would still ask Google for a token.
        (None, None, Some(_)) => {
            let nobody = GcpCredential { bearer: String::new() };
            builder.with_credentials(Arc::new(StaticCredentialProvider::new(nobody)))
        }
        (None, None, None) => {
            let why =
                "no credentials are given; set GOOGLE_APPLICATION_CREDENTIALS to the JSON file of a service account";
            return Err(StorageError::new(ErrorKind::Denied, "open", "the repository", &location, why));
        }
    };
    let remote = builder.with_client_options(client).build();
    let remote: Remote = Arc::new(remote.map_err(|error| misconfigured(&location, error, &answers))?);
    let traits = Traits { conditional_write: gcs.conditional_write, removal_is_blind: false, holder: "bucket" };
    CloudStore::open(remote, location, prefix, traits, answers, options)
}
