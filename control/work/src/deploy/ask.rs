//! What a person gives for such a job, and the look at a host's key before.

use jiff::Timestamp;
use rempart_catalog::{JobSecretRow, SshHostRow};
use rempart_deploy::{Address, HostKey, host_key, readable};
use rempart_jobs::NewJob;
use rempart_model::{HostKeyState, JobId, JobKind, ServerId, SshMethod, UserId};
use serde::{Deserialize, Serialize};
use zeroize::ZeroizeOnDrop;

use crate::secret::{Field, SecretText, generate_uid};
use crate::trouble::{Result, Trouble, table};
use crate::{Work, as_json};

/// A login, as it is asked for.
pub struct SshLogin {
    /// A name or an address.
    pub address: String,
    pub port: u16,
    pub user: String,
    pub method: SshMethod,
    pub password: Option<SecretText>,
    pub private_key: Option<SecretText>,
    pub passphrase: Option<SecretText>,
    pub sudo_password: Option<SecretText>,
    /// The key that the person has accepted; absent where the one that was accepted before is meant.
    pub host_key: Option<HostKey>,
}

/// Where the agent finds this server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Home {
    pub server_url: String,
    /// SHA-256 of the certificate that the server made for itself.
    #[serde(default)]
    pub certificate: Option<String>,
}

/// What such a job carries in the clear.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Payload {
    pub address: String,
    pub port: u16,
    pub user: String,
    pub method: SshMethod,
    pub host_key: HostKey,
    pub home: Home,
}

/// What it carries sealed.
#[derive(Default, Serialize, Deserialize, ZeroizeOnDrop)]
pub(super) struct Secrets {
    pub password: Option<String>,
    pub private_key: Option<String>,
    pub passphrase: Option<String>,
    pub sudo_password: Option<String>,
}

/// What a machine shows, before anything is sent to it.
#[derive(Debug, Clone)]
pub struct SeenHostKey {
    pub shown: HostKey,
    pub state: HostKeyState,
    /// The fingerprint that was accepted.
    pub accepted: Option<String>,
}

/// Where the sealed credentials of a job stand.
pub(super) fn secrets_of(uid: &str) -> Field<'_> {
    Field { table: "job_secrets", row: uid, field: "secrets" }
}

/// What would be taken for an option, a user or a port is no name.
fn checked(address: &str, port: u16) -> Result<Address> {
    let host = address.trim();
    let is_fit = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '%');
    if host.is_empty() || host.starts_with('-') || !host.chars().all(is_fit) || port == 0 {
        return Err(Trouble::new(&table::DEPLOY_ADDRESS).with("detail", host).field("address"));
    }
    Ok(Address { host: host.to_owned(), port })
}

impl SshLogin {
    fn check(&self) -> Result<Address> {
        let missing = |field: &'static str| Err(Trouble::new(&table::DEPLOY_LOGIN_MISSING).field(field));
        if self.user.is_empty() || self.user.starts_with('-') {
            return missing("user");
        }
        match (self.method, &self.password, &self.private_key) {
            (SshMethod::Password, None, _) => return missing("password"),
            (SshMethod::Key, _, None) => return missing("privateKey"),
            (SshMethod::Key, _, Some(key)) => {
                let passphrase = self.passphrase.as_ref().map(SecretText::expose);
                readable(key.expose(), passphrase).map_err(|error| Trouble::from(error).field("privateKey"))?;
            }
            _ => {}
        }
        checked(&self.address, self.port)
    }

    fn secrets(&self) -> Secrets {
        let text = |secret: &Option<SecretText>| secret.as_ref().map(|text| text.expose().to_owned());
        Secrets {
            password: text(&self.password).filter(|_| self.method == SshMethod::Password),
            private_key: text(&self.private_key).filter(|_| self.method == SshMethod::Key),
            passphrase: text(&self.passphrase).filter(|_| self.method == SshMethod::Key),
            sudo_password: text(&self.sudo_password),
        }
    }
}

/// An address that means the machine itself, wherever it is read.
fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// The host of `https://host:port`.
fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    match rest.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => rest.split([':', '/']).next().unwrap_or_default(),
    }
}

impl Home {
    /// An agent on another machine must be able to call, and encrypted.
    fn reachable_from(&self, host: &str) -> Result<()> {
        let own = host_of(&self.server_url);
        if is_loopback(host) || (!is_loopback(own) && self.server_url.starts_with("https://")) {
            return Ok(());
        }
        Err(Trouble::new(&table::DEPLOY_OWN_ADDRESS).with("server", &self.server_url))
    }
}

impl Work {
    /// Asks a machine for its host key; nobody logs in.
    pub async fn look_at_host_key(&self, server: ServerId, address: &str, port: u16) -> Result<SeenHostKey> {
        let address = checked(address, port)?;
        let shown = host_key(&address).await?;
        let accepted = self.catalog.ssh_host(server).await?.and_then(|row| row.host_key).map(|(key, _)| key);
        let state = match &accepted {
            None => HostKeyState::New,
            Some(known) if *known == shown.fingerprint => HostKeyState::Known,
            Some(_) => HostKeyState::Changed,
        };
        Ok(SeenHostKey { shown, state, accepted })
    }

    /// Puts such a job into the queue. A host key that was never accepted, or another than was, is refused.
    pub async fn enqueue_agent_job(
        &self,
        kind: JobKind,
        server: ServerId,
        login: SshLogin,
        home: Home,
        by: Option<UserId>,
    ) -> Result<JobId> {
        let address = login.check()?;
        if kind == JobKind::AgentInstall {
            home.reachable_from(&address.host)?;
        }
        let now = Timestamp::now();
        let known = self.catalog.ssh_host(server).await?;
        let accepted = known.as_ref().and_then(|row| row.host_key.clone());
        let (host_key, accepted_at) = match (accepted, login.host_key.clone()) {
            (None, None) => return Err(Trouble::new(&table::DEPLOY_HOST_KEY_UNKNOWN).field("hostKey")),
            (None, Some(new)) => (new, Some(now)),
            (Some((fingerprint, _)), Some(new)) if fingerprint != new.fingerprint => {
                return Err(Trouble::new(&table::DEPLOY_HOST_KEY_CHANGED)
                    .with("shown", new.fingerprint)
                    .with("expected", fingerprint)
                    .field("hostKey"));
            }
            (Some((fingerprint, kind)), _) => {
                (HostKey { fingerprint, kind }, known.as_ref().and_then(|row| row.accepted_at))
            }
        };
        let secrets = SecretText::new(
            serde_json::to_string(&login.secrets()).map_err(|error| Trouble::new(&table::INTERNAL).because(error))?,
        );
        let uid = generate_uid();
        let sealed = self.key.seal(secrets_of(&uid), secrets.expose());
        let Address { host, port } = address;
        let payload = Payload {
            address: host.clone(),
            port,
            user: login.user.clone(),
            method: login.method,
            host_key: host_key.clone(),
            home,
        };
        let job = NewJob {
            server_id: Some(server),
            requested_by: by,
            priority: 5,
            payload: as_json(&payload)?,
            unique_key: Some(format!("agent of server {server}")),
            ..NewJob::new(kind)
        };
        let row = SshHostRow {
            server_id: server,
            address: host,
            port,
            user_name: login.user.clone(),
            method: login.method,
            host_key: Some((host_key.fingerprint, host_key.kind)),
            accepted_at,
        };
        let mut tx = self.catalog.begin().await?;
        let id = tx.enqueue_job(&job, now).await?;
        // The queue answers the job that is there where one is: then its credentials are there too.
        if !tx.insert_job_secret(id, &JobSecretRow { uid, sealed }).await? {
            tx.rollback().await?;
            return Err(Trouble::new(&table::DEPLOY_BUSY));
        }
        tx.put_ssh_host(&row).await?;
        tx.commit().await?;
        Ok(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_are_told_from_what_only_looks_like_them() {
        for fit in ["web-1", "192.0.2.7", "fe80::1%eth0", "münchen.example", " 10.0.0.1 "] {
            assert!(checked(fit, 22).is_ok(), "{fit:?}");
        }
        for unfit in ["", " ", "-oProxyCommand=reboot", "root@web-1", "web 1", "ssh://web-1", "web-1;reboot"] {
            let told = checked(unfit, 22).expect_err(unfit);
            assert_eq!((told.code(), told.field), ("deploy.address", Some("address")), "{unfit:?}");
        }
        assert!(checked("web-1", 0).is_err());
    }

    #[test]
    fn an_agent_elsewhere_can_call_an_encrypted_address_that_is_not_its_own_machine() {
        let home = |url: &str| Home { server_url: url.to_owned(), certificate: None };
        for url in ["https://backup.example.org", "https://192.0.2.1:3000", "https://[2001:db8::1]:3000/"] {
            assert!(home(url).reachable_from("192.0.2.7").is_ok(), "{url}");
        }
        for url in ["http://192.0.2.1:3000", "https://127.0.0.1:3000", "https://[::1]:3000", "https://localhost"] {
            assert!(home(url).reachable_from("192.0.2.7").is_err(), "{url}");
            // On this machine everything reaches it.
            assert!(home(url).reachable_from("127.0.0.1").is_ok(), "{url}");
        }
    }
}
