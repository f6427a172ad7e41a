//! Is this the server that we know? The rules of OpenSSH's `known_hosts`.

use std::path::PathBuf;

use russh::keys::known_hosts::{known_host_keys_path, learn_known_hosts_path};
use russh::keys::{Algorithm, HashAlg, PublicKey, PublicKeyBase64};

use crate::options::{HostKeyPolicy, SftpOptions};

/// The keys that are known for one host.
#[derive(Clone)]
pub(super) struct KnownHost {
    host: String,
    port: u16,
    files: Vec<PathBuf>,
    policy: HostKeyPolicy,
    /// The one fingerprint that is accepted, whatever the files say.
    pinned: Option<String>,
    known: Vec<(PathBuf, usize, PublicKey)>,
}

impl KnownHost {
    /// A file that is not there, or not readable, knows nobody.
    pub fn new(host: &str, port: u16, options: &SftpOptions) -> Result<Self, String> {
        let mut known = Vec::new();
        let files = if options.host_key_fingerprint.is_some() { &[][..] } else { &options.known_hosts_files };
        for file in files {
            // Names are written in lower case there.
            let keys = known_host_keys_path(&host.to_lowercase(), port, file)
                .map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
            known.extend(keys.into_iter().map(|(line, key)| (file.clone(), line, key)));
        }
        let files = options.known_hosts_files.clone();
        let pinned = options.host_key_fingerprint.clone();
        Ok(Self { host: host.to_owned(), port, files, policy: options.host_keys, pinned, known })
    }

    /// Kinds of keys in the order to ask the server for: known ones first, else it might show another that we cannot judge.
    pub fn preferred(&self, all: &[Algorithm]) -> Vec<Algorithm> {
        let is_known = |algorithm: &Algorithm| {
            self.known.iter().any(|(_, _, key)| match (key.algorithm(), algorithm) {
                // One kind of key, several kinds of signature.
                (Algorithm::Rsa { .. }, Algorithm::Rsa { .. }) => true,
                (known, algorithm) => known == *algorithm,
            })
        };
        let (mut known, unknown): (Vec<_>, Vec<_>) = all.iter().cloned().partition(is_known);
        known.extend(unknown);
        known
    }

    /// Fine, or why not and what to do.
    pub fn check(&self, key: &PublicKey) -> Result<(), String> {
        if let Some(pinned) = &self.pinned {
            return self.check_pinned(pinned, key);
        }
        let (host, port) = (&self.host, self.port);
        let fingerprint = format!("{} ({})", key.fingerprint(HashAlg::Sha256), key.algorithm());
        if let Some(file) = self.revoked_in(key) {
            return Err(format!("the host's key {fingerprint} is marked as revoked in {}", file.display()));
        }
        if self.known.iter().any(|(_, _, known)| known.key_data() == key.key_data()) {
            return Ok(());
        }
        if let Some((file, line, known)) = self.known.first() {
            return Err(format!(
                "THE HOST'S KEY HAS CHANGED: it shows {fingerprint}, but line {line} of {} holds {}. Somebody may be \
                 in between. If the key was replaced on purpose, remove the line (ssh-keygen -R '[{host}]:{port}' -f {}) \
                 and add the new key",
                file.display(),
                known.fingerprint(HashAlg::Sha256),
                file.display(),
            ));
        }
        let first = self.files.first();
        match (self.policy, first) {
            (HostKeyPolicy::AcceptNew, Some(file)) => learn_known_hosts_path(host, port, key, file)
                .map_err(|error| format!("the new host key cannot be stored in {}: {error}", file.display())),
            _ => {
                let file = first.map_or_else(|| "known_hosts".to_owned(), |file| file.display().to_string());
                Err(format!(
                    "the host's key is not known. Its fingerprint is {fingerprint}; compare it with the server's own \
                     (ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub, there), then add it: ssh-keyscan -p {port} {host} >> {file}"
                ))
            }
        }
    }

    fn check_pinned(&self, pinned: &str, key: &PublicKey) -> Result<(), String> {
        let shown = key.fingerprint(HashAlg::Sha256).to_string();
        if shown == *pinned {
            return Ok(());
        }
        Err(format!(
            "THE HOST'S KEY HAS CHANGED: {} shows {shown} ({}), and {pinned} is expected. Somebody may be in between; \
             accept the new key only after comparing it with the server's own",
            self.host,
            key.algorithm()
        ))
    }

    /// `@revoked <hosts> <type> <key>`: whichever host it is for.
    fn revoked_in(&self, key: &PublicKey) -> Option<&PathBuf> {
        let encoded = key.public_key_base64();
        self.files.iter().find(|file| {
            let Ok(text) = std::fs::read_to_string(file) else { return false };
            text.lines().any(|line| {
                let mut words = line.split_whitespace();
                words.next() == Some("@revoked") && words.nth(2) == Some(encoded.as_str())
            })
        })
    }
}
