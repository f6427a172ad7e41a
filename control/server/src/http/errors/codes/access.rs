//! Who may not.

super::codes! {
    UNAUTHENTICATED = 401 "auth.required" {
        fr: "Il faut être connecté.", "Connectez-vous, ou envoyez un jeton d'API.";
        en: "You are not signed in.", "Sign in, or send an API token.";
    }
    BAD_TOKEN = 401 "auth.bad_token" {
        fr: "Ce jeton d'API n'est pas valable, ou ne l'est plus.", "Créez-en un autre dans les réglages de votre compte.";
        en: "This API token is not valid, or not any more.", "Make another one in your account's settings.";
    }
    FORBIDDEN = 403 "auth.forbidden" {
        fr: "Votre rôle ne permet pas cette action (permission « {permission} »).", "Demandez-la à un administrateur.";
        en: "Your role does not allow this (permission “{permission}”).", "Ask an administrator for it.";
    }
    CSRF = 403 "auth.csrf" {
        fr: "La demande ne vient pas de la page de Rempart.", "Rechargez la page ; un programme envoie l'en-tête X-Rempart-Csrf ou utilise un jeton d'API.";
        en: "The request does not come from Rempart's page.", "Reload the page; a program sends the header X-Rempart-Csrf or uses an API token.";
    }
    ORIGIN = 403 "auth.origin" {
        fr: "La demande vient d'un autre site ({origin}).", "Ouvrez Rempart à sa propre adresse.";
        en: "The request comes from another site ({origin}).", "Open Rempart at its own address.";
    }
    NOT_THROUGH_PROXY = 403 "auth.not_through_proxy" {
        fr: "Ce serveur n'accepte que les connexions de son mandataire.", "Passez par l'adresse publique, ou ajoutez votre adresse à behind_proxy.";
        en: "This server takes connections from its proxy only.", "Use the public address, or add yours to behind_proxy.";
    }
    WRONG_CREDENTIALS = 401 "auth.wrong_credentials" {
        fr: "Le nom ou le mot de passe n'est pas le bon.";
        en: "The name or the password is wrong.";
    }
    TOTP_REQUIRED = 401 "auth.totp_required" {
        fr: "Ce compte demande aussi un code à six chiffres.", "Ouvrez votre application d'authentification, ou prenez un code de secours.";
        en: "This account also asks for a code of six digits.", "Open your authenticator, or take a recovery code.";
    }
    WRONG_TOTP = 401 "auth.wrong_totp" {
        fr: "Ce code n'est pas le bon, ou a déjà servi.", "Attendez le code suivant ; l'heure de votre appareil est-elle juste ?";
        en: "This code is wrong, or was used already.", "Wait for the next one; is your device's clock right?";
    }
    THROTTLED = 429 "auth.throttled" {
        fr: "Trop d'essais manqués.", "Réessayez dans {seconds} secondes.";
        en: "Too many failed attempts.", "Try again in {seconds} seconds.";
    }
    SESSION_ONLY = 403 "auth.session_only" {
        fr: "Un jeton d'API ne peut pas faire cela.", "Connectez-vous avec votre mot de passe.";
        en: "An API token cannot do this.", "Sign in with your password.";
    }
    SETUP_DONE = 409 "setup.done" {
        fr: "Ce serveur est déjà configuré.", "Connectez-vous.";
        en: "This server is set up already.", "Sign in.";
    }
    SETUP_TOKEN = 403 "setup.wrong_token" {
        fr: "Ce lien de configuration n'est pas, ou n'est plus, le bon.", "Prenez celui que le serveur a écrit à son dernier démarrage.";
        en: "This setup link is not, or not any more, the right one.", "Take the one that the server printed at its last start.";
    }
    USER_NAME_TAKEN = 409 "user.name_taken" {
        fr: "Un utilisateur nommé « {name} » existe déjà.", "Choisissez un autre nom.";
        en: "There already is a user named “{name}”.", "Choose another name.";
    }
    USER_NAME_FORM = 422 "user.name_form" {
        fr: "Un nom d'utilisateur a de 1 à 64 caractères : lettres, chiffres, point, tiret, souligné, @.";
        en: "A user's name has 1 to 64 characters: letters, digits, dot, hyphen, underscore, @.";
    }
    EMAIL_FORM = 422 "user.email_form" {
        fr: "« {email} » n'est pas une adresse électronique.";
        en: "“{email}” is no mail address.";
    }
    PASSWORD_SHORT = 422 "user.password_short" {
        fr: "Le mot de passe a moins de {least} caractères.", "Quelques mots mis bout à bout sont faciles à retenir et difficiles à deviner.";
        en: "The password has fewer than {least} characters.", "A few words in a row are easy to remember and hard to guess.";
    }
    PASSWORD_LONG = 422 "user.password_long" {
        fr: "Le mot de passe a plus de {limit} caractères.";
        en: "The password has more than {limit} characters.";
    }
    PASSWORD_OBVIOUS = 422 "user.password_obvious" {
        fr: "Ce mot de passe serait essayé parmi les premiers.", "Choisissez-en un qui ne contient ni votre nom ni une suite connue.";
        en: "This password would be among the first to be tried.", "Choose one without your name or a well-known sequence.";
    }
    PASSWORD_WRONG = 403 "user.password_wrong" {
        fr: "Le mot de passe actuel n'est pas le bon.";
        en: "The current password is wrong.";
    }
    LAST_ADMINISTRATOR = 409 "user.last_administrator" {
        fr: "C'est le dernier administrateur actif.", "Donnez d'abord ce rôle à quelqu'un d'autre.";
        en: "This is the last active administrator.", "Give this role to somebody else first.";
    }
    TOTP_NOT_STARTED = 409 "totp.not_started" {
        fr: "L'activation du second facteur n'a pas été commencée, ou a expiré.", "Recommencez-la.";
        en: "Turning the second factor on was not begun, or took too long.", "Begin again.";
    }
    TOTP_ALREADY = 409 "totp.already_enabled" {
        fr: "Le second facteur est déjà actif.", "Désactivez-le d'abord pour en changer.";
        en: "The second factor is on already.", "Turn it off first to change it.";
    }
    TOKEN_SCOPE = 422 "token.scope" {
        fr: "« {scope} » n'est pas une permission que votre rôle peut donner.", "Choisissez parmi : {known}.";
        en: "“{scope}” is not a permission that your role can give.", "Choose from: {known}.";
    }
    TOKEN_EXPIRY = 422 "token.expiry" {
        fr: "La date d'expiration est déjà passée.";
        en: "The expiry lies in the past.";
    }
    ENROLMENT_HOURS = 422 "enrolment.hours" {
        fr: "Un jeton d'enrôlement est valable de 1 à {most} heures.";
        en: "An enrolment token is good for 1 to {most} hours.";
    }
    LIMIT_TOO_LITTLE = 422 "limits.too_little" {
        fr: "Moins de {kib} Kio par seconde, c'est trop peu pour qu'une session avance.", "Donnez {kib} Kio par seconde ou plus, ou pas de limite.";
        en: "Less than {kib} KiB per second is too little for a session to get on.", "Give {kib} KiB per second or more, or no limit.";
    }
    LIMIT_HOURS = 422 "limits.hours" {
        fr: "De {from} h à {until} h n'est pas une plage d'heures.", "Donnez deux heures différentes, de 0 à 23 et de 1 à 24.";
        en: "From {from} to {until} is no span of hours.", "Give two hours that differ, 0 to 23 and 1 to 24.";
    }
    LIMIT_TOO_MANY = 422 "limits.too_many" {
        fr: "Une machine a au plus {most} plages d'heures.", "Réunissez celles qui se suivent.";
        en: "A machine has at most {most} spans of hours.", "Join those that follow each other.";
    }
    TOKEN_LIMIT = 409 "token.limit" {
        fr: "Vous avez déjà {limit} jetons.", "Supprimez ceux qui ne servent plus.";
        en: "You have {limit} tokens already.", "Remove those that are not used.";
    }
}
