//! `rempart admin`: what is done beside the running server.

use std::io::BufRead as _;

use anyhow::Context as _;
use rempart_server::admin::{self, AdminError, NewUser};
use tokio_util::sync::CancellationToken;

use super::{server, transfer};
use crate::cli::admin::{Admin, CreateUser};
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::run::Run;

pub fn admin(run: &Run, command: Admin) -> anyhow::Result<ExitCode> {
    match command {
        Admin::CreateUser(args) => create_user(run, &args),
        Admin::Export(args) => transfer::export(run, &args),
        Admin::Import(args) => transfer::import(run, &args),
    }
}

fn create_user(run: &Run, args: &CreateUser) -> anyhow::Result<ExitCode> {
    let settings = server::settings(&args.server)?;
    let password = read_password()?;
    let user = NewUser { name: args.name.clone(), role: args.role, password, reset: args.reset };
    let made = server::runtime()?.block_on(async {
        let state = rempart_server::serve::open(settings, CancellationToken::new()).await?;
        let made = admin::create_user(&state, &user).await;
        state.catalog.close().await;
        anyhow::Ok(made)
    })?;
    match made {
        Ok(()) => {
            run.out.bytes(format!("{} may sign in as {}.\n", args.name, args.role).as_bytes())?;
            Ok(ExitCode::Success)
        }
        Err(AdminError::Refused { message, hint }) => {
            let failure = Failure::usage(message);
            Err(match hint {
                Some(hint) => failure.hint(hint),
                None => failure,
            }
            .into())
        }
        Err(error) => Err(error.into()),
    }
}

/// To the first line end; an empty line is no password.
fn read_password() -> anyhow::Result<zeroize::Zeroizing<String>> {
    let mut line = zeroize::Zeroizing::new(String::new());
    std::io::stdin().lock().read_line(&mut line).context("cannot read the password from the standard input")?;
    let password = line.trim_end_matches(['\n', '\r']);
    Ok(zeroize::Zeroizing::new(password.to_owned()))
}
