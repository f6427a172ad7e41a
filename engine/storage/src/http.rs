//! What the HTTP clients share: the crypto provider, trusted certificates, errors for people.

use std::error::Error;
use std::sync::Once;

use crate::options::OpenOptions;
use crate::{ErrorKind, Result, StorageError};

/// TLS needs to know whose cryptography to use. Where the application has chosen already, its choice stays.
pub(crate) fn install_crypto() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

/// The file of certificates to trust, where one is configured.
pub(crate) fn ca_file(location: &str, options: &OpenOptions) -> Result<Option<Vec<u8>>> {
    let Some(path) = &options.tls_ca_file else { return Ok(None) };
    let refuse = |kind, why: String| StorageError::new(kind, "use", path.display(), location, why);
    match std::fs::read(path) {
        Ok(pem) if pem.windows(11).any(|window| window == b"-----BEGIN ") => Ok(Some(pem)),
        Ok(_) => Err(refuse(ErrorKind::Other, "it holds no certificate in PEM format".to_owned())),
        Err(error) => Err(refuse(ErrorKind::of_io(&error), format!("the certificates cannot be read: {error}"))),
    }
}

/// The innermost causes of a transport error. The outer ones repeat the address, query and all.
pub(crate) fn told(error: &(dyn Error + 'static)) -> String {
    let causes: Vec<String> = causes(error).map(ToString::to_string).collect();
    let all = causes.join(" ");
    if all.contains("dns error") || all.contains("failed to lookup address") {
        return format!("the host's name is not known ({})", causes.last().map_or("", String::as_str));
    }
    if is_certificate_error(error) {
        return format!(
            "the server's certificate is not trusted ({}); where it is signed by an authority of your own, name the authority's certificate file",
            causes.last().map_or("", String::as_str)
        );
    }
    match causes.last() {
        Some(last) if !last.contains("://") => last.clone(),
        _ => "the connection failed".to_owned(),
    }
}

pub(crate) fn is_certificate_error(error: &(dyn Error + 'static)) -> bool {
    causes(error).any(|cause| {
        let text = cause.to_string();
        text.contains("invalid peer certificate") || text.contains("UnknownIssuer")
    })
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}
