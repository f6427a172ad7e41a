//! Which agents run another program than this server would install.

use std::collections::{BTreeSet, HashMap, HashSet};

use rempart_catalog::AgentRow;
use rempart_model::ServerId;

use crate::Work;
use crate::trouble::Result;

impl Work {
    /// Those of these whose program is not the one that this server has for their processor. Nothing is said of an agent that
    /// was never there, and of processors for which there is no program.
    pub async fn agents_behind(&self, agents: &[AgentRow]) -> Result<HashSet<ServerId>> {
        let archs: BTreeSet<String> = agents.iter().filter_map(|agent| agent.arch.clone()).collect();
        if archs.is_empty() {
            return Ok(HashSet::new());
        }
        let programs = self.agent_programs.clone();
        let offered = crate::blocking(move || {
            let offer = |arch: String| Some((programs.offered_sha256(&arch)?, arch));
            Ok(archs.into_iter().filter_map(offer).map(|(sha256, arch)| (arch, sha256)).collect())
        });
        let offered: HashMap<String, String> = offered.await?;
        Ok(agents.iter().filter(|agent| is_behind(agent, &offered)).map(|agent| agent.server_id).collect())
    }
}

fn is_behind(agent: &AgentRow, offered: &HashMap<String, String>) -> bool {
    let offered = agent.arch.as_ref().and_then(|arch| offered.get(arch));
    match (offered, &agent.program_sha256, &agent.agent_version) {
        (Some(offered), Some(own), _) => own != offered,
        // One that is too old to tell its hash; programs and server are of one release.
        (Some(_), None, Some(version)) => version != env!("CARGO_PKG_VERSION"),
        (Some(_), None, None) | (None, ..) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agent(arch: Option<&str>, sha256: Option<&str>, version: Option<&str>) -> AgentRow {
        AgentRow {
            server_id: ServerId::new(2),
            public_key: None,
            enrolled_at: None,
            protocol: None,
            agent_version: version.map(str::to_owned),
            program_sha256: sha256.map(str::to_owned),
            kernel: None,
            arch: arch.map(str::to_owned),
            addresses: Vec::new(),
            limits: rempart_model::AgentLimits::default(),
            connected_at: None,
            round_trip_us: None,
            process: None,
        }
    }

    #[test]
    fn an_agent_is_behind_where_its_program_is_another_than_the_one_for_its_processor() {
        let offered = HashMap::from([("x86_64".to_owned(), "5e".to_owned())]);
        let own = Some(env!("CARGO_PKG_VERSION"));
        for (arch, sha256, version, expected) in [
            (Some("x86_64"), Some("5e"), own, false),
            (Some("x86_64"), Some("5f"), own, true),
            (Some("x86_64"), Some("5e"), Some("0.0.1"), false),
            (Some("x86_64"), None, Some("0.0.1"), true),
            (Some("x86_64"), None, own, false),
            (Some("x86_64"), None, None, false),
            (Some("aarch64"), Some("5f"), own, false),
            (None, None, None, false),
        ] {
            assert_eq!(is_behind(&agent(arch, sha256, version), &offered), expected, "{arch:?} {sha256:?} {version:?}");
        }
    }
}
