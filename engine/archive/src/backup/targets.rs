//! Sources become the upper part of the tree, as restic lays it out.
//!
//! An absolute source keeps all its path components from `/` down; a relative one those it was given with, `..` left
//! out. Sources that share components share directories. A source without components (`/`, `.`, `../..`) stands for
//! everything in that directory. Sources of the same first name from different places get `-1`, `-2`, … behind it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::error::{BackupError, Result};
use super::source::{DirBuffer, Names, open_dir_at, open_dir_path};

/// A place in the upper part of the tree.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Target {
    /// `Some`: what lies at this source path belongs here.
    pub(crate) source: Option<Source>,
    /// Where the metadata of this directory comes from, when it is here only for what lies below.
    pub(crate) metadata_from: Vec<u8>,
    /// What the names in this directory are relative to, when that is not `metadata_from`: first components only.
    root: Vec<u8>,
    pub(crate) children: BTreeMap<Vec<u8>, Target>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) path: Vec<u8>,
    /// The user named it: no rule leaves it out.
    pub(crate) is_explicit: bool,
}

impl Target {
    /// The tree's root for these sources.
    pub(crate) fn resolve(sources: &[PathBuf]) -> Result<Self> {
        let mut top = Self::default();
        let mut seen = std::collections::BTreeSet::new();
        for source in sources {
            let path = clean(source.as_os_str().as_encoded_bytes());
            if !seen.insert(path.clone()) {
                continue;
            }
            if components(&path).is_empty() {
                for name in list(&path)? {
                    let path = join(&path, &name);
                    if seen.insert(path.clone()) {
                        top.add(Source { path, is_explicit: false })?;
                    }
                }
            } else {
                top.add(Source { path, is_explicit: true })?;
            }
        }
        top.unroll()?;
        Ok(top)
    }

    fn add(&mut self, source: Source) -> Result<()> {
        let names: Vec<Vec<u8>> = components(&source.path).into_iter().map(<[u8]>::to_vec).collect();
        let Some((first, rest)) = names.split_first() else { return Err(BackupError::NoTargets) };
        let root = root_of(&source.path);
        let mut name = first.clone();
        let mut attempt = 0;
        while self.children.get(&name).is_some_and(|other| other.root != root) {
            attempt += 1;
            name = [first.as_slice(), format!("-{attempt}").as_bytes()].concat();
        }
        let child = self.children.entry(name).or_insert_with(|| Self { root: root.clone(), ..Self::default() });
        child.insert(source, rest, join(&root, first))
    }

    fn insert(&mut self, source: Source, rest: &[Vec<u8>], here: Vec<u8>) -> Result<()> {
        match rest.split_first() {
            None if self.source.is_some() => Err(BackupError::ConflictingTargets { path: to_path(&source.path) }),
            None => {
                self.source = Some(source);
                Ok(())
            }
            Some((name, rest)) => {
                let below = join(&here, name);
                self.metadata_from = here;
                self.children.entry(name.clone()).or_default().insert(source, rest, below)
            }
        }
    }

    /// A source that has another one below it becomes a directory that lists all it holds.
    fn unroll(&mut self) -> Result<()> {
        if !self.children.is_empty()
            && let Some(source) = self.source.take()
        {
            for name in list(&source.path)? {
                let path = join(&source.path, &name);
                let child = self.children.entry(name).or_default();
                if child.source.is_none() {
                    child.source = Some(Source { path, is_explicit: false });
                }
            }
        }
        self.children.values_mut().try_for_each(Self::unroll)
    }
}

/// Removes `.`, `..` and doubled `/` by text alone, as Go's filepath.Clean does. An empty path is `.`.
pub(crate) fn clean(path: &[u8]) -> Vec<u8> {
    let absolute = path.starts_with(b"/");
    let mut kept: Vec<&[u8]> = Vec::new();
    for part in path.split(|&byte| byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." if kept.last().is_some_and(|last| *last != b"..") => {
                kept.pop();
            }
            b".." if absolute => {}
            part => kept.push(part),
        }
    }
    let joined = kept.join(&b'/');
    match (absolute, joined.is_empty()) {
        (true, _) => [b"/", joined.as_slice()].concat(),
        (false, true) => b".".to_vec(),
        (false, false) => joined,
    }
}

/// The components that appear in the snapshot, of a cleaned path: `..` at its start are left out.
fn components(path: &[u8]) -> Vec<&[u8]> {
    path.split(|&byte| byte == b'/').filter(|part| !part.is_empty() && *part != b"." && *part != b"..").collect()
}

/// What a cleaned path starts from: `/`, `.`, or its leading `..`.
fn root_of(path: &[u8]) -> Vec<u8> {
    if path.starts_with(b"/") {
        return b"/".to_vec();
    }
    let ups = path.split(|&byte| byte == b'/').take_while(|part| *part == b"..").count();
    if ups == 0 { b".".to_vec() } else { vec![b"..".as_slice(); ups].join(&b'/') }
}

pub(crate) fn join(dir: &[u8], name: &[u8]) -> Vec<u8> {
    match dir {
        b"." => name.to_vec(),
        dir if dir.ends_with(b"/") => [dir, name].concat(),
        dir => [dir, b"/", name].concat(),
    }
}

/// The path from `/` on, by text alone.
pub(crate) fn absolute(path: &[u8]) -> Vec<u8> {
    if path.starts_with(b"/") {
        return clean(path);
    }
    let here = std::env::current_dir().unwrap_or_default();
    clean(&[here.as_os_str().as_encoded_bytes(), b"/", path].concat())
}

fn list(path: &[u8]) -> Result<Vec<Vec<u8>>> {
    let refuse = |errno: rustix::io::Errno| BackupError::Target { path: to_path(path), source: errno.into() };
    let dir = open_dir_path(path).and_then(|dir| open_dir_at(std::os::fd::AsFd::as_fd(&dir), c".")).map_err(refuse)?;
    let mut names = Names::new();
    names.read(dir, &mut DirBuffer::new()).map_err(refuse)?;
    Ok((0..names.len()).map(|index| names.get(index).to_vec()).collect())
}

pub(crate) fn to_path(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    Path::new(std::ffi::OsStr::from_bytes(bytes)).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every place as `name[@metadata][=source]`, children in braces.
    fn render(target: &Target) -> String {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let children = target.children.iter().map(|(name, child)| {
            let mut line = text(name);
            if !child.metadata_from.is_empty() {
                line += &format!("@{}", text(&child.metadata_from));
            }
            if let Some(source) = &child.source {
                line += &format!("={}", text(&source.path));
            }
            if !child.children.is_empty() {
                line += &format!("{{{}}}", render(child));
            }
            line
        });
        children.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn sources_become_the_upper_part_of_the_tree() {
        for (sources, expected) in [
            (&["/home/ann"][..], "home@/home{ann=/home/ann}"),
            (&["/a/b", "/a/c/d"], "a@/a{b=/a/b c@/a/c{d=/a/c/d}}"),
            (&["foo"], "foo=foo"),
            (&["foo/bar/"], "foo@foo{bar=foo/bar}"),
            (&["./foo", "foo"], "foo=foo"),
            (&["../x"], "x=../x"),
            (&["../../a/b"], "a@../../a{b=../../a/b}"),
            (&["work", "../work"], "work=work work-1=../work"),
            (
                &["work/a", "/work/b", "../work/c"],
                "work@work{a=work/a} work-1@/work{b=/work/b} work-2@../work{c=../work/c}",
            ),
            (&["a/../../b"], "b=../b"),
        ] {
            let sources: Vec<PathBuf> = sources.iter().map(PathBuf::from).collect();
            assert_eq!(render(&Target::resolve(&sources).unwrap()), expected, "{sources:?}");
        }
    }

    #[test]
    fn a_source_inside_another_changes_nothing_but_the_rules() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["a", "b"] {
            std::fs::create_dir(dir.path().join(name)).unwrap();
        }
        let both = Target::resolve(&[dir.path().join("a"), dir.path().to_owned()]).unwrap();
        let text = render(&both);
        let here = dir.path().display();
        assert!(text.contains(&format!("a={here}/a b={here}/b")), "{text}");
    }

    #[test]
    fn paths_are_cleaned_as_go_does() {
        for (path, expected) in [
            ("", "."),
            (".", "."),
            ("/", "/"),
            ("//a//b/", "/a/b"),
            ("/../a", "/a"),
            ("a/..", "."),
            ("../..", "../.."),
            ("./a/./b/../c", "a/c"),
        ] {
            assert_eq!(String::from_utf8(clean(path.as_bytes())).unwrap(), expected, "{path:?}");
        }
    }
}
