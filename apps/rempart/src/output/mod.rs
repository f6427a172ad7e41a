//! What the user sees: results on the standard output, messages on the standard error. With `--json`, one object a line
//! on the standard output, the last of them a summary.

pub mod human;
pub mod nodes;
pub mod snapshots;
pub mod table;

use std::io::{BufWriter, IsTerminal as _, Stdout, Write as _};
use std::sync::Mutex;

use serde::Serialize;

use crate::exit_code::ExitCode;
use crate::failure::Failure;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Human,
    Json,
}

/// How much is said, beyond results and errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    Quiet,
    Normal,
    Verbose,
    /// Every file.
    Everything,
}

pub struct Output {
    format: Format,
    verbosity: Verbosity,
    stdout: Mutex<BufWriter<Stdout>>,
    stdout_is_terminal: bool,
    /// The progress bar to step aside for while a message is printed.
    bar: Mutex<Option<indicatif::ProgressBar>>,
}

/// A JSON line: its type first, then its fields.
#[derive(Serialize)]
pub struct Message<T> {
    message_type: &'static str,
    #[serde(flatten)]
    body: T,
}

/// Something that went wrong with one item, while the rest went on. The shape is restic's.
#[derive(Serialize)]
struct ItemError<'a> {
    message_type: &'static str,
    error: ErrorText<'a>,
    during: &'a str,
    item: &'a str,
}

#[derive(Serialize)]
struct ErrorText<'a> {
    message: &'a str,
}

impl Output {
    #[must_use]
    pub fn new(format: Format, verbosity: Verbosity) -> Self {
        let stdout = std::io::stdout();
        Self {
            format,
            verbosity,
            stdout_is_terminal: stdout.is_terminal(),
            stdout: Mutex::new(BufWriter::with_capacity(64 * 1024, stdout)),
            bar: Mutex::new(None),
        }
    }

    #[must_use]
    pub fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    #[must_use]
    pub fn is_at_least(&self, verbosity: Verbosity) -> bool {
        self.verbosity >= verbosity
    }

    /// A line of the result, for people.
    pub fn line(&self, line: impl AsRef<[u8]>) -> anyhow::Result<()> {
        let mut stdout = self.stdout.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if self.stdout_is_terminal {
            stdout.write_all(&human::without_controls(line.as_ref())).map_err(refused)?;
        } else {
            stdout.write_all(line.as_ref()).map_err(refused)?;
        }
        stdout.write_all(b"\n").map_err(refused)
    }

    /// Bytes of the result, as they are.
    pub fn bytes(&self, bytes: &[u8]) -> anyhow::Result<()> {
        let mut stdout = self.stdout.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        stdout.write_all(bytes).map_err(refused)
    }

    /// A JSON line with its type.
    pub fn message(&self, message_type: &'static str, body: impl Serialize) -> anyhow::Result<()> {
        self.object(&Message { message_type, body })
    }

    /// A JSON line that carries its type itself.
    pub fn object(&self, object: &impl Serialize) -> anyhow::Result<()> {
        let mut text = serde_json::to_vec(object)?;
        text.push(b'\n');
        self.bytes(&text)
    }

    /// A JSON line that a reader waits for: sent at once. Whether somebody listens must not decide a backup.
    pub fn status(&self, object: &impl Serialize) {
        let _ = self.object(object).and_then(|()| self.flush());
    }

    pub fn flush(&self) -> anyhow::Result<()> {
        self.stdout.lock().unwrap_or_else(std::sync::PoisonError::into_inner).flush().map_err(refused)
    }

    /// Something worth knowing that is no result; silent with `--quiet` and `--json`.
    pub fn note(&self, text: impl AsRef<str>) {
        if self.format == Format::Human && self.verbosity >= Verbosity::Normal {
            self.to_stderr(text.as_ref());
        }
    }

    /// Something that went wrong with one item while the rest goes on.
    pub fn item_error(&self, during: &str, item: &[u8], message: &str) {
        let item = String::from_utf8_lossy(item);
        match self.format {
            Format::Json => {
                self.status(&ItemError { message_type: "error", error: ErrorText { message }, during, item: &item })
            }
            Format::Human if item.is_empty() => self.to_stderr(&format!("error: {message}")),
            Format::Human => self.to_stderr(&format!("error: {item}: {message}")),
        }
    }

    /// A warning that belongs to no item. Always said.
    pub fn warn(&self, text: impl AsRef<str>) {
        self.to_stderr(&format!("warning: {}", text.as_ref()));
    }

    fn to_stderr(&self, text: &str) {
        let text = human::without_controls(text.as_bytes());
        let write = || {
            let mut stderr = std::io::stderr().lock();
            let _ = stderr.write_all(&text).and_then(|()| stderr.write_all(b"\n"));
        };
        match &*self.bar.lock().unwrap_or_else(std::sync::PoisonError::into_inner) {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Messages step aside for this bar until it is taken away.
    pub fn set_bar(&self, bar: Option<indicatif::ProgressBar>) {
        *self.bar.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = bar;
    }
}

/// A reader that went away is no error to complain about, but the work for it ends.
fn refused(error: std::io::Error) -> anyhow::Error {
    if error.kind() == std::io::ErrorKind::BrokenPipe {
        return Failure::new(ExitCode::OutputClosed, "the reader of the output went away").into();
    }
    anyhow::Error::new(error).context("cannot write to the standard output")
}
