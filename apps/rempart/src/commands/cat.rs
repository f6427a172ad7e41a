//! `cat`: an object as the repository holds it, opened. For people who look into a repository.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use rempart_archive::browse;
use rempart_format::BlobKind;
use rempart_model::{BlobId, IdPrefix, PackId};
use rempart_repository::{BlobSource as _, Repository};
use rempart_storage::ObjectKind;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::cli::browse::{Cat, CatKind};
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::run::Run;
use crate::snapshots::Finder;

#[derive(Serialize)]
struct Object<'a> {
    kind: &'static str,
    value: &'a RawValue,
}

#[derive(Serialize)]
struct Summary {
    kind: &'static str,
    bytes: usize,
}

pub fn cat(run: &Run, args: &Cat) -> anyhow::Result<ExitCode> {
    let repository = run.open()?;
    let _lock = run.lock_for_reading(&repository)?;
    let file = |kind| -> anyhow::Result<Vec<u8>> {
        let id = repository.resolve(kind, &prefix(args.id.as_deref())?)?;
        Ok(repository.cat_file(kind, id)?)
    };
    match args.kind {
        CatKind::Config => show(run, "config", &repository.cat_config()?),
        CatKind::Key => show(run, "key", &file(ObjectKind::Key)?),
        CatKind::Lock => show(run, "lock", &file(ObjectKind::Lock)?),
        CatKind::Index => show(run, "index", &file(ObjectKind::Index)?),
        CatKind::Snapshot => show(run, "snapshot", &snapshot(args, &repository)?),
        CatKind::Tree => show(run, "tree", &tree(args, &repository)?),
        CatKind::Blob => raw(run, &blob(args, &repository)?),
        CatKind::Pack => {
            let id = repository.resolve(ObjectKind::Pack, &prefix(args.id.as_deref())?)?;
            raw(run, &repository.cat_pack(PackId(id))?)
        }
    }?;
    Ok(ExitCode::Success)
}

fn text(id: Option<&OsStr>) -> anyhow::Result<&str> {
    id.and_then(OsStr::to_str)
        .ok_or_else(|| Failure::usage("this kind of object needs an id").hint("or the beginning of one").into())
}

fn prefix(id: Option<&OsStr>) -> anyhow::Result<IdPrefix> {
    let text = text(id)?;
    Ok(text.parse().map_err(|_| Failure::usage(format!("{text:?} is not an id or the beginning of one")))?)
}

fn snapshot(args: &Cat, repository: &Repository) -> anyhow::Result<Vec<u8>> {
    let stored = Finder::new(repository, &args.filter).one(text(args.id.as_deref())?)?;
    Ok(repository.cat_file(ObjectKind::Snapshot, stored.id.0)?)
}

/// By its own id, or as SNAPSHOT[:PATH].
fn tree(args: &Cat, repository: &Repository) -> anyhow::Result<Vec<u8>> {
    let spec = args.id.as_deref().unwrap_or_default();
    if let Ok(id) = String::from_utf8_lossy(spec.as_bytes()).parse::<BlobId>()
        && repository.plaintext_bytes(BlobKind::Tree, &id).is_some()
    {
        return Ok(repository.read_blob(BlobKind::Tree, &id)?);
    }
    let (stored, path) = Finder::new(repository, &args.filter).spec(spec)?;
    let path = path.unwrap_or_default();
    let place = browse::resolve(repository, stored.snapshot.tree, &path)?;
    let id = place.tree().ok_or_else(|| {
        Failure::new(ExitCode::NotFound, format!("{} is a file; it has no tree", String::from_utf8_lossy(&path)))
    })?;
    Ok(repository.read_blob(BlobKind::Tree, &id)?)
}

fn blob(args: &Cat, repository: &Repository) -> anyhow::Result<Vec<u8>> {
    let text = text(args.id.as_deref())?;
    let id: BlobId =
        text.parse().map_err(|_| Failure::usage("a blob is named by its whole id, 64 hexadecimal digits"))?;
    for kind in [BlobKind::Data, BlobKind::Tree] {
        if repository.plaintext_bytes(kind, &id).is_some() {
            return Ok(repository.read_blob(kind, &id)?);
        }
    }
    Err(Failure::new(ExitCode::NotFound, format!("no blob {text} is in the index")).into())
}

/// JSON: as it stands for people, as a value in a line for programs.
fn show(run: &Run, kind: &'static str, json: &[u8]) -> anyhow::Result<()> {
    if !run.out.is_json() {
        run.out.bytes(json.trim_ascii_end())?;
        return run.out.bytes(b"\n");
    }
    let value: &RawValue = serde_json::from_slice(json.trim_ascii())?;
    run.out.message("object", Object { kind, value })?;
    run.out.message("summary", Summary { kind, bytes: json.len() })
}

/// Bytes that are no text. They are the output, so no summary goes among them.
fn raw(run: &Run, bytes: &[u8]) -> anyhow::Result<()> {
    if run.out.is_json() {
        return Err(Failure::usage("a blob or pack is bytes, which JSON cannot hold").hint("leave --json out").into());
    }
    run.out.bytes(bytes)
}
