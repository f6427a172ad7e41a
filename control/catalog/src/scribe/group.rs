//! One group of writes: what it costs the disk, in which order it is written, who is answered what.

use jiff::Timestamp;
use rempart_jobs::{Beat, Claim, Heartbeat, Job, Lease, Leave};

use super::{Asked, Other, Write};
use crate::write::Durability;
use crate::{Catalog, CatalogError, WriteTx};

/// What went wrong with a transaction of several writes.
enum GroupError {
    /// Before the commit: nothing happened, and each can be tried by itself.
    Before(CatalogError),
    /// At the commit: whether it happened is not known, so nothing is tried again.
    Commit(CatalogError),
}

/// The writes of one transaction, by their kinds, in the order in which they are written: what leaves makes room for what
/// is claimed, and what is added can be claimed at once.
#[derive(Default)]
pub(super) struct Group {
    leaves: Vec<Asked<Leave, bool>>,
    starts: Vec<Asked<(Lease, Timestamp), bool>>,
    beats: Vec<Asked<Heartbeat, Beat>>,
    others: Vec<Box<dyn Other>>,
    claims: Vec<Asked<Claim, Option<Job>>>,
}

impl Group {
    pub fn add(&mut self, write: Write) {
        match write {
            Write::Leave(asked) => self.leaves.push(*asked),
            Write::Start(asked) => self.starts.push(asked),
            Write::Beat(asked) => self.beats.push(*asked),
            Write::Other(asked) => self.others.push(asked),
            Write::Claim(asked) => self.claims.push(*asked),
        }
    }

    /// Each in a group of its own.
    fn apart(self) -> Vec<Self> {
        let leaves = self.leaves.into_iter().map(|asked| Write::Leave(Box::new(asked)));
        let starts = self.starts.into_iter().map(Write::Start);
        let beats = self.beats.into_iter().map(|asked| Write::Beat(Box::new(asked)));
        let others = self.others.into_iter().map(Write::Other);
        let claims = self.claims.into_iter().map(|asked| Write::Claim(Box::new(asked)));
        let alone = |write| {
            let mut group = Self::default();
            group.add(write);
            group
        };
        leaves.chain(starts).chain(beats).chain(others).chain(claims).map(alone).collect()
    }

    fn has_claims_only(&self) -> bool {
        self.leaves.is_empty() && self.starts.is_empty() && self.beats.is_empty() && self.others.is_empty()
    }

    /// A lease on which nothing has begun yet, and a sign of life, may be lost with the machine: the job waits as before, or
    /// its lease runs out. The beginning of work may not: its lease would be given out a second time.
    fn durability(&self) -> Durability {
        let is_relaxed = self.leaves.is_empty()
            && self.starts.is_empty()
            && self.others.iter().all(|other| other.durability() == Durability::WithTheNext);
        if is_relaxed { Durability::WithTheNext } else { Durability::Full }
    }

    /// Writes and answers all of them.
    pub async fn commit(mut self, catalog: &Catalog) {
        match self.write(catalog).await {
            Ok(()) => self.answer(|| None),
            Err(GroupError::Before(_)) if self.len() > 1 => {
                for mut alone in self.apart() {
                    let failed = alone.write(catalog).await.err();
                    alone.answer_alone(failed);
                }
            }
            Err(GroupError::Before(error)) => self.answer_alone(Some(GroupError::Before(error))),
            Err(GroupError::Commit(error)) => {
                let text = error.to_string();
                self.answer(|| Some(CatalogError::Unavailable { operation: "commit", source: text.clone().into() }));
            }
        }
    }

    pub fn len(&self) -> usize {
        self.leaves.len() + self.starts.len() + self.beats.len() + self.others.len() + self.claims.len()
    }

    async fn write(&mut self, catalog: &Catalog) -> Result<(), GroupError> {
        if self.has_claims_only() {
            // A look costs nothing; a transaction that finds nothing costs the writers their time.
            let now = self.claims.iter().map(|asked| asked.question.now).max().unwrap_or_default();
            if !catalog.has_waiting_jobs(now).await.map_err(GroupError::Before)? {
                self.claims.iter_mut().for_each(|asked| asked.answer = Some(None));
                return Ok(());
            }
        }
        let mut tx = catalog.begin_for_queue(self.durability()).await.map_err(GroupError::Before)?;
        self.write_in(&mut tx).await.map_err(GroupError::Before)?;
        tx.commit().await.map_err(GroupError::Commit)
    }

    async fn write_in(&mut self, tx: &mut WriteTx) -> Result<(), CatalogError> {
        // Whoever counts jobs locks the counters before anything else.
        if !(self.leaves.is_empty() && self.claims.is_empty()) {
            tx.lock_counters().await?;
        }
        if !self.leaves.is_empty() {
            let answers = tx.leave_jobs(&questions(&self.leaves)).await?;
            fill(&mut self.leaves, answers);
        }
        if !self.starts.is_empty() {
            let answers = tx.start_jobs(&questions(&self.starts)).await?;
            fill(&mut self.starts, answers);
        }
        if !self.beats.is_empty() {
            let answers = tx.beat_jobs(&questions(&self.beats)).await?;
            fill(&mut self.beats, answers);
        }
        for other in &mut self.others {
            other.run(tx).await?;
        }
        if !self.claims.is_empty() {
            let answers = tx.claim_jobs(&questions(&self.claims)).await?;
            fill(&mut self.claims, answers);
        }
        Ok(())
    }

    fn answer_alone(self, failed: Option<GroupError>) {
        let mut failed = failed.map(|error| match error {
            GroupError::Before(error) | GroupError::Commit(error) => error,
        });
        self.answer(|| failed.take());
    }

    /// With the answers, or with the error that `failed` gives for each.
    fn answer(self, mut failed: impl FnMut() -> Option<CatalogError>) {
        self.leaves.into_iter().for_each(|asked| asked.reply(failed()));
        self.starts.into_iter().for_each(|asked| asked.reply(failed()));
        self.beats.into_iter().for_each(|asked| asked.reply(failed()));
        self.others.into_iter().for_each(|asked| asked.answer(failed()));
        self.claims.into_iter().for_each(|asked| asked.reply(failed()));
    }
}

fn questions<Q, A>(asked: &[Asked<Q, A>]) -> Vec<&Q> {
    asked.iter().map(|asked| &asked.question).collect()
}

/// One answer for each question, in their order.
fn fill<Q, A>(asked: &mut [Asked<Q, A>], answers: Vec<A>) {
    for (asked, answer) in asked.iter_mut().zip(answers) {
        asked.answer = Some(answer);
    }
}
