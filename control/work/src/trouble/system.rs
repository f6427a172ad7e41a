//! What the operating system says of its refusals, in French. It says them in English whatever a person reads, and one text is
//! stored for readers of both languages.

use std::io;

/// Those that files, folders, disks and networks give. Of any other the number tells enough.
const FRENCH: [(i32, &str); 27] = [
    (1, "opération non permise"),
    (2, "fichier ou dossier inexistant"),
    (4, "appel système interrompu"),
    (5, "erreur d'entrée-sortie du disque"),
    (6, "périphérique absent"),
    (11, "ressource momentanément indisponible"),
    (12, "mémoire insuffisante"),
    (13, "permission refusée"),
    (16, "périphérique ou ressource occupé"),
    (17, "le fichier existe déjà"),
    (20, "ce n'est pas un dossier"),
    (21, "c'est un dossier"),
    (22, "argument invalide"),
    (24, "trop de fichiers ouverts"),
    (27, "fichier trop grand"),
    (28, "plus de place sur le disque"),
    (30, "système de fichiers en lecture seule"),
    (32, "connexion rompue"),
    (36, "nom de fichier trop long"),
    (39, "le dossier n'est pas vide"),
    (40, "trop de liens symboliques à la suite"),
    (95, "opération non prise en charge"),
    (104, "connexion coupée par l'autre côté"),
    (110, "délai d'attente dépassé"),
    (111, "connexion refusée"),
    (113, "machine injoignable"),
    (122, "quota de disque dépassé"),
];

/// As it is told to whoever reads French: `… (os error 13)` becomes `permission refusée (erreur système 13)`.
pub(super) fn in_french(text: &str) -> String {
    const MARK: &str = "(os error ";
    let mut told = text.to_owned();
    for piece in text.split(MARK).skip(1) {
        let Some(number) = piece.split(')').next().and_then(|digits| digits.parse::<i32>().ok()) else { continue };
        if let Some((_, french)) = FRENCH.iter().find(|(known, _)| *known == number) {
            let english = io::Error::from_raw_os_error(number).to_string();
            told = told.replace(&english, &format!("{french} (erreur système {number})"));
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_of_the_list_is_told_in_french() {
        for (number, french) in FRENCH {
            let said = format!("cannot open /x: {}", io::Error::from_raw_os_error(number));
            assert_eq!(in_french(&said), format!("cannot open /x: {french} (erreur système {number})"));
        }
    }

    #[test]
    fn what_is_no_refusal_of_the_system_stays() {
        for text in
            ["", "plain", "(os error x)", "(os error 13", "odd words (os error 13)", "never heard (os error 9999)"]
        {
            assert_eq!(in_french(text), text);
        }
    }
}
