//! Answers what the server asks: folders, sizes, figures. Each on a thread of its own, none on the channel's.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use rempart_host::capability::Capabilities;
use rempart_host::explorer::{self, Page};
use rempart_host::stats::StatsReader;
use rempart_host::{HostError, HostPath};
use rempart_protocol::control::{Answer, AnswerFault, Question};
use rempart_protocol::limits::CONTROL_MESSAGE_BYTES;
use serde::Serialize;
use tokio::sync::mpsc;

/// Of one connection: answers to one that is gone are not wanted.
pub struct Questions {
    /// How to stop those that are being answered.
    open: HashMap<u64, Arc<AtomicBool>>,
    answers: mpsc::UnboundedReceiver<(u64, Answer)>,
    tell: mpsc::UnboundedSender<(u64, Answer)>,
    /// Remembers the last reading: how busy the processor is, is known between two.
    stats: Arc<Mutex<StatsReader>>,
}

/// A page in a message, beside the rest of it.
const PAGE_BYTES: usize = CONTROL_MESSAGE_BYTES - 1024;

impl Questions {
    pub fn new() -> Self {
        let (tell, answers) = mpsc::unbounded_channel();
        Self { open: HashMap::new(), answers, tell, stats: Arc::default() }
    }

    pub fn ask(&mut self, number: u64, question: Question) {
        let stop = Arc::new(AtomicBool::new(false));
        self.open.insert(number, Arc::clone(&stop));
        let (tell, stats) = (self.tell.clone(), Arc::clone(&self.stats));
        tokio::task::spawn_blocking(move || {
            // Nobody listens where the connection ended.
            let _ = tell.send((number, answer(question, &stats, &stop)));
        });
    }

    pub fn withdraw(&mut self, number: u64) {
        if let Some(stop) = self.open.get(&number) {
            stop.store(true, Ordering::Relaxed);
        }
    }

    pub async fn next_answer(&mut self) -> (u64, Answer) {
        match self.answers.recv().await {
            Some((number, answer)) => {
                self.open.remove(&number);
                (number, answer)
            }
            // This side holds a sender, so there is no end to them.
            None => std::future::pending().await,
        }
    }
}

impl Drop for Questions {
    fn drop(&mut self) {
        self.open.values().for_each(|stop| stop.store(true, Ordering::Relaxed));
    }
}

fn answer(question: Question, stats: &Mutex<StatsReader>, stop: &AtomicBool) -> Answer {
    let answered = match question {
        Question::List { path, after, limit } => list(&path, after.as_deref(), limit),
        Question::TreeSize { path } => {
            let size = |path| explorer::tree_size(&path, stop, |_| {}).map_err(|error| fault(&error));
            path_of(&path).and_then(size).and_then(|size| json(&size))
        }
        Question::Stats => stats.lock().read_measured().map_err(|error| fault(&error)).and_then(|stats| json(&stats)),
        Question::Capabilities => Capabilities::read().map_err(|error| fault(&error)).and_then(|found| json(&found)),
        Question::Unknown => {
            let message = "this agent is older than its server and does not know the question: upgrade it";
            Err(AnswerFault::new(AnswerFault::NOT_ABLE, message))
        }
    };
    answered.map_or_else(Answer::Failed, Answer::Done)
}

/// A page that is too long for a message is asked for again with half the entries.
fn list(path: &str, after: Option<&str>, limit: u32) -> Result<serde_json::Value, AnswerFault> {
    let (path, after) = (path_of(path)?, after.map(path_of).transpose()?);
    let mut limit = limit as usize;
    loop {
        let page: Page = explorer::list(&path, after.as_ref(), limit).map_err(|error| fault(&error))?;
        let page = json(&page)?;
        if limit == 1 || page.to_string().len() <= PAGE_BYTES {
            return Ok(page);
        }
        limit /= 2;
    }
}

fn path_of(text: &str) -> Result<HostPath, AnswerFault> {
    let misspelled = || {
        let message = format!(
            "{text:?} is not the spelling of a path: what is no UTF-8 is written as %FF, a percent sign as %25"
        );
        AnswerFault::new(AnswerFault::MISSPELLED, message)
    };
    HostPath::from_text(text).ok_or_else(misspelled)
}

fn json<T: Serialize>(value: &T) -> Result<serde_json::Value, AnswerFault> {
    serde_json::to_value(value).map_err(|error| AnswerFault::new(AnswerFault::STRANGE, error.to_string()))
}

fn fault(error: &HostError) -> AnswerFault {
    let code = match error {
        HostError::NotAbsolute { .. } => AnswerFault::NOT_ABSOLUTE,
        HostError::Missing { .. } => AnswerFault::MISSING,
        HostError::NotAFolder { .. } => AnswerFault::NOT_A_FOLDER,
        HostError::Denied { .. } => AnswerFault::DENIED,
        HostError::Unreadable { .. } => AnswerFault::UNREADABLE,
        HostError::Strange { .. } => AnswerFault::STRANGE,
        HostError::Canceled => AnswerFault::CANCELED,
    };
    AnswerFault::new(code, crate::session::chain(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(question: Question) -> Answer {
        answer(question, &Mutex::default(), &AtomicBool::new(false))
    }

    #[test]
    fn a_folder_of_long_names_comes_in_pages_that_fit_into_messages() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().canonicalize().unwrap();
        // Percent code makes each byte three.
        for number in 0..1000 {
            use std::os::unix::ffi::OsStringExt as _;
            let name = [vec![0xff; 200], format!("{number:04}").into_bytes()].concat();
            std::fs::write(root.join(std::ffi::OsString::from_vec(name)), "").unwrap();
        }
        let path = HostPath::from(root.as_path()).to_text();
        let (mut after, mut seen, mut pages) = (None, 0, 0);
        loop {
            let question = Question::List { path: path.clone(), after, limit: 1000 };
            let Answer::Done(page) = asked(question) else { panic!("a page") };
            assert!(page.to_string().len() <= PAGE_BYTES);
            let page: Page = serde_json::from_value(page).unwrap();
            assert_eq!(page.total, 1000);
            (seen, pages) = (seen + page.entries.len(), pages + 1);
            match page.next {
                Some(next) => after = Some(next.to_text()),
                None => break,
            }
        }
        assert_eq!(seen, 1000);
        assert!(pages > 1, "all in one page: the names are too short for this test");
    }

    #[test]
    fn what_cannot_be_answered_says_why() {
        let list = |path: &str| Question::List { path: path.into(), after: None, limit: 10 };
        for (question, code) in [
            (list("srv"), AnswerFault::NOT_ABSOLUTE),
            (list("/no/such/folder"), AnswerFault::MISSING),
            (list("/etc/passwd"), AnswerFault::NOT_A_FOLDER),
            (list("/100%"), AnswerFault::MISSPELLED),
            (Question::Unknown, AnswerFault::NOT_ABLE),
        ] {
            let Answer::Failed(fault) = asked(question.clone()) else { panic!("{question:?} was answered") };
            assert_eq!(fault.code, code, "{question:?}");
            assert!(!fault.message.is_empty());
        }
        let stop = AtomicBool::new(true);
        let stopped = answer(Question::TreeSize { path: "/".into() }, &Mutex::default(), &stop);
        assert!(matches!(stopped, Answer::Failed(fault) if fault.code == AnswerFault::CANCELED));
        assert!(matches!(asked(Question::Stats), Answer::Done(_)));
    }
}
