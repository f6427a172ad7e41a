//! The binary `rempart`: arguments in, one call of the engine, results out.
//!
//! - **Owns**: the command line, where secrets and places come from, what is printed, exit codes.
//! - **May use**: the engine, `policy`.
//! - **Must not know**: formats, ciphers, storage protocols: it names no byte of a repository.
//! - **Invariants**: nothing but a result goes to the standard output; every failure has an exit code of the table in
//!   [`exit_code`]; a secret is never taken from the command line; a lock that was taken is removed, also after Ctrl-C.
//!
//! | room | what it does |
//! |---|---|
//! | `cli` | what can be written on the command line |
//! | `commands` | one file per command: parse, call, show |
//! | `run` | what every command has at hand |
//! | `place`, `password`, `environment`, `settings` | where things come from |
//! | `output`, `progress` | what the user sees |
//! | `failure`, `exit_code`, `bug`, `signal` | how it ends |
//! | `log` | what it does, for those who ask |
//! | `memory` | how it gives memory back |
//! | `reference` | help as man pages and `docs/cli.md` |

mod bug;
mod cli;
mod commands;
mod environment;
mod exit_code;
mod failure;
mod log;
mod memory;
mod output;
mod password;
mod place;
mod progress;
mod reference;
mod run;
mod settings;
mod signal;
mod snapshots;
mod words;

fn main() -> std::process::ExitCode {
    memory::return_what_is_freed();
    bug::install_hook();
    run::main().number().into()
}
