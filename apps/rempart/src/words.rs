//! Splitting a command into words as a POSIX shell would, without a shell: quotes and backslashes, nothing expanded.

/// The words, or why they cannot be told apart.
pub fn split(text: &[u8]) -> Result<Vec<Vec<u8>>, &'static str> {
    let mut words = Vec::new();
    let mut word: Option<Vec<u8>> = None;
    let mut bytes = text.iter().copied();
    while let Some(byte) = bytes.next() {
        match byte {
            b' ' | b'\t' | b'\n' => words.extend(word.take()),
            b'\'' => single_quoted(&mut bytes, word.get_or_insert_default())?,
            b'"' => double_quoted(&mut bytes, word.get_or_insert_default())?,
            b'\\' => word.get_or_insert_default().push(bytes.next().ok_or("it ends in a backslash")?),
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    Ok(words)
}

fn single_quoted(bytes: &mut impl Iterator<Item = u8>, word: &mut Vec<u8>) -> Result<(), &'static str> {
    loop {
        match bytes.next().ok_or("a ' is not closed")? {
            b'\'' => return Ok(()),
            other => word.push(other),
        }
    }
}

/// Inside double quotes a backslash protects only `"`, `\`, `$` and `` ` ``.
fn double_quoted(bytes: &mut impl Iterator<Item = u8>, word: &mut Vec<u8>) -> Result<(), &'static str> {
    loop {
        match bytes.next().ok_or("a \" is not closed")? {
            b'"' => return Ok(()),
            b'\\' => match bytes.next().ok_or("it ends in a backslash")? {
                protected @ (b'"' | b'\\' | b'$' | b'`') => word.push(protected),
                other => word.extend([b'\\', other]),
            },
            other => word.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_split_as_a_shell_splits_them() {
        for (text, words) in [
            ("pass show backup", vec!["pass", "show", "backup"]),
            ("  a   b ", vec!["a", "b"]),
            ("cat '/a b/c' \"d e\"f\\ g", vec!["cat", "/a b/c", "d ef g"]),
            ("x '' \"\"", vec!["x", "", ""]),
            ("\"a\\\"b\\\\c\\d\"", vec!["a\"b\\c\\d"]),
            ("$(x) `y` *", vec!["$(x)", "`y`", "*"]),
            ("", vec![]),
        ] {
            let expected: Vec<Vec<u8>> = words.iter().map(|word| word.as_bytes().to_vec()).collect();
            assert_eq!(split(text.as_bytes()), Ok(expected), "{text}");
        }
        for text in ["'open", "\"open", "end\\", "\"end\\"] {
            assert!(split(text.as_bytes()).is_err(), "{text:?} was split");
        }
    }
}
