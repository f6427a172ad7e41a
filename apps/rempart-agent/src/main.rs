//! The binary `rempart-agent`: one protected machine's side of the house.
//!
//! - **Owns**: the agent's folder (its key, whose server it trusts, its book of jobs), the connections it opens, how a job of
//!   the server becomes work of the engine here.
//! - **May use**: `sources`, `control/protocol`, of the engine the `archive` and the traits of `repository`.
//! - **Must not know**: repository keys, packs, indexes, SQL, the server's rooms.
//! - **Invariants**: it listens on nothing; it believes only the server whose key it was enrolled with; a job is in the book on
//!   disk before it begins, and runs once under a lease; a result is told until the server has taken it.
//!
//! | room | what it does |
//! |---|---|
//! | `cli` | what can be written on the command line |
//! | `folder`, `settings` | what is kept on disk, and how |
//! | `wire` | from an address to an open WebSocket: names, proxies, TLS |
//! | `enrol`, `run`, `status` | one file per command |
//! | `control` | the channel to the server: jobs, questions, signs of life |
//! | `session` | a job's data: a sink and a source at the other end of several connections |
//! | `job` | what a backup and a restore do |
//! | `memory` | how it gives memory back |

mod cli;
mod control;
mod enrol;
mod folder;
mod job;
mod memory;
mod program;
mod run;
mod session;
mod settings;
mod status;
mod wire;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    memory::return_what_is_freed();
    let asked = cli::Cli::parse();
    cli::begin_log();
    match asked.run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("rempart-agent: {error:#}");
            ExitCode::FAILURE
        }
    }
}
