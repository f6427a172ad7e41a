//! The password of a repository: from a file, a command, the environment or a prompt; never from the command line.

mod prompt;

use std::ffi::{OsStr, OsString};
use std::io::Read as _;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;
use zeroize::Zeroizing;

use crate::environment::{self, Variable};
use crate::exit_code::ExitCode;
use crate::failure::Failure;

/// A password in memory: wiped when dropped, shown nowhere.
pub struct Password(Zeroizing<Vec<u8>>);

impl Password {
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Where a password may come from, and whether a new one is asked for.
pub struct Sources<'a> {
    pub file: Option<&'a Path>,
    pub command: Option<&'a OsStr>,
    /// The variables for a file, a command and the password itself.
    pub variables: [Option<&'static Variable>; 3],
    pub allow_empty: bool,
    /// What the prompt asks for, as in "password for repository /srv/backup".
    pub subject: String,
    /// A new password is asked for twice.
    pub is_new: bool,
}

/// Variables of the repository that a command works on.
pub const REPOSITORY_VARIABLES: [Option<&Variable>; 3] =
    [Some(&environment::PASSWORD_FILE), Some(&environment::PASSWORD_COMMAND), Some(&environment::PASSWORD)];
/// Variables of the repository that `copy` reads.
pub const FROM_VARIABLES: [Option<&Variable>; 3] = [
    Some(&environment::FROM_PASSWORD_FILE),
    Some(&environment::FROM_PASSWORD_COMMAND),
    Some(&environment::FROM_PASSWORD),
];
/// Variables of a password to be.
pub const NEW_VARIABLES: [Option<&Variable>; 3] = [None, None, Some(&environment::NEW_PASSWORD)];

/// The password, from the first source that is given. Options come before the environment.
pub fn obtain(sources: &Sources<'_>) -> anyhow::Result<Password> {
    let password = find(sources)?;
    if password.as_bytes().is_empty() && !sources.allow_empty {
        return Err(Failure::usage(format!("the {} is empty", sources.subject))
            .hint("give one with --password-file, --password-command or REMPART_PASSWORD; an empty one needs --insecure-no-password")
            .into());
    }
    Ok(password)
}

fn find(sources: &Sources<'_>) -> anyhow::Result<Password> {
    let [file_variable, command_variable, variable] = sources.variables;
    let lookup = |variable: Option<&Variable>| variable.and_then(Variable::value);
    if let Some(file) = sources.file {
        return from_file(file);
    }
    if let Some(command) = sources.command {
        return from_command(command);
    }
    if let Some(file) = lookup(file_variable) {
        return from_file(&PathBuf::from(file));
    }
    if let Some(command) = lookup(command_variable) {
        return from_command(&command);
    }
    if let Some(password) = lookup(variable) {
        return Ok(Password(Zeroizing::new(password.into_vec())));
    }
    if sources.allow_empty {
        return Ok(Password(Zeroizing::default()));
    }
    prompt::ask(&sources.subject, sources.is_new)
}

/// The first line of a file, without its end of line (and without a byte order mark).
fn from_file(path: &Path) -> anyhow::Result<Password> {
    let mut content = Zeroizing::new(Vec::new());
    let read = std::fs::File::open(path).and_then(|mut file| file.read_to_end(&mut content));
    read.with_context(|| format!("cannot read the password file {}", path.display()))
        .map_err(|error| error.context(Failure::usage("no password").hint("check --password-file")))?;
    Ok(first_line(&content))
}

fn first_line(content: &[u8]) -> Password {
    let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
    let line = content.split(|byte| *byte == b'\n').next().unwrap_or_default();
    Password(Zeroizing::new(line.strip_suffix(b"\r").unwrap_or(line).to_vec()))
}

/// The first line that a command prints. Words are split as a shell splits them, but no shell runs.
fn from_command(command: &OsStr) -> anyhow::Result<Password> {
    let words = crate::words::split(command.as_bytes()).map_err(|why| {
        Failure::usage(format!("the password command cannot be understood: {why}")).hint("quote it as for a shell")
    })?;
    let Some((program, arguments)) = words.split_first() else {
        return Err(Failure::usage("the password command is empty").into());
    };
    let as_os = |word: &Vec<u8>| OsString::from_vec(word.clone());
    let output = Command::new(as_os(program))
        .args(arguments.iter().map(as_os))
        .stdin(Stdio::inherit())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot run {}", String::from_utf8_lossy(program)))
        .map_err(|error| error.context(Failure::new(ExitCode::CommandFailed, "the password command did not start")))?;
    let stdout = Zeroizing::new(output.stdout);
    if !output.status.success() {
        return Err(Failure::new(
            ExitCode::CommandFailed,
            format!("the password command {} failed: {}", String::from_utf8_lossy(program), output.status),
        )
        .hint("run it by hand to see why")
        .into());
    }
    Ok(first_line(&stdout))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_the_first_line_of_its_file() {
        for (content, password) in [
            (&b"secret\n"[..], &b"secret"[..]),
            (b"secret\r\nmore", b"secret"),
            (b"secret", b"secret"),
            (b"\xef\xbb\xbfsecret\n", b"secret"),
            (b" with spaces \n", b" with spaces "),
            (b"\xff\xfe raw\n", b"\xff\xfe raw"),
            (b"", b""),
        ] {
            assert_eq!(first_line(content).as_bytes(), password, "from {content:?}");
        }
    }
}
