//! What an agent says of its machine when it is in.

use serde::{Deserialize, Serialize};

use crate::limits::{ADDRESSES_TOLD, NAME_BYTES};
use crate::refusal::{Result, cut, within};

/// For people and lists; the figures are asked for. Said once on each connection, behind the report.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct About {
    pub host_name: String,
    /// As the system calls itself, such as `Debian GNU/Linux 12 (bookworm)`.
    pub os: String,
    pub kernel: String,
    /// Such as `x86_64`.
    pub arch: String,
    /// Of the machine's interfaces, but for those that lead nowhere else.
    pub addresses: Vec<String>,
    /// SHA-256 of the agent's program, in hexadecimal digits. An older agent does not say.
    pub program_sha256: Option<String>,
}

impl About {
    /// Within the limits: what is too long is cut, what is too much is left out.
    #[must_use]
    pub fn bounded(self) -> Self {
        let name = |text| cut(text, NAME_BYTES);
        Self {
            host_name: name(self.host_name),
            os: name(self.os),
            kernel: name(self.kernel),
            arch: name(self.arch),
            addresses: self.addresses.into_iter().take(ADDRESSES_TOLD).map(name).collect(),
            program_sha256: self.program_sha256.map(name),
        }
    }

    pub(super) fn check(&self) -> Result<()> {
        within("addresses of a machine", self.addresses.len(), ADDRESSES_TOLD)?;
        let names = [&self.host_name, &self.os, &self.kernel, &self.arch];
        let longest =
            names.into_iter().chain(&self.addresses).chain(&self.program_sha256).map(String::len).max().unwrap_or(0);
        within("a name of the machine, in bytes", longest, NAME_BYTES)
    }
}
