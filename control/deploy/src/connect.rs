//! From an address to a session that was let in.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use russh::client::{self, AuthResult, Handle, KeyboardInteractiveAuthResponse};
use russh::keys::PrivateKeyWithHashAlg;
use tokio::net::TcpStream;
use zeroize::Zeroizing;

use crate::host_key::Gate;
use crate::{DeployError, HostKey, key};

/// Wiped when dropped.
pub type Secret = Zeroizing<String>;

/// Where a machine listens for SSH.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// A name or an address.
    pub host: String,
    pub port: u16,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            return write!(f, "[{}]:{}", self.host, self.port);
        }
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// Who comes in. Shows itself to nobody.
#[derive(Clone)]
pub struct Login {
    pub user: String,
    pub credential: Credential,
    /// For sudo; the password of the login where it is not given.
    pub sudo_password: Option<Secret>,
}

#[derive(Clone)]
pub enum Credential {
    Password(Secret),
    Key { private: Secret, passphrase: Option<Secret> },
}

const CONNECT: Duration = Duration::from_secs(10);
/// For a greeting, a login: sshd looks up names before it answers.
pub(crate) const ANSWER: Duration = Duration::from_secs(30);
/// A machine that says nothing for three of these is gone.
const KEEP_ALIVE: Duration = Duration::from_secs(10);
/// So is one that acknowledges nothing for so long, in the middle of what is sent to it: TCP alone tries for a quarter of an
/// hour (tcp(7), `TCP_USER_TIMEOUT`), and meanwhile nothing else goes over the connection.
const UNACKNOWLEDGED_MS: u32 = 30_000;

pub(crate) async fn within<T>(
    what: &'static str,
    limit: Duration,
    work: impl Future<Output = Result<T, DeployError>>,
) -> Result<T, DeployError> {
    let slow = DeployError::Slow { what, seconds: limit.as_secs() };
    tokio::time::timeout(limit, work).await.unwrap_or(Err(slow))
}

pub(crate) async fn reach(address: &Address) -> Result<TcpStream, DeployError> {
    let unreachable = |detail: String| DeployError::Unreachable { address: address.to_string(), detail };
    let dialed = tokio::time::timeout(CONNECT, TcpStream::connect((address.host.as_str(), address.port))).await;
    let tcp = dialed
        .map_err(|_| unreachable(format!("no answer within {} s", CONNECT.as_secs())))?
        .map_err(|error| unreachable(error.to_string()))?;
    tcp.set_nodelay(true).map_err(|error| unreachable(error.to_string()))?;
    rustix::net::sockopt::set_tcp_user_timeout(&tcp, UNACKNOWLEDGED_MS)
        .map_err(|error| unreachable(error.to_string()))?;
    Ok(tcp)
}

/// The credential goes only to a host that shows this key.
pub(crate) async fn connect(address: &Address, login: &Login, expected: &HostKey) -> Result<Handle<Gate>, DeployError> {
    let tcp = reach(address).await?;
    let defaults = russh::Preferred::default();
    let config = client::Config {
        keepalive_interval: Some(KEEP_ALIVE),
        preferred: russh::Preferred { key: Cow::Owned(expected.preferred(&defaults.key)), ..defaults },
        ..client::Config::default()
    };
    let shown = Arc::new(Mutex::new(None));
    let gate = Gate { expected: Some(expected.clone()), shown: Arc::clone(&shown) };
    within("the login by SSH", ANSWER, async {
        let handshake = client::connect_stream(Arc::new(config), tcp, gate).await;
        let seen = shown.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(shown) = seen.filter(|shown| shown.fingerprint != expected.fingerprint) {
            return Err(DeployError::HostKeyChanged {
                shown: shown.fingerprint,
                expected: expected.fingerprint.clone(),
            });
        }
        let mut ssh = handshake
            .map_err(|error| DeployError::Unreachable { address: address.to_string(), detail: error.to_string() })?;
        authenticate(&mut ssh, login).await?;
        Ok(ssh)
    })
    .await
}

async fn authenticate(ssh: &mut Handle<Gate>, login: &Login) -> Result<(), DeployError> {
    let user = &login.user;
    let answer = match &login.credential {
        Credential::Key { private, passphrase } => {
            let key = key::decode(private, passphrase.as_ref().map(|text| text.as_str()))?;
            let hash = ssh.best_supported_rsa_hash().await.map_err(|error| broken(&error))?.flatten();
            let key = PrivateKeyWithHashAlg::new(Arc::new(key), hash);
            ssh.authenticate_publickey(user, key).await.map_err(|error| broken(&error))?
        }
        Credential::Password(password) => {
            let answer = ssh.authenticate_password(user, password.as_str()).await.map_err(|error| broken(&error))?;
            match answer {
                AuthResult::Failure { .. } => by_prompts(ssh, user, password).await?,
                AuthResult::Success => answer,
            }
        }
    };
    let AuthResult::Failure { remaining_methods, partial_success } = answer else { return Ok(()) };
    if partial_success {
        return Err(DeployError::SecondFactor { user: user.clone() });
    }
    let methods: Vec<String> = remaining_methods.iter().map(String::from).collect();
    Err(DeployError::LoginRefused { user: user.clone(), methods: methods.join(", ") })
}

/// Hosts that take passwords only by asking for them one question at a time (`KbdInteractiveAuthentication`).
async fn by_prompts(ssh: &mut Handle<Gate>, user: &str, password: &Secret) -> Result<AuthResult, DeployError> {
    let failed = |error: russh::Error| broken(&error);
    let mut answer = ssh.authenticate_keyboard_interactive_start(user, None::<String>).await.map_err(failed)?;
    // One question with the password, one round without any; more is a second factor.
    for _ in 0..3 {
        answer = match answer {
            KeyboardInteractiveAuthResponse::Success => return Ok(AuthResult::Success),
            KeyboardInteractiveAuthResponse::Failure { remaining_methods, partial_success } => {
                return Ok(AuthResult::Failure { remaining_methods, partial_success });
            }
            KeyboardInteractiveAuthResponse::InfoRequest { prompts, .. } => {
                let said = prompts.iter().map(|_| password.to_string()).collect();
                ssh.authenticate_keyboard_interactive_respond(said).await.map_err(failed)?
            }
        };
    }
    Err(DeployError::SecondFactor { user: user.to_owned() })
}

/// An SSH connection that ended.
pub(crate) fn broken(error: &russh::Error) -> DeployError {
    DeployError::Lost { detail: error.to_string() }
}
