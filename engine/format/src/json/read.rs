//! A pull reader of JSON over a slice: no document in memory, no recursion without a bound, no panic on any input.
//!
//! As tolerant as Go's encoding/json where that has mattered: `null` leaves a field as it was, unknown fields are skipped,
//! broken UTF-8 and lone surrogates become U+FFFD, the last of two equal fields wins.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use rempart_model::Id;

use crate::FormatError;

/// How deep values that are skipped may nest; what is read by name nests four deep.
const MAX_DEPTH: usize = 128;

#[derive(Clone)]
pub(crate) struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    /// The kind of document, for messages.
    what: &'static str,
}

type Result<T> = std::result::Result<T, FormatError>;

impl<'a> Reader<'a> {
    pub(crate) const fn new(what: &'static str, text: &'a [u8]) -> Self {
        Self { text, at: 0, what }
    }

    #[cold]
    pub(crate) fn refuse<T>(&self, expected: &'static str) -> Result<T> {
        Err(FormatError::Json { what: self.what, at_byte: self.at, expected })
    }

    pub(crate) const fn at_byte(&self) -> usize {
        self.at
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        &self.text[self.at..]
    }

    /// Steps over `len` bytes that the caller has read from [`Self::rest`].
    pub(crate) fn advance(&mut self, len: usize) {
        self.at = self.at.saturating_add(len).min(self.text.len());
    }

    /// The next byte that is no white space, not consumed.
    #[inline]
    pub(crate) fn peek(&mut self) -> Option<u8> {
        while let Some(&byte) = self.text.get(self.at) {
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(byte);
            }
            self.at += 1;
        }
        None
    }

    pub(crate) fn expect(&mut self, byte: u8, expected: &'static str) -> Result<()> {
        if self.peek() == Some(byte) {
            self.at += 1;
            Ok(())
        } else {
            self.refuse(expected)
        }
    }

    pub(crate) fn end(&mut self) -> Result<()> {
        if self.peek().is_none() { Ok(()) } else { self.refuse("the end") }
    }

    /// Consumes `null` if that is what comes.
    pub(crate) fn null(&mut self) -> bool {
        let is_null = self.peek() == Some(b'n') && self.rest().starts_with(b"null");
        if is_null {
            self.at += 4;
        }
        is_null
    }

    /// Reads a value unless it is `null`.
    pub(crate) fn optional<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<Option<T>> {
        if self.null() { Ok(None) } else { read(self).map(Some) }
    }

    /// Reads a value into `field` unless it is `null`, which leaves it as it is.
    pub(crate) fn field<T>(&mut self, field: &mut T, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<()> {
        if let Some(value) = self.optional(read)? {
            *field = value;
        }
        Ok(())
    }

    /// Calls `field` for each key, with the reader before its value, which `field` must consume. `null` has no fields.
    pub(crate) fn object(&mut self, mut field: impl FnMut(&mut Self, &[u8]) -> Result<()>) -> Result<()> {
        if self.null() {
            return Ok(());
        }
        self.expect(b'{', "an object")?;
        let mut first = true;
        while let Some(key) = self.next_key(first)? {
            first = false;
            field(self, &key)?;
        }
        Ok(())
    }

    /// The next key of an object whose brace is consumed, with its colon; `None` and the closing brace consumed at its end.
    pub(crate) fn next_key(&mut self, first: bool) -> Result<Option<Cow<'a, [u8]>>> {
        if !self.next_of(first, b'}', "a comma or a closing brace")? {
            return Ok(None);
        }
        let key = match self.plain_string()? {
            Plain::Whole(key) => Cow::Borrowed(key),
            Plain::Escaped { start } => Cow::Owned(self.string_with_escapes(start)?.into_bytes()),
        };
        self.expect(b':', "a colon")?;
        Ok(Some(key))
    }

    /// Calls `item` before each element, which it must consume. `null` has none.
    pub(crate) fn array(&mut self, mut item: impl FnMut(&mut Self) -> Result<()>) -> Result<()> {
        if self.null() {
            return Ok(());
        }
        self.expect(b'[', "an array")?;
        let mut first = true;
        while self.next_of(first, b']', "a comma or a closing bracket")? {
            first = false;
            item(self)?;
        }
        Ok(())
    }

    /// Steps to the next element of an array whose bracket is consumed; false with the closing bracket consumed at its end.
    pub(crate) fn next_item(&mut self, first: bool) -> Result<bool> {
        self.next_of(first, b']', "a comma or a closing bracket")
    }

    fn next_of(&mut self, first: bool, close: u8, expected: &'static str) -> Result<bool> {
        match self.peek() {
            Some(byte) if byte == close => {
                self.at += 1;
                Ok(false)
            }
            Some(b',') if !first => {
                self.at += 1;
                Ok(true)
            }
            Some(_) if first => Ok(true),
            _ => self.refuse(expected),
        }
    }

    pub(crate) fn u64(&mut self) -> Result<u64> {
        let start = self.peek().map(|_| self.at);
        let mut number = 0u64;
        let mut digits = 0;
        while let Some(digit) = self.text.get(self.at).and_then(|b| b.checked_sub(b'0')).filter(|d| *d < 10) {
            let Some(next) = number.checked_mul(10).and_then(|n| n.checked_add(u64::from(digit))) else {
                return self.refuse("a number under 2^64");
            };
            number = next;
            digits += 1;
            self.at += 1;
        }
        let leading_zero = digits > 1 && start.is_some_and(|s| self.text[s] == b'0');
        if digits == 0 || leading_zero || matches!(self.text.get(self.at), Some(b'.' | b'e' | b'E')) {
            return self.refuse("a whole number");
        }
        Ok(number)
    }

    pub(crate) fn u32(&mut self) -> Result<u32> {
        let number = self.u64()?;
        u32::try_from(number).or_else(|_| self.refuse("a number under 2^32"))
    }

    pub(crate) fn i64(&mut self) -> Result<i64> {
        let negative = self.peek() == Some(b'-');
        if negative {
            self.at += 1;
        }
        let number = i128::from(self.u64()?);
        i64::try_from(if negative { -number } else { number }).or_else(|_| self.refuse("a number under 2^63"))
    }

    pub(crate) fn bool(&mut self) -> Result<bool> {
        self.peek();
        for (word, value) in [("true", true), ("false", false)] {
            if self.rest().starts_with(word.as_bytes()) {
                self.at += word.len();
                return Ok(value);
            }
        }
        self.refuse("true or false")
    }

    pub(crate) fn string(&mut self) -> Result<Cow<'a, str>> {
        match self.plain_string()? {
            Plain::Whole(raw) => Ok(match std::str::from_utf8(raw) {
                Ok(text) => Cow::Borrowed(text),
                Err(_) => String::from_utf8_lossy(raw),
            }),
            Plain::Escaped { start } => self.string_with_escapes(start).map(Cow::Owned),
        }
    }

    /// A string up to its end, or up to its first escape.
    #[inline]
    fn plain_string(&mut self) -> Result<Plain<'a>> {
        self.expect(b'"', "a string")?;
        let start = self.at;
        self.skip_to_special();
        match self.text.get(self.at) {
            Some(b'"') => {
                self.at += 1;
                Ok(Plain::Whole(&self.text[start..self.at - 1]))
            }
            Some(b'\\') => Ok(Plain::Escaped { start }),
            Some(_) => self.refuse("no control character in a string"),
            None => self.refuse("the end of a string"),
        }
    }

    /// Steps to the next quotation mark, backslash or control character, eight bytes at a time.
    #[inline]
    fn skip_to_special(&mut self) {
        while let Some(word) = self.text.get(self.at..).and_then(|rest| rest.first_chunk()) {
            let found = specials(u64::from_le_bytes(*word));
            if found != 0 {
                self.at += (found.trailing_zeros() / 8) as usize;
                return;
            }
            self.at += 8;
        }
        let is_special = |b: &u8| matches!(b, b'"' | b'\\' | 0..0x20);
        self.at += self.rest().iter().position(is_special).unwrap_or(self.rest().len());
    }

    #[cold]
    fn string_with_escapes(&mut self, start: usize) -> Result<String> {
        let mut text = Vec::with_capacity(self.at - start + 32);
        let mut copied = start;
        loop {
            self.skip_to_special();
            match self.text.get(self.at) {
                Some(b'"') => break,
                Some(b'\\') => {
                    text.extend_from_slice(&self.text[copied..self.at]);
                    text.extend_from_slice(self.escape()?.encode_utf8(&mut [0; 4]).as_bytes());
                    copied = self.at;
                }
                Some(_) => return self.refuse("no control character in a string"),
                None => return self.refuse("the end of a string"),
            }
        }
        text.extend_from_slice(&self.text[copied..self.at]);
        self.at += 1;
        Ok(String::from_utf8(text).unwrap_or_else(|broken| String::from_utf8_lossy(broken.as_bytes()).into_owned()))
    }

    /// One escape, from its backslash on.
    fn escape(&mut self) -> Result<char> {
        let Some(&kind) = self.text.get(self.at + 1) else { return self.refuse("an escape") };
        let c = match kind {
            b'"' | b'\\' | b'/' => char::from(kind),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode_escape(),
            _ => return self.refuse("an escape that JSON has"),
        };
        self.at += 2;
        Ok(c)
    }

    fn unicode_escape(&mut self) -> Result<char> {
        let Some(unit) = self.hex_unit(self.at) else { return self.refuse("four hexadecimal digits") };
        self.at += 6;
        if let Some(c) = char::from_u32(unit) {
            return Ok(c);
        }
        // A surrogate: with its other half one character, alone U+FFFD.
        if unit < 0xdc00
            && let Some(low) = self.hex_unit(self.at).filter(|low| (0xdc00..0xe000).contains(low))
        {
            self.at += 6;
            let joined = 0x10000 + ((unit - 0xd800) << 10 | (low - 0xdc00));
            return Ok(char::from_u32(joined).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        Ok(char::REPLACEMENT_CHARACTER)
    }

    fn hex_unit(&self, at: usize) -> Option<u32> {
        let digits = self.text.get(at..at + 6)?.strip_prefix(br"\u")?;
        digits.iter().try_fold(0, |unit, &b| Some(unit << 4 | char::from(b).to_digit(16)?))
    }

    pub(crate) fn owned_string(&mut self) -> Result<String> {
        self.string().map(Cow::into_owned)
    }

    /// An array of strings; elements that are `null` count as empty, as in Go.
    pub(crate) fn strings(&mut self) -> Result<Vec<String>> {
        let mut items = Vec::new();
        self.array(|r| {
            items.push(r.optional(Self::owned_string)?.unwrap_or_default());
            Ok(())
        })?;
        Ok(items)
    }

    /// An identifier: 64 lowercase hexadecimal digits.
    pub(crate) fn id(&mut self) -> Result<Id> {
        self.peek();
        if let Some((quoted, _)) = self.rest().split_first_chunk::<66>()
            && quoted[0] == b'"'
            && quoted[65] == b'"'
            && let Some(id) = super::hex::id(&quoted[1..65])
        {
            self.at += 66;
            return Ok(id);
        }
        self.refuse("64 lowercase hexadecimal digits")
    }

    /// Bytes as Go writes them: padded standard base64. Go's reader skips line breaks, and so does this.
    pub(crate) fn base64(&mut self) -> Result<Vec<u8>> {
        let text = self.string()?;
        let decoded = if text.contains(['\r', '\n']) {
            BASE64.decode(text.replace(['\r', '\n'], ""))
        } else {
            BASE64.decode(text.as_bytes())
        };
        decoded.or_else(|_| self.refuse("base64"))
    }

    /// Steps over one value and returns its text.
    pub(crate) fn raw_value(&mut self) -> Result<&'a [u8]> {
        self.peek();
        let start = self.at;
        self.skip_nested(0)?;
        Ok(&self.text[start..self.at])
    }

    pub(crate) fn skip(&mut self) -> Result<()> {
        self.skip_nested(0)
    }

    fn skip_nested(&mut self, depth: usize) -> Result<()> {
        if depth > MAX_DEPTH {
            return self.refuse("no deeper nesting");
        }
        match self.peek() {
            Some(b'{') => self.object(|r, _| r.skip_nested(depth + 1)),
            Some(b'[') => self.array(|r| r.skip_nested(depth + 1)),
            Some(b'"') => match self.plain_string()? {
                Plain::Whole(_) => Ok(()),
                Plain::Escaped { start } => self.string_with_escapes(start).map(drop),
            },
            Some(b't' | b'f') => self.bool().map(drop),
            Some(b'n') if self.null() => Ok(()),
            Some(b'-' | b'0'..=b'9') => self.skip_number(),
            _ => self.refuse("a value"),
        }
    }

    fn skip_number(&mut self) -> Result<()> {
        if self.text.get(self.at) == Some(&b'-') {
            self.at += 1;
        }
        let digits = |r: &mut Self| {
            let count = r.rest().iter().take_while(|b| b.is_ascii_digit()).count();
            r.at += count;
            count
        };
        let start = self.at;
        let whole = digits(self);
        if whole == 0 || (whole > 1 && self.text[start] == b'0') {
            return self.refuse("a number");
        }
        if self.text.get(self.at) == Some(&b'.') {
            self.at += 1;
            if digits(self) == 0 {
                return self.refuse("digits after the point");
            }
        }
        if matches!(self.text.get(self.at), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.text.get(self.at), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if digits(self) == 0 {
                return self.refuse("digits of an exponent");
            }
        }
        Ok(())
    }
}

enum Plain<'a> {
    /// Without escapes; perhaps not UTF-8.
    Whole(&'a [u8]),
    /// The reader stands at the first backslash.
    Escaped { start: usize },
}

/// Marks, by its high bit, at least the first byte of a word that is `"`, `\` or under 0x20; marks none before it.
#[inline]
const fn specials(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x80 * ONES;
    // x − 1 borrows into the high bit where a byte is zero; only bytes behind the first such one may be marked wrongly.
    const fn zeros(x: u64) -> u64 {
        x.wrapping_sub(ONES) & !x
    }
    let quote = zeros(word ^ (b'"' as u64 * ONES));
    let backslash = zeros(word ^ (b'\\' as u64 * ONES));
    let control = word.wrapping_sub(0x20 * ONES) & !word;
    (quote | backslash | control) & HIGH
}
