//! Examples in the description: one for each body that is sent or answered, named by its schema.
//!
//! They stand in JSON files, by area. `{"$example": "User"}` stands for the example of `User`; `"$and": "PlanWrite"` in an
//! object adds that one's fields. Lists and pages are made of the example of what they hold.

#[cfg(test)]
mod shape;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Map, Value, json};
use utoipa::openapi::schema::ArrayItems;
use utoipa::openapi::{Content, OpenApi, RefOr, Schema};

use crate::http::routes::operations_of;

type Examples = BTreeMap<String, Value>;

/// By name of schema, as they stand in the files.
static WRITTEN: LazyLock<Examples> = LazyLock::new(|| {
    let files = [include_str!("access.json"), include_str!("storage.json"), include_str!("work.json")];
    let read = |file: &str| serde_json::from_str::<Examples>(file).expect("a file of examples is JSON");
    files.into_iter().flat_map(read).collect()
});

/// The example of a schema; `None` where nobody wrote one.
#[must_use]
pub fn of(schema: &str) -> Option<Value> {
    if let Some(item) = schema.strip_prefix("Page_") {
        return of(item).map(|item| json!({ "items": [item], "nextCursor": null, "total": 1 }));
    }
    WRITTEN.get(schema).map(whole)
}

/// With the examples that it names put into their places.
fn whole(written: &Value) -> Value {
    let named = |name: &Value| of(name.as_str().unwrap_or_default()).unwrap_or_default();
    match written {
        Value::Array(items) => items.iter().map(whole).collect(),
        Value::Object(fields) => {
            if let Some(name) = fields.get("$example") {
                return named(name);
            }
            let base = fields.get("$and").map(named);
            let mut object: Map<String, Value> = base.and_then(|base| base.as_object().cloned()).unwrap_or_default();
            let own = fields.iter().filter(|(key, _)| *key != "$and");
            object.extend(own.map(|(key, value)| (key.clone(), whole(value))));
            Value::Object(object)
        }
        plain => plain.clone(),
    }
}

/// Puts them into the description.
pub fn add(api: &mut OpenApi) {
    for item in api.paths.paths.values_mut() {
        for (_, operation) in operations_of(item) {
            if let Some(RefOr::T(body)) = &mut operation.request_body {
                body.content.values_mut().for_each(fill);
            }
            for response in operation.responses.responses.values_mut() {
                if let RefOr::T(response) = response {
                    response.content.values_mut().for_each(fill);
                }
            }
        }
    }
}

fn fill(content: &mut RefOr<Content>) {
    if let RefOr::T(content) = content
        && content.example.is_none()
    {
        content.example = content.schema.as_ref().and_then(of_schema);
    }
}

fn of_schema(schema: &RefOr<Schema>) -> Option<Value> {
    match schema {
        RefOr::Ref(reference) => of(reference.ref_location.rsplit('/').next()?),
        RefOr::T(Schema::Array(list)) => match &list.items {
            ArrayItems::RefOrSchema(item) => of_schema(item).map(|item| json!([item])),
            ArrayItems::False => None,
        },
        RefOr::T(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn description() -> Value {
        serde_json::to_value(crate::app::description().0).expect("a description is JSON")
    }

    /// Every body of every operation: where it stands, and what is said of it.
    fn bodies(api: &Value) -> Vec<(String, Value)> {
        let mut found = Vec::new();
        for (path, item) in api["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let mut take = |what: &str, at: &Value| {
                    for (kind, content) in at["content"].as_object().into_iter().flatten() {
                        found.push((format!("{method} {path} {what} ({kind})"), content.clone()));
                    }
                };
                take("request", &operation["requestBody"]);
                for (status, response) in operation["responses"].as_object().unwrap() {
                    take(status, response);
                }
            }
        }
        found
    }

    #[test]
    fn every_body_has_an_example_that_fits_its_schema() {
        let api = description();
        let bodies = bodies(&api);
        assert!(bodies.len() > 150, "only {} bodies", bodies.len());
        let mut wrong = Vec::new();
        for (place, content) in bodies {
            if content["example"].is_null() {
                wrong.push(format!("{place}: no example"));
            } else if let Err(why) = shape::fits(&api, &content["schema"], &content["example"], "") {
                wrong.push(format!("{place}: {why}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn every_example_is_somebodys_and_names_only_examples_that_are_there() {
        let api = description();
        for (name, written) in &*WRITTEN {
            let schema = &api["components"]["schemas"][name];
            assert!(schema.is_object(), "there is no schema {name}");
            shape::fits(&api, schema, &of(name).unwrap(), "").unwrap_or_else(|why| panic!("{name}: {why}"));
            for reference in references(written) {
                assert!(WRITTEN.contains_key(&reference), "{name} names {reference}, which is not there");
            }
        }
    }

    fn references(value: &Value) -> Vec<String> {
        match value {
            Value::Array(items) => items.iter().flat_map(references).collect(),
            Value::Object(fields) => fields
                .iter()
                .flat_map(|(key, value)| match (key.as_str(), value.as_str()) {
                    ("$example" | "$and", Some(name)) => vec![name.to_owned()],
                    _ => references(value),
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn every_parameter_of_a_path_has_an_example() {
        let api = description();
        for (path, item) in api["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                for parameter in operation["parameters"].as_array().into_iter().flatten() {
                    let has_one = !parameter["example"].is_null() || !parameter["schema"]["example"].is_null();
                    assert!(parameter["in"] != "path" || has_one, "{method} {path}: {}", parameter["name"]);
                }
            }
        }
    }
}
