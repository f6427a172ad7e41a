//! What to back up: paths from the command line and from lists in files.

use std::ffi::{OsStr, OsString};
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use rempart_archive::pattern::{Case, Patterns};

use crate::cli::backup::Backup;
use crate::exit_code::ExitCode;
use crate::failure::Failure;

/// Every path, in the order given. One that is not there is told by the backup like a file that vanished, and costs
/// nobody the backup of the others; where none is there, it is a typing mistake or a disk that is not mounted.
pub fn targets(args: &Backup) -> anyhow::Result<Vec<PathBuf>> {
    let mut targets: Vec<PathBuf> = args.paths.iter().map(PathBuf::from).collect();
    for file in &args.files_from.files_from {
        for line in lines(&read_list(file)?) {
            let line = line.trim_ascii();
            if !line.is_empty() && !line.starts_with(b"#") {
                let found = expand(line)?;
                if found.is_empty() {
                    targets.push(as_path(line));
                }
                targets.extend(found);
            }
        }
    }
    for file in &args.files_from.files_from_verbatim {
        targets.extend(lines(&read_list(file)?).filter(|line| !line.is_empty()).map(as_path));
    }
    for file in &args.files_from.files_from_raw {
        targets.extend(read_list(file)?.split(|byte| *byte == 0).filter(|path| !path.is_empty()).map(as_path));
    }
    if targets.is_empty() {
        return Err(Failure::usage("nothing to back up was named")
            .hint("name files or folders, or use --files-from, --stdin or --stdin-from-command")
            .into());
    }
    if targets.iter().all(|target| std::fs::symlink_metadata(target).is_err()) {
        let named: Vec<String> = targets.iter().map(|target| target.display().to_string()).collect();
        let what = format!("nothing of what was to be backed up is there: {}", named.join(", "));
        return Err(Failure::new(ExitCode::Failure, what)
            .hint("check the spelling and whether the disk is mounted")
            .into());
    }
    Ok(targets)
}

fn as_path(bytes: &[u8]) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(bytes))
}

/// The whole file; `-` is the standard input.
fn read_list(file: &Path) -> anyhow::Result<Vec<u8>> {
    let mut content = Vec::new();
    let read = if file == Path::new("-") {
        std::io::stdin().lock().read_to_end(&mut content).map(|_| ())
    } else {
        std::fs::read(file).map(|read| content = read)
    };
    read.with_context(|| format!("cannot read the list {}", file.display()))?;
    Ok(content)
}

fn lines(content: &[u8]) -> impl Iterator<Item = &[u8]> {
    content.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line))
}

/// What a pattern of a path names in the file system, in the order of the names; a path without `*`, `?` and `[` names
/// itself where it exists.
fn expand(pattern: &[u8]) -> anyhow::Result<Vec<PathBuf>> {
    let is_pattern = |part: &[u8]| part.iter().any(|byte| b"*?[\\".contains(byte));
    let mut found = vec![PathBuf::from(if pattern.starts_with(b"/") { "/" } else { "" })];
    for part in pattern.split(|byte| *byte == b'/').filter(|part| !part.is_empty()) {
        if !is_pattern(part) {
            for path in &mut found {
                path.push(OsStr::from_bytes(part));
            }
            continue;
        }
        // Anchored, so that it is matched against the whole name and a leading `!` stays a character.
        let matcher = Patterns::parse([[b"/", part].concat()], Case::Sensitive)?;
        let mut deeper = Vec::new();
        for dir in &found {
            deeper.extend(
                names_in(dir)
                    .into_iter()
                    .filter(|name| matcher.matches(&[b"/", name.as_bytes()].concat()))
                    .map(|name| dir.join(name)),
            );
        }
        found = deeper;
    }
    found.retain(|path| std::fs::symlink_metadata(path).is_ok());
    Ok(found)
}

fn names_in(dir: &Path) -> Vec<OsString> {
    let dir = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
    let mut names: Vec<OsString> =
        std::fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.file_name()).collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_in_lists_name_what_is_there() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["a.log", "b.log", "c.txt", "!x.log"] {
            std::fs::write(dir.path().join(name), name).unwrap();
        }
        std::fs::create_dir(dir.path().join("sub")).unwrap();
        std::fs::write(dir.path().join("sub/d.log"), "d").unwrap();
        let base = dir.path().to_str().unwrap();
        for (pattern, names) in [
            ("*.log", vec!["!x.log", "a.log", "b.log"]),
            ("[ab].log", vec!["a.log", "b.log"]),
            ("*/d.log", vec!["sub/d.log"]),
            ("c.txt", vec!["c.txt"]),
            ("missing", vec![]),
            ("*.none", vec![]),
        ] {
            let expected: Vec<PathBuf> = names.iter().map(|name| dir.path().join(name)).collect();
            assert_eq!(expand(format!("{base}/{pattern}").as_bytes()).unwrap(), expected, "{pattern}");
        }
    }

    #[test]
    fn lists_are_read_line_by_line() {
        assert_eq!(lines(b"a\r\nb\nc").collect::<Vec<_>>(), [b"a", b"b", b"c"]);
    }
}
