//! Asking for a password on the terminal, without echo.

use std::fs::File;
use std::io::{Read as _, Write as _};

use anyhow::Context as _;
use rustix::termios::{self, LocalModes, OptionalActions, SpecialCodeIndex};
use zeroize::Zeroizing;

use super::Password;
use crate::exit_code::ExitCode;
use crate::failure::Failure;

const ETX_CTRL_C: u8 = 0x03;
const EOT_CTRL_D: u8 = 0x04;
const NAK_CTRL_U: u8 = 0x15;
const BACKSPACE: u8 = 0x08;
const DELETE: u8 = 0x7f;

/// Asks once, or twice for a new password. Talks to the terminal itself, so it works while data is piped in or out.
pub fn ask(subject: &str, is_new: bool) -> anyhow::Result<Password> {
    let mut terminal = File::options().read(true).write(true).open("/dev/tty").map_err(|_| {
        Failure::usage(format!("no {subject} was given, and there is no terminal to ask on"))
            .hint("use --password-file, --password-command, REMPART_PASSWORD_FILE or REMPART_PASSWORD")
    })?;
    let first = read_silently(&mut terminal, &format!("Enter {subject}: "))?;
    if is_new {
        let second = read_silently(&mut terminal, "Enter it again: ")?;
        if *first != *second {
            return Err(Failure::usage("the two passwords differ; nothing was done").hint("try again").into());
        }
    }
    Ok(Password(first))
}

/// One line, byte by byte with echo and signals off, so that Ctrl-C puts the terminal back as it was.
fn read_silently(terminal: &mut File, question: &str) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    let before = termios::tcgetattr(&*terminal).context("cannot read the terminal's mode")?;
    let mut silent = before.clone();
    silent.local_modes &= !(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
    silent.special_codes[SpecialCodeIndex::VMIN] = 1;
    silent.special_codes[SpecialCodeIndex::VTIME] = 0;
    termios::tcsetattr(&*terminal, OptionalActions::Now, &silent).context("cannot silence the terminal")?;
    // Asked only now: what is typed at the sight of the question is not shown any more.
    let asked = terminal.write_all(question.as_bytes()).context("cannot ask for a password on the terminal");
    let line = asked.and_then(|()| read_line(terminal));
    let restored = termios::tcsetattr(&*terminal, OptionalActions::Now, &before);
    let _ = terminal.write_all(b"\n");
    restored.context("cannot put the terminal back as it was")?;
    line
}

fn read_line(terminal: &mut File) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    // Room from the start: a vector that grows would leave pieces of the password behind.
    let mut line = Zeroizing::new(Vec::with_capacity(4096));
    let mut byte = [0];
    loop {
        let ended = terminal.read(&mut byte).context("cannot read the password from the terminal")? == 0;
        match byte[0] {
            _ if ended => return Ok(line),
            b'\n' | b'\r' => return Ok(line),
            EOT_CTRL_D if line.is_empty() => return Ok(line),
            ETX_CTRL_C => return Err(Failure::new(ExitCode::Canceled, "canceled").into()),
            NAK_CTRL_U => line.clear(),
            BACKSPACE | DELETE => remove_last_character(&mut line),
            other if line.len() < line.capacity() => line.push(other),
            _ => return Err(Failure::usage("the password is longer than 4096 bytes").into()),
        }
    }
}

fn remove_last_character(line: &mut Vec<u8>) {
    let is_continuation = |byte: u8| byte & 0b1100_0000 == 0b1000_0000;
    while let Some(byte) = line.pop() {
        if !is_continuation(byte) {
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backspace_removes_a_whole_character() {
        for (before, after) in [("ab", "a"), ("aé", "a"), ("a€", "a"), ("", "")] {
            let mut line = before.as_bytes().to_vec();
            remove_last_character(&mut line);
            assert_eq!(line, after.as_bytes(), "after {before:?}");
        }
    }
}
