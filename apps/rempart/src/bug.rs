//! What the user sees when the program itself is wrong: a short message instead of a panic's dump.

use std::panic::PanicHookInfo;

use crate::exit_code::ExitCode;

/// Replaces the text of panics. A panic in any thread ends the process: going on with half a pipeline could only hang.
pub fn install_hook() {
    std::panic::set_hook(Box::new(report_and_exit));
}

fn report_and_exit(info: &PanicHookInfo<'_>) {
    let what = info
        .payload()
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| info.payload().downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    let place = info.location().map_or_else(String::new, |at| format!(" at {}:{}", at.file(), at.line()));
    eprintln!(
        "error: a bug in rempart {}: {what}{place}\n\
         hint: nothing that was committed is lost; if a lock stays behind, `rempart unlock` removes it. \
         Please report this message.",
        env!("CARGO_PKG_VERSION")
    );
    if std::env::var_os("RUST_BACKTRACE").is_some() {
        eprintln!("{}", std::backtrace::Backtrace::force_capture());
    }
    std::process::exit(i32::from(ExitCode::Bug.number()));
}
