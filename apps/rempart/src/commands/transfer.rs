//! `rempart admin export` and `import`.

use std::io::BufRead;

use anyhow::Context as _;
use rempart_catalog::{Catalog, CatalogUrl};
use rempart_server::settings::Settings;
use rempart_work::MasterKey;
use rempart_work::transfer::{self, TransferError};
use zeroize::Zeroizing;

use super::server;
use crate::cli::transfer::{Export, Import, Passphrase};
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::run::Run;

pub fn export(run: &Run, args: &Export) -> anyhow::Result<ExitCode> {
    let settings = server::settings(&args.server)?;
    let url: CatalogUrl = settings.database_url.parse()?;
    if let CatalogUrl::Sqlite(file) = &url
        && !file.exists()
    {
        return Err(Failure::usage(format!("there is no catalog at {}", file.display()))
            .hint("name the server's data folder with --backups-dir or BACKUPS_DIR")
            .into());
    }
    let key = master_key(&settings)?;
    let passphrase = passphrase(&args.passphrase)?;
    let done = server::runtime()?.block_on(async {
        let catalog = Catalog::open(&url).await?;
        let done = transfer::export(&catalog, &key, &passphrase, &args.file).await;
        catalog.close().await;
        anyhow::Ok(done)
    })?;
    done.map_err(explained)?;
    let file = args.file.display();
    run.out.bytes(
        format!(
            "{file} holds the catalog and the master key. Keep the passphrase apart from it: together they open every \
             backup.\nThe repositories are not in it: local pools are moved as folders.\n"
        )
        .as_bytes(),
    )?;
    Ok(ExitCode::Success)
}

pub fn import(run: &Run, args: &Import) -> anyhow::Result<ExitCode> {
    let settings = server::settings(&args.server)?;
    let url: CatalogUrl = settings.database_url.parse()?;
    let passphrase = passphrase(&args.passphrase)?;
    let done = server::runtime()?.block_on(transfer::import(&args.file, &passphrase, &settings.backups_dir, &url));
    let imported = done.map_err(explained)?;
    let mut text = format!(
        "{} holds the server as it was on {} (Rempart {}).\n",
        settings.backups_dir.display(),
        imported.exported_at,
        imported.exported_by
    );
    if settings.encryption_secret.is_some() {
        text.push_str("The master key is a file now: unset ENCRYPTION_SECRET before the server is started.\n");
    }
    run.out.bytes(text.as_bytes())?;
    Ok(ExitCode::Success)
}

/// The key that the catalog's secrets were sealed with.
fn master_key(settings: &Settings) -> anyhow::Result<MasterKey> {
    Ok(match &settings.encryption_secret {
        Some(secret) => MasterKey::from_secret(secret)?,
        None => MasterKey::open(&settings.backups_dir)?,
    })
}

fn passphrase(from: &Passphrase) -> anyhow::Result<Zeroizing<String>> {
    let mut line = Zeroizing::new(String::new());
    match &from.passphrase_file {
        Some(file) => {
            let opened = std::fs::File::open(file);
            let read = opened.and_then(|opened| std::io::BufReader::new(opened).read_line(&mut line));
            read.with_context(|| format!("cannot read the passphrase from {}", file.display()))?;
        }
        None => {
            let read = std::io::stdin().lock().read_line(&mut line);
            read.context("cannot read the passphrase from the standard input")?;
        }
    }
    Ok(Zeroizing::new(line.trim_end_matches(['\n', '\r']).to_owned()))
}

/// What the user can set right is told as such.
fn explained(error: TransferError) -> anyhow::Error {
    let hint = match &error {
        TransferError::Exists { .. } => "nothing was written",
        TransferError::ShortPassphrase { .. } => "`openssl rand -base64 24` makes a good one",
        TransferError::NotEmpty { .. } => "name another folder with --backups-dir; nothing was changed",
        TransferError::Sealed { .. } => "nothing was changed",
        _ => return error.into(),
    };
    Failure::usage(format!("{:#}", anyhow::Error::new(error))).hint(hint).into()
}
