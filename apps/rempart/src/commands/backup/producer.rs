//! Data that comes from a pipe: ours, or that of a command whose exit status decides whether a snapshot is stored.

use std::ffi::OsString;
use std::io::{self, Read, Stdin};
use std::os::fd::{AsFd, BorrowedFd};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

use anyhow::Context as _;
use rempart_archive::cancel::CancelToken;
use rustix::event::{PollFd, PollFlags, Timespec};

use crate::exit_code::ExitCode;
use crate::failure::Failure;

/// How long a read waits before it looks whether it is still wanted.
const POLL_NANOSECONDS: i64 = 100_000_000;

pub enum Input {
    Pipe { stdin: Stdin, cancel: CancelToken },
    Command(Producer),
}

impl Input {
    pub fn stdin(cancel: CancelToken) -> Self {
        Self::Pipe { stdin: io::stdin(), cancel }
    }

    /// The reason why a command's output is not to be stored, where there is one.
    pub fn failure(&self) -> anyhow::Result<()> {
        match self {
            Self::Command(Producer { failed: Some(status), name, .. }) => Err(failed(name, *status)),
            _ => Ok(()),
        }
    }
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Pipe { stdin, cancel } => {
                wait_readable(stdin.as_fd(), cancel)?;
                stdin.read(buffer)
            }
            Self::Command(producer) => producer.read(buffer),
        }
    }
}

/// The running command. Dropped before its end, it is stopped.
pub struct Producer {
    child: Child,
    stdout: ChildStdout,
    name: String,
    cancel: CancelToken,
    failed: Option<ExitStatus>,
}

impl Producer {
    /// Starts it, without a shell. Its messages go to our standard error; its standard input is ours.
    pub fn start(words: &[OsString], cancel: CancelToken) -> anyhow::Result<Self> {
        let (program, arguments) = words.split_first().context("no command")?;
        let name = program.to_string_lossy().into_owned();
        let did_not_start =
            || Failure::new(ExitCode::CommandFailed, "the command did not start; no snapshot was stored");
        let mut child = Command::new(program)
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot run {name}"))
            .map_err(|error| error.context(did_not_start()))?;
        let stdout = child.stdout.take().with_context(did_not_start)?;
        Ok(Self { child, stdout, name, cancel, failed: None })
    }
}

impl Read for Producer {
    /// The end of the output is only the end where the command succeeded.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        wait_readable(self.stdout.as_fd(), &self.cancel)?;
        let count = self.stdout.read(buffer)?;
        if count > 0 || buffer.is_empty() {
            return Ok(count);
        }
        let status = self.wait()?;
        if status.success() {
            return Ok(0);
        }
        self.failed = Some(status);
        Err(io::Error::other(format!("the command failed ({status})")))
    }
}

impl Producer {
    /// A command may close its output long before it ends.
    fn wait(&mut self) -> io::Result<ExitStatus> {
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            if self.cancel.is_canceled() {
                return Err(canceled());
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }
}

impl Drop for Producer {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|status| status.is_none()) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

fn failed(name: &str, status: ExitStatus) -> anyhow::Error {
    Failure::new(ExitCode::CommandFailed, format!("{name} failed ({status}); no snapshot was stored"))
        .hint("its messages are above; run it by hand to see why")
        .into()
}

fn canceled() -> io::Error {
    io::Error::other("canceled")
}

fn wait_readable(fd: BorrowedFd<'_>, cancel: &CancelToken) -> io::Result<()> {
    let timeout = Timespec { tv_sec: 0, tv_nsec: POLL_NANOSECONDS };
    loop {
        if cancel.is_canceled() {
            return Err(canceled());
        }
        let mut fds = [PollFd::from_borrowed_fd(fd, PollFlags::IN)];
        match rustix::event::poll(&mut fds, Some(&timeout)) {
            Ok(0) | Err(rustix::io::Errno::INTR) => {}
            Ok(_) => return Ok(()),
            Err(errno) => return Err(errno.into()),
        }
    }
}
