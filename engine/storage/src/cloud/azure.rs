//! Azure Blob Storage.

use std::sync::Arc;

use object_store::azure::MicrosoftAzureBuilder;

use super::answers::{Answers, Remote, client_options, is_plain_http, misconfigured, no_retries};
use super::{CloudStore, Traits};
use crate::options::{ConditionalWrite, OpenOptions};
use crate::{ErrorKind, ObjectStore, Result, Secret, StorageError};

pub(crate) fn open(
    location: String,
    container: &str,
    prefix: &str,
    options: &OpenOptions,
) -> Result<Arc<dyn ObjectStore>> {
    let azure = &options.azure;
    let refuse =
        |why: &'static str| Err(StorageError::new(ErrorKind::Denied, "open", "the repository", &location, why));
    let Some(account) = &azure.account_name else {
        return refuse("no storage account is given; set AZURE_ACCOUNT_NAME");
    };
    let mut secrets: Vec<Secret> = [&azure.account_key, &azure.sas].into_iter().flatten().cloned().collect();
    let suffix = azure.endpoint_suffix.as_deref().unwrap_or("core.windows.net");
    let endpoint = azure.endpoint.clone().unwrap_or_else(|| format!("https://{account}.blob.{suffix}"));
    let mut builder = MicrosoftAzureBuilder::new()
        .with_account(account)
        .with_container_name(container)
        .with_endpoint(endpoint.trim_end_matches('/').to_owned())
        .with_allow_http(is_plain_http(&endpoint))
        .with_client_options(client_options(&location, &endpoint, options)?)
        .with_retry(no_retries());
    builder = match (&azure.account_key, &azure.sas) {
        (Some(key), _) => builder.with_access_key(key.expose()),
        (None, Some(sas)) => {
            let pairs = query_pairs(sas.expose());
            secrets.extend(pairs.iter().filter(|(name, _)| name == "sig").map(|(_, value)| Secret::new(value.clone())));
            builder.with_sas_authorization(pairs)
        }
        (None, None) => {
            return refuse(
                "no credentials are given; set AZURE_ACCOUNT_KEY, or AZURE_ACCOUNT_SAS to a shared access signature",
            );
        }
    };
    let answers = Answers {
        secrets,
        holder: format!("the container `{container}`"),
        credentials: "AZURE_ACCOUNT_NAME and AZURE_ACCOUNT_KEY (or AZURE_ACCOUNT_SAS)",
    };
    let remote: Remote = Arc::new(builder.build().map_err(|error| misconfigured(&location, error, &answers))?);
    let traits =
        Traits { conditional_write: ConditionalWrite::Supported, removal_is_blind: false, holder: "container" };
    CloudStore::open(remote, location, prefix, traits, answers, options)
}

/// `?sv=…&sig=a%2Bb` as pairs, with the percent codes read.
fn query_pairs(sas: &str) -> Vec<(String, String)> {
    sas.trim()
        .trim_start_matches('?')
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| {
            let decoded = crate::location::percent_decoded(value).unwrap_or_else(|_| value.to_owned());
            (name.to_owned(), decoded)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shared_access_signature_is_read_with_and_without_question_mark() {
        let expected = vec![("sv".to_owned(), "2024-01-01".to_owned()), ("sig".to_owned(), "a+b/c=".to_owned())];
        for sas in ["sv=2024-01-01&sig=a%2Bb%2Fc%3D", "?sv=2024-01-01&sig=a%2Bb%2Fc%3D\n"] {
            assert_eq!(query_pairs(sas), expected, "{sas}");
        }
    }
}
