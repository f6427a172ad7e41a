//! Versions of the protocol. One number for handshake, control and data: agent and server are one release.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::refusal::{Refusal, RefusalCode, Result};

/// Counts the changes that an older peer would misread. A field that may be ignored is no new version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProtocolVersion(pub u16);

impl fmt::Display for ProtocolVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The versions that a program speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionRange {
    pub oldest: ProtocolVersion,
    pub newest: ProtocolVersion,
}

/// What this build speaks.
pub const OURS: VersionRange = VersionRange::new(1, 1);

impl VersionRange {
    #[must_use]
    pub const fn new(oldest: u16, newest: u16) -> Self {
        Self { oldest: ProtocolVersion(oldest), newest: ProtocolVersion(newest) }
    }

    #[must_use]
    pub fn contains(self, version: ProtocolVersion) -> bool {
        (self.oldest..=self.newest).contains(&version)
    }

    /// The server's choice: the newest that both speak. The refusal says which side to upgrade.
    pub fn choose(self, agent: Self) -> Result<ProtocolVersion> {
        if agent.oldest > agent.newest {
            return Err(Refusal::malformed(format!("versions {} to {}", agent.oldest, agent.newest)));
        }
        let common = self.newest.min(agent.newest);
        if common >= self.oldest && common >= agent.oldest {
            return Ok(common);
        }
        let (behind, advice) = if agent.newest < self.oldest {
            ("agent", "upgrade the agent from the server's page")
        } else {
            ("server", "upgrade the server, or install the agent that it offers")
        };
        let detail = format!("the agent speaks {agent}, the server {self}; the {behind} is too old: {advice}");
        Err(Refusal::new(RefusalCode::Version, detail))
    }
}

impl fmt::Display for VersionRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.oldest == self.newest {
            return write!(f, "version {}", self.newest);
        }
        write!(f, "versions {} to {}", self.oldest, self.newest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_common_version_is_chosen_and_who_is_too_old_is_named() {
        let choose = |server: (u16, u16), agent: (u16, u16)| {
            VersionRange::new(server.0, server.1).choose(VersionRange::new(agent.0, agent.1))
        };
        assert_eq!(choose((1, 3), (2, 5)), Ok(ProtocolVersion(3)));
        assert_eq!(choose((1, 3), (1, 1)), Ok(ProtocolVersion(1)));
        assert_eq!(choose((2, 2), (2, 2)), Ok(ProtocolVersion(2)));
        for (server, agent, behind) in
            [((2, 3), (1, 1), "the agent is too old"), ((1, 1), (2, 3), "the server is too old")]
        {
            let refusal = choose(server, agent).expect_err("nothing in common");
            assert_eq!(refusal.code, RefusalCode::Version);
            assert!(refusal.detail.contains(behind), "{refusal}");
        }
        assert_eq!(choose((1, 3), (3, 2)).expect_err("upside down").code, RefusalCode::Malformed);
    }
}
