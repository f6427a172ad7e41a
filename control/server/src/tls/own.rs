//! The certificate that the server makes for itself: browsers ask once whether to trust it, agents pin it.

use std::io::Write as _;
use std::net::IpAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, SanType};
use sha2::{Digest as _, Sha256};

#[derive(Debug, thiserror::Error)]
pub enum OwnCertificateError {
    #[error("cannot write the server's certificate {}", path.display())]
    Write { path: PathBuf, source: std::io::Error },
    #[error("cannot make the server's certificate")]
    Make(#[from] rcgen::Error),
}

/// Ten years: nobody renews it but the administrator, who deletes the file.
const VALID_YEARS: i32 = 10;

/// The files of the certificate and its key; made where there are none.
pub fn open_or_create(dir: &Path, listen: IpAddr, address: IpAddr) -> Result<(PathBuf, PathBuf), OwnCertificateError> {
    let (certificate, key) = (dir.join("certificate.pem"), dir.join("key.pem"));
    if certificate.exists() && key.exists() {
        return Ok((certificate, key));
    }
    let (certificate_pem, key_pem) = make(listen, address)?;
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| OwnCertificateError::Write { path, source }
    };
    std::fs::create_dir_all(dir).map_err(failed(dir))?;
    // The key first: a certificate without its key would be taken for a finished pair.
    write(&key, &key_pem, 0o600).map_err(failed(&key))?;
    write(&certificate, &certificate_pem, 0o644).map_err(failed(&certificate))?;
    Ok((certificate, key))
}

/// Of the certificate in this folder: SHA-256 of its DER form.
pub fn fingerprint(dir: &Path) -> Option<String> {
    let pem = std::fs::read_to_string(dir.join("certificate.pem")).ok()?;
    let base64: String = pem
        .lines()
        .skip_while(|line| !line.starts_with("-----BEGIN"))
        .skip(1)
        .take_while(|line| !line.starts_with("-----END"))
        .collect();
    let der = STANDARD.decode(base64).ok()?;
    Some(Sha256::digest(der).iter().map(|byte| format!("{byte:02x}")).collect())
}

fn make(listen: IpAddr, address: IpAddr) -> Result<(String, String), rcgen::Error> {
    let host = String::from_utf8_lossy(rustix::system::uname().nodename().to_bytes()).into_owned();
    let mut params = CertificateParams::new(vec!["localhost".to_owned()])?;
    if let Ok(name) = host.as_str().try_into() {
        params.subject_alt_names.push(SanType::DnsName(name));
    }
    let addresses = [address, listen, "127.0.0.1".parse().expect("an address"), "::1".parse().expect("an address")];
    for ip in addresses.into_iter().filter(|ip| !ip.is_unspecified()) {
        let name = SanType::IpAddress(ip);
        if !params.subject_alt_names.contains(&name) {
            params.subject_alt_names.push(name);
        }
    }
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, format!("Rempart on {host}"));
    let year = i32::from(jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).year());
    params.not_before = rcgen::date_time_ymd(year - 1, 1, 1);
    params.not_after = rcgen::date_time_ymd(year + VALID_YEARS, 1, 1);
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    Ok((certificate.pem(), key.serialize_pem()))
}

/// Whole or not at all, also after a power cut.
fn write(path: &Path, text: &str, mode: u32) -> std::io::Result<()> {
    let temporary = path.with_extension("new");
    let _ = std::fs::remove_file(&temporary);
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(&temporary)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&temporary, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::pki_types::pem::PemObject as _;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn the_certificate_is_made_once_and_its_key_is_private() {
        let folder = tempfile::tempdir().unwrap();
        let address = "192.0.2.7".parse().unwrap();
        let (certificate, key) = open_or_create(&folder.path().join("tls"), address, address).unwrap();
        let first = std::fs::read(&certificate).unwrap();
        assert_eq!(key.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        open_or_create(&folder.path().join("tls"), address, address).unwrap();
        assert_eq!(std::fs::read(&certificate).unwrap(), first, "a second start makes another certificate");
        let der = rustls::pki_types::CertificateDer::from_pem_slice(&first).unwrap();
        let expected: String = Sha256::digest(&der).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(fingerprint(certificate.parent().unwrap()), Some(expected));
        assert_eq!(fingerprint(folder.path()), None);
    }
}
