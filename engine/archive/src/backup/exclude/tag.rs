//! Directories that a tag file marks as not worth keeping (CACHEDIR.TAG and the like).

use std::ffi::CString;
use std::os::fd::BorrowedFd;
use std::str::FromStr;

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use super::super::report::ProblemKind;

/// `--exclude-if-present NAME[:header]`: a directory that holds a file of this name (which begins with the header) is
/// stored without its contents, but for the tag file itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExcludeTag {
    name: Vec<u8>,
    header: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} names no tag file: write NAME or NAME:header")]
pub struct InvalidExcludeTag {
    pub text: String,
}

/// What a tag says of a directory.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum TagVerdict {
    LeaveOut,
    /// The tag file is there but not as it should be: kept, and told.
    Doubtful(ProblemKind),
}

impl ExcludeTag {
    /// `--exclude-caches`: the Cache Directory Tagging Standard (<https://bford.info/cachedir/>).
    #[must_use]
    pub fn caches() -> Self {
        Self { name: b"CACHEDIR.TAG".to_vec(), header: b"Signature: 8a477f597d28d172789f06886806bc55".to_vec() }
    }

    pub(crate) fn name(&self) -> &[u8] {
        &self.name
    }

    /// What decides, as text: part of the change cache's key.
    pub(crate) fn header(&self) -> &[u8] {
        &self.header
    }

    /// Looks at the tag file in an open directory that has an entry of its name.
    pub(crate) fn verdict(&self, dir: BorrowedFd<'_>) -> TagVerdict {
        if self.header.is_empty() {
            return TagVerdict::LeaveOut;
        }
        let doubt = |reason, errno: Option<Errno>| {
            TagVerdict::Doubtful(ProblemKind::ExcludeTag { reason, errno: errno.map(Errno::raw_os_error) })
        };
        let Ok(name) = CString::new(self.name.clone()) else {
            return doubt("the name of the exclusion tag holds a NUL", None);
        };
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
        let file = match rustix::fs::openat(dir, name.as_c_str(), flags, Mode::empty()) {
            Ok(file) => file,
            Err(errno) => return doubt("the exclusion tag file cannot be opened", Some(errno)),
        };
        let mut found = vec![0; self.header.len()];
        let mut filled = 0;
        while filled < found.len() {
            match rustix::io::read(&file, &mut found[filled..]) {
                Ok(0) => return doubt("the exclusion tag file is shorter than its header should be", None),
                Ok(count) => filled += count,
                Err(Errno::INTR) => {}
                Err(errno) => return doubt("the exclusion tag file cannot be read", Some(errno)),
            }
        }
        if found == self.header {
            TagVerdict::LeaveOut
        } else {
            doubt("the exclusion tag file begins with another header", None)
        }
    }
}

impl FromStr for ExcludeTag {
    type Err = InvalidExcludeTag;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, header) = text.split_once(':').unwrap_or((text, ""));
        if name.is_empty() || name.contains(['/', '\0']) {
            return Err(InvalidExcludeTag { text: text.to_owned() });
        }
        Ok(Self { name: name.into(), header: header.into() })
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;

    use super::*;

    #[test]
    fn a_tag_is_a_name_and_perhaps_a_header() {
        assert_eq!(".nobackup".parse(), Ok(ExcludeTag { name: b".nobackup".to_vec(), header: vec![] }));
        assert_eq!("a:b:c".parse(), Ok(ExcludeTag { name: b"a".to_vec(), header: b"b:c".to_vec() }));
        for wrong in ["", ":header", "a/b", "a\0"] {
            assert!(wrong.parse::<ExcludeTag>().is_err(), "{wrong:?} was taken for a tag");
        }
    }

    #[test]
    fn the_header_decides() {
        let dir = tempfile::tempdir().unwrap();
        let open = std::fs::File::open(dir.path()).unwrap();
        let tag: ExcludeTag = "TAG:magic".parse().unwrap();
        for (content, leaves_out) in
            [("magic", true), ("magic and more", true), ("mag", false), ("other things", false)]
        {
            std::fs::write(dir.path().join("TAG"), content).unwrap();
            let verdict = tag.verdict(open.as_fd());
            assert_eq!(verdict == TagVerdict::LeaveOut, leaves_out, "{content:?}: {verdict:?}");
            assert_eq!(matches!(verdict, TagVerdict::Doubtful(_)), !leaves_out, "{content:?}: {verdict:?}");
        }
    }
}
