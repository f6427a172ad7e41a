//! Runs a program of the machine for its output: by an argument vector, in a bare environment, not for long.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// Where administrators' programs lie; a service's own PATH may lack half of them.
const FOLDERS: [&str; 6] = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// More is not read of any program.
const OUTPUT_BYTES: u64 = 1 << 20;

/// Where a program lies, if it may be run.
pub fn find(name: &str) -> Option<PathBuf> {
    let may_run = |path: &PathBuf| path.is_file() && rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok();
    FOLDERS.iter().map(|folder| Path::new(folder).join(name)).find(may_run)
}

/// What it wrote to both outputs, and whether it ended well. A program that takes longer than `limit` is killed.
pub fn output(program: &Path, arguments: &[&str], limit: Duration) -> io::Result<(bool, Vec<u8>)> {
    let (reader, writer) = io::pipe()?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env_clear()
        .env("PATH", FOLDERS.join(":"))
        .env("LC_ALL", "C")
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(writer.try_clone()?)
        .stderr(writer);
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
    if read.is_err() {
        child.kill()?;
    }
    let status = child.wait()?;
    match read {
        Ok(bytes) => Ok((status.success(), bytes?)),
        Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, format!("no end after {} s", limit.as_secs()))),
    }
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
        let hung = run("exec sleep 100", Duration::from_millis(50)).expect_err("it hangs");
        assert_eq!(hung.kind(), io::ErrorKind::TimedOut);
        assert_eq!(find("no-such-program"), None);
    }
}
