//! Where the repository is, and what it takes to get in, from options and the environment.

use std::ffi::{OsStr, OsString};
use std::num::NonZeroU64;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::Path;

use anyhow::Context as _;
use rempart_storage::{HostKeyPolicy, Limits, Location, OpenOptions};

use crate::cli::Global;
use crate::cli::maintain::From;
use crate::environment::{self, Variable};
use crate::failure::Failure;

/// What a repository is found by: an option, a file, their variables.
struct Names<'a> {
    place: Option<&'a OsStr>,
    file: Option<&'a Path>,
    place_variable: &'static Variable,
    file_variable: &'static Variable,
    option: &'static str,
}

/// The repository that a command works on.
pub fn repository(global: &Global) -> anyhow::Result<Location> {
    find(&Names {
        place: global.repo.as_deref(),
        file: global.repository_file.as_deref(),
        place_variable: &environment::REPOSITORY,
        file_variable: &environment::REPOSITORY_FILE,
        option: "--repo",
    })
}

/// The repository that `copy` reads from.
pub fn from_repository(from: &From) -> anyhow::Result<Location> {
    find(&Names {
        place: from.from_repo.as_deref(),
        file: from.from_repository_file.as_deref(),
        place_variable: &environment::FROM_REPOSITORY,
        file_variable: &environment::FROM_REPOSITORY_FILE,
        option: "--from-repo",
    })
}

fn find(names: &Names<'_>) -> anyhow::Result<Location> {
    if let Some(place) = names.place {
        refuse_password_on_argv(place, names)?;
        return parse(place, names.option);
    }
    if let Some(file) = names.file {
        return from_file(file);
    }
    if let Some((place, variable)) = names.place_variable.find() {
        return parse(&place, variable);
    }
    if let Some(file) = names.file_variable.value() {
        return from_file(Path::new(&file));
    }
    Err(Failure::usage("no repository was named")
        .hint(format!(
            "use {} or {}, for example {} /srv/backup",
            names.option, names.place_variable.names[0], names.option
        ))
        .into())
}

fn parse(place: &OsStr, source: &str) -> anyhow::Result<Location> {
    Location::from_os_str(place).with_context(|| format!("the repository in {source} cannot be understood"))
}

fn from_file(file: &Path) -> anyhow::Result<Location> {
    let content = std::fs::read(file)
        .with_context(|| format!("cannot read the repository file {}", file.display()))
        .map_err(|error| error.context(Failure::usage("no repository was named").hint("check --repository-file")))?;
    let line = content.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    parse(&OsString::from_vec(line.to_vec()), &file.display().to_string())
}

/// Every user of the machine can read the arguments of a process, so a password there is no secret any more.
fn refuse_password_on_argv(place: &OsStr, names: &Names<'_>) -> anyhow::Result<()> {
    let bytes = place.as_bytes();
    let Some(scheme_end) = bytes.windows(3).position(|window| window == b"://") else { return Ok(()) };
    let authority = bytes[scheme_end + 3..].split(|byte| *byte == b'/').next().unwrap_or_default();
    let Some(at) = authority.iter().rposition(|byte| *byte == b'@') else { return Ok(()) };
    if !authority[..at].contains(&b':') {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "{} holds a password, and every user of this machine can read the command line",
        names.option
    ))
    .hint(format!(
        "put the place into {} or a file for {}, or the password into REMPART_REST_PASSWORD; then change that password",
        names.place_variable.names[0],
        if names.option == "--repo" { "--repository-file" } else { "--from-repository-file" }
    ))
    .into())
}

/// Credentials and switches for the storage: from the environment under the names restic uses, and from options.
#[must_use]
pub fn open_options(global: &Global) -> OpenOptions {
    let lookup = |name: &str| {
        let ours = environment::TABLE.iter().find(|variable| variable.names.contains(&name));
        ours.map_or_else(|| std::env::var(name).ok(), |variable| variable.text())
    };
    let mut options = OpenOptions::from_environment(lookup);
    if let Some(file) = &global.cacert {
        options.tls_ca_file = Some(file.clone());
    }
    if global.accept_new_host_key {
        options.sftp.host_keys = HostKeyPolicy::AcceptNew;
    }
    let rate = |kib: Option<u32>| kib.and_then(|kib| NonZeroU64::new(u64::from(kib) * 1024));
    options.limits = Limits {
        upload_bytes_per_second: rate(global.limit_upload),
        read_bytes_per_second: rate(global.limit_download),
    };
    options
}

/// A password as an option is refused with an explanation, instead of clap's "unexpected argument".
pub fn refuse_password_option(global: &Global) -> anyhow::Result<()> {
    if global.password.is_none() {
        return Ok(());
    }
    Err(Failure::usage("a password on the command line is refused: every user of this machine can read it there")
        .hint("use --password-file, --password-command or REMPART_PASSWORD; and change that password, it may have been seen")
        .into())
}
