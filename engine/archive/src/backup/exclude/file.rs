//! Files of patterns: one a line, `#` comments, environment variables expanded.

use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
#[error("the pattern file {path:?} cannot be read: check that it exists and is readable")]
pub struct PatternFileError {
    pub path: PathBuf,
    #[source]
    pub source: std::io::Error,
}

/// The patterns in a file, as restic reads them: surrounding blanks and lines that begin with `#` are dropped, `$NAME`
/// and `${NAME}` stand for environment variables (nothing where unset), `$$` for one `$`.
pub fn read_pattern_file(path: &Path) -> Result<Vec<Vec<u8>>, PatternFileError> {
    let text = std::fs::read(path).map_err(|source| PatternFileError { path: path.to_owned(), source })?;
    Ok(parse(&text, &|name| std::env::var_os(name).map(std::ffi::OsString::into_encoded_bytes)))
}

fn parse(text: &[u8], variable: &dyn Fn(&str) -> Option<Vec<u8>>) -> Vec<Vec<u8>> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    text.split(|&byte| byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .filter(|line| !line.is_empty() && !line.starts_with(b"#"))
        .map(|line| expand(line, variable))
        .filter(|line| !line.is_empty())
        .collect()
}

fn expand(line: &[u8], variable: &dyn Fn(&str) -> Option<Vec<u8>>) -> Vec<u8> {
    let mut out = Vec::with_capacity(line.len());
    let mut rest = line;
    while let Some(dollar) = rest.iter().position(|&byte| byte == b'$') {
        out.extend_from_slice(&rest[..dollar]);
        rest = &rest[dollar + 1..];
        if let [b'$', after @ ..] = rest {
            out.push(b'$');
            rest = after;
        } else if let [b'{', inner @ ..] = rest {
            let end = inner.iter().position(|&byte| byte == b'}');
            let name = &inner[..end.unwrap_or(0)];
            out.extend(value_of(name, variable));
            rest = &inner[end.map_or(0, |end| end + 1)..];
        } else {
            let end = rest.iter().position(|&b| !b.is_ascii_alphanumeric() && b != b'_').unwrap_or(rest.len());
            if end == 0 {
                // A dollar before what can be no name stands for itself, as in Go's os.Expand.
                out.push(b'$');
            }
            out.extend(value_of(&rest[..end], variable));
            rest = &rest[end..];
        }
    }
    out.extend_from_slice(rest);
    out
}

fn value_of(name: &[u8], variable: &dyn Fn(&str) -> Option<Vec<u8>>) -> Vec<u8> {
    std::str::from_utf8(name).ok().filter(|name| !name.is_empty()).and_then(variable).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_patterns() {
        let variable = |name: &str| (name == "HOME").then(|| b"/home/ann".to_vec());
        for (text, expected) in [
            ("*.o\n", vec!["*.o"]),
            ("  *.o \n\n# comment\n  # another\n!keep\n", vec!["*.o", "!keep"]),
            ("$HOME/x\n${HOME}y", vec!["/home/ann/x", "/home/anny"]),
            ("a$$b", vec!["a$b"]),
            ("a$/b", vec!["a$/b"]),
            ("$UNSET", vec![]),
            ("a\r\nb\r\n", vec!["a", "b"]),
            ("\u{feff}a", vec!["a"]),
        ] {
            let found: Vec<_> =
                parse(text.as_bytes(), &variable).into_iter().map(|p| String::from_utf8(p).unwrap()).collect();
            assert_eq!(found, expected, "{text:?}");
        }
    }
}
