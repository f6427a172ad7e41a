//! One script at the far end: constant text, values as arguments, secrets and payloads on its standard input.

use std::time::Duration;

use bytes::Bytes;
use russh::ChannelMsg;
use zeroize::Zeroizing;

use crate::connect::{broken, within};
use crate::host::Host;
use crate::{DeployError, Privilege};

/// What every script begins with: the language of messages, the places, how all of it is removed.
const PLACES: &str = include_str!("far/places.sh");
/// More of an answer is cut: a page of log is far below.
const ANSWER_BYTES: usize = 1 << 20;
/// At once; what is acknowledged moves the gauge.
const CHUNK_BYTES: usize = 128 << 10;

/// A script and what it is given.
pub(crate) struct Script<'a> {
    /// For messages.
    pub what: &'static str,
    pub text: &'static str,
    pub arguments: &'a [&'a str],
    pub input: Bytes,
    pub limit: Duration,
    pub as_root: bool,
}

/// How it ended.
pub(crate) struct Said {
    pub status: u32,
    pub stdout: String,
    pub stderr: String,
}

impl Said {
    /// `key=value` lines of its standard output.
    pub fn value<'a>(&'a self, key: &str) -> Option<&'a str> {
        let of = |line: &'a str| line.split_once('=').filter(|(name, _)| *name == key).map(|(_, value)| value.trim());
        // A shell's start-up files may print before the script does: the last one counts.
        self.stdout.lines().rev().find_map(of)
    }

    /// What it said last of what went wrong.
    pub fn why(&self) -> String {
        let last = |text: &str| text.lines().rev().map(str::trim).find(|line| !line.is_empty()).map(str::to_owned);
        last(&self.stderr).or_else(|| last(&self.stdout)).unwrap_or_else(|| format!("status {}", self.status))
    }
}

/// In single quotes, which every shell that logs people in takes as they are.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

impl Host {
    /// Runs a script to its end, whatever its status.
    pub(crate) async fn run(&self, script: Script<'_>) -> Result<Said, DeployError> {
        self.run_watched(script, &|_| ()).await
    }

    /// The same; `sent` hears how many bytes of the input went out.
    pub(crate) async fn run_watched(
        &self,
        script: Script<'_>,
        sent: &(dyn Fn(u64) + Sync),
    ) -> Result<Said, DeployError> {
        let whole = format!("{PLACES}\n{}", script.text);
        let mut command = match (script.as_root, self.privilege()) {
            (false, _) | (true, Privilege::Root) => String::new(),
            (true, Privilege::SudoWithoutPassword) => "sudo -n -- ".to_owned(),
            // Asks whatever it remembers, so that the first line of the input is always the password.
            (true, Privilege::SudoWithPassword) => "sudo -k -S -p '' -- ".to_owned(),
        };
        command.push_str(&format!("/bin/sh -c {} rempart", quoted(&whole)));
        for argument in script.arguments {
            command.push(' ');
            command.push_str(&quoted(argument));
        }
        let first_line = match (script.as_root, self.privilege()) {
            (true, Privilege::SudoWithPassword) => self.sudo_line(),
            _ => Zeroizing::new(Vec::new()),
        };
        within(script.what, script.limit, self.exchange(command, &first_line, script.input, sent)).await
    }

    async fn exchange(
        &self,
        command: String,
        first_line: &[u8],
        input: Bytes,
        sent: &(dyn Fn(u64) + Sync),
    ) -> Result<Said, DeployError> {
        let failed = |error: russh::Error| broken(&error);
        let channel = self.ssh().channel_open_session().await.map_err(failed)?;
        channel.exec(true, command).await.map_err(failed)?;
        let (mut read, write) = channel.split();
        let first_line = Bytes::copy_from_slice(first_line);
        let saying = async {
            write.data_bytes(first_line).await?;
            let mut at = 0;
            while at < input.len() {
                let end = input.len().min(at + CHUNK_BYTES);
                write.data_bytes(input.slice(at..end)).await?;
                at = end;
                sent(at as u64);
            }
            write.eof().await
        };
        let hearing = async {
            let (mut stdout, mut stderr, mut status) = (Vec::new(), Vec::new(), None);
            while let Some(message) = read.wait().await {
                match message {
                    ChannelMsg::Data { data } => keep(&mut stdout, &data),
                    ChannelMsg::ExtendedData { data, .. } => keep(&mut stderr, &data),
                    ChannelMsg::ExitStatus { exit_status } => status = Some(exit_status),
                    ChannelMsg::ExitSignal { .. } => status = Some(255),
                    ChannelMsg::Failure => return Err(DeployError::Lost { detail: "no command is run".to_owned() }),
                    _ => {}
                }
            }
            let status = status.ok_or_else(|| DeployError::Lost { detail: "it ended in the middle".to_owned() })?;
            Ok(Said { status, stdout: text(&stdout), stderr: text(&stderr) })
        };
        let mut saying = std::pin::pin!(saying);
        let mut hearing = std::pin::pin!(hearing);
        let mut is_said = false;
        loop {
            tokio::select! {
                // A script that fails early hears no more: its answer tells why.
                heard = &mut hearing => return heard,
                said = &mut saying, if !is_said => {
                    is_said = true;
                    if let Err(error) = said {
                        tracing::debug!(%error, "a script takes no more input");
                    }
                }
            }
        }
    }
}

fn keep(kept: &mut Vec<u8>, data: &[u8]) {
    let room = ANSWER_BYTES.saturating_sub(kept.len());
    kept.extend_from_slice(&data[..data.len().min(room)]);
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_gives_back_what_was_quoted() {
        for given in ["", "plain", "two words", "it's", "$(reboot) `reboot` \\ \" ; & | \n #", "''", "-n"] {
            let output = std::process::Command::new("/bin/sh")
                .args(["-c", &format!("printf %s {}", quoted(given))])
                .output()
                .unwrap();
            assert_eq!(String::from_utf8_lossy(&output.stdout), given);
        }
    }

    #[test]
    fn values_are_found_behind_what_a_shell_greets_with() {
        let stdout = "Welcome! arch=none\nPATH=/bin\narch=x86_64\nos=Debian GNU/Linux 12 = bookworm\n".to_owned();
        let said = Said { status: 0, stdout, stderr: "\n sudo: no\n\n".to_owned() };
        assert_eq!(said.value("arch"), Some("x86_64"));
        assert_eq!(said.value("os"), Some("Debian GNU/Linux 12 = bookworm"));
        assert_eq!(said.value("glibc"), None);
        assert_eq!(said.why(), "sudo: no");
    }
}
