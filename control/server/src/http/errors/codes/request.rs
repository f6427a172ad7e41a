//! What can be wrong with any request.

super::codes! {
    NOT_FOUND = 404 "request.not_found" {
        fr: "Cet élément n'existe pas ou n'existe plus.", "Rechargez la liste.";
        en: "There is no such item, or not any more.", "Reload the list.";
    }
    NO_SUCH_ROUTE = 404 "request.no_such_route" {
        fr: "Cette adresse n'existe pas dans l'API.", "La description de l'API est à /api/openapi.json.";
        en: "The API has no such address.", "The API is described at /api/openapi.json.";
    }
    METHOD = 405 "request.method" {
        fr: "Cette adresse n'accepte pas cette méthode.", "La description de l'API est à /api/openapi.json.";
        en: "This address does not take this method.", "The API is described at /api/openapi.json.";
    }
    NOT_JSON = 400 "request.not_json" {
        fr: "Le corps de la requête n'est pas du JSON valide : {detail}.";
        en: "The body of the request is not valid JSON: {detail}.";
    }
    WRONG_TYPE = 422 "request.wrong_type" {
        fr: "Le corps de la requête ne convient pas : {detail}.", "La description de l'API est à /api/openapi.json.";
        en: "The body of the request does not fit: {detail}.", "The API is described at /api/openapi.json.";
    }
    NOT_A_WEBSOCKET = 400 "request.not_a_websocket" {
        fr: "Cette adresse n'accepte que des connexions WebSocket.", "Si un proxy se trouve devant le serveur, autorisez-y les en-têtes Connection et Upgrade.";
        en: "This address takes WebSocket connections only.", "Where a proxy stands before the server, let it pass the headers Connection and Upgrade on.";
    }
    BAD_QUERY = 400 "request.bad_query" {
        fr: "Les paramètres de l'adresse ne conviennent pas : {detail}.";
        en: "The parameters of the address do not fit: {detail}.";
    }
    BAD_CURSOR = 400 "request.bad_cursor" {
        fr: "Ce curseur ne vient pas de cette liste.", "Recommencez à la première page, sans curseur.";
        en: "This cursor does not come from this list.", "Start again at the first page, without a cursor.";
    }
    TOO_LARGE = 413 "request.too_large" {
        fr: "La requête dépasse la taille permise ({limit} octets).";
        en: "The request is larger than allowed ({limit} bytes).";
    }
    BROKEN_BODY = 400 "request.broken_body" {
        fr: "La requête n'est pas arrivée entière.", "Réessayez.";
        en: "The request did not arrive whole.", "Try again.";
    }
    BAD_IF_MATCH = 400 "request.bad_if_match" {
        fr: "L'en-tête If-Match ne convient pas.", "Envoyez l'ETag reçu à la lecture, tel quel.";
        en: "The header If-Match does not fit.", "Send the ETag that reading gave, as it is.";
    }
    IF_MATCH_MISSING = 428 "request.if_match_missing" {
        fr: "Il manque l'en-tête If-Match : sans lui, le changement d'un autre pourrait être écrasé.", "Lisez l'élément, puis envoyez son ETag dans If-Match ; « * » écrase quoi qu'il y ait.";
        en: "The header If-Match is missing: without it, somebody else's change could be overwritten.", "Read the item, then send its ETag as If-Match; “*” overwrites whatever is there.";
    }
    /// Somebody else wrote in between.
    STALE = 412 "request.stale" {
        fr: "Quelqu'un a modifié cet élément entre-temps ; rien n'a été enregistré.", "Rechargez-le, puis refaites votre changement.";
        en: "Somebody changed this item in the meantime; nothing was saved.", "Reload it, then make your change again.";
    }
    TAKEN = 409 "request.taken" {
        fr: "Il existe déjà un élément de ce nom.", "Choisissez un autre nom.";
        en: "There already is an item of this name.", "Choose another name.";
    }
    IN_USE = 409 "request.in_use" {
        fr: "Cet élément est encore utilisé ({by}).", "Retirez-le d'abord de là.";
        en: "This item is still in use ({by}).", "Take it out of there first.";
    }
    GONE_WITH = 409 "request.depends" {
        fr: "Un autre élément dépend de celui-ci, ou celui qu'il nomme n'existe plus.", "Rechargez la page.";
        en: "Another item depends on this one, or the one it names is gone.", "Reload the page.";
    }
    EMPTY_FIELD = 422 "request.empty_field" {
        fr: "Le champ « {name} » ne peut pas être vide.";
        en: "The field “{name}” cannot be empty.";
    }
    LONG_FIELD = 422 "request.long_field" {
        fr: "Le champ « {name} » a plus de {limit} caractères.";
        en: "The field “{name}” has more than {limit} characters.";
    }
    CONTROL_CHARACTERS = 422 "request.control_characters" {
        fr: "Le champ « {name} » contient des caractères invisibles.", "Supprimez les retours à la ligne et tabulations.";
        en: "The field “{name}” holds characters that cannot be seen.", "Remove line ends and tabs.";
    }
    INTERNAL = 500 "server.internal" {
        fr: "Le serveur n'a pas pu terminer cette demande.", "La cause est dans le journal du serveur ; un administrateur peut la lire.";
        en: "The server could not finish this request.", "The cause is in the server's log, for an administrator to read.";
    }
    BUSY = 503 "server.busy" {
        fr: "Le serveur est trop occupé pour l'instant.", "Réessayez dans quelques secondes.";
        en: "The server is too busy at the moment.", "Try again in a few seconds.";
    }
    STOPPING = 503 "server.stopping" {
        fr: "Le serveur s'arrête.", "Réessayez quand il aura redémarré.";
        en: "The server is stopping.", "Try again once it is back.";
    }
    NOT_YET = 501 "server.not_yet" {
        fr: "Cette fonction n'existe pas encore : {what}.", "Elle arrivera dans une prochaine version.";
        en: "This does not exist yet: {what}.", "A later version will have it.";
    }
}
