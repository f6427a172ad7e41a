//! Runs a program of the machine for its output: by an argument vector, in a bare environment, not for long.

use std::io::{self, Read as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Where administrators' programs lie; a service's own PATH may lack half of them.
const FOLDERS: [&str; 6] = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// More is not read of any program.
const OUTPUT_BYTES: u64 = 1 << 20;

/// Where a program lies, if it may be run.
pub fn find(name: &str) -> Option<PathBuf> {
    let may_run = |path: &PathBuf| path.is_file() && rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok();
    FOLDERS.iter().map(|folder| Path::new(folder).join(name)).find(may_run)
}

/// As whom a program runs, and what it is told by its environment.
#[derive(Debug, Clone, Copy, Default)]
pub struct Run<'a> {
    /// User and group; `None`: as this process.
    pub user: Option<(u32, u32)>,
    /// Beside `PATH` and `LC_ALL`.
    pub environment: &'a [(&'a str, &'a str)],
}

/// What it wrote to both outputs, and whether it ended well. A program that takes longer than `limit` is killed.
pub fn output(program: &Path, arguments: &[&str], limit: Duration) -> io::Result<(bool, Vec<u8>)> {
    output_of(Run::default(), program, arguments, limit)
}

/// The same, run so.
pub fn output_of(run: Run<'_>, program: &Path, arguments: &[&str], limit: Duration) -> io::Result<(bool, Vec<u8>)> {
    let until = Instant::now() + limit;
    let (reader, writer) = io::pipe()?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env_clear()
        .env("PATH", FOLDERS.join(":"))
        .env("LC_ALL", "C")
        .envs(run.environment.iter().copied())
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(writer.try_clone()?)
        .stderr(writer);
    if let Some((user, group)) = run.user {
        command.uid(user).gid(group);
    }
    let mut child = command.spawn()?;
    // The command holds the pipe's other end; without dropping it, the reader would wait for itself.
    drop(command);
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = reader.take(OUTPUT_BYTES).read_to_end(&mut bytes).map(|_| bytes);
        // Whoever asked may have gone.
        let _ = sender.send(read);
    });
    let read = receiver.recv_timeout(limit);
    // One that has closed its outputs may still be there.
    let is_over = read.is_ok() && has_ended(&mut child, until)?;
    if !is_over {
        child.kill()?;
    }
    let status = child.wait()?;
    match read {
        Ok(bytes) if is_over => Ok((status.success(), bytes?)),
        _ => Err(io::Error::new(io::ErrorKind::TimedOut, format!("no end after {} s", limit.as_secs()))),
    }
}

fn has_ended(child: &mut Child, until: Instant) -> io::Result<bool> {
    while child.try_wait()?.is_none() {
        if Instant::now() >= until {
            return Ok(false);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_found_run_and_ended() {
        let sh = find("sh").expect("every machine has a shell");
        let run = |script: &str, limit| output(&sh, &["-c", script], limit);
        let second = Duration::from_secs(10);
        assert_eq!(run("echo out; echo err >&2; exit 3", second).unwrap(), (false, b"out\nerr\n".to_vec()));
        assert_eq!(run("echo ${HOME-none}", second).unwrap(), (true, b"none\n".to_vec()), "a bare environment");
        let closed = run("exec sleep 100 >&- 2>&-", Duration::from_millis(50)).expect_err("it has closed its outputs");
        assert_eq!(closed.kind(), io::ErrorKind::TimedOut);
        let run_as = Run { user: None, environment: &[("TOLD", "so")] };
        assert_eq!(output_of(run_as, &sh, &["-c", "echo $TOLD"], second).unwrap(), (true, b"so\n".to_vec()));
        let hung = run("exec sleep 100", Duration::from_millis(50)).expect_err("it hangs");
        assert_eq!(hung.kind(), io::ErrorKind::TimedOut);
        assert_eq!(find("no-such-program"), None);
    }
}
