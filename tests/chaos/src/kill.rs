//! Killing a process at a moment, with a signal that it cannot hear.

use std::process::Stdio;
use std::time::{Duration, Instant};

use rempart_tests_support::Program;

/// How a process that was to be killed ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    Killed,
    /// It was faster.
    ByItself(i32),
}

/// Starts a program and kills it after some time (SIGKILL), unless it has ended by then.
pub fn kill_after(program: Program, time: Duration) -> Ended {
    let mut command = program.into_command();
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let began = Instant::now();
    let mut child = command.spawn().expect("start the program");
    // Short naps, so that a program that has ended is not waited for.
    while began.elapsed() < time {
        if let Some(status) = child.try_wait().expect("wait for the program") {
            return Ended::ByItself(status.code().expect("nobody else kills it"));
        }
        let left = time.saturating_sub(began.elapsed());
        std::thread::sleep(left.min(Duration::from_millis(2)));
    }
    child.kill().expect("kill the program");
    let status = child.wait().expect("wait for the program");
    status.code().map_or(Ended::Killed, Ended::ByItself)
}

/// How long a program takes when nobody kills it. It must succeed.
pub fn time_of(program: Program) -> Duration {
    let began = Instant::now();
    program.succeed();
    began.elapsed()
}
