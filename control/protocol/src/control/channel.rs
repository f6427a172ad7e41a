//! Numbering of messages, so that one that is lost, repeated or overtaken is seen.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::about::About;
use super::question::{Answer, Question};
use crate::job;
use crate::refusal::{Refusal, RefusalCode, Result};
use crate::text;

/// What a server says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ServerSays {
    /// Answer with `pong`.
    Ping(u64),
    Job(job::ToAgent),
    /// Answer it once.
    Question {
        number: u64,
        question: Question,
    },
    /// The answer is of no interest any more; it is given all the same, soon.
    Withdraw(u64),
    Refused(Refusal),
}

/// What an agent says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AgentSays {
    Pong(u64),
    Job(job::FromAgent),
    Answer {
        number: u64,
        answer: Answer,
    },
    /// Once, if at all.
    About(About),
    Refused(Refusal),
}

#[derive(Serialize, Deserialize)]
struct Numbered<M> {
    /// Counts up from 0 in each direction.
    seq: u64,
    says: M,
}

/// Both directions of one connection.
#[derive(Debug, Default)]
pub struct Channel {
    sent: u64,
    received: u64,
}

impl Channel {
    pub fn write<M: Serialize>(&mut self, says: M) -> Result<String> {
        let text = text::write(&Numbered { seq: self.sent, says })?;
        self.sent += 1;
        Ok(text)
    }

    pub fn read<M: DeserializeOwned>(&mut self, message: &str) -> Result<M> {
        let Numbered { seq, says } = text::read(message)?;
        if seq != self.received {
            let detail = format!("message {seq} where {} is next", self.received);
            return Err(Refusal::new(RefusalCode::OutOfOrder, detail));
        }
        self.received += 1;
        Ok(says)
    }
}
