//! What jobs and workers say in their logs, in both languages.

use super::sentence::{Sentence, sentences};

sentences! {
    BACKUP_BEGINS = 200 "log.backup_begins" {
        fr: "Sauvegarde de {folders} vers {location}.";
        en: "Backing up {folders} to {location}.";
    }
    BACKUP_STOOD_BEFORE = 200 "log.backup_stood_before" {
        fr: "Une tentative précédente a déjà enregistré le point de restauration {snapshot}.";
        en: "An attempt before this one has stored the recovery point {snapshot} already.";
    }
    BACKUP_STANDS = 200 "log.backup_stands" {
        fr: "Le point de restauration {snapshot} est enregistré.";
        en: "The recovery point {snapshot} is stored.";
    }
    RESTORE_BEGINS = 200 "log.restore_begins" {
        fr: "Restauration du point {snapshot} vers {target}.";
        en: "Restoring the recovery point {snapshot} to {target}.";
    }
    RESTORE_ELSEWHERE = 200 "log.restore_elsewhere" {
        fr: "La restauration se fait sur le serveur {server}.";
        en: "The restore is done on the server {server}.";
    }
    RESTORE_PROBLEM = 200 "log.restore_problem" {
        fr: "{path} n'est pas restauré tel qu'il était : {detail}.";
        en: "{path} is not restored as it was: {detail}.";
    }
    AGENT_TOOK = 200 "log.agent_took" {
        fr: "L'agent a pris la tâche.";
        en: "The agent has taken the job.";
    }
    AGENT_BACK = 200 "log.agent_back" {
        fr: "L'agent est de retour.";
        en: "The agent is back.";
    }
    AGENT_AWAY = 200 "log.agent_away" {
        fr: "L'agent n'est pas connecté : il continue de son côté, et son retour est attendu.";
        en: "The agent is not connected: it goes on by itself, and is waited for.";
    }
    AGENT_GOES_ON = 200 "log.agent_goes_on" {
        fr: "L'agent a été redémarré : il continue la tâche, et ce qui est stocké n'est pas envoyé deux fois.";
        en: "The agent was started anew: it goes on with the job, and what is stored is not sent twice.";
    }
    AGENT_WENT_ON = 200 "log.agent_went_on" {
        fr: "L'agent a continué la tâche pendant que le serveur était absent : sa fin est attendue.";
        en: "The agent went on with the job while the server was away: its end is waited for.";
    }
    AGENT_CALLED = 200 "log.agent_called" {
        fr: "L'agent a appelé.";
        en: "The agent has called.";
    }
    DEPLOY_CONNECTS = 200 "log.deploy_connects" {
        fr: "Connexion à {user}@{address}, port {port}, clé d'hôte {fingerprint}.";
        en: "Connecting to {user}@{address}, port {port}, host key {fingerprint}.";
    }
    DEPLOY_FOUND = 200 "log.deploy_found" {
        fr: "La machine : {os}, {arch}, {libc}, systemd {systemd}.";
        en: "The machine: {os}, {arch}, {libc}, systemd {systemd}.";
    }
    DEPLOY_SENDS = 200 "log.deploy_sends" {
        fr: "Envoi de {path} ({size}, SHA-256 {sha256}).";
        en: "Sending {path} ({size}, SHA-256 {sha256}).";
    }
    DEPLOY_ARRIVED = 200 "log.deploy_arrived" {
        fr: "Le programme est arrivé entier et fonctionne, version {version}.";
        en: "The program arrived whole and runs, version {version}.";
    }
    DEPLOY_PUTS_BACK = 200 "log.deploy_puts_back" {
        fr: "La machine est remise dans son état d'avant.";
        en: "The machine is put back as it was.";
    }
    DEPLOY_TOOK_BACK = 200 "log.deploy_took_back" {
        fr: "La version précédente est de nouveau en service.";
        en: "The version of before is in use again.";
    }
    DEPLOY_TOOK_BACK_SILENT = 200 "log.deploy_took_back_silent" {
        fr: "La version précédente est de nouveau en service, et n'a pas encore appelé.";
        en: "The version of before is in use again, and has not called yet.";
    }
    DEPLOY_KEY_STAYS = 200 "log.deploy_key_stays" {
        fr: "La clé de l'agent n'a pas pu être révoquée ({detail}).";
        en: "The agent's key could not be revoked ({detail}).";
    }
    DEPLOY_REMOVED = 200 "log.deploy_removed" {
        fr: "Le service, son unité, son programme et son dossier sont retirés.";
        en: "The service, its unit, its program and its folder are gone.";
    }
    DEPLOY_NO_JOURNAL = 200 "log.deploy_no_journal" {
        fr: "Le journal du service ne se lit pas ({detail}).";
        en: "The service's journal cannot be read ({detail}).";
    }
    REFRESHED = 200 "log.refreshed" {
        fr: "Points de restauration : {count}, dont {adopted} découverts. Disparus : {vanished}. Illisibles : {damaged}.";
        en: "Recovery points: {count}, of which {adopted} are new here. Vanished: {vanished}. Unreadable: {damaged}.";
    }
    SNAPSHOT_UNREADABLE = 200 "log.snapshot_unreadable" {
        fr: "Le point de restauration {snapshot} ne se lit pas : {detail}.";
        en: "The recovery point {snapshot} cannot be read: {detail}.";
    }
    PRUNE_PLAN = 200 "log.prune_plan" {
        fr: "Paquets gardés : {kept}, réorganisés : {repacked}, effacés : {removed}. Place libérée : {freed}.";
        en: "Packs kept: {kept}, repacked: {repacked}, removed: {removed}. Space freed: {freed}.";
    }
    FORGOT = 200 "log.forgot" {
        fr: "Points de restauration gardés : {kept}, supprimés : {removed}.";
        en: "Recovery points kept: {kept}, removed: {removed}.";
    }
    LINES_LEFT_OUT = 200 "log.lines_left_out" {
        fr: "Le journal est trop long ; lignes omises : {count}.";
        en: "The log is too long; lines left out: {count}.";
    }
    WORKER_STARTED = 200 "log.worker_started" {
        fr: "Démarré.";
        en: "Started.";
    }
    WORKER_STOPPED = 200 "log.worker_stopped" {
        fr: "Arrêté.";
        en: "Stopped.";
    }
    WORKER_BLIND = 200 "log.worker_blind" {
        fr: "Ne peut pas demander de tâche ({detail}).";
        en: "Cannot ask for a job ({detail}).";
    }
    WORKER_TAKES = 200 "log.worker_takes" {
        fr: "Prend la tâche {job} ({kind}).";
        en: "Takes the job {job} ({kind}).";
    }
    WORKER_CANNOT_BEGIN = 200 "log.worker_cannot_begin" {
        fr: "Ne peut pas commencer la tâche {job} ({detail}).";
        en: "Cannot begin the job {job} ({detail}).";
    }
    WORKER_NOT_HEARD = 200 "log.worker_not_heard" {
        fr: "Ne peut pas donner de nouvelles de la tâche {job} ({detail}).";
        en: "Cannot tell how the job {job} goes ({detail}).";
    }
    WORKER_CANNOT_END = 200 "log.worker_cannot_end" {
        fr: "Ne peut pas annoncer la fin de la tâche {job} ({detail}).";
        en: "Cannot tell that the job {job} has ended ({detail}).";
    }
    JOB_SUCCEEDED = 200 "log.job_succeeded" {
        fr: "La tâche {job} a réussi.";
        en: "The job {job} succeeded.";
    }
    JOB_WARNED = 200 "log.job_warned" {
        fr: "La tâche {job} se termine avec des avertissements.";
        en: "The job {job} ended with warnings.";
    }
    JOB_FAILED = 200 "log.job_failed" {
        fr: "La tâche {job} a échoué.";
        en: "The job {job} failed.";
    }
    JOB_CANCELED = 200 "log.job_canceled" {
        fr: "La tâche {job} a été annulée.";
        en: "The job {job} was canceled.";
    }
    JOB_WILL_RETRY = 200 "log.job_will_retry" {
        fr: "La tâche {job} a échoué et sera tentée de nouveau.";
        en: "The job {job} failed and will be tried again.";
    }
    JOB_GIVEN_BACK = 200 "log.job_given_back" {
        fr: "La tâche {job} est rendue à la file d'attente.";
        en: "The job {job} was given back to the queue.";
    }
    JOB_LEASE_LOST = 200 "log.job_lease_lost" {
        fr: "La tâche {job} a été confiée à un autre exécuteur.";
        en: "The job {job} went to another worker.";
    }
}
