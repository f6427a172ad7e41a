//! Single words that fill sentences: stored as programs write them, told as people say them.

use std::borrow::Cow;

use rempart_model::JobKind;

use super::{Tongue, system};

/// The value of `{key}` in a sentence of this language.
pub(super) fn told<'a>(key: &str, value: &'a str, tongue: Tongue) -> Cow<'a, str> {
    if key == "kind"
        && let Ok(kind) = value.parse()
    {
        return Cow::Borrowed(kind_in(kind, tongue));
    }
    if (key == "freed" || key == "size")
        && let Ok(bytes) = value.parse()
    {
        return Cow::Owned(size_in(bytes, tongue));
    }
    match tongue {
        Tongue::French => Cow::Owned(refusal_in_french(value)),
        Tongue::English => Cow::Borrowed(value),
    }
}

const fn kind_in(kind: JobKind, tongue: Tongue) -> &'static str {
    let (french, english) = match kind {
        JobKind::Backup => ("sauvegarde", "backup"),
        JobKind::Restore => ("restauration", "restore"),
        JobKind::Check => ("contrôle", "check"),
        JobKind::Verify => ("vérification", "verification"),
        JobKind::Forget => ("oubli", "forget"),
        JobKind::Prune => ("nettoyage", "prune"),
        JobKind::SnapshotDelete => ("suppression d'un point de restauration", "recovery point deletion"),
        JobKind::RepositoryRefresh => ("relecture du dépôt", "repository refresh"),
        JobKind::PoolAnalysis => ("analyse d'espace", "pool analysis"),
        JobKind::AgentInstall => ("installation de l'agent", "agent installation"),
        JobKind::AgentUpgrade => ("mise à niveau de l'agent", "agent upgrade"),
        JobKind::AgentRestart => ("redémarrage de l'agent", "agent restart"),
        JobKind::AgentUninstall => ("retrait de l'agent", "agent removal"),
        JobKind::AgentJournal => ("journal de l'agent", "agent's journal"),
    };
    match tongue {
        Tongue::French => french,
        Tongue::English => english,
    }
}

/// A size as the page writes it: binary units, three significant digits.
fn size_in(bytes: u64, tongue: Tongue) -> String {
    const UNITS: [(&str, &str); 6] =
        [("o", "B"), ("Kio", "KiB"), ("Mio", "MiB"), ("Gio", "GiB"), ("Tio", "TiB"), ("Pio", "PiB")];
    let power = (bytes.max(1).ilog2() as usize / 10).min(UNITS.len() - 1);
    let value = bytes as f64 / 1024_f64.powi(power as i32);
    let digits = match value {
        _ if power == 0 => 0,
        100.0.. => 0,
        10.0.. => 1,
        _ => 2,
    };
    let number = format!("{value:.digits$}");
    match tongue {
        Tongue::French => format!("{}\u{202f}{}", number.replace('.', ","), UNITS[power].0),
        Tongue::English => format!("{number}\u{202f}{}", UNITS[power].1),
    }
}

/// Why something is refused, where a sentence ends with the words of the engine or of a lower room: the same text is stored
/// for readers of both languages.
const REFUSALS: [(&str, &str); 21] = [
    ("the plan was deleted", "le plan a été supprimé"),
    ("it names no server", "elle ne nomme aucun serveur"),
    ("it names no repository", "elle ne nomme aucun dépôt"),
    ("it names no pool", "elle ne nomme aucun pool"),
    ("it knows nothing of the job any more", "il ne sait plus rien de la tâche"),
    ("it knows of a younger lease of the job", "il connaît une attribution plus récente de la tâche"),
    ("it still stops the job's attempt before", "il arrête encore la tentative précédente"),
    ("it holds as many jobs as it may", "il a déjà autant de tâches que permis"),
    ("it does not do such work: upgrade it", "il ne fait pas ce genre de travail : mettez-le à jour"),
    ("it vanished while the restore ran", "il a disparu pendant la restauration"),
    ("another file took its place while the restore ran", "un autre fichier a pris sa place pendant la restauration"),
    ("it is of another kind than in the snapshot, or missing", "il manque, ou n'est pas du genre enregistré"),
    ("the link leads elsewhere than in the snapshot", "le lien mène ailleurs que dans le point de restauration"),
    ("the repository does not know its content", "le dépôt ne connaît pas son contenu"),
    (
        "a directory that is not empty is in its place; --delete would remove it",
        "un dossier qui n'est pas vide est à sa place ; l'option qui supprime l'enlèverait",
    ),
    ("the file it is a name of was not restored", "le fichier dont il est un nom n'a pas été restauré"),
    ("the snapshot names it twice", "le point de restauration le nomme deux fois"),
    (
        "the snapshot's directory has two entries of this name; the first was restored",
        "le dossier enregistré a deux entrées de ce nom ; la première est restaurée",
    ),
    ("what is in its place is kept, as the overwrite policy says", "ce qui est à sa place est gardé, comme demandé"),
    ("something else took its place", "autre chose a pris sa place"),
    ("its content was not delivered", "son contenu n'est pas arrivé"),
];

fn refusal_in_french(text: &str) -> String {
    let told = system::in_french(text);
    match REFUSALS.iter().find(|(english, _)| told.ends_with(english)) {
        Some((english, french)) => told.replace(english, french),
        None => told,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_kinds_are_words_of_the_language() {
        let cases =
            [(0_u64, "0 o"), (1023, "1023 o"), (1024, "1,00 Kio"), (1_234_567, "1,18 Mio"), (u64::MAX, "16384 Pio")];
        for (bytes, french) in cases {
            assert_eq!(told("freed", &bytes.to_string(), Tongue::French).replace('\u{202f}', " "), french);
        }
        assert_eq!(told("freed", "1500000000", Tongue::English), "1.40\u{202f}GiB");
        for kind in JobKind::ALL {
            assert_eq!(told("kind", kind.as_str(), Tongue::French), kind_in(*kind, Tongue::French));
            assert!(!kind_in(*kind, Tongue::English).contains('_'));
        }
        assert_eq!(told("path", "/srv/backup", Tongue::French), "/srv/backup");
        let refused = "cannot write /a: another file took its place while the restore ran";
        let french = "cannot write /a: un autre fichier a pris sa place pendant la restauration";
        assert_eq!(told("detail", refused, Tongue::French), french);
    }
}
