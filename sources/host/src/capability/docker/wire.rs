//! As the engine writes: the shapes of the Docker Engine API.

use super::{Deserialize, Labels};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Version {
    pub version: String,
    pub platform: Option<Platform>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Platform {
    #[serde(default)]
    pub name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Container {
    pub id: String,
    #[serde(default)]
    pub names: Vec<String>,
    pub image: String,
    pub state: String,
    pub labels: Option<Labels>,
    #[serde(default)]
    pub mounts: Vec<Mount>,
    #[serde(default)]
    pub ports: Vec<Port>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Inspected {
    pub config: Config,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Config {
    /// `NAME=value`
    pub env: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Port {
    pub private_port: u16,
    /// Of those that are published only.
    pub public_port: Option<u16>,
    /// `tcp`, `udp`, `sctp`.
    #[serde(default)]
    pub r#type: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Mount {
    /// Of volumes only.
    pub name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Volumes {
    pub volumes: Option<Vec<Volume>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Volume {
    pub name: String,
    pub driver: String,
    #[serde(default)]
    pub mountpoint: String,
    pub labels: Option<Labels>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Network {
    pub name: String,
    pub driver: String,
    pub labels: Option<Labels>,
}
