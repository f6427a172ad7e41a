//! Several small writes in one commit. A commit waits for the disk; what arrives meanwhile shares the next one, writes of
//! one kind share their statements too, and none is answered before its commit is done.

mod group;

use std::time::{Duration, Instant};

use jiff::Timestamp;
use rempart_jobs::{Beat, BoxFuture, Claim, Heartbeat, Job, Lease, Leave};
use tokio::sync::{mpsc, oneshot};

use self::group::Group;
use crate::write::Durability;
use crate::{Catalog, CatalogError, WriteTx};

/// How many writes share a commit at most.
const GROUP_LIMIT: usize = 64;

/// A write, until it is answered.
pub(crate) struct Asked<Q, A> {
    question: Q,
    answer: Option<A>,
    reply: oneshot::Sender<Result<A, CatalogError>>,
}

/// A write of any other kind: what it does in a transaction, and whom to tell. It may be run twice: once in the group's
/// transaction, and, where the group failed, in one of its own.
pub(crate) trait Other: Send {
    fn run<'a>(&'a mut self, tx: &'a mut WriteTx) -> BoxFuture<'a, Result<(), CatalogError>>;
    fn durability(&self) -> Durability;
    fn answer(self: Box<Self>, failed: Option<CatalogError>);
}

struct OtherWork<F> {
    work: F,
    durability: Durability,
}

impl<F, T> Other for Asked<OtherWork<F>, T>
where
    F: for<'a> FnMut(&'a mut WriteTx) -> BoxFuture<'a, Result<T, CatalogError>> + Send,
    T: Send,
{
    fn run<'a>(&'a mut self, tx: &'a mut WriteTx) -> BoxFuture<'a, Result<(), CatalogError>> {
        let answer = &mut self.answer;
        let work = (self.question.work)(tx);
        Box::pin(async move {
            *answer = Some(work.await?);
            Ok(())
        })
    }

    fn durability(&self) -> Durability {
        self.question.durability
    }

    fn answer(self: Box<Self>, failed: Option<CatalogError>) {
        (*self).reply(failed);
    }
}

impl<Q, A> Asked<Q, A> {
    fn reply(self, failed: Option<CatalogError>) {
        let answer = match (failed, self.answer) {
            (None, Some(answer)) => Ok(answer),
            (Some(error), _) => Err(error),
            (None, None) => Err(gone()),
        };
        // Whoever asked may have gone.
        let _ = self.reply.send(answer);
    }
}

fn gone() -> CatalogError {
    CatalogError::Unavailable { operation: "write", source: "the writer has ended".into() }
}

/// What a worker, or somebody else, waits for.
pub(crate) enum Write {
    Leave(Box<Asked<Leave, bool>>),
    Start(Asked<(Lease, Timestamp), bool>),
    Beat(Box<Asked<Heartbeat, Beat>>),
    Other(Box<dyn Other>),
    Claim(Box<Asked<Claim, Option<Job>>>),
}

/// Takes writes and commits them in groups, in the order in which they came. Those of one group came side by side, from
/// callers that wait for their answers, so their order among each other is free.
#[derive(Clone)]
pub(crate) struct Scribe {
    queue: mpsc::UnboundedSender<Write>,
}

impl Scribe {
    /// Ends when the last clone is gone.
    pub fn start(catalog: Catalog) -> Self {
        let (queue, mut waiting) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            let mut writes = Vec::new();
            while waiting.recv_many(&mut writes, GROUP_LIMIT).await > 0 {
                let mut group = Group::default();
                writes.drain(..).for_each(|write| group.add(write));
                let answered = group.len();
                group.commit(&catalog).await;
                wait_for_their_next(&waiting, answered).await;
            }
        });
        Self { queue }
    }

    /// Hands a question of one of the kinds that share statements over, and waits for its answer.
    pub async fn ask<Q, A>(&self, kind: impl FnOnce(Asked<Q, A>) -> Write, question: Q) -> Result<A, CatalogError> {
        let (reply, answer) = oneshot::channel();
        self.queue.send(kind(Asked { question, answer: None, reply })).map_err(|_| gone())?;
        answer.await.unwrap_or_else(|_| Err(gone()))
    }

    pub async fn write<T: Send + 'static>(
        &self,
        durability: Durability,
        work: impl for<'a> FnMut(&'a mut WriteTx) -> BoxFuture<'a, Result<T, CatalogError>> + Send + 'static,
    ) -> Result<T, CatalogError> {
        self.ask(|asked| Write::Other(Box::new(asked)), OtherWork { work, durability }).await
    }
}

/// Workers that were answered together come back at once with what is next: they shall find each other in one group again,
/// instead of the first of them having a commit to itself while the others wait for it.
async fn wait_for_their_next(waiting: &mpsc::UnboundedReceiver<Write>, answered: usize) {
    const LONGEST: Duration = Duration::from_micros(100);
    if answered < 2 {
        return;
    }
    let begun = Instant::now();
    while waiting.len() < answered && begun.elapsed() < LONGEST {
        tokio::task::yield_now().await;
    }
}
