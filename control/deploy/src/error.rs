//! What goes wrong between here and there.

use crate::Glibc;

/// Each names what a person can do something about; `detail` is what a program said.
#[derive(Debug, thiserror::Error)]
pub enum DeployError {
    #[error("{address} does not answer: {detail}")]
    Unreachable { address: String, detail: String },
    #[error("the connection broke: {detail}")]
    Lost { detail: String },
    #[error("the host shows the key {shown}, and {expected} is expected")]
    HostKeyChanged { shown: String, expected: String },
    #[error("the private key cannot be read: {detail}")]
    Key { detail: String },
    #[error("the private key is encrypted, and its passphrase is missing or another")]
    KeyLocked,
    #[error("`{user}` is not let in; the host takes: {methods}")]
    LoginRefused { user: String, methods: String },
    #[error("`{user}` is asked for a second factor")]
    SecondFactor { user: String },
    #[error("the system is {system}, not Linux")]
    NotLinux { system: String },
    #[error("no agent for the processor {arch} in {folders}")]
    NoProgram { arch: String, folders: String },
    #[error("the agent's program {path} cannot be used: {detail}")]
    Program { path: String, detail: String },
    #[error("the agent needs glibc {needed}, the machine has {found}")]
    Libc { needed: Glibc, found: String },
    #[error("systemd does not run there")]
    NoSystemd,
    #[error("`{user}` is not root, and there is no sudo")]
    NoSudo { user: String },
    #[error("sudo refuses `{user}`: {detail}")]
    SudoRefused { user: String, detail: String },
    #[error("an agent is installed there already")]
    AlreadyInstalled,
    #[error("no agent is installed there")]
    NotInstalled,
    #[error("{needed_bytes} bytes are needed, {free_bytes} are free")]
    NoRoom { needed_bytes: u64, free_bytes: u64 },
    #[error("what arrived is not what was sent: {detail}")]
    Damaged { detail: String },
    #[error("the agent does not run there: {detail}")]
    DoesNotRun { detail: String },
    #[error("the agent does not enrol: {detail}")]
    Enrol { detail: String },
    #[error("the service does not start: {detail}")]
    Start { detail: String },
    #[error("a step failed over there: {detail}")]
    Command { detail: String },
    #[error("it took longer than {seconds} s: {what}")]
    Slow { what: &'static str, seconds: u64 },
}
