//! The recovery kit: a page to print, with which anybody restores from a repository with plain restic and without this server.

use std::os::unix::ffi::OsStrExt as _;

use jiff::Timestamp;
use rempart_catalog::RepositoryRow;
use rempart_model::{RepoId, RepositoryState};

use crate::Work;
use crate::pool::{PoolPlace, local_path};
use crate::secret::{SecretText, generate_code};
use crate::trouble::{Result, Tongue, Trouble, table};

pub use crate::trouble::Tongue as KitTongue;

/// Shown once. Nothing here implements Debug.
pub struct Kit {
    pub repository: String,
    /// As restic writes it; of a local path what is no UTF-8 in percent code.
    pub location: String,
    pub password: SecretText,
    /// To be typed back.
    pub confirmation_code: String,
    /// The page.
    pub text: String,
}

impl Work {
    /// Hands the kit out. Until it is confirmed it can be asked for again; afterwards no more.
    pub async fn recovery_kit(&self, id: RepoId, tongue: Tongue) -> Result<Kit> {
        let row = self.catalog.repository(id).await?;
        if row.state != RepositoryState::Ready {
            return Err(Trouble::new(&table::REPOSITORY_NOT_READY));
        }
        if row.kit_confirmed_at.is_some() {
            return Err(Trouble::new(&table::REPOSITORY_KIT_SHOWN));
        }
        let pool = self.catalog.pool(row.pool_id).await?;
        let place = self.pool_place(&pool)?;
        let location = place.shown_below(&row.path)?;
        let password = self.repository_password(&row)?;
        let confirmation_code = generate_code();
        let now = Timestamp::now();
        let mut tx = self.catalog.begin().await?;
        tx.set_kit_code(id, &confirmation_code, now).await?;
        tx.commit().await?;
        let text = page(&row, &place, &location, &password, &confirmation_code, now, tongue);
        Ok(Kit { repository: row.path, location, password, confirmation_code, text })
    }

    /// The proof that the kit was kept: the code at its end.
    pub async fn confirm_recovery_kit(&self, id: RepoId, code: &str) -> Result<RepositoryRow> {
        self.catalog.repository(id).await?;
        let code = code.trim().to_lowercase();
        let mut tx = self.catalog.begin().await?;
        if !tx.confirm_kit(id, &code, Timestamp::now()).await? {
            return Err(Trouble::new(&table::REPOSITORY_KIT_CODE).field("confirmationCode"));
        }
        tx.commit().await?;
        Ok(self.catalog.repository(id).await?)
    }
}

/// What restic must be told beside the password, by environment. Values that the storage's owner holds are named, not shown.
fn credentials(place: &PoolPlace) -> Vec<String> {
    let export = |name: &str, value: &str| format!("export {name}={}", quoted(value));
    match place {
        PoolPlace::Local { .. } => Vec::new(),
        PoolPlace::S3 { access_key_id, region, .. } => {
            let mut lines = vec![
                export("AWS_ACCESS_KEY_ID", access_key_id.as_deref().unwrap_or("…")),
                "export AWS_SECRET_ACCESS_KEY='…'".to_owned(),
            ];
            lines.extend(region.as_deref().map(|region| export("AWS_DEFAULT_REGION", region)));
            lines
        }
        PoolPlace::Gcs { .. } => vec!["export GOOGLE_APPLICATION_CREDENTIALS='/…/service-account.json'".to_owned()],
        PoolPlace::Azure { account, .. } => {
            vec![export("AZURE_ACCOUNT_NAME", account), "export AZURE_ACCOUNT_KEY='…'".to_owned()]
        }
        PoolPlace::Sftp { host, user, port, .. } => vec![format!("# ssh -p {port} {user}@{host}")],
    }
}

/// For a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The same of any bytes: those that are no text are made by the shell itself.
fn quoted_bytes(path: &[u8]) -> String {
    if let Ok(text) = std::str::from_utf8(path) {
        return quoted(text);
    }
    let piece = |byte: &u8| match byte {
        b'%' => "%%".to_owned(),
        b'\\' => r"\\".to_owned(),
        b'\'' => r"'\''".to_owned(),
        plain if plain.is_ascii() => char::from(*plain).to_string(),
        other => format!("\\{other:03o}"),
    };
    format!("\"$(printf '{}')\"", path.iter().map(piece).collect::<String>())
}

fn page(
    row: &RepositoryRow,
    place: &PoolPlace,
    location: &str,
    password: &SecretText,
    code: &str,
    now: Timestamp,
    tongue: Tongue,
) -> String {
    let lines = |parts: &[&str]| parts.join("\n");
    let words = match tongue {
        Tongue::French => [
            "KIT DE SECOURS REMPART",
            "Conservez cette page hors de ce serveur, imprimée ou dans un coffre. Sans le mot de passe, personne ne peut lire le dépôt, et rien ne permet de le retrouver.",
            "Dépôt",
            "Emplacement",
            "Mot de passe",
            "Créée le",
            "Restaurer sans Rempart, avec restic (https://restic.net, version 0.14 ou plus récente) :",
            "# les points de restauration",
            "# tout restaurer dans un dossier vide",
            "# un dossier seulement",
            "# vérifier le dépôt",
            "Code de confirmation",
        ],
        Tongue::English => [
            "REMPART RECOVERY KIT",
            "Keep this page away from this server, printed or in a safe. Without the password nobody can read the repository, and there is no way to get it back.",
            "Repository",
            "Location",
            "Password",
            "Made at",
            "Restoring without Rempart, with restic (https://restic.net, version 0.14 or newer):",
            "# the recovery points",
            "# everything, into an empty folder",
            "# one folder only",
            "# check the repository",
            "Confirmation code",
        ],
    };
    let [title, keep, repository, at, secret, made, how, list, whole, part, check, confirm] = words;
    let in_shell = match place {
        PoolPlace::Local { path } => quoted_bytes(local_path(path).join(&row.path).as_os_str().as_bytes()),
        _ => quoted(location),
    };
    let mut commands: Vec<String> = credentials(place);
    commands.push(format!("export RESTIC_REPOSITORY={in_shell}"));
    commands.push(format!("export RESTIC_PASSWORD={}", quoted(password.expose())));
    for (comment, command) in [
        (list, "restic snapshots"),
        (whole, "restic restore latest --target /srv/restored"),
        (part, "restic restore latest --target /srv/restored --include /etc"),
        (check, "restic check --read-data"),
    ] {
        commands.push(comment.to_owned());
        commands.push(command.to_owned());
    }
    let commands: Vec<String> = commands.iter().map(|line| format!("    {line}")).collect();
    lines(&[
        title,
        &"=".repeat(title.len()),
        "",
        keep,
        "",
        &format!("{repository}: {}", row.path),
        &format!("{at}: {location}"),
        &format!("{secret}: {}", password.expose()),
        &format!("{made}: {}", now.strftime("%Y-%m-%d %H:%M UTC")),
        "",
        how,
        "",
        &commands.join("\n"),
        "",
        &format!("{confirm}: {code}"),
        "",
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_gets_the_bytes_of_any_path() {
        for path in
            [&b"/srv/plain"[..], b"/srv/it's", b"/srv/caf\xe9 100% \\n it's $HOME `x`", "/srv/\u{e9}t\u{e9}".as_bytes()]
        {
            let command = format!("X={}; printf '%s' \"$X\"", quoted_bytes(path));
            let said = std::process::Command::new("sh").args(["-c", &command]).output().expect("a shell");
            assert_eq!(said.stdout, path, "{command}");
        }
    }
}
