//! How much runs at once: all jobs, those of a server, those of a repository. Pure; the store counts.

use std::collections::{HashMap, HashSet};

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

/// Looks through candidates, in order and over several pages, for those that may work. What it was told to take counts
/// from then on, so one look finds work for several workers as if each had looked by itself, one after the other.
///
/// A job that needs its repository alone reserves it while it waits: otherwise a stream of backups, each sharing it with
/// the one before, would hold it back for ever.
#[derive(Debug, Default)]
pub struct Picker {
    reserved: HashSet<RepoId>,
    /// Wanted alone by a job that was held back for another reason; reserved as soon as somebody works in it.
    wanted_alone: HashSet<RepoId>,
    /// What was taken since the candidates were counted.
    servers: HashMap<ServerId, u32>,
    repositories: HashMap<RepoId, Use>,
}

/// How many jobs share a repository, and how many have it alone.
#[derive(Debug, Clone, Copy, Default)]
struct Use {
    shared: u32,
    alone: u32,
}

impl Picker {
    /// What holds this one back, given those that were asked about, and those that were taken, before it.
    pub fn held_back(&mut self, candidate: &Candidate, limits: Limits) -> Option<HeldBack> {
        // Before the server's limit: a reservation counts also while the job waits for its server.
        let busy = candidate.repository.is_some_and(|repository| {
            let taken = self.repositories.get(&repository).copied().unwrap_or_default();
            let alone = candidate.repository_exclusive + taken.alone;
            let is_in_use = candidate.repository_shared + taken.shared + alone > 0;
            match candidate.access {
                Access::None => false,
                Access::Shared => self.reserved.contains(&repository) || alone > 0,
                Access::Exclusive => {
                    let reserved = self.reserved.contains(&repository);
                    if is_in_use {
                        self.reserved.insert(repository);
                    }
                    reserved || is_in_use
                }
            }
        });
        let server_in_use = candidate
            .server
            .map_or(0, |server| candidate.server_in_use + self.servers.get(&server).copied().unwrap_or_default());
        let held_back = if candidate.server.is_some() && server_in_use >= limits.per_server {
            Some(HeldBack::Server)
        } else {
            busy.then_some(HeldBack::Repository)
        };
        if let (Some(_), Some(repository), Access::Exclusive) = (held_back, candidate.repository, candidate.access) {
            self.wanted_alone.insert(repository);
        }
        held_back
    }

    /// It works from now on, beside what was counted.
    pub fn take(&mut self, candidate: &Candidate) {
        if let Some(server) = candidate.server {
            *self.servers.entry(server).or_default() += 1;
        }
        let Some(repository) = candidate.repository else { return };
        let taken = self.repositories.entry(repository).or_default();
        match candidate.access {
            Access::None => return,
            Access::Shared => taken.shared += 1,
            Access::Exclusive => taken.alone += 1,
        }
        if self.wanted_alone.contains(&repository) {
            self.reserved.insert(repository);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first that may work.
    fn pick(picker: &mut Picker, candidates: &[Candidate], limits: Limits) -> Option<JobId> {
        candidates.iter().find(|candidate| picker.held_back(candidate, limits).is_none()).map(|found| found.job_id)
    }

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
            let picked = pick(&mut Picker::default(), &[asked], Limits::default());
            assert_eq!(picked.is_some(), may, "{access} beside {shared} that share it and {alone} alone");
        }
    }

    #[test]
    fn a_full_server_waits_and_another_goes_on() {
        let full = Candidate { server_in_use: 4, ..candidate(1, Access::Shared, 1) };
        let other = Candidate { server: Some(ServerId::new(2)), ..candidate(2, Access::Shared, 2) };
        assert_eq!(pick(&mut Picker::default(), &[full, other], Limits::default()), Some(JobId::new(2)));
    }

    #[test]
    fn who_waits_for_a_repository_alone_is_not_overtaken() {
        let prune = Candidate { repository_shared: 1, ..candidate(1, Access::Exclusive, 1) };
        let backup = Candidate { repository_shared: 1, ..candidate(2, Access::Shared, 1) };
        let elsewhere = candidate(3, Access::Shared, 2);
        let mut picker = Picker::default();
        assert_eq!(pick(&mut picker, &[prune], Limits::default()), None);
        // On the next page, too.
        assert_eq!(pick(&mut picker, &[backup, elsewhere], Limits::default()), Some(JobId::new(3)));
    }
    /// One look for many, beside one look each: the slow way that is plainly right.
    #[test]
    fn one_look_finds_what_as_many_looks_find() {
        let mut random = 7_u64;
        let mut below = |bound: u64| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (random >> 33) % bound
        };
        for case in 0..3_000 {
            let limits = Limits { global: 100, per_server: 1 + below(3) as u32 };
            let in_use: Vec<(u32, u32)> =
                (0..3).map(|_| if below(4) == 0 { (0, below(2) as u32) } else { (below(3) as u32, 0) }).collect();
            let servers: Vec<u32> = (0..3).map(|_| below(3) as u32).collect();
            let mut waiting: Vec<Candidate> = (0..12)
                .map(|id| {
                    let (server, repository) = (below(3), below(3));
                    let access = [Access::Shared, Access::Exclusive, Access::None][below(3) as usize];
                    Candidate {
                        job_id: JobId::new(id),
                        server: Some(ServerId::new(server as i64)).filter(|_| below(5) > 0),
                        repository: Some(RepoId::new(repository as i64)).filter(|_| access != Access::None),
                        access,
                        server_in_use: servers[server as usize],
                        repository_shared: in_use[repository as usize].0,
                        repository_exclusive: in_use[repository as usize].1,
                    }
                })
                .collect();

            let mut picker = Picker::default();
            let mut together = Vec::new();
            for candidate in &waiting {
                if picker.held_back(candidate, limits).is_none() {
                    picker.take(candidate);
                    together.push(candidate.job_id);
                }
            }

            let mut apart = Vec::new();
            while let Some(id) = pick(&mut Picker::default(), &waiting, limits) {
                let position = waiting.iter().position(|candidate| candidate.job_id == id).unwrap();
                let taken = waiting.remove(position);
                apart.push(id);
                for other in &mut waiting {
                    other.server_in_use += u32::from(taken.server.is_some() && other.server == taken.server);
                    if taken.repository.is_some() && other.repository == taken.repository {
                        other.repository_shared += u32::from(taken.access == Access::Shared);
                        other.repository_exclusive += u32::from(taken.access == Access::Exclusive);
                    }
                }
            }
            assert_eq!(together, apart, "case {case}");
        }
    }
}
