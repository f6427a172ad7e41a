//! What goes wrong, in both languages.

pub use super::sentence::Sentence;
use super::sentence::sentences;

sentences! {
    STORAGE_UNREACHABLE = 503 "storage.unreachable" {
        fr: "Le stockage ne répond pas ({detail}).", "Vérifiez l'adresse, le réseau et le service, puis relancez : ce qui est déjà stocké n'est pas envoyé deux fois.";
        en: "The storage does not answer ({detail}).", "Check the address, the network and the service, then run again: what is stored already is not sent twice.";
    }
    STORAGE_DENIED = 422 "storage.denied" {
        fr: "Le stockage refuse l'accès ({detail}).", "Vérifiez les identifiants et les droits à cet endroit.";
        en: "The storage denies access ({detail}).", "Check the credentials and the rights at that place.";
    }
    STORAGE_FULL = 422 "storage.full" {
        fr: "Le stockage est plein ({detail}).", "Rien de ce qui était stocké n'est perdu. Faites de la place, ou réduisez la rétention puis lancez un nettoyage, et relancez.";
        en: "The storage is full ({detail}).", "Nothing that was stored is lost. Make room, or keep less and prune, then run again.";
    }
    STORAGE_READ_ONLY = 422 "storage.read_only" {
        fr: "Le stockage n'accepte aucune écriture ({detail}).", "Remontez-le en lecture et écriture.";
        en: "The storage takes no writes ({detail}).", "Mount it for reading and writing.";
    }
    STORAGE_MISSING = 422 "storage.missing" {
        fr: "L'emplacement n'existe pas ({detail}).", "Créez le dossier ou le compartiment, ou corrigez son nom.";
        en: "The place does not exist ({detail}).", "Make the folder or the bucket, or correct its name.";
    }
    STORAGE_FAILED = 422 "storage.failed" {
        fr: "Le stockage a échoué ({detail}).", "Vérifiez l'emplacement du pool avec « Tester ».";
        en: "The storage failed ({detail}).", "Look at the pool's place with “Test”.";
    }
    POOL_NAME_TAKEN = 409 "pool.name_taken" {
        fr: "Un pool nommé « {name} » existe déjà.", "Choisissez un autre nom.";
        en: "There already is a pool named “{name}”.", "Choose another name.";
    }
    POOL_NAME_INVALID = 422 "pool.name_invalid" {
        fr: "Le nom d'un pool a de 1 à 100 caractères imprimables.";
        en: "The name of a pool has 1 to 100 printable characters.";
    }
    POOL_PLACE_TAKEN = 409 "pool.place_taken" {
        fr: "Le pool « {name} » utilise déjà {location}.", "Utilisez ce pool, ou choisissez un autre emplacement.";
        en: "The pool “{name}” already uses {location}.", "Use that pool, or choose another place.";
    }
    POOL_PLACE_OVERLAPS = 409 "pool.place_overlaps" {
        fr: "{location} contient le pool « {name} » ou s'y trouve.", "Choisissez un dossier à part.";
        en: "{location} contains the pool “{name}”, or lies within it.", "Choose a folder of its own.";
    }
    POOL_PLACE_INVALID = 422 "pool.place_invalid" {
        fr: "Cet emplacement ne convient pas : {detail}.", "Corrigez le champ indiqué.";
        en: "This place does not fit: {detail}.", "Correct the field that is named.";
    }
    POOL_KIND_FIXED = 422 "pool.kind_fixed" {
        fr: "Un pool ne change pas de nature.", "Créez un autre pool.";
        en: "A pool does not change its kind.", "Make another pool.";
    }
    POOL_IN_USE = 409 "pool.in_use" {
        fr: "Le dépôt « {name} » se trouve dans ce pool.", "Retirez d'abord ses dépôts.";
        en: "The repository “{name}” lies in this pool.", "Remove its repositories first.";
    }
    POOL_HAS_REPOSITORIES = 409 "pool.has_repositories" {
        fr: "Ce pool contient des dépôts : son emplacement ne change plus.", "Changez ses identifiants seulement, ou créez un autre pool.";
        en: "This pool holds repositories: its place does not change any more.", "Change its credentials only, or make another pool.";
    }
    POOL_HOST_KEY = 422 "pool.host_key_unconfirmed" {
        fr: "La clé du serveur SFTP n'est pas confirmée : il présente {fingerprint}.", "Comparez-la avec celle du serveur (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub), puis confirmez-la.";
        en: "The key of the SFTP server is not confirmed: it shows {fingerprint}.", "Compare it with the server's own (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub), then confirm it.";
    }
    POOL_TEST_FAILED = 422 "pool.test_failed" {
        fr: "Le test de l'emplacement a échoué à l'étape « {step} » : {detail}.", "Corrigez la cause, puis testez à nouveau.";
        en: "The test of the place failed at the step “{step}”: {detail}.", "Correct the cause, then test again.";
    }
    REPOSITORY_NAME_INVALID = 422 "repository.name_invalid" {
        fr: "« {name} » ne convient pas comme nom de dépôt.", "Utilisez de 1 à 64 lettres sans accent, chiffres, points, tirets et soulignés, en commençant par une lettre ou un chiffre.";
        en: "“{name}” does not fit as the name of a repository.", "Use 1 to 64 letters without accents, digits, dots, dashes and underscores, beginning with a letter or digit.";
    }
    REPOSITORY_OUTSIDE = 422 "repository.path_outside_pool" {
        fr: "{path} mène hors du pool.", "Donnez un nom sans « / » ni « .. », et retirez les liens symboliques du pool.";
        en: "{path} leads outside the pool.", "Give a name without “/” and “..”, and remove symbolic links from the pool.";
    }
    REPOSITORY_PATH_TAKEN = 409 "repository.path_taken" {
        fr: "Le dépôt {path} existe déjà dans ce pool.", "Choisissez un autre nom.";
        en: "The repository {path} is in this pool already.", "Choose another name.";
    }
    REPOSITORY_EXISTS = 409 "repository.exists" {
        fr: "Un dépôt se trouve déjà à {location}.", "Adoptez-le avec son mot de passe, ou choisissez un autre nom.";
        en: "There already is a repository at {location}.", "Adopt it with its password, or choose another name.";
    }
    REPOSITORY_NONE_THERE = 422 "repository.none_there" {
        fr: "Il n'y a pas de dépôt à {location}.", "Vérifiez le pool et le nom ; sans mot de passe, un dépôt neuf est créé.";
        en: "There is no repository at {location}.", "Check the pool and the name; without a password, a new repository is made.";
    }
    REPOSITORY_WRONG_PASSWORD = 422 "repository.wrong_password" {
        fr: "Ce mot de passe n'ouvre pas le dépôt.", "Vérifiez le mot de passe, et que c'est le bon dépôt.";
        en: "This password does not open the repository.", "Check the password, and that it is the right repository.";
    }
    REPOSITORY_VERSION = 422 "repository.version" {
        fr: "Le format du dépôt n'est pas pris en charge ({detail}).", "Pour la version 1 : « restic migrate upgrade_repo_v2 ».";
        en: "The format of the repository is not supported ({detail}).", "For version 1: “restic migrate upgrade_repo_v2”.";
    }
    REPOSITORY_LOCKED = 409 "repository.locked" {
        fr: "Le dépôt est verrouillé ({detail}).", "Attendez la fin de ce travail ; s'il n'existe plus, déverrouillez le dépôt.";
        en: "The repository is locked ({detail}).", "Wait for that work to end; if it does not exist any more, unlock the repository.";
    }
    REPOSITORY_LOCK_LOST = 409 "repository.lock_lost" {
        fr: "Le verrou du dépôt a été perdu : rien de plus n'a été écrit ni supprimé.", "Relancez.";
        en: "The lock of the repository was lost: nothing more was written or deleted.", "Run again.";
    }
    REPOSITORY_DAMAGED = 422 "repository.damaged" {
        fr: "Le dépôt est endommagé ({detail}).", "Lancez une vérification avec lecture des données.";
        en: "The repository is damaged ({detail}).", "Run a check that reads the data.";
    }
    REPOSITORY_IN_USE = 409 "repository.in_use" {
        fr: "Le plan « {name} » écrit dans ce dépôt.", "Supprimez le plan ou donnez-lui un autre dépôt.";
        en: "The plan “{name}” writes to this repository.", "Delete the plan, or give it another repository.";
    }
    REPOSITORY_NOT_READY = 409 "repository.not_ready" {
        fr: "La création de ce dépôt n'est pas terminée.", "Attendez, ou recréez-le.";
        en: "The making of this repository has not ended.", "Wait, or make it again.";
    }
    REPOSITORY_KIT_SHOWN = 409 "repository.kit_already_confirmed" {
        fr: "Le kit de secours a été remis et confirmé.", "Il n'est montré qu'une fois ; le mot de passe s'exporte par l'administration du serveur.";
        en: "The recovery kit was handed out and confirmed.", "It is shown once; the password can be exported by the server's administration.";
    }
    REPOSITORY_KIT_CODE = 422 "repository.kit_wrong_code" {
        fr: "Ce code n'est pas celui du dernier kit de secours.", "Recopiez le code imprimé en bas du kit.";
        en: "This code is not the one of the last recovery kit.", "Copy the code that is printed at the end of the kit.";
    }
    REPOSITORY_CLIENT_TAKEN = 409 "repository.client_taken" {
        fr: "Un client nommé « {name} » existe déjà.", "Choisissez un autre nom.";
        en: "There already is a client named “{name}”.", "Choose another name.";
    }
    REPOSITORY_FAILED = 422 "repository.failed" {
        fr: "Le dépôt n'a pas pu être utilisé ({detail}).";
        en: "The repository could not be used ({detail}).";
    }
    SECRET_OTHER_KEY = 503 "secret.other_key" {
        fr: "Un secret enregistré ne s'ouvre pas : {detail}.", "Remettez la bonne clé maîtresse (master.key ou ENCRYPTION_SECRET).";
        en: "A stored secret does not open: {detail}.", "Put back the right master key (master.key or ENCRYPTION_SECRET).";
    }
    SNAPSHOT_GONE = 404 "snapshot.gone" {
        fr: "Ce point de restauration n'est plus dans le dépôt.", "Relisez le dépôt pour mettre la liste à jour.";
        en: "This recovery point is not in the repository any more.", "Refresh the repository to bring the list up to date.";
    }
    SNAPSHOT_PATH_MISSING = 404 "snapshot.path_missing" {
        fr: "{path} n'est pas dans ce point de restauration.", "Parcourez ses dossiers, ou cherchez par nom.";
        en: "{path} is not in this recovery point.", "Browse its folders, or search by name.";
    }
    SNAPSHOT_NOT_A_FOLDER = 422 "snapshot.not_a_folder" {
        fr: "{path} n'est pas un dossier.";
        en: "{path} is no folder.";
    }
    SNAPSHOT_NO_DOWNLOAD = 422 "snapshot.no_download" {
        fr: "{path} n'est ni un fichier ni un dossier.", "Restaurez-le plutôt.";
        en: "{path} is neither a file nor a folder.", "Restore it instead.";
    }
    SNAPSHOT_DAMAGED = 422 "snapshot.damaged" {
        fr: "Ce point de restauration est endommagé à cet endroit ({detail}).", "Lancez une vérification du dépôt, et essayez un point plus ancien.";
        en: "This recovery point is damaged at that place ({detail}).", "Check the repository, and try an older point.";
    }
    EXPLORER_NOT_ABSOLUTE = 422 "explorer.not_absolute" {
        fr: "Le chemin doit commencer par « / ».";
        en: "The path must begin with “/”.";
    }
    EXPLORER_MISSING = 404 "explorer.missing" {
        fr: "{path} n'existe pas sur ce serveur.";
        en: "{path} does not exist on this server.";
    }
    EXPLORER_DENIED = 422 "explorer.denied" {
        fr: "{path} ne peut pas être lu par le service.", "Donnez-lui le droit de lecture, ou lancez-le en tant que root.";
        en: "{path} cannot be read by the service.", "Give it the right to read, or run it as root.";
    }
    EXPLORER_NOT_A_FOLDER = 422 "explorer.not_a_folder" {
        fr: "{path} n'est pas un dossier.";
        en: "{path} is no folder.";
    }
    EXPLORER_FAILED = 422 "explorer.failed" {
        fr: "{path} ne peut pas être lu ({detail}).";
        en: "{path} cannot be read ({detail}).";
    }
    SERVER_LOCAL = 409 "server.local" {
        fr: "C'est la machine du serveur : elle n'a pas d'agent et reste dans la liste.";
        en: "This is the server's own machine: it has no agent, and stays in the list.";
    }
    SERVER_NAME_TAKEN = 409 "server.name_taken" {
        fr: "Un serveur nommé « {name} » existe déjà.", "Choisissez un autre nom.";
        en: "There already is a server named “{name}”.", "Choose another name.";
    }
    SERVER_IN_USE = 409 "server.in_use" {
        fr: "« {name} » utilise encore ce serveur.", "Supprimez d'abord ses plans et retirez ses dépôts.";
        en: "“{name}” still uses this server.", "Remove its plans and its repositories first.";
    }
    AGENT_OFFLINE = 409 "agent.offline" {
        fr: "L'agent de ce serveur n'est pas connecté.", "Vérifiez sur la machine que rempart-agent tourne et atteint ce serveur ; ce qui l'attend part à son retour.";
        en: "The agent of this server is not connected.", "See on the machine that rempart-agent runs and reaches this server; what waits for it starts when it is back.";
    }
    AGENT_ELSEWHERE = 409 "agent.elsewhere" {
        fr: "L'agent de ce serveur est connecté à un autre processus du service ({process}), qui seul peut l'interroger.", "Posez la question à ce processus ; sauvegardes et restaurations lui reviennent d'elles-mêmes.";
        en: "The agent of this server is connected to another process of the service ({process}), which alone can ask it.", "Ask that process; backups and restores find their way to it by themselves.";
    }
    AGENT_SILENT = 503 "agent.silent" {
        fr: "L'agent n'a pas répondu en {seconds} s.", "Le disque de la machine est peut-être lent ou bloqué ; réessayez.";
        en: "The agent has not answered within {seconds} s.", "The machine's disk may be slow or stuck; try again.";
    }
    AGENT_ANSWER = 502 "agent.answer" {
        fr: "La réponse de l'agent n'a pas été comprise ({detail}).", "Mettez à jour celui des deux qui est le plus ancien, agent ou serveur.";
        en: "The agent's answer was not understood ({detail}).", "Upgrade whichever is older, the agent or the server.";
    }
    AGENT_OLD = 422 "agent.old" {
        fr: "L'agent ne sait pas répondre à cette question.", "Mettez-le à jour.";
        en: "The agent does not know how to answer this.", "Upgrade it.";
    }
    AGENT_DECLINED = 409 "agent.declined" {
        fr: "L'agent n'a pas pris la tâche ({detail}).", "Relancez quand il aura terminé ce qu'il fait.";
        en: "The agent did not take the job ({detail}).", "Run again once it has done what it is at.";
    }
    AGENT_LOST = 503 "agent.lost" {
        fr: "L'agent a été perdu pendant le travail ({detail}).", "Rien de ce qui est stocké n'est perdu : relancer reprend où c'était, dès que l'agent est là.";
        en: "The agent was lost while it worked ({detail}).", "Nothing that is stored is lost: running again goes on from there, as soon as the agent is there.";
    }
    AGENT_RESTARTED = 503 "agent.restarted" {
        fr: "L'agent a été redémarré pendant le travail ({detail}).", "Relancez : ce qui est stocké n'est pas envoyé deux fois.";
        en: "The agent was started anew while it worked ({detail}).", "Run again: what is stored is not sent twice.";
    }
    AGENT_SESSION = 503 "agent.session" {
        fr: "La session avec l'agent s'est terminée avant la fin ({detail}).", "Relancez : ce qui est stocké n'est pas envoyé deux fois.";
        en: "The session with the agent ended early ({detail}).", "Run again: what is stored is not sent twice.";
    }
    AGENT_REFUSED = 422 "agent.refused" {
        fr: "Ce que l'agent a envoyé a été refusé, et rien n'en a été retenu ({detail}).", "Vérifiez la mémoire et la version de l'agent ; si vous ne l'expliquez pas, révoquez sa clé.";
        en: "What the agent sent was refused, and nothing of it was kept ({detail}).", "Check the machine's memory and the agent's version; if nothing explains it, revoke its key.";
    }
    AGENT_FAILED = 422 "agent.failed" {
        fr: "L'agent a échoué ({detail}).", "Corrigez la cause sur la machine, puis relancez.";
        en: "The agent failed ({detail}).", "Correct the cause on the machine, then run again.";
    }
    AGENT_FAILED_FOR_NOW = 503 "agent.failed_for_now" {
        fr: "L'agent n'a pas pu terminer cette fois ({detail}).", "Relancez.";
        en: "The agent could not finish this time ({detail}).", "Run again.";
    }
    HOST_FAILED = 500 "host.failed" {
        fr: "Cette machine n'a pas pu être examinée ({detail}).", "Vérifiez que /proc et /sys sont lisibles.";
        en: "This machine could not be looked at ({detail}).", "See that /proc and /sys can be read.";
    }
    BACKUP_NO_SOURCES = 422 "backup.no_sources" {
        fr: "Le plan ne nomme aucun dossier.", "Ajoutez au moins un dossier.";
        en: "The plan names no folder.", "Add at least one folder.";
    }
    BACKUP_NOTHING_READ = 422 "backup.nothing_read" {
        fr: "Aucune des sources n'a pu être lue : il n'y a pas de point de restauration.", "Vérifiez que les dossiers existent et que le service peut les lire ; la liste des problèmes dit pourquoi.";
        en: "None of the sources could be read: there is no recovery point.", "Check that the folders exist and that the service may read them; the list of problems says why.";
    }
    BACKUP_INCOMPLETE = 422 "backup.incomplete" {
        fr: "Le point de restauration existe, mais pas entier. Éléments absents ou incomplets : {count}.", "La liste des problèmes nomme chacun d'eux.";
        en: "The recovery point stands, but not whole. Items that are missing or incomplete: {count}.", "The list of problems names each of them.";
    }
    BACKUP_FAILED = 422 "backup.failed" {
        fr: "La sauvegarde a échoué ({detail}).";
        en: "The backup failed ({detail}).";
    }
    BACKUP_BAD_PATTERN = 422 "backup.bad_pattern" {
        fr: "Un motif d'exclusion ne peut pas être utilisé : {detail}.", "Corrigez-le dans le plan.";
        en: "A pattern of exclusion cannot be used: {detail}.", "Correct it in the plan.";
    }
    PROBLEM_VANISHED = 422 "problem.vanished" {
        fr: "N'était plus là au moment de sa lecture.";
        en: "Was not there any more when it was to be read.";
    }
    PROBLEM_UNREADABLE = 422 "problem.unreadable" {
        fr: "N'a pas pu être lu : {detail}.";
        en: "Could not be read: {detail}.";
    }
    PROBLEM_CHANGED = 422 "problem.changed" {
        fr: "A été modifié pendant sa lecture : il est stocké tel qu'il a été lu.";
        en: "Was changed while it was read: it is stored as it was read.";
    }
    PROBLEM_CHANGED_TYPE = 422 "problem.changed_type" {
        fr: "Est devenu autre chose (fichier, dossier ou lien) avant sa lecture : il est laissé de côté.";
        en: "Became something else (file, folder or link) before it was read: it is left out.";
    }
    PROBLEM_ATTRIBUTE = 422 "problem.attribute" {
        fr: "Son contenu est stocké, son attribut « {name} » ne l'est pas : {detail}.";
        en: "Its content is stored, its attribute “{name}” is not: {detail}.";
    }
    PROBLEM_TIME = 422 "problem.time" {
        fr: "Son contenu est stocké, sa date d'accès ne l'est pas : {detail}.";
        en: "Its content is stored, its access time is not: {detail}.";
    }
    PROBLEM_UNKNOWN_TYPE = 422 "problem.unknown_type" {
        fr: "Est d'un type de fichier inconnu (mode {mode}) : il est laissé de côté.";
        en: "Is a file of unknown type (mode {mode}): it is left out.";
    }
    PROBLEM_EXCLUDE_TAG = 422 "problem.exclude_tag" {
        fr: "Le fichier qui marque ce dossier comme exclu n'a pas été reconnu ({detail}) : le dossier est sauvegardé.";
        en: "The file that marks this folder as excluded was not recognised ({detail}): the folder is backed up.";
    }
    PROBLEM_PARENT = 422 "problem.parent_damaged" {
        fr: "L'arborescence du point précédent ne se lit pas ({detail}) : tout est relu, et le dépôt est à vérifier.";
        en: "The tree of the point before cannot be read ({detail}): everything is read again, and the repository is to be checked.";
    }
    PROBLEM_CONTENT = 422 "problem.content_missing" {
        fr: "Une partie de son contenu n'était plus dans le dépôt : elle est stockée à nouveau.";
        en: "Part of its content was not in the repository any more: it is stored again.";
    }
    RESTORE_TARGET = 422 "restore.target" {
        fr: "Le dossier cible ne peut pas être utilisé ({detail}).", "Choisissez un dossier absolu où le service peut écrire.";
        en: "The target folder cannot be used ({detail}).", "Choose an absolute folder that the service can write to.";
    }
    RESTORE_IN_PLACE = 422 "restore.not_in_place" {
        fr: "{path} n'est pas stocké sous son chemin complet : il n'a pas de place d'origine.", "Donnez un dossier cible.";
        en: "{path} is not stored under its full path: it has no place to go back to.", "Give a target folder.";
    }
    RESTORE_DELETE_IN_ROOT = 422 "restore.delete_in_root" {
        fr: "Supprimer ce qui n'est pas dans le point de restauration est refusé pour tout le système.", "Choisissez les dossiers à restaurer, ou ne demandez pas de supprimer.";
        en: "Deleting what the recovery point does not hold is refused for the whole system.", "Choose the folders to restore, or do not ask to delete.";
    }
    RESTORE_INCOMPLETE = 422 "restore.incomplete" {
        fr: "Tout n'est pas restauré tel que c'était. Éléments concernés : {count}.", "Le résultat nomme chacun d'eux. Relancer reprend où c'était.";
        en: "Not everything is restored as it was. Items concerned: {count}.", "The result names each of them. Running again goes on from there.";
    }
    RESTORE_FULL = 422 "restore.full" {
        fr: "La cible est pleine. Éléments non restaurés : {count}.", "Faites de la place, puis relancez : ce qui est restauré n'est pas refait.";
        en: "The target is full. Items that were not restored: {count}.", "Make room, then run again: what was restored is not done again.";
    }
    RESTORE_BUSY = 409 "restore.in_place_unconfirmed" {
        fr: "Restaurer sur place en supprimant demande de nommer les chemins.", "Choisissez les chemins à restaurer.";
        en: "Restoring in place with deletion needs paths to be named.", "Choose the paths to restore.";
    }
    CHECK_DAMAGED = 422 "check.damaged" {
        fr: "La vérification a trouvé des dommages ({count}) ; le premier : {detail}.", "Le résultat nomme chacun d'eux et dit que faire.";
        en: "The check found damage (places: {count}); the first: {detail}.", "The result names each of them and says what to do.";
    }
    VERIFY_DAMAGED = 422 "verify.damaged" {
        fr: "Ce point de restauration ne peut pas être relu entier. Éléments perdus : {count} ; le premier : {detail}.", "Refaites une sauvegarde tant que les sources existent, et vérifiez le dépôt avec lecture des données.";
        en: "This recovery point cannot be read back whole. Items lost: {count}; the first: {detail}.", "Back up again while the sources exist, and check the repository with its data.";
    }
    FORGET_KEEPS_NOTHING = 422 "forget.keeps_nothing" {
        fr: "La rétention ne garderait aucun point de restauration : rien n'a été supprimé.", "Donnez au moins une règle, par exemple « garder 7 par jour ».";
        en: "The retention would keep no recovery point: nothing was removed.", "Give at least one rule, such as “keep 7 daily”.";
    }
    FORGET_BAD_SPAN = 422 "forget.bad_span" {
        fr: "« {text} » n'est pas une durée de rétention.", "Écrivez par exemple 14d, 3m ou 1y6m.";
        en: "“{text}” is no span of retention.", "Write 14d, 3m or 1y6m, for example.";
    }
    DEPLOY_UNREACHABLE = 422 "deploy.unreachable" {
        fr: "{address} ne répond pas en SSH : {detail}.", "Vérifiez l'adresse, le port et le pare-feu, et que sshd tourne sur la machine.";
        en: "{address} does not answer by SSH: {detail}.", "Check the address, the port and the firewall, and that sshd runs on the machine.";
    }
    DEPLOY_LOST = 422 "deploy.lost" {
        fr: "La connexion SSH a été coupée : {detail}.", "Vérifiez le réseau jusqu'à la machine, puis relancez.";
        en: "The SSH connection broke: {detail}.", "Check the network up to the machine, then run it again.";
    }
    DEPLOY_HOST_KEY_UNKNOWN = 409 "deploy.host_key_unknown" {
        fr: "La clé d'hôte de ce serveur n'a encore été acceptée par personne.", "Demandez-la, comparez son empreinte avec celle de la machine (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub, sur place), puis acceptez-la.";
        en: "Nobody has accepted this server's host key yet.", "Ask for it, compare its fingerprint with the machine's own (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub, over there), then accept it.";
    }
    DEPLOY_HOST_KEY_CHANGED = 409 "deploy.host_key_changed" {
        fr: "La clé d'hôte de ce serveur a changé : il montre {shown}, et {expected} avait été acceptée. Quelqu'un s'est peut-être mis entre les deux ; aucun mot de passe n'a été envoyé.", "Si la machine a été réinstallée, oubliez l'ancienne clé, comparez l'empreinte de la nouvelle sur place, puis acceptez-la.";
        en: "This server's host key has changed: it shows {shown}, and {expected} was accepted. Somebody may be in between; no password was sent.", "If the machine was installed anew, forget the old key, compare the new one's fingerprint over there, then accept it.";
    }
    DEPLOY_LOGIN_MISSING = 422 "deploy.login_missing" {
        fr: "Il manque de quoi se connecter.", "Donnez l'utilisateur, et le mot de passe ou la clé privée ; ou choisissez la clé du serveur.";
        en: "Something to log in with is missing.", "Give the user, and the password or the private key; or choose the server's own key.";
    }
    DEPLOY_ADDRESS = 422 "deploy.address" {
        fr: "« {detail} » n'est ni un nom de machine ni une adresse.", "Écrivez-le sans utilisateur, sans port et sans espace : web-1.example.org, 192.0.2.7.";
        en: "“{detail}” is neither the name of a machine nor an address.", "Write it without a user, a port or a space: web-1.example.org, 192.0.2.7.";
    }
    DEPLOY_KEY = 422 "deploy.key" {
        fr: "La clé privée ne peut pas être lue : {detail}.", "Collez le fichier entier, de sa première à sa dernière ligne.";
        en: "The private key cannot be read: {detail}.", "Paste the whole file, from its first line to its last.";
    }
    DEPLOY_KEY_LOCKED = 422 "deploy.key_locked" {
        fr: "La clé privée est chiffrée, et sa phrase secrète manque ou n'est pas la bonne.", "Donnez la phrase secrète de cette clé.";
        en: "The private key is encrypted, and its passphrase is missing or another.", "Give the passphrase of this key.";
    }
    DEPLOY_LOGIN = 422 "deploy.login" {
        fr: "La machine n'a pas laissé entrer « {user} » ; elle accepte : {methods}.", "Vérifiez l'utilisateur et le mot de passe ; pour la clé du serveur, ajoutez sa moitié publique à ~/.ssh/authorized_keys de cet utilisateur.";
        en: "The machine did not let “{user}” in; it takes: {methods}.", "Check the user and the password; for the server's own key, add its public half to that user's ~/.ssh/authorized_keys.";
    }
    DEPLOY_SECOND_FACTOR = 422 "deploy.second_factor" {
        fr: "La machine demande un second facteur à « {user} ».", "Prenez un utilisateur qui entre avec un mot de passe seul ou une clé seule, ou installez l'agent avec la commande à coller.";
        en: "The machine asks “{user}” for a second factor.", "Take a user who comes in with a password alone or a key alone, or install the agent with the command to paste.";
    }
    DEPLOY_SYSTEM = 422 "deploy.system" {
        fr: "L'agent ne peut pas être installé sur {system}.", "Il lui faut Linux avec systemd et la bibliothèque GNU C. Sinon, copiez rempart-agent et lancez-le vous-même avec la commande d'enrôlement.";
        en: "The agent cannot be installed on {system}.", "It needs Linux with systemd and the GNU C library. Else copy rempart-agent there and run it yourself with the command for enrolling.";
    }
    DEPLOY_NO_SYSTEMD = 422 "deploy.no_systemd" {
        fr: "systemd ne tourne pas sur cette machine.", "Il lui faut Linux avec systemd et la bibliothèque GNU C. Sinon, copiez rempart-agent et lancez-le vous-même avec la commande d'enrôlement.";
        en: "systemd does not run on this machine.", "It needs Linux with systemd and the GNU C library. Else copy rempart-agent there and run it yourself with the command for enrolling.";
    }
    DEPLOY_LIBC = 422 "deploy.libc" {
        fr: "Le programme de l'agent demande glibc {needed} ; la machine a : {found}.", "Mettez à jour la machine, ou donnez au serveur un agent construit pour une glibc plus ancienne (dossier agents).";
        en: "The agent's program asks for glibc {needed}; the machine has: {found}.", "Bring the machine up to date, or give the server an agent that was built for an older glibc (folder agents).";
    }
    DEPLOY_NO_PROGRAM = 422 "deploy.no_program" {
        fr: "Ce serveur n'a pas d'agent pour le processeur {arch}.", "Mettez rempart-agent-{arch} dans l'un de ces dossiers : {folders}.";
        en: "This server has no agent for the processor {arch}.", "Put rempart-agent-{arch} into one of these folders: {folders}.";
    }
    DEPLOY_PROGRAM = 500 "deploy.program" {
        fr: "Le programme de l'agent {path} ne peut pas être utilisé : {detail}.", "Remplacez-le par celui de cette version.";
        en: "The agent's program {path} cannot be used: {detail}.", "Replace it by the one of this version.";
    }
    DEPLOY_NO_SUDO = 422 "deploy.no_sudo" {
        fr: "« {user} » n'est pas root, et la machine n'a pas sudo.", "Connectez-vous en root, ou installez sudo.";
        en: "“{user}” is not root, and the machine has no sudo.", "Log in as root, or install sudo.";
    }
    DEPLOY_SUDO = 422 "deploy.sudo" {
        fr: "« {user} » ne devient pas root ({detail}).", "Connectez-vous en root, ou avec un utilisateur que sudo accepte, en donnant son mot de passe pour sudo.";
        en: "“{user}” does not become root ({detail}).", "Log in as root, or as a user whom sudo accepts, with the password that sudo asks for.";
    }
    DEPLOY_ALREADY = 409 "deploy.already_installed" {
        fr: "Un agent est déjà installé sur cette machine. Rien n'y a été changé.", "Mettez-le à niveau, ou désinstallez-le d'abord.";
        en: "An agent is installed on this machine already. Nothing was changed there.", "Upgrade it, or uninstall it first.";
    }
    DEPLOY_NOT_INSTALLED = 409 "deploy.not_installed" {
        fr: "Aucun agent installé par Rempart ne se trouve sur cette machine.", "Installez-le par SSH.";
        en: "No agent that Rempart installed is on this machine.", "Install it by SSH.";
    }
    DEPLOY_NO_ROOM = 422 "deploy.no_room" {
        fr: "Il n'y a pas assez de place dans /opt sur la machine : il faut {size}, {freed} sont libres.", "Faites de la place, puis relancez.";
        en: "There is not enough room in /opt on the machine: {size} are needed, {freed} are free.", "Make room, then run it again.";
    }
    DEPLOY_DAMAGED = 422 "deploy.damaged" {
        fr: "Le programme n'est pas arrivé entier : {detail}.", "Vérifiez le disque de la machine et le réseau, puis relancez.";
        en: "The program did not arrive whole: {detail}.", "Check the machine's disk and the network, then run it again.";
    }
    DEPLOY_DOES_NOT_RUN = 422 "deploy.does_not_run" {
        fr: "Le programme de l'agent ne démarre pas sur cette machine : {detail}.", "Vérifiez que /opt n'est pas monté avec noexec et que rien (SELinux, AppArmor) n'interdit d'y lancer un programme.";
        en: "The agent's program does not run on this machine: {detail}.", "See that /opt is not mounted noexec, and that nothing (SELinux, AppArmor) forbids programs there.";
    }
    DEPLOY_ENROL = 422 "deploy.enrol" {
        fr: "L'agent n'atteint pas ce serveur depuis la machine : {detail}.", "Vérifiez que la machine atteint {server} ; sinon réglez public_url ou backup_server_ip de ce serveur.";
        en: "The agent does not reach this server from the machine: {detail}.", "See that the machine reaches {server}; else set public_url or backup_server_ip of this server.";
    }
    DEPLOY_OWN_ADDRESS = 422 "deploy.own_address" {
        fr: "Ce serveur ne peut pas être appelé depuis une autre machine : son adresse est {server}.", "Faites-le écouter sur une adresse que d'autres atteignent (listen), en TLS, ou réglez public_url.";
        en: "This server cannot be called from another machine: its address is {server}.", "Let it listen on an address that others reach (listen), with TLS, or set public_url.";
    }
    DEPLOY_START = 422 "deploy.start" {
        fr: "Le service de l'agent ne démarre pas : {detail}.", "Le journal du service, dans celui de cette tâche, dit pourquoi.";
        en: "The agent's service does not start: {detail}.", "The service's journal, in the log of this job, says why.";
    }
    DEPLOY_NO_CALL = 422 "deploy.no_call" {
        fr: "Le service tourne, et son agent n'a pas appelé en {seconds} s.", "Le journal du service, dans celui de cette tâche, dit pourquoi ; vérifiez le pare-feu et le mandataire de la machine (/etc/default/rempart-agent).";
        en: "The service runs, and its agent has not called within {seconds} s.", "The service's journal, in the log of this job, says why; check the machine's firewall and proxy (/etc/default/rempart-agent).";
    }
    DEPLOY_COMMAND = 422 "deploy.command" {
        fr: "Une étape a échoué sur la machine : {detail}.", "Corrigez ce que la machine en dit, puis relancez.";
        en: "A step failed on the machine: {detail}.", "Correct what the machine says of it, then run it again.";
    }
    DEPLOY_SLOW = 422 "deploy.slow" {
        fr: "La machine n'a pas répondu à temps ({seconds} s).", "Vérifiez sa charge et le réseau, puis relancez.";
        en: "The machine did not answer in time ({seconds} s).", "Check its load and the network, then run it again.";
    }
    DEPLOY_LEFT_BEHIND = 422 "deploy.left_behind" {
        fr: "L'opération a échoué ({detail}), et la machine n'a pas pu être remise en état ({left}).", "Sa clé ne vaut plus rien ici. Quand la machine répond, relancez l'installation ou désinstallez : les deux enlèvent d'abord ce qui reste.";
        en: "It failed ({detail}), and the machine could not be put back as it was ({left}).", "Its key is no good here any more. Once the machine answers, install again or uninstall: both remove first what is left.";
    }
    DEPLOY_BUSY = 409 "deploy.busy" {
        fr: "Une autre opération sur l'agent de ce serveur est en cours.", "Attendez sa fin, ou annulez-la.";
        en: "Another operation on this server's agent is under way.", "Wait for its end, or cancel it.";
    }
    DEPLOY_NO_CREDENTIALS = 500 "deploy.no_credentials" {
        fr: "Les identifiants de cette tâche n'existent plus.", "Relancez-la.";
        en: "The credentials of this job are no more.", "Ask for it again.";
    }
    JOB_CANCELED = 409 "job.canceled" {
        fr: "Arrêté sur demande.";
        en: "Stopped on request.";
    }
    JOB_PAYLOAD = 500 "job.payload" {
        fr: "Le contenu de la tâche ne se lit pas ({detail}).", "Signalez-le : c'est un défaut du programme.";
        en: "The content of the job cannot be read ({detail}).", "Please report it: this is a fault of the program.";
    }
    JOB_TARGET_GONE = 404 "job.target_gone" {
        fr: "Ce sur quoi la tâche portait n'existe plus ({detail}).";
        en: "What the job was about does not exist any more ({detail}).";
    }
    JOB_PANICKED = 500 "job.panicked" {
        fr: "L'exécuteur a rencontré un défaut en lui-même ({detail}).", "Signalez-le avec le journal du serveur.";
        en: "The worker met a fault in itself ({detail}).", "Please report it with the server's log.";
    }
    JOB_UNKNOWN_KIND = 500 "job.unknown_kind" {
        fr: "Cet exécuteur ne connaît pas ce genre de tâche.", "Mettez tous les serveurs et exécuteurs à la même version.";
        en: "This worker does not know jobs of this kind.", "Bring all servers and workers to the same version.";
    }
    WORKER_LOST = 503 "worker.lost" {
        fr: "L'exécuteur qui faisait la tâche ne donne plus de nouvelles.", "Ce qui est déjà stocké n'est pas perdu : relancez, et voyez dans le journal du serveur pourquoi il s'est arrêté.";
        en: "The worker that did the job was not heard of any more.", "What is stored already is not lost: run again, and look into the server's log for why it ended.";
    }
    RESTORE_PROBLEM = 422 "problem.not_restored" {
        fr: "N'est pas restauré tel qu'il était : {detail}.";
        en: "Is not restored as it was: {detail}.";
    }
    CATALOG_UNAVAILABLE = 503 "catalog.unavailable" {
        fr: "Le catalogue ne répond pas ({detail}).", "Réessayez dans un instant ; vérifiez la base de données.";
        en: "The catalog does not answer ({detail}).", "Try again in a moment; look at the database.";
    }
    STALE = 412 "request.stale" {
        fr: "Quelqu'un l'a modifié entre-temps.", "Rechargez, puis refaites votre changement.";
        en: "Somebody changed it in the meantime.", "Reload it, then make your change again.";
    }
    NOT_FOUND = 404 "request.not_found" {
        fr: "Cet élément n'existe pas ou n'existe plus.", "Rechargez la liste.";
        en: "There is no such item, or not any more.", "Reload the list.";
    }
    INTERNAL = 500 "work.internal" {
        fr: "Un défaut interne a arrêté le travail ({detail}).", "Signalez-le avec le journal de la tâche.";
        en: "An internal fault stopped the work ({detail}).", "Please report it with the job's log.";
    }
}
