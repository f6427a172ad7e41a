//! Where a pool's bytes lie, and how a repository in it is reached: a location, and options that carry the secrets.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use rempart_model::PoolKind;
use rempart_storage::{Location, OpenOptions, RetryPolicy, Secret, Timeouts};
use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use crate::browse::{path_bytes, readable_path};
use crate::secret::{Field, MasterKey};
use crate::trouble::{Result, Trouble, table};

/// A pool's place, without secrets: what the catalog keeps in the clear and people are shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum PoolPlace {
    /// The path as the explorer writes it, see [`crate::browse::readable_path`].
    #[serde(rename_all = "camelCase")]
    Local { path: String },
    #[serde(rename_all = "camelCase")]
    S3 {
        endpoint: Option<String>,
        region: Option<String>,
        bucket: String,
        prefix: String,
        access_key_id: Option<String>,
    },
    #[serde(rename_all = "camelCase")]
    Gcs { bucket: String, prefix: String, endpoint: Option<String> },
    #[serde(rename_all = "camelCase")]
    Azure { account: String, container: String, prefix: String, endpoint: Option<String> },
    #[serde(rename_all = "camelCase")]
    Sftp { host: String, port: u16, user: String, path: String, host_key_fingerprint: Option<String> },
}

/// What opens a pool. Shown by nothing; in the catalog only sealed.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PoolSecrets {
    #[serde(default)]
    pub secret_access_key: Option<String>,
    #[serde(default)]
    pub service_account_key: Option<String>,
    #[serde(default)]
    pub account_key: Option<String>,
    #[serde(default)]
    pub password: Option<String>,
    #[serde(default)]
    pub private_key: Option<String>,
}

impl Drop for PoolSecrets {
    fn drop(&mut self) {
        for secret in self.all_mut() {
            secret.zeroize();
        }
    }
}

impl PoolSecrets {
    /// Those that are filled in, and no others.
    #[must_use]
    pub fn of(fill: impl FnOnce(&mut Self)) -> Self {
        let mut secrets = Self::default();
        fill(&mut secrets);
        secrets
    }

    fn all_mut(&mut self) -> [&mut Option<String>; 5] {
        [
            &mut self.secret_access_key,
            &mut self.service_account_key,
            &mut self.account_key,
            &mut self.password,
            &mut self.private_key,
        ]
    }

    /// What is not given anew stays as it is.
    pub fn keep_from(&mut self, mut old: Self) {
        for (new, old) in self.all_mut().into_iter().zip(old.all_mut()) {
            if new.as_ref().is_none_or(String::is_empty) {
                *new = old.take();
            }
        }
    }

    #[must_use]
    pub fn seal(&self, key: &MasterKey, uid: &str) -> String {
        let mut json = serde_json::to_string(self).expect("texts are plain JSON");
        let sealed = key.seal(field(uid), &json);
        json.zeroize();
        sealed
    }

    pub fn unseal(key: &MasterKey, uid: &str, sealed: Option<&str>) -> Result<Self> {
        let Some(sealed) = sealed else { return Ok(Self::default()) };
        let json = key.unseal(field(uid), sealed)?;
        serde_json::from_str(json.expose()).map_err(|error| Trouble::new(&table::SECRET_OTHER_KEY).because(error))
    }
}

const fn field(uid: &str) -> Field<'_> {
    Field { table: "pools", row: uid, field: "secrets" }
}

impl PoolPlace {
    #[must_use]
    pub const fn kind(&self) -> PoolKind {
        match self {
            Self::Local { .. } => PoolKind::Local,
            Self::S3 { .. } => PoolKind::S3,
            Self::Gcs { .. } => PoolKind::Gcs,
            Self::Azure { .. } => PoolKind::Azure,
            Self::Sftp { .. } => PoolKind::Sftp,
        }
    }

    /// The same place in one spelling, or what is wrong with it.
    pub fn normalised(self) -> Result<Self> {
        let place = match self {
            Self::Local { path } => {
                let path = absolute(&path_bytes(path.trim()), "place.path")?;
                Self::Local { path: readable_path(path.as_os_str().as_bytes()) }
            }
            Self::S3 { endpoint, region, bucket, prefix, access_key_id } => Self::S3 {
                endpoint: endpoint
                    .map(|text| text.trim().trim_end_matches('/').to_owned())
                    .filter(|text| !text.is_empty()),
                region: trimmed(region),
                bucket: required(bucket, "place.bucket", "the bucket is missing")?,
                prefix: clean_prefix(&prefix)?,
                access_key_id: trimmed(access_key_id),
            },
            Self::Gcs { bucket, prefix, endpoint } => Self::Gcs {
                bucket: required(bucket, "place.bucket", "the bucket is missing")?,
                prefix: clean_prefix(&prefix)?,
                endpoint: trimmed(endpoint),
            },
            Self::Azure { account, container, prefix, endpoint } => Self::Azure {
                account: required(account, "place.account", "the account is missing")?,
                container: required(container, "place.container", "the container is missing")?,
                prefix: clean_prefix(&prefix)?,
                endpoint: trimmed(endpoint),
            },
            Self::Sftp { host, port, user, path, host_key_fingerprint } => Self::Sftp {
                host: required(host, "place.host", "the host is missing")?.to_lowercase(),
                port: if port == 0 { 22 } else { port },
                user: required(user, "place.user", "the user is missing")?,
                path: absolute(path.trim().as_bytes(), "place.path")?.to_string_lossy().into_owned(),
                host_key_fingerprint: trimmed(host_key_fingerprint),
            },
        };
        place.location("")?;
        Ok(place)
    }

    /// Where `below` lies in the pool: the pool itself for an empty one. Names in it were checked by their makers.
    pub fn location(&self, below: &str) -> Result<Location> {
        let joined = |prefix: &str| match (prefix.is_empty(), below.is_empty()) {
            (true, _) => below.to_owned(),
            (false, true) => prefix.to_owned(),
            (false, false) => format!("{prefix}/{below}"),
        };
        let text = match self {
            Self::Local { path } => {
                let path = local_path(path);
                return Ok(Location::local(if below.is_empty() { path } else { path.join(below) }));
            }
            Self::S3 { endpoint, region, bucket, prefix, .. } => {
                let amazon = || match region {
                    Some(region) => format!("https://s3.{region}.amazonaws.com"),
                    None => "https://s3.amazonaws.com".to_owned(),
                };
                format!("s3:{}/{bucket}/{}", endpoint.clone().unwrap_or_else(amazon), joined(prefix))
            }
            Self::Gcs { bucket, prefix, .. } => format!("gs:{bucket}:/{}", joined(prefix)),
            Self::Azure { container, prefix, .. } => format!("azure:{container}:/{}", joined(prefix)),
            Self::Sftp { host, port, user, path, .. } => {
                let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
                format!("sftp://{user}@{host}:{port}/{}", joined(path.trim_end_matches('/')))
            }
        };
        Ok(text.parse()?)
    }

    /// As people are shown it, and what two pools may not share.
    pub fn shown(&self) -> Result<String> {
        Ok(match self {
            // Containers of two accounts may have the same name.
            Self::Azure { account, .. } => format!("{} ({account})", self.location("")?),
            _ => self.shown_below("")?,
        })
    }

    /// Where `below` lies in the pool, as people are shown it: any bytes of a local path readable, else as restic writes it.
    pub fn shown_below(&self, below: &str) -> Result<String> {
        let location = self.location(below)?;
        Ok(match location.local_path() {
            Some(path) => readable_path(path.as_os_str().as_bytes()),
            None => location.to_string(),
        })
    }

    /// Credentials and switches. Secrets stay in the process: no argument, no environment, no file.
    #[must_use]
    pub fn options(&self, secrets: &PoolSecrets, patience: Patience) -> OpenOptions {
        let secret = |text: &Option<String>| {
            text.as_ref().filter(|text| !text.is_empty()).map(|text| Secret::new(text.as_str()))
        };
        let mut options = OpenOptions::default();
        if patience == Patience::Person {
            options.timeouts =
                Timeouts { connect: Duration::from_secs(5), answer: Duration::from_secs(15), ..options.timeouts };
            options.retry = RetryPolicy { tries_before_first_answer: 1, ..options.retry };
        }
        match self {
            Self::Local { .. } => {}
            Self::S3 { region, access_key_id, .. } => {
                options.s3.access_key_id.clone_from(access_key_id);
                options.s3.secret_access_key = secret(&secrets.secret_access_key);
                options.s3.region.clone_from(region);
            }
            Self::Gcs { endpoint, .. } => {
                options.gcs.service_account_key = secret(&secrets.service_account_key);
                options.gcs.endpoint.clone_from(endpoint);
            }
            Self::Azure { account, endpoint, .. } => {
                options.azure.account_name = Some(account.clone());
                options.azure.account_key = secret(&secrets.account_key);
                options.azure.endpoint.clone_from(endpoint);
            }
            Self::Sftp { host_key_fingerprint, .. } => {
                options.sftp.password = secret(&secrets.password);
                options.sftp.keys = secret(&secrets.private_key).into_iter().collect();
                options.sftp.host_key_fingerprint.clone_from(host_key_fingerprint);
            }
        }
        options
    }
}

/// Who waits for the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// A person at a page: a dead address is told within seconds.
    Person,
    /// A job, which outlasts a restart of the service.
    Job,
}

fn invalid(field: &'static str, why: &str) -> Trouble {
    Trouble::new(&table::POOL_PLACE_INVALID).with("detail", why).field(field)
}

fn trimmed(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn required(text: String, field: &'static str, why: &str) -> Result<String> {
    trimmed(Some(text)).ok_or_else(|| invalid(field, why))
}

fn clean_prefix(prefix: &str) -> Result<String> {
    let parts: Vec<&str> = prefix.trim().split('/').filter(|part| !part.is_empty()).collect();
    if parts.iter().any(|part| matches!(*part, "." | "..")) {
        return Err(invalid("place.prefix", "`.` and `..` have no meaning in a prefix"));
    }
    Ok(parts.join("/"))
}

/// The folder that a local pool's text names.
pub(crate) fn local_path(path: &str) -> PathBuf {
    PathBuf::from(OsString::from_vec(path_bytes(path)))
}

fn absolute(path: &[u8], field: &'static str) -> Result<PathBuf> {
    let path = Path::new(OsStr::from_bytes(path));
    if !path.is_absolute() {
        return Err(invalid(field, "the path must be absolute, beginning with /"));
    }
    let mut clean = PathBuf::from("/");
    for component in path.components() {
        match component {
            Component::RootDir | Component::CurDir => {}
            Component::Normal(name) if name.to_string_lossy().contains(char::is_control) => {
                return Err(invalid(field, "the path contains a control character"));
            }
            Component::Normal(name) => clean.push(name),
            Component::ParentDir | Component::Prefix(_) => {
                return Err(invalid(field, "`..` is not allowed in the path"));
            }
        }
    }
    if clean.parent().is_none() { Err(invalid(field, "the root of the system is no pool")) } else { Ok(clean) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s3(prefix: &str) -> PoolPlace {
        PoolPlace::S3 {
            endpoint: Some("http://127.0.0.1:9000/".to_owned()),
            region: None,
            bucket: "b".to_owned(),
            prefix: prefix.to_owned(),
            access_key_id: None,
        }
    }

    #[test]
    fn a_repository_lies_below_its_pool() {
        let sftp = PoolPlace::Sftp {
            host: "Nas".to_owned(),
            port: 0,
            user: "ann".to_owned(),
            path: "/volume1/backups/".to_owned(),
            host_key_fingerprint: None,
        };
        let azure =
            PoolPlace::Azure { account: "a".into(), container: "c".into(), prefix: String::new(), endpoint: None };
        for (place, location) in [
            (PoolPlace::Local { path: "/srv//backups/./x/".to_owned() }, "/srv/backups/x/web1/files"),
            (s3(""), "s3:http://127.0.0.1:9000/b/web1/files"),
            (s3("//deep/er/"), "s3:http://127.0.0.1:9000/b/deep/er/web1/files"),
            (sftp, "sftp:ann@nas:/volume1/backups/web1/files"),
            (azure, "azure:c:/web1/files"),
            (PoolPlace::Gcs { bucket: "g".into(), prefix: "p".into(), endpoint: None }, "gs:g:/p/web1/files"),
        ] {
            let place = place.normalised().unwrap();
            assert_eq!(place.location("web1/files").unwrap().to_string(), location);
        }
    }

    #[test]
    fn a_local_place_is_any_bytes_as_the_explorer_writes_them() {
        for (text, bytes, shown) in [
            ("/srv/caf%E9/./100%25", &b"/srv/caf\xe9/100%"[..], "/srv/caf%E9/100%"),
            ("/srv/100%2541", b"/srv/100%41", "/srv/100%2541"),
            ("/srv/\u{e9}t\u{e9}%20", "/srv/\u{e9}t\u{e9} ".as_bytes(), "/srv/\u{e9}t\u{e9} "),
        ] {
            let place = PoolPlace::Local { path: text.to_owned() }.normalised().unwrap();
            assert_eq!(place.location("").unwrap().local_path().unwrap().as_os_str().as_bytes(), bytes, "{text}");
            assert_eq!(
                (place.shown().unwrap(), place.shown_below("a/b").unwrap()),
                (shown.into(), format!("{shown}/a/b"))
            );
        }
    }

    #[test]
    fn places_that_lead_elsewhere_are_refused() {
        let sftp = |path: &str, user: &str| PoolPlace::Sftp {
            host: "h".into(),
            port: 22,
            user: user.into(),
            path: path.into(),
            host_key_fingerprint: None,
        };
        for place in [
            PoolPlace::Local { path: "srv".into() },
            PoolPlace::Local { path: "/srv/../etc".into() },
            PoolPlace::Local { path: "/".into() },
            PoolPlace::Local { path: "/srv/a\nb".into() },
            PoolPlace::Local { path: "/srv/a%0Ab".into() },
            PoolPlace::Local { path: "/srv/%2E%2e/etc".into() },
            PoolPlace::Local { path: "/srv/a%2f..%2f..%2fetc".into() },
            s3("a/../b"),
            sftp("../x", "ann"),
            sftp("/x", ""),
            PoolPlace::Gcs { bucket: " ".into(), prefix: String::new(), endpoint: None },
        ] {
            let text = format!("{place:?}");
            let trouble = place.normalised().expect_err(&text);
            assert_eq!(trouble.code(), "pool.place_invalid", "{text}");
        }
    }

    #[test]
    fn secrets_left_out_stay_as_they_are() {
        let old = PoolSecrets::of(|secrets| {
            secrets.password = Some("old".into());
            secrets.private_key = Some("key".into());
        });
        let mut new = PoolSecrets::of(|secrets| {
            secrets.password = Some("new".into());
            secrets.private_key = Some(String::new());
        });
        new.keep_from(old);
        assert!(new.password.as_deref() == Some("new") && new.private_key.as_deref() == Some("key"));
        let key = MasterKey::from_secret("a secret for this test").ok().unwrap();
        let sealed = new.seal(&key, "uid");
        let opened = PoolSecrets::unseal(&key, "uid", Some(&sealed)).unwrap();
        assert!(opened == new, "what was sealed opens as it was");
        assert!(PoolSecrets::unseal(&key, "other", Some(&sealed)).is_err(), "it opened in another row");
    }
}
