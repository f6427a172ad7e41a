//! Whether a value has the shape that a schema describes: as much of JSON Schema as the description uses.

use serde_json::Value;

/// `Err` says where it does not fit, and why. `at` is the path of the value.
pub fn fits(api: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let found = &api["components"]["schemas"][reference.rsplit('/').next().unwrap_or_default()];
        return if found.is_object() { fits(api, found, value, at) } else { Err(format!("{reference} is not there")) };
    }
    if let Some(parts) = schema["allOf"].as_array() {
        // Parts are objects whose fields are joined: each part knows its own ones only.
        known_fields(api, schema, value, at)?;
        return parts.iter().try_for_each(|part| fits_open(api, part, value, at));
    }
    for several in ["oneOf", "anyOf"] {
        if let Some(choices) = schema[several].as_array() {
            let refused: Vec<String> = choices.iter().filter_map(|choice| fits(api, choice, value, at).err()).collect();
            return if refused.len() < choices.len() { Ok(()) } else { Err(refused.join(" | ")) };
        }
    }
    known_fields(api, schema, value, at)?;
    fits_open(api, schema, value, at)
}

/// Fields that no schema knows are mistakes, where the schema names any.
fn known_fields(api: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    let known = fields_of(api, schema);
    let Some(object) = value.as_object().filter(|_| !known.is_empty()) else { return Ok(()) };
    match object.keys().find(|key| !known.contains(key)) {
        Some(key) => Err(format!("{at}: there is no field {key}")),
        None => Ok(()),
    }
}

fn fields_of(api: &Value, schema: &Value) -> Vec<String> {
    if let Some(reference) = schema["$ref"].as_str() {
        return fields_of(api, &api["components"]["schemas"][reference.rsplit('/').next().unwrap_or_default()]);
    }
    let own = schema["properties"].as_object().into_iter().flat_map(|fields| fields.keys().cloned());
    let parts = schema["allOf"].as_array().into_iter().flatten().flat_map(|part| fields_of(api, part));
    own.chain(parts).collect()
}

fn fits_open(api: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let found = &api["components"]["schemas"][reference.rsplit('/').next().unwrap_or_default()];
        return fits_open(api, found, value, at);
    }
    if !types(schema).iter().any(|kind| is_of(kind, value)) {
        return Err(format!("{at}: {value} is not {}", schema["type"]));
    }
    if let Some(words) = schema["enum"].as_array()
        && !words.contains(value)
    {
        return Err(format!("{at}: {value} is none of {words:?}"));
    }
    if schema["format"] == "date-time"
        && let Some(text) = value.as_str()
    {
        text.parse::<jiff::Timestamp>().map_err(|error| format!("{at}: {error}"))?;
    }
    if let Some(object) = value.as_object() {
        for field in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !object.contains_key(field) {
                return Err(format!("{at}: {field} is missing"));
            }
        }
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            if let Some(value) = object.get(name) {
                fits(api, field, value, &format!("{at}.{name}"))?;
            }
        }
    }
    for item in value.as_array().into_iter().flatten() {
        fits(api, &schema["items"], item, &format!("{at}[]"))?;
    }
    Ok(())
}

/// No type at all: any.
fn types(schema: &Value) -> Vec<&str> {
    match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => vec!["any"],
    }
}

fn is_of(kind: &str, value: &Value) -> bool {
    match kind {
        "any" => true,
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    }
}
