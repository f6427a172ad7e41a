//! What can be wrong with plans, runs, jobs and workers.

super::codes! {
    PLAN_NAME_TAKEN = 409 "plan.name_taken" {
        fr: "Un plan nommé « {name} » existe déjà.", "Choisissez un autre nom.";
        en: "There already is a plan named “{name}”.", "Choose another name.";
    }
    PLAN_NO_SOURCES = 422 "plan.no_sources" {
        fr: "Le plan ne protège rien : aucun dossier n'est choisi.", "Ajoutez au moins un dossier, par exemple /home.";
        en: "The plan protects nothing: no folder is chosen.", "Add at least one folder, such as /home.";
    }
    PLAN_RELATIVE_PATH = 422 "plan.relative_path" {
        fr: "« {path} » n'est pas un chemin absolu.", "Écrivez le chemin complet, qui commence par /.";
        en: "“{path}” is not an absolute path.", "Write the whole path, which begins with /.";
    }
    PLAN_BAD_PATH = 422 "plan.bad_path" {
        fr: "« {path} » ne peut pas être le chemin d'un dossier à protéger.", "Un chemin ne contient ni « .. » ni caractère nul.";
        en: "“{path}” cannot be the path of a folder to protect.", "A path holds neither “..” nor a zero character.";
    }
    PLAN_TWICE_THE_SAME_PATH = 422 "plan.same_path_twice" {
        fr: "« {path} » est choisi deux fois.", "Retirez l'un des deux.";
        en: "“{path}” is chosen twice.", "Remove one of the two.";
    }
    PLAN_BAD_PATTERN = 422 "plan.bad_pattern" {
        fr: "Le motif d'exclusion « {pattern} » ne peut pas être lu ({detail}).", "Les motifs s'écrivent comme dans un fichier .gitignore.";
        en: "The exclude pattern “{pattern}” cannot be read ({detail}).", "Patterns are written as in a .gitignore file.";
    }
    PLAN_EMPTY_PATTERN = 422 "plan.empty_pattern" {
        fr: "Un motif d'exclusion est vide.", "Retirez cette ligne.";
        en: "An exclude pattern is empty.", "Remove this line.";
    }
    PLAN_TOO_MANY = 422 "plan.too_many" {
        fr: "Il y a plus de {limit} éléments dans cette liste.", "Regroupez-les : un dossier protège tout ce qu'il contient.";
        en: "There are more than {limit} items in this list.", "Group them: a folder protects all that it holds.";
    }
    PLAN_BAD_TAG = 422 "plan.bad_tag" {
        fr: "« {tag} » ne peut pas être une étiquette.", "Une étiquette n'est pas vide et ne contient pas de virgule.";
        en: "“{tag}” cannot be a tag.", "A tag is not empty and holds no comma.";
    }
    PLAN_BAD_PRIORITY = 422 "plan.bad_priority" {
        fr: "La priorité {priority} est hors limites.", "Choisissez un nombre de −10 à 10.";
        en: "The priority {priority} is out of bounds.", "Choose a number from −10 to 10.";
    }
    PLAN_TOO_MANY_RETRIES = 422 "plan.too_many_retries" {
        fr: "{retries} nouvelles tentatives, c'est trop.", "Choisissez un nombre de 0 à 10.";
        en: "{retries} retries are too many.", "Choose a number from 0 to 10.";
    }
    PLAN_UNKNOWN_SERVER = 422 "plan.unknown_server" {
        fr: "Ce serveur n'existe pas ou n'existe plus.", "Choisissez un serveur de la liste.";
        en: "There is no such server, or not any more.", "Choose a server from the list.";
    }
    PLAN_UNKNOWN_REPOSITORY = 422 "plan.unknown_repository" {
        fr: "Ce dépôt n'existe pas ou n'existe plus.", "Choisissez un dépôt de la liste.";
        en: "There is no such repository, or not any more.", "Choose a repository from the list.";
    }
    PLAN_REPOSITORY_OF_ANOTHER = 422 "plan.repository_of_another_server" {
        fr: "Le dépôt « {repository} » appartient à un autre serveur.", "Choisissez ou créez un dépôt de ce serveur.";
        en: "The repository “{repository}” belongs to another server.", "Choose or create a repository of this server.";
    }
    PLAN_KEEPS_NOTHING = 422 "plan.keeps_nothing" {
        fr: "Cette rétention ne garderait aucun point de restauration.", "Mettez au moins une règle au-dessus de zéro, ou retirez la rétention pour tout garder.";
        en: "This retention would keep no recovery point.", "Set at least one rule above zero, or remove the retention to keep everything.";
    }
    PLAN_BAD_SPAN = 422 "plan.bad_span" {
        fr: "« {span} » n'est pas une durée.", "Écrivez par exemple 14d, ou 1y6m.";
        en: "“{span}” is not a span of time.", "Write for example 14d, or 1y6m.";
    }
    SCHEDULE_BAD_CRON = 422 "schedule.bad_cron" {
        fr: "L'horaire « {cron} » a {fields} champs ; il en faut cinq, ou six avec les secondes devant.", "Minute, heure, jour du mois, mois, jour de la semaine : « 0 2 * * * » veut dire chaque nuit à 2 h.";
        en: "The schedule “{cron}” has {fields} fields; five are needed, or six with seconds in front.", "Minute, hour, day of the month, month, day of the week: “0 2 * * *” means every night at 2.";
    }
    SCHEDULE_BAD_SECOND = 422 "schedule.bad_second" {
        fr: "« {text} » ne convient pas dans l'horaire : les secondes vont de 0 à 59.", "Les signes , - / et * sont compris aussi : */15, 1-5, 1,3,5.";
        en: "“{text}” does not fit into the schedule: the seconds go from 0 to 59.", "The signs , - / and * are understood too: */15, 1-5, 1,3,5.";
    }
    SCHEDULE_BAD_MINUTE = 422 "schedule.bad_minute" {
        fr: "« {text} » ne convient pas dans l'horaire : les minutes vont de 0 à 59.", "Les signes , - / et * sont compris aussi : */15, 1-5, 1,3,5.";
        en: "“{text}” does not fit into the schedule: the minutes go from 0 to 59.", "The signs , - / and * are understood too: */15, 1-5, 1,3,5.";
    }
    SCHEDULE_BAD_HOUR = 422 "schedule.bad_hour" {
        fr: "« {text} » ne convient pas dans l'horaire : les heures vont de 0 à 23.", "Les signes , - / et * sont compris aussi : */15, 1-5, 1,3,5.";
        en: "“{text}” does not fit into the schedule: the hours go from 0 to 23.", "The signs , - / and * are understood too: */15, 1-5, 1,3,5.";
    }
    SCHEDULE_BAD_DAY = 422 "schedule.bad_day" {
        fr: "« {text} » ne convient pas dans l'horaire : les jours du mois vont de 1 à 31, ou L pour le dernier.", "Les signes , - / et * sont compris aussi : */15, 1-5, 1,3,5.";
        en: "“{text}” does not fit into the schedule: the days of the month go from 1 to 31, or L for the last.", "The signs , - / and * are understood too: */15, 1-5, 1,3,5.";
    }
    SCHEDULE_BAD_MONTH = 422 "schedule.bad_month" {
        fr: "« {text} » ne convient pas dans l'horaire : les mois vont de 1 à 12, ou JAN à DEC.", "Les signes , - / et * sont compris aussi : */15, 1-5, 1,3,5.";
        en: "“{text}” does not fit into the schedule: the months go from 1 to 12, or JAN to DEC.", "The signs , - / and * are understood too: */15, 1-5, 1,3,5.";
    }
    SCHEDULE_BAD_WEEKDAY = 422 "schedule.bad_weekday" {
        fr: "« {text} » ne convient pas dans l'horaire : les jours de la semaine vont de 0 à 7 (0 et 7 : dimanche), ou SUN à SAT.", "Les signes , - / et * sont compris aussi : */15, 1-5, 1,3,5.";
        en: "“{text}” does not fit into the schedule: the days of the week go from 0 to 7 (0 and 7: Sunday), or SUN to SAT.", "The signs , - / and * are understood too: */15, 1-5, 1,3,5.";
    }
    SCHEDULE_NEVER_FIRES = 422 "schedule.never_fires" {
        fr: "L'horaire « {cron} » ne tombe jamais : cette date n'existe pas.", "Le 31 février n'arrive pas ; pour le dernier jour de chaque mois, écrivez L.";
        en: "The schedule “{cron}” never comes: there is no such date.", "31 February does not happen; for the last day of each month, write L.";
    }
    SCHEDULE_UNKNOWN_ZONE = 422 "schedule.unknown_time_zone" {
        fr: "Le fuseau horaire « {zone} » est inconnu.", "Écrivez un nom tel que Europe/Paris ou UTC.";
        en: "The time zone “{zone}” is not known.", "Write a name such as Europe/Paris or UTC.";
    }
    SCHEDULE_BAD_COUNT = 422 "schedule.bad_count" {
        fr: "On peut prévoir de 1 à 50 exécutions, pas {count}.", "Demandez un nombre de 1 à 50.";
        en: "From 1 to 50 runs can be previewed, not {count}.", "Ask for a number from 1 to 50.";
    }
    RUN_NOT_ACTIVE = 409 "run.not_active" {
        fr: "Cette exécution est déjà terminée ; il n'y a rien à annuler.", "Rechargez la page pour voir son résultat.";
        en: "This run is over already; there is nothing to cancel.", "Reload the page to see how it ended.";
    }
    RUN_STILL_ACTIVE = 409 "run.still_active" {
        fr: "Cette exécution n'est pas terminée.", "Attendez sa fin, ou annulez-la d'abord.";
        en: "This run is not over.", "Wait for its end, or cancel it first.";
    }
    RUN_WITHOUT_PLAN = 409 "run.without_plan" {
        fr: "Le plan de cette exécution a été supprimé ; elle ne peut pas être relancée.", "Créez un nouveau plan.";
        en: "The plan of this run was deleted; it cannot be run again.", "Create a new plan.";
    }
    PLAN_ALREADY_RUNS = 409 "plan.already_runs" {
        fr: "Une exécution de ce plan est déjà en attente ou en cours.", "Suivez-la dans les exécutions, ou annulez-la d'abord.";
        en: "A run of this plan is waiting or at work already.", "Follow it among the runs, or cancel it first.";
    }
    JOB_NOT_ACTIVE = 409 "job.not_active" {
        fr: "Ce travail est déjà terminé ; il n'y a rien à annuler.", "Rechargez la page pour voir son résultat.";
        en: "This job is over already; there is nothing to cancel.", "Reload the page to see how it ended.";
    }
    WORKER_UNKNOWN = 404 "worker.unknown" {
        fr: "Il n'y a pas d'exécuteur nommé « {name} ».", "Rechargez la liste.";
        en: "There is no worker named “{name}”.", "Reload the list.";
    }
    WORKER_PROCESS_GONE = 409 "worker.process_gone" {
        fr: "Le processus de l'exécuteur « {name} » ne donne plus signe de vie ; il ne peut rien recevoir.", "Redémarrez ce processus sur la machine {host}.";
        en: "The process of the worker “{name}” shows no sign of life; it cannot be told anything.", "Start that process again on the machine {host}.";
    }
    RUN_WITHOUT_SNAPSHOT = 409 "run.without_snapshot" {
        fr: "Cette exécution n'a laissé aucun point de restauration.", "Choisissez une exécution réussie.";
        en: "This run left no recovery point.", "Choose a run that succeeded.";
    }
}
