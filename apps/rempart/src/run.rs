//! What every command has at hand, and how a run begins and ends.

use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use rempart_archive::cancel::CancelToken;
use rempart_repository::{ErrorKind, LockGuard, LockMode, PendingLock, Repository, RepositoryError, WriterLock};
use rempart_storage::{Location, ObjectStore};

use crate::cli::maintain::From;
use crate::cli::{self, Cli, Global};
use crate::exit_code::ExitCode;
use crate::failure::{Failure, classify};
use crate::output::{Format, Output, Verbosity};
use crate::password::{self, Password};
use crate::{commands, environment, log, place, settings, signal};

/// Between two looks while another holds the lock.
const LOCK_LOOK_EVERY: Duration = Duration::from_secs(2);
/// How long a signal waits at most to be heard meanwhile.
const SIGNAL_LOOK_EVERY: Duration = Duration::from_millis(50);

/// One run of one command.
pub struct Run {
    pub global: Global,
    pub out: Output,
    pub cancel: CancelToken,
}

/// Parses the command line, runs the command, tells how it ended.
pub fn main() -> ExitCode {
    let cli = match cli::parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { ExitCode::Usage } else { ExitCode::Success };
        }
    };
    let Cli { global, command } = cli;
    let out = Output::new(if global.json { Format::Json } else { Format::Human }, verbosity(&global));
    let run = Run { global, out, cancel: CancelToken::new() };
    start_log();
    let result = place::refuse_password_option(&run.global)
        .and_then(|()| commands::dispatch(&run, command))
        .and_then(|code| run.out.flush().map(|()| code));
    match result {
        Ok(code) => code,
        Err(error) => run.tell(&error),
    }
}

fn verbosity(global: &Global) -> Verbosity {
    match (global.quiet, global.verbose) {
        (true, _) => Verbosity::Quiet,
        (false, 0) => Verbosity::Normal,
        (false, 1) => Verbosity::Verbose,
        (false, _) => Verbosity::Everything,
    }
}

/// The log of the engine, for those who ask for it: building a filter takes time that a small run would notice.
fn start_log() {
    if let Some(filter) = environment::LOG.text() {
        log::start(&filter);
    }
}

impl Run {
    /// From now on Ctrl-C ends the work in order. Not before the password is there: a prompt must stay interruptible.
    fn watch_signals(&self) -> anyhow::Result<()> {
        signal::cancel_on_signals(&self.cancel)
    }

    /// An error where the user asked to stop.
    pub fn check_canceled(&self) -> anyhow::Result<()> {
        if self.cancel.is_canceled() { Err(Failure::new(ExitCode::Canceled, "canceled").into()) } else { Ok(()) }
    }

    /// The store at the repository's place.
    pub fn store(&self) -> anyhow::Result<Arc<dyn ObjectStore>> {
        self.store_at(&place::repository(&self.global)?)
    }

    pub fn store_at(&self, location: &Location) -> anyhow::Result<Arc<dyn ObjectStore>> {
        let options = place::open_options(&self.global);
        let store = rempart_storage::open(location, &options).context("cannot open the storage")?;
        Ok(store.canceled_by(&self.cancel).unwrap_or(store))
    }

    /// The password of the repository at hand.
    pub fn password(&self, location: &str, is_new: bool) -> anyhow::Result<Password> {
        let password = password::obtain(&password::Sources {
            file: self.global.password_file.as_deref(),
            command: self.global.password_command.as_deref(),
            variables: password::REPOSITORY_VARIABLES,
            allow_empty: self.global.insecure_no_password,
            subject: format!("password for {}repository {location}", if is_new { "the new " } else { "" }),
            is_new,
        })?;
        self.watch_signals()?;
        Ok(password)
    }

    #[must_use]
    pub fn open_options(&self) -> rempart_repository::OpenOptions {
        rempart_repository::OpenOptions { cache_dir: settings::cache_dir(&self.global), ..Default::default() }
    }

    /// The repository that the options and the environment name, opened.
    pub fn open(&self) -> anyhow::Result<Repository> {
        let store = self.store()?;
        let password = self.password(store.location(), false)?;
        let repository = Repository::open(store, password.as_bytes(), self.open_options())?;
        self.check_canceled()?;
        Ok(repository)
    }

    /// The other repository, that `copy` and `init --copy-chunker-params` read.
    pub fn open_from(&self, from: &From) -> anyhow::Result<Repository> {
        let store = self.store_at(&place::from_repository(from)?)?;
        let password = password::obtain(&password::Sources {
            file: from.from_password_file.as_deref(),
            command: from.from_password_command.as_deref(),
            variables: password::FROM_VARIABLES,
            allow_empty: self.global.insecure_no_password,
            subject: format!("password for repository {}", store.location()),
            is_new: false,
        })?;
        Ok(Repository::open(store, password.as_bytes(), self.open_options())?)
    }

    fn lock_wait(&self) -> Option<Duration> {
        let seconds = self.global.retry_lock.0;
        (seconds > 0).then(|| Duration::from_secs(seconds))
    }

    /// Whether the user is ready to wait for others to end.
    pub fn waits_for_locks(&self) -> bool {
        self.lock_wait().is_some()
    }

    /// Tries to take a lock until `--retry-lock` is over. Not left to the repository, which would not hear a signal.
    fn patiently<T>(&self, take: impl Fn() -> Result<T, RepositoryError>) -> anyhow::Result<T> {
        let (began, wait) = (Instant::now(), self.lock_wait().unwrap_or_default());
        let mut is_told = false;
        loop {
            match take() {
                Err(error) if error.kind() == ErrorKind::Locked && began.elapsed() < wait => {
                    if !std::mem::replace(&mut is_told, true) {
                        self.out.note(format!("waiting: {error}"));
                    }
                    let looked = Instant::now();
                    while looked.elapsed() < LOCK_LOOK_EVERY && began.elapsed() < wait {
                        self.check_canceled()?;
                        std::thread::sleep(SIGNAL_LOOK_EVERY);
                    }
                }
                outcome => return Ok(outcome?),
            }
        }
    }

    /// Takes a lock and waits until it is certain.
    pub fn lock(&self, repository: &Repository, mode: LockMode) -> anyhow::Result<LockGuard> {
        self.refuse_no_lock()?;
        self.patiently(|| repository.lock(mode, None))
    }

    /// The lock of a backup. Who is ready to wait for others gets one that is certain, so that nobody who comes at the same
    /// time can end the work later. Who is not begins at once, and makes it certain before the commit.
    pub fn lock_to_write(&self, repository: &Repository) -> anyhow::Result<WriterLock> {
        Ok(match self.lock_wait() {
            Some(_) => WriterLock::Held(Arc::new(self.lock(repository, LockMode::Shared)?)),
            None => WriterLock::Pending(self.lock_early(repository)?),
        })
    }

    /// Writes a lock of the shared kind without waiting for the second look at the others.
    pub fn lock_early(&self, repository: &Repository) -> anyhow::Result<PendingLock> {
        self.begin_lock(repository, LockMode::Shared)
    }

    /// Writes a lock without waiting for the second look at the others.
    pub fn begin_lock(&self, repository: &Repository, mode: LockMode) -> anyhow::Result<PendingLock> {
        self.refuse_no_lock()?;
        self.patiently(|| repository.lock_async(mode, None))
    }

    /// Makes a lock certain that was begun. Where somebody else came at the same time, begins again, and waits as long as
    /// the user wants to.
    pub fn confirm(&self, repository: &Repository, pending: PendingLock, mode: LockMode) -> anyhow::Result<LockGuard> {
        match pending.confirm() {
            Err(error) if error.kind() == ErrorKind::Locked && self.lock_wait().is_some() => {
                self.lock(repository, mode)
            }
            outcome => Ok(outcome?),
        }
    }

    fn refuse_no_lock(&self) -> anyhow::Result<()> {
        if !self.global.no_lock {
            return Ok(());
        }
        Err(Failure::usage("--no-lock is for reading; this command writes to the repository, or must be alone in it")
            .into())
    }

    /// A lock for reading: none where the user wants none.
    pub fn lock_for_reading(&self, repository: &Repository) -> anyhow::Result<Option<PendingLock>> {
        if self.global.no_lock { Ok(None) } else { self.lock_early(repository).map(Some) }
    }

    /// Tells what failed, why, and what to do next.
    fn tell(&self, error: &anyhow::Error) -> ExitCode {
        let (code, hint) = classify(error);
        // What was listed before the failure is still worth showing.
        let _ = self.out.flush();
        if code == ExitCode::OutputClosed {
            return code;
        }
        let code = if self.cancel.is_canceled() { ExitCode::Canceled } else { code };
        let mut stderr = std::io::stderr().lock();
        let _ = if self.out.is_json() {
            let message = format!("{error:#}");
            let object = serde_json::json!({
                "message_type": "exit_error", "code": code.number(), "message": message, "hint": hint,
            });
            writeln!(stderr, "{object}")
        } else {
            writeln!(stderr, "{}", as_text(error, hint.as_deref()))
        };
        code
    }
}

fn as_text(error: &anyhow::Error, hint: Option<&str>) -> String {
    let mut text = format!("error: {error}");
    let mut said = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        // Transparent wrappers repeat what they wrap.
        if cause != said {
            text.push_str(&format!("\n  caused by: {cause}"));
        }
        said = cause;
    }
    if let Some(hint) = hint {
        text.push_str(&format!("\nhint: {hint}"));
    }
    String::from_utf8_lossy(&crate::output::human::without_controls(text.as_bytes())).into_owned()
}
