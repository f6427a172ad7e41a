//! Who this agent is, and whom it trusts.

use std::sync::Arc;

use anyhow::Context as _;
use jiff::Timestamp;
use rempart_protocol::{Identity, PublicKey};
use serde::{Deserialize, Serialize};
use zeroize::ZeroizeOnDrop;

use crate::folder::Folder;
use crate::wire::{Address, Dialer, Trust};

/// `agent.json`: written when the agent was enrolled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    pub server: Address,
    /// Nobody else is believed.
    pub server_key: PublicKey,
    #[serde(default)]
    pub trust: Trust,
    pub enrolled_at: Timestamp,
}

/// `state.json`: how the agent stood last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    pub is_connected: bool,
    pub since: Timestamp,
    /// Why there is no connection.
    #[serde(default)]
    pub reason: Option<String>,
}

/// `key.json`: the private half.
#[derive(Serialize, Deserialize, ZeroizeOnDrop)]
struct KeyFile {
    seed: [u8; 32],
}

/// The server, as this agent reaches and knows it.
pub struct Home {
    pub dialer: Dialer,
    pub identity: Arc<Identity>,
    pub server_key: PublicKey,
}

const SETTINGS: &str = "agent.json";
const STATE: &str = "state.json";
const KEY: &str = "key.json";

impl Settings {
    pub fn read(folder: &Folder) -> anyhow::Result<Self> {
        let missing = || {
            let folder = folder.path().display();
            format!(
                "{folder} holds no settings: enrol this machine first, with the command that the server's page shows"
            )
        };
        folder.read(SETTINGS)?.with_context(missing)
    }

    pub fn write(&self, folder: &Folder) -> anyhow::Result<()> {
        folder.write(SETTINGS, self)
    }
}

impl Home {
    /// The home that a folder's settings name.
    pub fn of(folder: &Folder) -> anyhow::Result<Self> {
        let settings = Settings::read(folder)?;
        let dialer = Dialer::new(settings.server, &settings.trust)?;
        Ok(Self { dialer, identity: identity(folder)?, server_key: settings.server_key })
    }
}

impl State {
    pub fn read(folder: &Folder) -> anyhow::Result<Option<Self>> {
        folder.read(STATE)
    }

    pub fn write(&self, folder: &Folder) -> anyhow::Result<()> {
        folder.write(STATE, self)
    }
}

/// The agent's key; a new one where there is none.
pub fn identity(folder: &Folder) -> anyhow::Result<Arc<Identity>> {
    if let Some(key) = folder.read::<KeyFile>(KEY)? {
        return Ok(Arc::new(Identity::from_seed(&key.seed)));
    }
    let identity = Identity::generate();
    folder.write(KEY, &KeyFile { seed: *identity.seed() })?;
    Ok(Arc::new(identity))
}
