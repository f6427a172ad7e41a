//! Names of nodes: quoted as Go's strconv.Quote does, then escaped as JSON; and back.
//!
//! Two layers, since restic puts the quoted form into a JSON string: the name `a\` is `a\\` quoted and `a\\\\` in the tree.

mod borders;
mod printable;
mod quote;
mod unquote;

pub(crate) use quote::quoted_name;
pub(crate) use unquote::unquote;

/// Appends a name as trees hold it, with its quotation marks: quoted as strconv.Quote would, then as a JSON string.
pub fn encode_name(out: &mut Vec<u8>, name: &[u8]) {
    quoted_name(out, name);
}

/// Reads a name as trees hold it, with its quotation marks.
pub fn decode_name(json: &[u8]) -> Result<Vec<u8>, crate::FormatError> {
    let mut reader = crate::json::read::Reader::new("name", json);
    let quoted = reader.string()?;
    reader.end()?;
    let mut name = Vec::new();
    unquote("name", &quoted, &mut name)?;
    Ok(name)
}

/// Whether Go's strconv.Quote shows a character as it is.
#[must_use]
pub fn is_printable(c: char) -> bool {
    printable::is_printable(c)
}
