//! Several small writes in one commit. A commit waits for the disk; what arrives meanwhile shares the next one, and none
//! is answered before its commit is durable.

use tokio::sync::{mpsc, oneshot};

use rempart_jobs::BoxFuture;

use crate::{Catalog, CatalogError, WriteTx};

/// How many writes share a commit at most.
const GROUP_LIMIT: usize = 64;

/// A write: what it does in a transaction, and whom to tell. It may be run twice: once in the group's transaction, and,
/// where the group failed, in one of its own.
trait Write: Send {
    /// Whether it counts jobs: then the counters are locked before anything else in the group.
    fn counts(&self) -> bool;
    fn run<'a>(&'a mut self, tx: &'a mut WriteTx) -> BoxFuture<'a, Result<(), CatalogError>>;
    fn answer(self: Box<Self>, failed: Option<CatalogError>);
}

struct Waiting<F, T> {
    counts: bool,
    work: F,
    done: Option<T>,
    reply: oneshot::Sender<Result<T, CatalogError>>,
}

impl<F, T> Write for Waiting<F, T>
where
    F: for<'a> FnMut(&'a mut WriteTx) -> BoxFuture<'a, Result<T, CatalogError>> + Send,
    T: Send,
{
    fn counts(&self) -> bool {
        self.counts
    }

    fn run<'a>(&'a mut self, tx: &'a mut WriteTx) -> BoxFuture<'a, Result<(), CatalogError>> {
        let done = &mut self.done;
        let work = (self.work)(tx);
        Box::pin(async move {
            *done = Some(work.await?);
            Ok(())
        })
    }

    fn answer(self: Box<Self>, failed: Option<CatalogError>) {
        let answer = match (failed, self.done) {
            (None, Some(done)) => Ok(done),
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

/// Takes writes and commits them in groups, in the order in which they came.
#[derive(Clone)]
pub(crate) struct Scribe {
    queue: mpsc::UnboundedSender<Box<dyn Write>>,
}

impl Scribe {
    /// Ends when the last clone is gone.
    pub fn start(catalog: Catalog) -> Self {
        let (queue, mut waiting) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            let mut group: Vec<Box<dyn Write>> = Vec::new();
            while waiting.recv_many(&mut group, GROUP_LIMIT).await > 0 {
                write_group(&catalog, std::mem::take(&mut group)).await;
            }
        });
        Self { queue }
    }

    pub async fn write<T: Send + 'static>(
        &self,
        counts: bool,
        work: impl for<'a> FnMut(&'a mut WriteTx) -> BoxFuture<'a, Result<T, CatalogError>> + Send + 'static,
    ) -> Result<T, CatalogError> {
        let (reply, answer) = oneshot::channel();
        let waiting = Waiting { counts, work, done: None, reply };
        self.queue.send(Box::new(waiting)).map_err(|_| gone())?;
        answer.await.unwrap_or_else(|_| Err(gone()))
    }
}

/// What went wrong with a transaction of several writes.
enum GroupError {
    /// Before the commit: nothing happened, and each can be tried by itself.
    Before,
    /// At the commit: whether it happened is not known, so nothing is tried again.
    Commit(CatalogError),
}

async fn write_group(catalog: &Catalog, mut group: Vec<Box<dyn Write>>) {
    if group.len() > 1 {
        match write_together(catalog, &mut group).await {
            Ok(()) => return group.into_iter().for_each(|write| write.answer(None)),
            Err(GroupError::Commit(error)) => {
                let text = error.to_string();
                let again = || CatalogError::Unavailable { operation: "commit", source: text.clone().into() };
                return group.into_iter().for_each(|write| write.answer(Some(again())));
            }
            Err(GroupError::Before) => {}
        }
    }
    for mut write in group {
        let failed = write_alone(catalog, write.as_mut()).await.err();
        write.answer(failed);
    }
}

async fn write_together(catalog: &Catalog, group: &mut [Box<dyn Write>]) -> Result<(), GroupError> {
    let before = |_| GroupError::Before;
    let mut tx = catalog.begin().await.map_err(before)?;
    if group.iter().any(|write| write.counts()) {
        tx.lock_counters().await.map_err(before)?;
    }
    for write in group.iter_mut() {
        write.run(&mut tx).await.map_err(before)?;
    }
    tx.commit().await.map_err(GroupError::Commit)
}

async fn write_alone(catalog: &Catalog, write: &mut dyn Write) -> Result<(), CatalogError> {
    let mut tx = catalog.begin().await?;
    write.run(&mut tx).await?;
    tx.commit().await
}
