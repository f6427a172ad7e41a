//! What is asked of a machine beside jobs: its folders, its figures, what it can. Of this machine the same code answers at
//! once.

use std::time::Duration;

use rempart_catalog::ServerRow;
use rempart_host::HostPath;
use rempart_host::capability::Capabilities;
use rempart_host::explorer::Page;
use rempart_host::stats::HostStats;
use rempart_model::ServerId;
use rempart_protocol::control::{Answer, AnswerFault, Question};
use serde::de::DeserializeOwned;

use crate::browse::path_bytes;
use crate::explorer::{self, FoundPage};
use crate::trouble::{Result, Trouble, table};
use crate::{Work, blocking};

/// An agent that has not answered by then is busy with a slow disk.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// Looking for databases takes that long where each of them hangs.
const CAPABILITIES_WITHIN: Duration = Duration::from_secs(120);

impl Work {
    /// A page of a folder: what comes behind the name `after`, which is the `next` of the page before.
    pub async fn explore(
        &self,
        server: &ServerRow,
        path: String,
        after: Option<String>,
        limit: usize,
    ) -> Result<FoundPage> {
        if server.is_local {
            return blocking(move || explorer::explore(&path, after.as_deref(), limit)).await;
        }
        let spelled = |text: &str| HostPath::new(path_bytes(text)).to_text();
        let question = Question::List {
            path: spelled(&path),
            after: after.as_deref().map(spelled),
            limit: u32::try_from(limit).unwrap_or(u32::MAX).clamp(1, rempart_protocol::limits::ENTRIES_PER_PAGE),
        };
        let page: Page =
            self.ask_agent(server.id, question, ANSWER_WITHIN).await.map_err(|trouble| trouble.with("path", &path))?;
        Ok(page.into())
    }

    /// Figures of now.
    pub async fn host_stats(&self, server: &ServerRow) -> Result<HostStats> {
        if !server.is_local {
            return self.ask_agent(server.id, Question::Stats, ANSWER_WITHIN).await;
        }
        let reader = self.stats.clone();
        let failed = |error| Trouble::new(&table::HOST_FAILED).because(error);
        blocking(move || reader.lock().read_measured().map_err(failed)).await
    }

    /// What can be done there: programs, volumes, databases, Docker. Takes a few seconds, and longer where something hangs.
    pub async fn host_capabilities(&self, server: &ServerRow) -> Result<Capabilities> {
        if !server.is_local {
            return self.ask_agent(server.id, Question::Capabilities, CAPABILITIES_WITHIN).await;
        }
        blocking(|| Capabilities::read().map_err(|error| Trouble::new(&table::HOST_FAILED).because(error))).await
    }

    async fn ask_agent<T: DeserializeOwned>(
        &self,
        server: ServerId,
        question: Question,
        within: Duration,
    ) -> Result<T> {
        let offline = || Trouble::new(&table::AGENT_OFFLINE);
        let Some(answer) = self.agents.of(server).ask(question)? else {
            return Err(self.why_not_here(server).await?);
        };
        let answer = match tokio::time::timeout(within, answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => return Err(offline()),
            Err(_) => return Err(Trouble::new(&table::AGENT_SILENT).with("seconds", within.as_secs())),
        };
        match answer {
            Answer::Done(value) => {
                serde_json::from_value(value).map_err(|error| Trouble::new(&table::AGENT_ANSWER).because(error))
            }
            Answer::Failed(fault) => Err(told(fault)),
        }
    }
}

impl Work {
    /// An agent has one channel: to one of the processes that share the catalog.
    async fn why_not_here(&self, server: ServerId) -> Result<Trouble> {
        let elsewhere = self.catalog.agent(server).await?.and_then(|agent| agent.process);
        Ok(match elsewhere.filter(|process| !self.catalog.is_this_process(process)) {
            Some(process) => Trouble::new(&table::AGENT_ELSEWHERE).with("process", process),
            None => Trouble::new(&table::AGENT_OFFLINE),
        })
    }
}

fn told(fault: AnswerFault) -> Trouble {
    let sentence = match fault.code.as_str() {
        AnswerFault::NOT_ABSOLUTE => return Trouble::new(&table::EXPLORER_NOT_ABSOLUTE).field("path"),
        AnswerFault::MISSING => &table::EXPLORER_MISSING,
        AnswerFault::NOT_A_FOLDER => &table::EXPLORER_NOT_A_FOLDER,
        AnswerFault::DENIED => &table::EXPLORER_DENIED,
        AnswerFault::NOT_ABLE => return Trouble::new(&table::AGENT_OLD),
        _ => &table::EXPLORER_FAILED,
    };
    Trouble::new(sentence).with("detail", fault.message)
}
