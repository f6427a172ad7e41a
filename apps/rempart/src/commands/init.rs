//! `init`: makes a repository.

use rempart_chunker::Polynomial;
use rempart_crypto::KdfParams;
use rempart_repository::{InitOptions, Repository};
use serde::Serialize;

use crate::cli::maintain::Init;
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::run::Run;

#[derive(Serialize)]
struct Initialized<'a> {
    id: String,
    repository: &'a str,
}

pub fn init(run: &Run, args: &Init) -> anyhow::Result<ExitCode> {
    let store = run.store()?;
    let polynomial = match args.copy_chunker_params {
        true => run.open_from(&args.from)?.chunker_polynomial(),
        false if args.from.is_given() => {
            return Err(Failure::usage("--from-repo is for --copy-chunker-params here").into());
        }
        false => Polynomial::random().bits(),
    };
    let password = run.password(store.location(), true)?;
    let options = InitOptions { chunker_polynomial: polynomial, kdf: KdfParams::DEFAULT };
    let repository = Repository::init(store, password.as_bytes(), &options, run.open_options())?;
    let made = Initialized { id: repository.id().to_string(), repository: repository.location() };
    if run.out.is_json() {
        run.out.message("initialized", &made)?;
        run.out.message("summary", &made)?;
    } else {
        if !run.global.quiet {
            run.out.line(format!("created repository {:.10} at {}", made.id, made.repository))?;
        }
        run.out
            .note("Keep the password: nobody can open the repository without it, and there is no way to get it back.");
    }
    Ok(ExitCode::Success)
}
