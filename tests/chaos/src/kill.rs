//! Killing a process at a moment, with a signal that it cannot hear.

use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rempart_tests_support::Program;

use crate::course::{Course, Moment};
use crate::steps::{Step, Watch};

/// How a process that was to be killed ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// By SIGKILL, alive until then; the last step that was seen of it.
    Killed(Option<Step>),
    /// It was faster.
    ByItself(i32),
}

/// A run, with the time of each step since its start.
struct Run {
    began: Instant,
    steps: Vec<(Duration, Step)>,
}

impl Run {
    fn look(&mut self, watch: &Watch) {
        let now = self.began.elapsed();
        self.steps.extend(watch.seen().into_iter().map(|step| (now, step)));
    }
}

/// Starts a program and kills it at a moment, unless it has ended by then; teaches the course what was seen.
pub fn kill_at(program: Program, moment: Moment, watch: &Watch, course: &mut Course) -> Ended {
    let (mut child, mut run) = start(program, watch);
    let mut due = (moment.steps == 0).then_some(moment.delay);
    let status = loop {
        if let Some(status) = child.try_wait().expect("wait for the program") {
            break status;
        }
        run.look(watch);
        if due.is_none() && run.steps.len() >= moment.steps {
            due = Some(run.steps[moment.steps - 1].0 + moment.delay);
        }
        let left = due.map(|due| due.saturating_sub(run.began.elapsed()));
        if left == Some(Duration::ZERO) {
            child.kill().expect("kill the program");
            break child.wait().expect("wait for the program");
        }
        // Short naps, so that a program that has ended is not waited for.
        watch.wait(left.unwrap_or(Duration::MAX).min(Duration::from_millis(2)));
    };
    let whole = run.began.elapsed();
    run.look(watch);
    match status.code() {
        None => {
            assert_eq!(status.signal(), Some(9), "ended by a signal that nobody here sent");
            course.adjust(&run.steps);
            Ended::Killed(run.steps.last().map(|(_, step)| *step))
        }
        Some(code) => {
            if code == 0 {
                course.learn(run.steps, whole);
            }
            Ended::ByItself(code)
        }
    }
}

/// Runs a program to its end, which must be a good one, and teaches the course what was seen.
pub fn run_whole(program: Program, watch: &Watch, course: &mut Course) {
    let never = Moment { steps: usize::MAX, delay: Duration::ZERO };
    assert_eq!(kill_at(program, never, watch, course), Ended::ByItself(0), "a run that nobody disturbs");
}

fn start(program: Program, watch: &Watch) -> (Child, Run) {
    let mut command = program.into_command();
    command.stdout(Stdio::null()).stderr(Stdio::null());
    // What others did before.
    watch.seen();
    let began = Instant::now();
    let child = command.spawn().expect("start the program");
    (child, Run { began, steps: Vec::new() })
}
