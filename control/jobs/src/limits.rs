//! How much runs at once: all jobs, those of a server, those of a repository. Pure; the store counts.

use std::collections::HashMap;

use rempart_model::{Access, JobId, RepoId, ServerId};

/// The limits of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// `MAX_CONCURRENT_GLOBAL`.
    pub global: u32,
    /// `MAX_CONCURRENT_PER_SERVER`.
    pub per_server: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { global: 8, per_server: 4 }
    }
}

/// A waiting job, in the order in which it would be taken, with what is counted for its keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    pub job_id: JobId,
    pub server: Option<ServerId>,
    pub repository: Option<RepoId>,
    pub access: Access,
    /// Jobs of the server that work now.
    pub server_in_use: u32,
    /// Jobs that share the repository now, and those that have it alone.
    pub repository_shared: u32,
    pub repository_exclusive: u32,
}

/// What holds a waiting job back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeldBack {
    Server,
    Repository,
}

/// Looks through candidates, in order and over several pages, for the first that may work.
///
/// A job that needs its repository alone reserves it while it waits: otherwise a stream of backups, each sharing it with
/// the one before, would hold it back for ever.
#[derive(Debug, Default)]
pub struct Picker {
    reserved: HashMap<RepoId, JobId>,
}

impl Picker {
    /// The first of `candidates` that may work beside what works now.
    pub fn pick(&mut self, candidates: &[Candidate], limits: Limits) -> Option<JobId> {
        candidates.iter().find(|candidate| self.held_back(candidate, limits).is_none()).map(|found| found.job_id)
    }

    /// What holds this one back, given those that were asked about before it.
    pub fn held_back(&mut self, candidate: &Candidate, limits: Limits) -> Option<HeldBack> {
        // Before the server's limit: a reservation counts also while the job waits for its server.
        let busy = candidate.repository.is_some_and(|repository| {
            let reserved = self.reserved.contains_key(&repository);
            match candidate.access {
                Access::None => false,
                Access::Shared => reserved || candidate.repository_exclusive > 0,
                Access::Exclusive => {
                    let in_use = candidate.repository_exclusive + candidate.repository_shared > 0;
                    if in_use {
                        self.reserved.entry(repository).or_insert(candidate.job_id);
                    }
                    reserved || in_use
                }
            }
        });
        if candidate.server.is_some() && candidate.server_in_use >= limits.per_server {
            return Some(HeldBack::Server);
        }
        busy.then_some(HeldBack::Repository)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(id: i64, access: Access, repository: i64) -> Candidate {
        Candidate {
            job_id: JobId::new(id),
            server: Some(ServerId::new(1)),
            repository: Some(RepoId::new(repository)),
            access,
            server_in_use: 0,
            repository_shared: 0,
            repository_exclusive: 0,
        }
    }

    #[test]
    fn who_may_work_beside_whom() {
        // (access, shared now, alone now, may it work)
        for (access, shared, alone, may) in [
            (Access::Shared, 0, 0, true),
            (Access::Shared, 3, 0, true),
            (Access::Shared, 0, 1, false),
            (Access::Exclusive, 0, 0, true),
            (Access::Exclusive, 1, 0, false),
            (Access::Exclusive, 0, 1, false),
            (Access::None, 0, 1, true),
        ] {
            let asked = Candidate { repository_shared: shared, repository_exclusive: alone, ..candidate(1, access, 1) };
            let picked = Picker::default().pick(&[asked], Limits::default());
            assert_eq!(picked.is_some(), may, "{access} beside {shared} that share it and {alone} alone");
        }
    }

    #[test]
    fn a_full_server_waits_and_another_goes_on() {
        let full = Candidate { server_in_use: 4, ..candidate(1, Access::Shared, 1) };
        let other = Candidate { server: Some(ServerId::new(2)), ..candidate(2, Access::Shared, 2) };
        assert_eq!(Picker::default().pick(&[full, other], Limits::default()), Some(JobId::new(2)));
    }

    #[test]
    fn who_waits_for_a_repository_alone_is_not_overtaken() {
        let prune = Candidate { repository_shared: 1, ..candidate(1, Access::Exclusive, 1) };
        let backup = Candidate { repository_shared: 1, ..candidate(2, Access::Shared, 1) };
        let elsewhere = candidate(3, Access::Shared, 2);
        let mut picker = Picker::default();
        assert_eq!(picker.pick(&[prune], Limits::default()), None);
        // On the next page, too.
        assert_eq!(picker.pick(&[backup, elsewhere], Limits::default()), Some(JobId::new(3)));
    }
}
