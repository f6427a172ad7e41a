//! One file per command: parse, call, show. What is decided here is only what the user is told.

mod admin;
mod backup;
mod cat;
mod check;
mod completions;
mod copy;
mod diff;
mod dump;
mod find;
mod forget;
mod init;
mod key;
mod ls;
mod patterns;
mod prune;
mod repair;
mod restore;
mod server;
mod snapshots;
mod stats;
mod tag;
mod transfer;
mod unlock;
mod worker;
mod writing;

use crate::cli::Command;
use crate::cli::catalog::Catalog;
use crate::exit_code::ExitCode;
use crate::reference;
use crate::run::Run;

/// Runs a command. The code is not always 0 where there is no error: a backup that lost a file ends with 3.
pub fn dispatch(run: &Run, command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Init(args) => init::init(run, &args),
        Command::Backup(args) => backup::backup(run, &args),
        Command::Find(args) => find::find(run, &args),
        Command::Diff(args) => diff::diff(run, &args),
        Command::Dump(args) => dump::dump(run, &args),
        Command::Stats(args) => stats::stats(run, &args),
        Command::Cat(args) => cat::cat(run, &args),
        Command::Ls(args) => ls::ls(run, &args),
        Command::Restore(args) => restore::restore(run, &args),
        Command::Snapshots(args) => snapshots::snapshots(run, &args),
        Command::Forget(args) => forget::forget(run, &args),
        Command::Prune(args) => prune::prune(run, &args),
        Command::Check(args) => check::check(run, &args),
        Command::Repair(command) => repair::repair(run, command),
        Command::Copy(args) => copy::copy(run, &args),
        Command::Tag(args) => tag::tag(run, &args),
        Command::Key(command) => key::key(run, command),
        Command::Unlock(args) => unlock::unlock(run, &args),
        Command::Server(args) => server::server(run, &args),
        Command::Worker(args) => worker::worker(run, &args),
        Command::Catalog(Catalog::Rebuild(args)) => worker::rebuild(run, &args),
        Command::Admin(command) => admin::admin(run, command),
        Command::Completions(args) => completions::completions(run, &args),
        Command::Man(args) => completions::man(run, &args),
        Command::Docs => run.out.bytes(reference::markdown().as_bytes()).map(|()| ExitCode::Success),
    }
}
