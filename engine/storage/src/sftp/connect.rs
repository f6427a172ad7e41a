//! From an address to an authenticated SFTP session.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use russh::client::{self, AuthResult, Handle};
use russh::keys::agent::AgentIdentity;
use russh::keys::agent::client::AgentClient;
use russh::keys::{PrivateKeyWithHashAlg, PublicKeyOrCertificate, decode_secret_key, load_secret_key};
use russh_sftp::client::RawSftpSession;

use super::host_keys::KnownHost;
use super::session::Session;
use crate::options::{OpenOptions, SftpOptions};
use crate::runtime::{Failure, within};
use crate::{ErrorKind, Secret};

pub(super) struct Address {
    pub user: Option<String>,
    pub host: String,
    pub port: u16,
}

struct Client {
    known: KnownHost,
}

/// What ends the handshake.
#[derive(Debug)]
enum Refusal {
    Ssh(russh::Error),
    HostKey(String),
}

impl From<russh::Error> for Refusal {
    fn from(error: russh::Error) -> Self {
        Self::Ssh(error)
    }
}

impl client::Handler for Client {
    type Error = Refusal;

    async fn check_server_key(&mut self, key: &PublicKeyOrCertificate) -> Result<bool, Refusal> {
        match key {
            PublicKeyOrCertificate::PublicKey { key, .. } => {
                self.known.check(key).map(|()| true).map_err(Refusal::HostKey)
            }
            // Not asked for, so a server that shows one does not follow the protocol.
            PublicKeyOrCertificate::Certificate(_) => Ok(false),
        }
    }
}

pub(super) async fn connect(address: &Address, options: &OpenOptions) -> Result<Session, Failure> {
    let denied = |why: String| Failure::new(ErrorKind::Denied, why);
    let Some(user) = address.user.as_ref().or(options.sftp.default_user.as_ref()) else {
        return Err(denied("no user is given; write sftp:user@host:/path".to_owned()));
    };
    let known = KnownHost::new(&address.host, address.port, &options.sftp).map_err(denied)?;
    let tcp = reach(address, options).await?;
    // Small requests in flight must not wait for each other.
    tcp.set_nodelay(true).map_err(|error| not_reached(&error, address))?;

    let defaults = russh::Preferred::default();
    let key = Cow::Owned(known.preferred(&defaults.key));
    let config = client::Config {
        // What one answer window holds bounds the speed of reading over a long line.
        window_size: 16 << 20,
        keepalive_interval: Some(Duration::from_secs(15)),
        preferred: russh::Preferred { key, ..defaults },
        ..client::Config::default()
    };
    within(options.timeouts.answer, async {
        let handshake = client::connect_stream(Arc::new(config), tcp, Client { known }).await;
        let mut ssh = handshake.map_err(|refusal| match refusal {
            Refusal::HostKey(why) => denied(why),
            Refusal::Ssh(error) => broken(&error),
        })?;
        authenticate(&mut ssh, user, &options.sftp).await?;
        open_sftp(ssh, options).await
    })
    .await
}

async fn reach(address: &Address, options: &OpenOptions) -> Result<tokio::net::TcpStream, Failure> {
    within(options.timeouts.connect, async {
        tokio::net::TcpStream::connect((address.host.as_str(), address.port))
            .await
            .map_err(|error| not_reached(&error, address))
    })
    .await
}

/// Remembers the key it is shown and goes no further.
struct Looker(Arc<std::sync::Mutex<Option<String>>>);

impl client::Handler for Looker {
    type Error = russh::Error;

    async fn check_server_key(&mut self, key: &PublicKeyOrCertificate) -> Result<bool, russh::Error> {
        if let PublicKeyOrCertificate::PublicKey { key, .. } = key {
            let fingerprint = key.fingerprint(russh::keys::HashAlg::Sha256).to_string();
            *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(fingerprint);
        }
        Ok(false)
    }
}

/// The fingerprint of the host's key.
pub(super) async fn host_key(address: &Address, options: &OpenOptions) -> Result<String, Failure> {
    let tcp = reach(address, options).await?;
    let seen = Arc::new(std::sync::Mutex::new(None));
    let handshake = within(options.timeouts.answer, async {
        let looker = Looker(seen.clone());
        Ok(client::connect_stream(Arc::new(client::Config::default()), tcp, looker).await)
    });
    let ended = handshake.await?;
    let fingerprint = seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
    match (fingerprint, ended) {
        (Some(fingerprint), _) => Ok(fingerprint),
        (None, Err(error)) => Err(broken(&error)),
        (None, Ok(_)) => Err(Failure::new(ErrorKind::Other, "the server shows no key")),
    }
}

async fn open_sftp(ssh: Handle<Client>, options: &OpenOptions) -> Result<Session, Failure> {
    let channel = ssh.channel_open_session().await.map_err(|error| broken(&error))?;
    channel.request_subsystem(true, "sftp").await.map_err(|error| broken(&error))?;
    let config = russh_sftp::client::Config {
        // OpenSSH's largest answer, with its head.
        max_packet_len: 1 << 20,
        request_timeout_secs: options.timeouts.answer.as_secs().max(1),
        ..russh_sftp::client::Config::default()
    };
    let sftp = RawSftpSession::new_with_config(channel.into_stream(), config);
    Session::begin(sftp, Box::new(ssh)).await
}

/// Agent, key files, password, in this order: what asks nobody first.
async fn authenticate(ssh: &mut Handle<Client>, user: &str, options: &SftpOptions) -> Result<(), Failure> {
    let mut tried = Vec::new();
    let rsa_hash = ssh.best_supported_rsa_hash().await.map_err(|error| broken(&error))?.flatten();
    if let Some(socket) = &options.agent_socket
        && let Ok(mut agent) = AgentClient::connect_uds(socket).await
    {
        for identity in agent.request_identities().await.unwrap_or_default() {
            let AgentIdentity::PublicKey { key, comment } = identity else { continue };
            let hash = if key.algorithm().is_rsa() { rsa_hash } else { None };
            match ssh.authenticate_publickey_with(user, key, hash, &mut agent).await {
                Ok(AuthResult::Success) => return Ok(()),
                Ok(AuthResult::Failure { .. }) => tried.push(format!("the agent's key `{comment}`: refused")),
                Err(error) => tried.push(format!("the agent's key `{comment}`: {error}")),
            }
        }
    }
    for file in options.key_files.iter().filter(|file| file.exists()) {
        match key_of(file, options.key_passphrase.as_ref()) {
            Err(why) => tried.push(format!("{}: {why}", file.display())),
            Ok(key) => {
                let key = PrivateKeyWithHashAlg::new(Arc::new(key), rsa_hash);
                match ssh.authenticate_publickey(user, key).await.map_err(|error| broken(&error))? {
                    AuthResult::Success => return Ok(()),
                    AuthResult::Failure { .. } => tried.push(format!("{}: refused", file.display())),
                }
            }
        }
    }
    for text in &options.keys {
        match decoded(text, options.key_passphrase.as_ref()) {
            Err(why) => tried.push(format!("the private key: {why}")),
            Ok(key) => {
                let key = PrivateKeyWithHashAlg::new(Arc::new(key), rsa_hash);
                match ssh.authenticate_publickey(user, key).await.map_err(|error| broken(&error))? {
                    AuthResult::Success => return Ok(()),
                    AuthResult::Failure { .. } => tried.push("the private key: refused".to_owned()),
                }
            }
        }
    }
    if let Some(password) = &options.password {
        match ssh.authenticate_password(user, password.expose()).await.map_err(|error| broken(&error))? {
            AuthResult::Success => return Ok(()),
            AuthResult::Failure { .. } => tried.push("the password: refused".to_owned()),
        }
    }
    let tried = if tried.is_empty() { "no key, agent or password was given".to_owned() } else { tried.join("; ") };
    Err(Failure::new(ErrorKind::Denied, format!("the server does not let `{user}` in ({tried})")))
}

fn key_of(file: &Path, passphrase: Option<&Secret>) -> Result<russh::keys::PrivateKey, String> {
    read_key(passphrase, |passphrase| load_secret_key(file, passphrase))
}

fn decoded(text: &Secret, passphrase: Option<&Secret>) -> Result<russh::keys::PrivateKey, String> {
    // A form field loses the last line's end, which the format wants.
    let text = Secret::new(format!("{}\n", text.expose().trim()));
    read_key(passphrase, |passphrase| decode_secret_key(text.expose(), passphrase))
}

fn read_key(
    passphrase: Option<&Secret>,
    read: impl Fn(Option<&str>) -> Result<russh::keys::PrivateKey, russh::keys::Error>,
) -> Result<russh::keys::PrivateKey, String> {
    use russh::keys::Error;
    // An unencrypted key does not mind a passphrase, an encrypted one needs it.
    match read(passphrase.map(Secret::expose)).or_else(|_| read(None)) {
        Ok(key) => Ok(key),
        Err(Error::KeyIsEncrypted) if passphrase.is_none() => Err("it is encrypted, and no passphrase is given".into()),
        Err(Error::KeyIsEncrypted) => Err("its passphrase is another".into()),
        Err(error) => Err(error.to_string()),
    }
}

fn not_reached(error: &std::io::Error, address: &Address) -> Failure {
    let kind = match ErrorKind::of_io(error) {
        // A name that does not resolve has no kind of its own.
        ErrorKind::Other => ErrorKind::Network,
        kind => kind,
    };
    Failure::new(kind, format!("{} port {}: {error}", address.host, address.port))
}

/// An SSH connection that ended or never became one.
fn broken(error: &russh::Error) -> Failure {
    let kind = match error {
        russh::Error::ConnectionTimeout | russh::Error::KeepaliveTimeout | russh::Error::InactivityTimeout => {
            ErrorKind::Timeout
        }
        russh::Error::NoCommonAlgo { .. } | russh::Error::UnknownKey => ErrorKind::Denied,
        _ => ErrorKind::Network,
    };
    Failure::new(kind, format!("the SSH connection failed: {error}"))
}
