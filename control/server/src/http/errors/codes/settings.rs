//! The application's settings and its mail.

super::codes! {
    SETTINGS_NAME = 422 "settings.application_name" {
        fr: "Le nom de l'application a de 1 à 60 caractères.";
        en: "The application's name has 1 to 60 characters.";
    }
    SETTINGS_RETENTION = 422 "settings.log_retention" {
        fr: "Les journaux sont gardés de 1 à 3650 jours.";
        en: "Logs are kept for 1 to 3650 days.";
    }
    THRESHOLD_PERCENT = 422 "settings.threshold_percent" {
        fr: "{given} % n'est pas un seuil.", "Donnez de 10 à 100 %, ou ne surveillez pas cette mesure.";
        en: "{given} % is no threshold.", "Give 10 to 100 %, or do not watch this figure.";
    }
    THRESHOLD_DAYS = 422 "settings.threshold_days" {
        fr: "{given} jours n'est pas un seuil.", "Donnez de 1 à 365 jours, ou ne surveillez pas cette prévision.";
        en: "{given} days is no threshold.", "Give 1 to 365 days, or do not watch this forecast.";
    }
    MAIL_HOST = 422 "settings.mail_host" {
        fr: "Il manque le serveur de messagerie.", "Donnez son nom, comme smtp.example.org.";
        en: "The mail server is missing.", "Give its name, such as smtp.example.org.";
    }
    MAIL_ADDRESS = 422 "settings.mail_address" {
        fr: "« {address} » n'est pas une adresse électronique.";
        en: "“{address}” is no mail address.";
    }
    MAIL_OFF = 409 "settings.mail_off" {
        fr: "L'envoi de messages n'est pas activé.", "Activez-le et enregistrez, puis refaites l'essai.";
        en: "Mail is not turned on.", "Turn it on and save, then try again.";
    }
    MAIL_FAILED = 503 "settings.mail_failed" {
        fr: "Le message d'essai n'est pas parti : {detail}.", "Vérifiez le serveur, le port, la sécurité et les identifiants.";
        en: "The test message was not sent: {detail}.", "Check the server, port, security and credentials.";
    }
}
