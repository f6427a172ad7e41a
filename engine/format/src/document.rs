//! Small documents (snapshot, lock, config, key file): one object whose fields stand in a fixed order.

use rempart_model::Id;

use crate::json::read::Reader;
use crate::json::write;
use crate::{FormatError, WallTime, time};

/// Writes the fields of an object. `optional_…` leaves out what is empty, as Go's `omitempty` does.
pub(crate) struct Writer {
    json: Vec<u8>,
}

impl Writer {
    pub(crate) fn new() -> Self {
        Self { json: b"{".to_vec() }
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.json.push(b'}');
        self.json
    }

    fn key(&mut self, name: &'static str) -> &mut Vec<u8> {
        if self.json.last() != Some(&b'{') {
            self.json.push(b',');
        }
        write::string(&mut self.json, name.as_bytes());
        self.json.push(b':');
        &mut self.json
    }

    pub(crate) fn string(&mut self, name: &'static str, value: &str) {
        write::string(self.key(name), value.as_bytes());
    }

    pub(crate) fn optional_string(&mut self, name: &'static str, value: &str) {
        if !value.is_empty() {
            self.string(name, value);
        }
    }

    pub(crate) fn number(&mut self, name: &'static str, value: u64) {
        write::number(self.key(name), value);
    }

    pub(crate) fn optional_number(&mut self, name: &'static str, value: u64) {
        if value != 0 {
            self.number(name, value);
        }
    }

    pub(crate) fn signed(&mut self, name: &'static str, value: i64) {
        write::signed(self.key(name), value);
    }

    pub(crate) fn bool(&mut self, name: &'static str, value: bool) {
        self.key(name).extend_from_slice(if value { b"true" } else { b"false" });
    }

    pub(crate) fn time(&mut self, name: &'static str, value: WallTime) {
        time::wall_time(self.key(name), value);
    }

    pub(crate) fn id(&mut self, name: &'static str, value: &Id) {
        write::id(self.key(name), value);
    }

    pub(crate) fn optional_id(&mut self, name: &'static str, value: Option<Id>) {
        if let Some(id) = value {
            self.id(name, &id);
        }
    }

    pub(crate) fn base64(&mut self, name: &'static str, value: &[u8]) {
        write::base64(self.key(name), value);
    }

    pub(crate) fn strings(&mut self, name: &'static str, values: &[String]) {
        write::strings(self.key(name), values.iter().map(String::as_bytes));
    }

    pub(crate) fn optional_strings(&mut self, name: &'static str, values: &[String]) {
        if !values.is_empty() {
            self.strings(name, values);
        }
    }

    pub(crate) fn nested(&mut self, name: &'static str, fields: impl FnOnce(&mut Self)) {
        self.key(name).push(b'{');
        fields(self);
        self.json.push(b'}');
    }
}

pub(crate) fn read_wall_time(reader: &mut Reader<'_>) -> Result<WallTime, FormatError> {
    let text = reader.string()?;
    match time::parse(&text).and_then(time::Parsed::wall_time) {
        Some(time) => Ok(time),
        None => reader.refuse("a time before here, as RFC 3339 writes it,"),
    }
}

/// An identifier, or `null`.
pub(crate) fn read_id(reader: &mut Reader<'_>) -> Result<Option<Id>, FormatError> {
    reader.optional(Reader::id)
}
