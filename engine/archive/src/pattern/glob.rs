//! One component of a pattern against one name: the wildcards of Go's filepath.Match.

/// What one component of a pattern asks of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Component {
    /// `**`: any number of components. Handled by who matches lists of components; alone it takes any name.
    AnyDepth,
    Literal(Vec<u8>),
    Glob(Vec<Token>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// `*`
    Many,
    /// `?`
    One,
    Byte(u8),
    Class {
        negated: bool,
        ranges: Vec<(u32, u32)>,
    },
}

impl Component {
    pub(super) fn parse(text: &[u8]) -> Result<Self, &'static str> {
        if text == b"**" {
            return Ok(Self::AnyDepth);
        }
        if !text.iter().any(|byte| br"\[]*?".contains(byte)) {
            return Ok(Self::Literal(text.to_vec()));
        }
        let mut tokens = Vec::with_capacity(text.len());
        let mut rest = text;
        while let [first, after @ ..] = rest {
            rest = after;
            tokens.push(match first {
                b'*' => Token::Many,
                b'?' => Token::One,
                b'[' => parse_class(&mut rest)?,
                b'\\' => {
                    let [byte, after @ ..] = rest else { return Err("it ends with a backslash") };
                    rest = after;
                    Token::Byte(*byte)
                }
                byte => Token::Byte(*byte),
            });
        }
        tokens.dedup_by(|a, b| *a == Token::Many && *b == Token::Many);
        Ok(Self::Glob(tokens))
    }

    pub(super) fn matches(&self, name: &[u8]) -> bool {
        match self {
            Self::AnyDepth => true,
            Self::Literal(text) => text == name,
            Self::Glob(tokens) => glob_matches(tokens, name),
        }
    }
}

/// Reads what follows `[` up to and with `]`.
fn parse_class(rest: &mut &[u8]) -> Result<Token, &'static str> {
    let negated = rest.first() == Some(&b'^');
    if negated {
        *rest = &rest[1..];
    }
    let mut ranges = Vec::new();
    loop {
        if rest.first() == Some(&b']') && !ranges.is_empty() {
            *rest = &rest[1..];
            return Ok(Token::Class { negated, ranges });
        }
        let low = class_character(rest)?;
        let high = if rest.first() == Some(&b'-') {
            *rest = &rest[1..];
            class_character(rest)?
        } else {
            low
        };
        ranges.push((low, high));
    }
}

fn class_character(rest: &mut &[u8]) -> Result<u32, &'static str> {
    const UNFINISHED: &str = "a [ is not closed, or a range in it has no end";
    match rest.first() {
        None | Some(b'-' | b']') => return Err(UNFINISHED),
        Some(b'\\') => *rest = &rest[1..],
        Some(_) => {}
    }
    if rest.is_empty() {
        return Err(UNFINISHED);
    }
    let (character, len) = first_character(rest);
    *rest = &rest[len..];
    Ok(character)
}

/// The first character and its length. A byte that is not UTF-8 counts as U+FFFD of length 1, as in Go.
fn first_character(text: &[u8]) -> (u32, usize) {
    let len = match text[0] {
        0..0x80 => return (text[0].into(), 1),
        0xc2..0xe0 => 2,
        0xe0..0xf0 => 3,
        0xf0..0xf5 => 4,
        _ => return (0xfffd, 1),
    };
    match text.get(..len).and_then(|bytes| std::str::from_utf8(bytes).ok()).and_then(|text| text.chars().next()) {
        Some(character) => (character.into(), len),
        None => (0xfffd, 1),
    }
}

/// Linear for patterns with one `*`; falls back to the last `*` only, which suffices for whole-name matches.
fn glob_matches(tokens: &[Token], name: &[u8]) -> bool {
    let (mut token, mut at) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    loop {
        if let Some(Token::Many) = tokens.get(token) {
            token += 1;
            retry = Some((token, at));
            continue;
        }
        let taken = match tokens.get(token) {
            None if at == name.len() => return true,
            None => None,
            Some(wanted) => takes(wanted, &name[at..]),
        };
        if let Some(len) = taken {
            token += 1;
            at += len;
        } else if let Some((after_star, from)) = retry.filter(|&(_, from)| from < name.len()) {
            let from = from + first_character(&name[from..]).1;
            retry = Some((after_star, from));
            (token, at) = (after_star, from);
        } else {
            return false;
        }
    }
}

fn takes(token: &Token, rest: &[u8]) -> Option<usize> {
    let first = *rest.first()?;
    match token {
        Token::Many => None,
        Token::Byte(byte) => (*byte == first).then_some(1),
        Token::One => Some(first_character(rest).1),
        Token::Class { negated, ranges } => {
            let (character, len) = first_character(rest);
            let inside = ranges.iter().any(|&(low, high)| (low..=high).contains(&character));
            (inside != *negated).then_some(len)
        }
    }
}
