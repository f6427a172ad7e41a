//! `completions` and `man`: what packages install beside the binary.

use serde::Serialize;

use crate::cli::maintain::{Completions, Man};
use crate::exit_code::ExitCode;
use crate::run::Run;
use crate::{cli, reference};

#[derive(Serialize)]
struct Document<'a> {
    content: &'a str,
}

#[derive(Serialize)]
struct Summary {}

pub fn completions(run: &Run, args: &Completions) -> anyhow::Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut cli::command(), "rempart", &mut script);
    show(run, "completions", &script)
}

pub fn man(run: &Run, args: &Man) -> anyhow::Result<ExitCode> {
    match &args.output_dir {
        Some(dir) => {
            reference::man_pages(dir)?;
            if run.out.is_json() {
                run.out.message("summary", Summary {})?;
            }
            Ok(ExitCode::Success)
        }
        None => show(run, "man", &reference::man_page()?),
    }
}

fn show(run: &Run, kind: &'static str, content: &[u8]) -> anyhow::Result<ExitCode> {
    if run.out.is_json() {
        run.out.message(kind, Document { content: &String::from_utf8_lossy(content) })?;
        run.out.message("summary", Summary {})?;
    } else {
        run.out.bytes(content)?;
    }
    Ok(ExitCode::Success)
}
