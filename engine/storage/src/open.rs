//! From a place to a store.

use std::sync::Arc;

use crate::location::Place;
use crate::{LimitStore, Limits, LocalStore, Location, ObjectStore, OpenOptions, Result, RetryStore};

/// Opens a place: the right backend, under the limiter where limits are given, under the retry decorator where there is
/// a network. Nothing is asked of the place yet.
pub fn open(location: &Location, options: &OpenOptions) -> Result<Arc<dyn ObjectStore>> {
    let (store, over_network) = backend(location, options)?;
    let store = match options.limits == Limits::default() {
        true => store,
        false => Arc::new(LimitStore::new(store, options.limits)),
    };
    Ok(if over_network { Arc::new(RetryStore::new(store, options.retry)) } else { store })
}

/// The fingerprint (`SHA256:…`) of the key that an SFTP server shows, for a person to confirm. `None`: the place is not
/// reached by SFTP.
pub fn sftp_host_key(location: &Location, options: &OpenOptions) -> Result<Option<String>> {
    match &location.0 {
        #[cfg(feature = "sftp")]
        Place::Sftp { host, port, .. } => crate::sftp::host_key(&location.to_string(), host, *port, options).map(Some),
        _ => {
            let _ = options;
            Ok(None)
        }
    }
}

fn backend(location: &Location, options: &OpenOptions) -> Result<(Arc<dyn ObjectStore>, bool)> {
    // Each network place needs its feature; without any the options go unused.
    let _ = options;
    let store = match &location.0 {
        Place::Local(path) => return Ok((Arc::new(LocalStore::new(path.clone())), false)),
        #[cfg(feature = "cloud")]
        Place::S3 { endpoint, bucket, prefix } => {
            crate::cloud::open_s3(location.to_string(), endpoint, bucket, prefix, options)
        }
        #[cfg(feature = "cloud")]
        Place::Gcs { bucket, prefix } => crate::cloud::open_gcs(location.to_string(), bucket, prefix, options),
        #[cfg(feature = "cloud")]
        Place::Azure { container, prefix } => {
            crate::cloud::open_azure(location.to_string(), container, prefix, options)
        }
        #[cfg(feature = "sftp")]
        Place::Sftp { user, host, port, path } => {
            crate::sftp::open(location.to_string(), user.as_ref(), host, *port, path, options)
        }
        #[cfg(feature = "rest")]
        Place::Rest { url, user, password } => {
            crate::rest::open(location.to_string(), url, user.as_ref(), password.as_ref(), options)
        }
        #[allow(unreachable_patterns)]
        _ => Err(crate::StorageError::new(
            crate::ErrorKind::Unsupported,
            "open",
            "the repository",
            &location.to_string(),
            "this program was built without support for places of this kind",
        )),
    };
    store.map(|store| (store, true))
}
