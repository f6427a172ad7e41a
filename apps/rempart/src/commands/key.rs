//! `key`: the passwords of a repository.

use jiff::tz::TimeZone;
use rempart_crypto::KdfParams;
use rempart_model::{IdPrefix, KeyId};
use rempart_repository::{KeyInfo, LockMode, Repository};
use serde::Serialize;

use crate::cli::key::{Key, NewKey, RemoveKey};
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::output::{human, table::Table};
use crate::password::{self, Password};
use crate::run::Run;

/// A line of `key list --json`; the names are restic's.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    current: bool,
    id: String,
    user_name: &'a str,
    host_name: &'a str,
    created: String,
}

#[derive(Serialize)]
struct Summary {
    keys: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    added: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    removed: Option<String>,
}

pub fn key(run: &Run, command: Key) -> anyhow::Result<ExitCode> {
    let repository = run.open()?;
    match command {
        Key::List => list(run, &repository)?,
        Key::Add(args) => add(run, &repository, &args)?,
        Key::Remove(args) => remove(run, &repository, &args)?,
        Key::Passwd(args) => passwd(run, repository, &args)?,
    }
    Ok(ExitCode::Success)
}

fn list(run: &Run, repository: &Repository) -> anyhow::Result<()> {
    let keys = repository.keys()?;
    if run.out.is_json() {
        for key in &keys {
            run.out.message("key", line(key))?;
        }
        return run.out.message("summary", Summary { keys: keys.len(), added: None, removed: None });
    }
    let zone = TimeZone::system();
    let mut table = Table::new(&["", "ID", "User", "Host", "Created"]);
    for key in &keys {
        table.row(vec![
            if key.in_use { "*" } else { "" }.to_owned(),
            key.id.short(),
            key.username.clone(),
            key.hostname.clone(),
            human::time(key.created, &zone),
        ]);
    }
    for line in table.lines() {
        run.out.line(line)?;
    }
    run.out.note("* is the key in use");
    Ok(())
}

fn line(key: &KeyInfo) -> Line<'_> {
    Line {
        current: key.in_use,
        id: key.id.to_string(),
        user_name: &key.username,
        host_name: &key.hostname,
        created: key.created.to_string(),
    }
}

fn add(run: &Run, repository: &Repository, args: &NewKey) -> anyhow::Result<()> {
    let password = new_password(args)?;
    let _lock = run.lock(repository, LockMode::Shared)?;
    let id = repository.add_key(password.as_bytes(), KdfParams::DEFAULT)?;
    tell(run, repository, Some(id), None)
}

fn remove(run: &Run, repository: &Repository, args: &RemoveKey) -> anyhow::Result<()> {
    let id = find(repository, &args.id)?;
    let lock = run.lock(repository, LockMode::Exclusive)?;
    repository.remove_key(&lock, id)?;
    tell(run, repository, None, Some(id))
}

fn passwd(run: &Run, repository: Repository, args: &NewKey) -> anyhow::Result<()> {
    let password = new_password(args)?;
    let lock = run.lock(&repository, LockMode::Exclusive)?;
    let before = repository.key_id();
    let id = repository.change_password(&lock, password.as_bytes(), KdfParams::DEFAULT)?;
    tell(run, &repository, Some(id), Some(before))
}

fn tell(run: &Run, repository: &Repository, added: Option<KeyId>, removed: Option<KeyId>) -> anyhow::Result<()> {
    if run.out.is_json() {
        let text = |id: KeyId| id.to_string();
        let keys = repository.keys()?.len();
        return run.out.message("summary", Summary { keys, added: added.map(text), removed: removed.map(text) });
    }
    if let Some(id) = added {
        run.out.line(format!("added key {}", id.short()))?;
    }
    if let Some(id) = removed {
        run.out.line(format!("removed key {}: its password opens this repository no more", id.short()))?;
    }
    Ok(())
}

fn new_password(args: &NewKey) -> anyhow::Result<Password> {
    password::obtain(&password::Sources {
        file: args.new_password_file.as_deref(),
        command: None,
        variables: password::NEW_VARIABLES,
        allow_empty: args.new_insecure_no_password,
        subject: "new password".to_owned(),
        is_new: true,
    })
}

fn find(repository: &Repository, text: &str) -> anyhow::Result<KeyId> {
    let not_found = |why: &str| {
        Failure::new(ExitCode::NotFound, format!("{text:?} {why}")).hint("`rempart key list` shows the ids")
    };
    let prefix: IdPrefix = text.parse().map_err(|_| not_found("is not the beginning of an id"))?;
    let matching: Vec<KeyId> =
        repository.keys()?.into_iter().map(|key| key.id).filter(|id| prefix.matches(&id.0)).collect();
    match matching.as_slice() {
        [id] => Ok(*id),
        [] => Err(not_found("is no key of this repository").into()),
        _ => Err(not_found("is the beginning of several keys: type more digits").into()),
    }
}
