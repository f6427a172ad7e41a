//! Amazon S3 and what speaks like it.

use std::sync::Arc;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey, Checksum};

use super::answers::{Answers, Remote, client_options, is_plain_http, misconfigured, no_retries};
use super::{CloudStore, Traits};
use crate::options::{BucketIn, OpenOptions};
use crate::{ErrorKind, ObjectStore, Result, StorageError};

pub(crate) fn open(
    location: String,
    endpoint: &str,
    bucket: &str,
    prefix: &str,
    options: &OpenOptions,
) -> Result<Arc<dyn ObjectStore>> {
    let s3 = &options.s3;
    let host = endpoint.split_once("://").map_or(endpoint, |(_, host)| host);
    let at_amazon = host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn");
    let answers = Answers {
        secrets: [&s3.secret_access_key, &s3.session_token].into_iter().flatten().cloned().collect(),
        holder: format!("the bucket `{bucket}`"),
        credentials: "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    };
    let (Some(key_id), Some(key)) = (&s3.access_key_id, &s3.secret_access_key) else {
        let why = "no credentials are given; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
        return Err(StorageError::new(ErrorKind::Denied, "open", "the repository", &location, why));
    };

    let region = s3.region.clone().or_else(|| region_of(host)).unwrap_or_else(|| "us-east-1".to_owned());
    let bucket_in = s3.bucket_in.unwrap_or(if at_amazon { BucketIn::Host } else { BucketIn::Path });
    // The library wants the bucket in the endpoint when it stands in the host's name.
    let address = match (bucket_in, endpoint.split_once("://")) {
        (BucketIn::Host, Some((scheme, host))) => format!("{scheme}://{bucket}.{host}"),
        _ => endpoint.to_owned(),
    };
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(bucket)
        .with_endpoint(address)
        .with_virtual_hosted_style_request(bucket_in == BucketIn::Host)
        .with_region(region)
        .with_access_key_id(key_id)
        .with_secret_access_key(key.expose())
        .with_allow_http(is_plain_http(endpoint))
        .with_client_options(client_options(&location, endpoint, options)?)
        .with_retry(no_retries())
        // Buckets with a default retention (object lock) demand a checksum; the signature needs this one anyway.
        .with_checksum_algorithm(Checksum::SHA256)
        // One `DELETE` each: the bulk form is missing from several servers.
        .with_config(AmazonS3ConfigKey::DisableBulkDelete, "true");
    if let Some(token) = &s3.session_token {
        builder = builder.with_token(token.expose());
    }
    let remote: Remote = Arc::new(builder.build().map_err(|error| misconfigured(&location, error, &answers))?);
    let traits = Traits { conditional_write: s3.conditional_write, removal_is_blind: true, holder: "bucket" };
    CloudStore::open(remote, location, prefix, traits, answers, options)
}

/// `s3.eu-west-3.amazonaws.com` tells its region.
fn region_of(host: &str) -> Option<String> {
    let rest = host.strip_prefix("s3")?.trim_start_matches(".dualstack").strip_prefix(['.', '-'])?;
    let region = rest.split_once(".amazonaws.com").map(|(region, _)| region)?;
    (!region.is_empty() && !region.contains('.')).then(|| region.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_read_from_amazons_host_names_only() {
        for (host, region) in [
            ("s3.eu-west-3.amazonaws.com", Some("eu-west-3")),
            ("s3-us-west-2.amazonaws.com", Some("us-west-2")),
            ("s3.dualstack.eu-central-1.amazonaws.com", Some("eu-central-1")),
            ("s3.cn-north-1.amazonaws.com.cn", Some("cn-north-1")),
            ("s3.amazonaws.com", None),
            ("minio.example.org:9000", None),
            ("s3.example.org", None),
        ] {
            assert_eq!(region_of(host).as_deref(), region, "{host}");
        }
    }
}
