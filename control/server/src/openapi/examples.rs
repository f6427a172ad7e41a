//! Examples of requests, shown in the description: each one is a body that its route takes.

use serde_json::{Value, json};
use utoipa::openapi::{OpenApi, RefOr};

use crate::http::routes::operations_of;

/// By operation.
#[must_use]
pub fn all() -> Vec<(&'static str, Value)> {
    vec![
        (
            "setup.finish",
            json!({ "token": "from the setup link", "name": "camille", "password": "a fence around the orchard",
                "language": "en" }),
        ),
        ("auth.login", json!({ "name": "camille", "password": "a fence around the orchard", "totp": null })),
        ("auth.updateMe", json!({ "language": "fr", "theme": "dark", "email": "camille@example.org" })),
        ("auth.changePassword", json!({ "current": "a fence around the orchard", "new": "two herons on the pond" })),
        ("totp.confirm", json!({ "code": "287082" })),
        ("totp.remove", json!({ "password": "a fence around the orchard" })),
        (
            "users.create",
            json!({ "name": "dominique", "email": "dominique@example.org", "role": "operator",
                "password": "two herons on the pond" }),
        ),
        ("users.update", json!({ "role": "viewer", "disabled": false })),
        ("tokens.create", json!({ "name": "monitoring", "scopes": ["read"], "expiresAt": "2035-01-01T00:00:00Z" })),
        (
            "settings.write",
            json!({ "applicationName": "Rempart", "defaultLanguage": null, "defaultTheme": "auto",
                "mail": { "enabled": true, "host": "smtp.example.org", "port": 587, "security": "startTls",
                    "username": "rempart", "password": null, "passwordSet": true,
                    "from": "Rempart <rempart@example.org>", "to": ["admins@example.org"] },
                "logRetentionDays": 90, "version": 3 }),
        ),
        ("settings.mailTest", json!({ "to": "camille@example.org" })),
    ]
}

/// Puts them into the description.
pub fn add(api: &mut OpenApi) {
    let examples = all();
    for item in api.paths.paths.values_mut() {
        for (_, operation) in operations_of(item) {
            let name = operation.operation_id.clone().unwrap_or_default();
            let Some((_, example)) = examples.iter().find(|(known, _)| *known == name) else { continue };
            if let Some(RefOr::T(body)) = &mut operation.request_body {
                for content in body.content.values_mut() {
                    if let RefOr::T(content) = content {
                        content.example = Some(example.clone());
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_belongs_to_an_operation_and_has_only_its_fields() {
        let (api, table) = crate::app::description();
        let text = serde_json::to_value(&api).expect("a description is JSON");
        for (name, example) in all() {
            let row = table.iter().find(|row| row.operation == name).unwrap_or_else(|| panic!("there is no {name}"));
            let operation = &text["paths"][&row.path][row.method.to_lowercase()];
            let content = &operation["requestBody"]["content"]["application/json"];
            assert_eq!(content["example"], example, "{name}: the example is not in the description");
            let schema = content["schema"]["$ref"].as_str().and_then(|r| r.rsplit('/').next()).expect("a named body");
            let fields = &text["components"]["schemas"][schema]["properties"];
            for field in example.as_object().expect("an object").keys() {
                assert!(fields[field].is_object(), "{name}: there is no field {field}");
            }
            for field in text["components"]["schemas"][schema]["required"].as_array().into_iter().flatten() {
                let field = field.as_str().unwrap_or_default();
                assert!(example.get(field).is_some(), "{name}: the example lacks {field}");
            }
        }
    }
}
