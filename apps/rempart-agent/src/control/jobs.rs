//! The jobs of this agent: its book, on disk before anything begins, and the threads that work on them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use rempart_model::JobProgress;
use rempart_protocol::control::AgentControl;
use rempart_protocol::job::{JobBook, JobLease, JobOffer, JobResult, Withdrawal};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use crate::folder::Folder;
use crate::job::{self, Gauge, Why, Work};
use crate::memory;
use crate::settings::Home;

const BOOK: &str = "book.json";

pub struct Jobs {
    pub book: JobBook,
    /// As it is on disk.
    stored: JobBook,
    folder: Folder,
    home: Arc<Home>,
    running: HashMap<JobLease, Running>,
    ends: mpsc::UnboundedReceiver<JobResult>,
    tell_end: mpsc::UnboundedSender<JobResult>,
}

struct Running {
    gauge: Arc<Gauge>,
    told: JobProgress,
}

impl Jobs {
    /// With the book of the agent before: what it was working on has ended with it.
    pub fn open(folder: Folder, home: Arc<Home>) -> anyhow::Result<Self> {
        let before: JobBook = folder.read(BOOK)?.unwrap_or_default();
        let (tell_end, ends) = mpsc::unbounded_channel();
        let book = before.clone().after_restart();
        let mut jobs = Self { book, stored: before, folder, home, running: HashMap::new(), ends, tell_end };
        jobs.store()?;
        Ok(jobs)
    }

    /// Brings the book to the disk, where it has changed.
    pub fn store(&mut self) -> anyhow::Result<()> {
        if self.book != self.stored {
            self.folder.write(BOOK, &self.book)?;
            self.stored = self.book.clone();
        }
        Ok(())
    }

    /// Begins a job that stands in the book on disk.
    pub fn begin(&mut self, offer: &JobOffer) -> anyhow::Result<()> {
        let lease = offer.lease;
        let order = match job::Order::read(offer) {
            Some(Ok(order)) => order,
            Some(Err(refusal)) => {
                let _ = self.tell_end.send(job::unreadable(lease, &refusal));
                return Ok(());
            }
            None => {
                anyhow::bail!("this agent does no jobs of the kind {}: it may be older than its server", offer.kind)
            }
        };
        let gauge = Arc::new(Gauge::new());
        let work = Work {
            lease,
            order,
            gauge: Arc::clone(&gauge),
            home: Arc::clone(&self.home),
            folder: self.folder.path().to_owned(),
            handle: Handle::current(),
        };
        let tell_end = self.tell_end.clone();
        let run = move || {
            // Nobody listens any more only where the process ends.
            let _ = tell_end.send(job::run(work));
        };
        std::thread::Builder::new().name(format!("job {}", lease.job)).spawn(run).context("cannot start a thread")?;
        tracing::info!(job = %lease.job, kind = %offer.kind, "a job begins");
        self.running.insert(lease, Running { gauge, told: JobProgress::default() });
        Ok(())
    }

    pub fn stop(&mut self, lease: JobLease, reason: Withdrawal) {
        if let Some(running) = self.running.get(&lease) {
            running.gauge.stop(match reason {
                Withdrawal::Canceled => Why::Canceled,
                Withdrawal::LeaseLost => Why::LeaseLost,
            });
        }
    }

    pub async fn next_end(&mut self) -> JobResult {
        match self.ends.recv().await {
            Some(result) => result,
            // This side holds a sender, so there is no end to them.
            None => std::future::pending().await,
        }
    }

    /// A job has ended: into the book, and to the server if it listens.
    pub fn finish(&mut self, result: JobResult, control: Option<&mut AgentControl>) -> rempart_protocol::Result<()> {
        let lease = result.lease;
        tracing::info!(job = %lease.job, outcome = ?result.outcome, message = result.message.as_deref(), "a job has ended");
        self.running.remove(&lease);
        if self.running.is_empty() {
            memory::return_what_is_free();
        }
        // Details that do not fit would keep the whole result from being told.
        let plain = JobResult { details: serde_json::Value::Null, ..result.clone() };
        let told = match control {
            Some(control) => control.finish(&mut self.book, result).or_else(|_| control.finish(&mut self.book, plain)),
            None => self.book.finish(result).or_else(|_| self.book.finish(plain)).map(drop),
        };
        if let Err(error) = self.store() {
            // The server is told all the same; an agent that dies before says that the job failed.
            tracing::error!("{error:#}");
        }
        told
    }

    /// What has changed since it was asked last.
    pub fn progress(&mut self) -> Vec<(JobLease, JobProgress)> {
        let mut news = Vec::new();
        for (lease, running) in &mut self.running {
            let progress = running.gauge.progress();
            if progress != running.told {
                running.told = progress.clone();
                news.push((*lease, progress));
            }
        }
        news
    }

    /// Without a server: jobs go on, and their ends go into the book.
    pub async fn wait_alone(&mut self, until: Instant, stop: &mut watch::Receiver<bool>) -> anyhow::Result<()> {
        loop {
            tokio::select! {
                () = tokio::time::sleep_until(until) => return Ok(()),
                _ = stop.changed() => return Ok(()),
                result = self.next_end() => self.finish(result, None)?,
            }
        }
    }

    /// Stops what runs, and waits for it for a while. What has not stopped by then is told as broken off at the next start.
    pub async fn end(&mut self, patience: Duration) -> anyhow::Result<()> {
        for running in self.running.values() {
            running.gauge.stop(Why::AgentStops);
        }
        let until = Instant::now() + patience;
        while !self.running.is_empty() {
            match tokio::time::timeout_at(until, self.next_end()).await {
                Ok(result) => self.finish(result, None)?,
                Err(_) => break,
            }
        }
        self.store()
    }
}
