//! Include and exclude patterns, as restic understands them, over paths of bytes.
//!
//! - A pattern is a list of components between `/`. Each is matched whole against one component of a path, with `*`
//!   (any characters), `?` (one character), `[a-z]`, `[^a-z]` and `\` before a character that is to be taken literally.
//! - `**` stands for any number of components, none included.
//! - A pattern that begins with `/` starts at the root; any other may start at any component.
//! - A pattern that matches a directory matches everything below it. A trailing `/`, `.` and `..` are cleaned away.
//! - `!` in front takes back what earlier patterns matched; what lies in a directory that stays excluded is not
//!   looked at, so it cannot be taken back.
//!
//! ```
//! use rempart_archive::pattern::{Case, Patterns};
//! let patterns = Patterns::parse(["*.o", "/home/*/.cache", "!keep.o"], Case::Sensitive).unwrap();
//! assert!(patterns.matches(b"/src/deep/main.o"));
//! assert!(patterns.matches(b"/home/ann/.cache/thumbnails"));
//! assert!(!patterns.matches(b"/src/keep.o"));
//! ```

mod glob;

use std::borrow::Cow;

use glob::Component;

/// Whether letters of different case are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Case {
    #[default]
    Sensitive,
    Insensitive,
}

/// A pattern that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the pattern {pattern:?} is malformed: {reason}")]
pub struct PatternError {
    pub pattern: String,
    pub reason: &'static str,
}

/// What a list of patterns says of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    pub matched: bool,
    /// Whether something below the path could match: a directory need not be entered where this is false.
    pub child_may_match: bool,
}

/// A list of patterns, in the order they were given.
#[derive(Debug, Clone, Default)]
pub struct Patterns {
    rules: Vec<Rule>,
    any_negated: bool,
}

#[derive(Debug, Clone)]
struct Rule {
    components: Vec<Component>,
    anchored: bool,
    negated: bool,
    case: Case,
}

impl Patterns {
    /// Reads one pattern per item. Empty ones are passed over; comments are for the reader of pattern files to remove.
    pub fn parse<P: AsRef<[u8]>>(patterns: impl IntoIterator<Item = P>, case: Case) -> Result<Self, PatternError> {
        let mut list = Self::default();
        for pattern in patterns {
            list.push(pattern.as_ref(), case)?;
        }
        Ok(list)
    }

    /// Adds one pattern behind the others.
    pub fn push(&mut self, pattern: &[u8], case: Case) -> Result<(), PatternError> {
        let (negated, body) = match pattern {
            [b'!', body @ ..] => (true, body),
            body => (false, body),
        };
        if body.is_empty() {
            return Ok(());
        }
        let cleaned = fold(clean(body), case);
        let components = cleaned
            .split(|&byte| byte == b'/')
            .map(Component::parse)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|reason| PatternError { pattern: String::from_utf8_lossy(pattern).into_owned(), reason })?;
        self.any_negated |= negated;
        self.rules.push(Rule { anchored: cleaned.starts_with(b"/"), components, negated, case });
        Ok(())
    }

    /// Appends all patterns of `other`.
    pub fn extend(&mut self, other: Self) {
        self.any_negated |= other.any_negated;
        self.rules.extend(other.rules);
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Whether the path, or a directory it lies in, matches.
    #[must_use]
    pub fn matches(&self, path: &[u8]) -> bool {
        self.verdict(path).matched
    }

    /// Whether a pattern matches the path itself, up to its last component: what lies in a directory that matches does
    /// not for that alone. Negated patterns take back as elsewhere.
    #[must_use]
    pub fn matches_itself(&self, path: &[u8]) -> bool {
        let mut folded = None;
        let mut matched = false;
        for rule in &self.rules {
            let path = match rule.case {
                Case::Sensitive => path,
                Case::Insensitive => &**folded.get_or_insert_with(|| fold(Cow::Borrowed(path), rule.case)),
            };
            let parts: Vec<&[u8]> = path.split(|&byte| byte == b'/').collect();
            if rule.matches_to_the_end(&parts) {
                matched = !rule.negated;
            }
        }
        matched
    }

    /// What the patterns say of a path, and of what may lie below it. `path` begins with `/` where it is absolute.
    #[must_use]
    pub fn verdict(&self, path: &[u8]) -> Verdict {
        let mut verdict = Verdict { matched: false, child_may_match: false };
        if self.rules.is_empty() {
            return verdict;
        }
        let mut exact = Vec::new();
        let mut folded_path = Cow::Borrowed(path);
        if self.rules.iter().any(|rule| rule.case == Case::Insensitive) {
            folded_path = fold(Cow::Borrowed(path), Case::Insensitive);
        }
        let mut folded = Vec::new();
        for rule in &self.rules {
            let parts = match rule.case {
                Case::Sensitive => split_once_only(&mut exact, path),
                Case::Insensitive => split_once_only(&mut folded, &folded_path),
            };
            let matched = rule.matches(parts);
            if rule.negated {
                verdict.matched &= !matched;
                verdict.child_may_match &= !matched;
            } else {
                verdict.matched |= matched;
                verdict.child_may_match |= rule.child_may_match(parts);
                if verdict.matched && verdict.child_may_match && !self.any_negated {
                    break;
                }
            }
        }
        verdict
    }
}

fn split_once_only<'a, 'p>(parts: &'a mut Vec<&'p [u8]>, path: &'p [u8]) -> &'a [&'p [u8]] {
    if parts.is_empty() {
        parts.extend(path.split(|&byte| byte == b'/'));
    }
    parts
}

impl Rule {
    fn matches(&self, path: &[&[u8]]) -> bool {
        if self.anchored {
            return begins_with(&self.components, path);
        }
        (0..path.len()).any(|start| begins_with(&self.components, &path[start..]))
    }

    fn matches_to_the_end(&self, path: &[&[u8]]) -> bool {
        let starts = if self.anchored { 0..1 } else { 0..path.len() };
        starts.into_iter().any(|start| covers_all(&self.components, &path[start..]))
    }

    fn child_may_match(&self, path: &[&[u8]]) -> bool {
        if !self.anchored {
            return true;
        }
        let any_depth_at = self.components.iter().position(|component| matches!(component, Component::AnyDepth));
        let path = match any_depth_at {
            Some(at) if path.len() >= at => &path[..at],
            _ => path,
        };
        begins_with(&self.components[..self.components.len().min(path.len())], path)
    }
}

/// Whether the components cover a beginning of the path. After `**` the earliest place is taken: as the end is free, a
/// later one could match no more than that.
fn begins_with(components: &[Component], mut path: &[&[u8]]) -> bool {
    let mut segments = components.split(|component| matches!(component, Component::AnyDepth));
    let covers = |segment: &[Component], path: &[&[u8]]| {
        segment.len() <= path.len() && segment.iter().zip(path).all(|(component, name)| component.matches(name))
    };
    let first = segments.next().unwrap_or_default();
    if !covers(first, path) {
        return false;
    }
    path = &path[first.len()..];
    for segment in segments {
        let Some(skipped) = (0..=path.len()).find(|&skip| covers(segment, &path[skip..])) else {
            return false;
        };
        path = &path[skipped + segment.len()..];
    }
    true
}

/// Whether the components cover the whole path: as [`begins_with`], with the last segment at the end.
fn covers_all(components: &[Component], path: &[&[u8]]) -> bool {
    let Some(last_depth) = components.iter().rposition(|component| matches!(component, Component::AnyDepth)) else {
        return components.len() == path.len() && begins_with(components, path);
    };
    let (before, after) = (&components[..last_depth], &components[last_depth + 1..]);
    let Some(tail_at) = path.len().checked_sub(after.len()) else { return false };
    begins_with(before, &path[..tail_at]) && begins_with(after, &path[tail_at..])
}

/// Removes doubled and trailing `/`, `.` and `..` by text alone, as Go's filepath.Clean does.
fn clean(pattern: &[u8]) -> Cow<'static, [u8]> {
    let absolute = pattern.starts_with(b"/");
    let mut kept: Vec<&[u8]> = Vec::new();
    for part in pattern.split(|&byte| byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => match kept.last() {
                Some(last) if *last != b".." => {
                    kept.pop();
                }
                _ if absolute => {}
                _ => kept.push(part),
            },
            _ => kept.push(part),
        }
    }
    let joined = kept.join(&b'/');
    Cow::Owned(match (absolute, joined.is_empty()) {
        (true, _) => [b"/", joined.as_slice()].concat(),
        (false, true) => b".".to_vec(),
        (false, false) => joined,
    })
}

fn fold(text: Cow<'_, [u8]>, case: Case) -> Cow<'_, [u8]> {
    match case {
        Case::Sensitive => text,
        Case::Insensitive => Cow::Owned(match std::str::from_utf8(&text) {
            Ok(unicode) => unicode.to_lowercase().into_bytes(),
            Err(_) => text.to_ascii_lowercase(),
        }),
    }
}

#[cfg(test)]
mod tests;
