//! The same sources, backed up by the newest restic and by us with the same polynomial, give the same trees.

use std::path::{Path, PathBuf};
use std::process::Command;

use rempart_chunker::{Chunker, Polynomial};
use rempart_crypto::{KdfParams, derive_key, sha256};
use rempart_format::{BlobKind, KeyFile};
use rempart_model::BlobId;
use rempart_repository::BlobSource as _;

use super::super::{ExcludeTag, Excludes, Options};
use super::corpus;
use super::memory::Memory;
use crate::pattern::{Case, Patterns};

const PASSWORD: &[u8] = b"test";

/// A repository of restic's, and the means to compare with it.
struct Restic {
    program: PathBuf,
    place: tempfile::TempDir,
    chunker: Chunker,
}

impl Restic {
    fn start() -> Self {
        let program = super::workspace().join(".cache/peers/restic");
        assert!(program.exists(), "the newest restic is missing: run `tests/lab/peers.sh restic`");
        let polynomial = Polynomial::new(super::memory::POLYNOMIAL).unwrap();
        let mut restic = Self { program, place: tempfile::tempdir().unwrap(), chunker: Chunker::new(polynomial) };
        restic.run(Path::new("/"), &["init"]);
        restic.make_key_cheap();
        let config = restic.run(Path::new("/"), &["cat", "config"]);
        let text = field(&config, "chunker_polynomial");
        let bits = u64::from_str_radix(text, 16).unwrap();
        restic.chunker = Chunker::new(Polynomial::new(bits).unwrap());
        restic
    }

    /// The same master key under the same password, derived in a millisecond: each start of restic spends half a second
    /// on the key that it made.
    fn make_key_cheap(&self) {
        let keys = self.place.path().join("repo/keys");
        let dear = std::fs::read_dir(&keys).unwrap().next().unwrap().unwrap().path();
        let mut file = KeyFile::decode(&std::fs::read(&dear).unwrap()).unwrap();
        let derive = |n, r, p, salt: &[u8]| derive_key(PASSWORD, salt, KdfParams { n, r, p }).unwrap();
        let master = derive(file.n, file.r, file.p, &file.salt).open(&file.data).unwrap();
        (file.n, file.r, file.p) = (1024, 8, 1);
        file.data = derive(file.n, file.r, file.p, &file.salt).seal(&master);
        let bytes = file.encode();
        std::fs::write(keys.join(BlobId::new(sha256(&bytes)).to_string()), bytes).unwrap();
        std::fs::remove_file(dear).unwrap();
    }

    fn run(&self, here: &Path, arguments: &[&str]) -> String {
        let output = Command::new(&self.program)
            .current_dir(here)
            .arg("--repo")
            .arg(self.place.path().join("repo"))
            .arg("--cache-dir")
            .arg(self.place.path().join("cache"))
            .args(arguments)
            .env("RESTIC_PASSWORD", std::str::from_utf8(PASSWORD).unwrap())
            .output()
            .unwrap();
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "restic {arguments:?}: {out}{err}");
        out.into_owned()
    }

    /// The tree at `top` in a backup by restic, as its JSON.
    fn tree_at(&self, here: &Path, arguments: &[&str], top: &Path) -> String {
        let summary = self.run(here, &[&["backup", "--json", "--no-scan"], arguments].concat());
        let snapshot = field(&summary, "snapshot_id");
        self.run(here, &["cat", "tree", &format!("{snapshot}:{}", top.to_str().unwrap())])
    }

    /// The first place where two trees differ, for people.
    fn difference(&self, ours: &Memory, path: &str, mine: BlobId, their_json: &str) -> String {
        let mine_json = String::from_utf8(ours.read_blob(BlobKind::Tree, &mine).unwrap()).unwrap();
        let split = |text: &str| text.trim().split(r#"{"name":"#).map(str::to_owned).collect::<Vec<_>>();
        let (mine, theirs) = (split(&mine_json), split(their_json));
        for (a, b) in mine.iter().zip(&theirs) {
            if a != b {
                let name = a.split('"').nth(1).unwrap_or_default();
                let subtree = |text: &str| Some(field_of(text, "subtree")?.parse::<BlobId>().unwrap());
                return match (subtree(a), subtree(b)) {
                    (Some(x), Some(y)) if a.replace(&x.to_string(), "") == b.replace(&y.to_string(), "") => {
                        let their_json = self.run(Path::new("/"), &["cat", "blob", &y.to_string()]);
                        self.difference(ours, &format!("{path}/{name}"), x, &their_json)
                    }
                    _ => format!("in {path}:\n  ours:   {a}\n  theirs: {b}"),
                };
            }
        }
        format!("in {path}: {} entries of ours, {} of theirs", mine.len() - 1, theirs.len() - 1)
    }

    /// Backs up by both and compares what is at `top` in the snapshots.
    #[track_caller]
    fn compare(&self, top: &Path, sources: &[&str], restic_options: &[&str], options: &Options) {
        let is_relative = sources.iter().any(|source| !source.starts_with('/'));
        let here = if is_relative { std::env::current_dir().unwrap() } else { "/".into() };
        let theirs = self.tree_at(&here, &[restic_options, sources].concat(), top);
        let memory = Memory::default();
        let paths: Vec<PathBuf> = sources.iter().map(PathBuf::from).collect();
        let report = memory.backup_with(&self.chunker, &paths, options, None, None).unwrap();
        assert_eq!(report.problems, [], "{sources:?}");
        let ours = if top == Path::new("/") { report.tree } else { memory.subtree(report.tree, top) };
        let json = String::from_utf8(memory.read_blob(BlobKind::Tree, &ours).unwrap()).unwrap();
        let difference = || self.difference(&memory, "", ours, &theirs);
        // Ids of subtrees are in it: equal text is an equal tree down to the last file.
        assert!(json.trim_end() == theirs.trim_end(), "{sources:?} {restic_options:?}: {}", difference());
    }
}

fn field<'t>(json: &'t str, name: &str) -> &'t str {
    field_of(json, name).unwrap_or_else(|| panic!("no {name} in {json}"))
}

fn field_of<'t>(json: &'t str, name: &str) -> Option<&'t str> {
    let after = &json[json.find(&format!("\"{name}\""))? + name.len() + 2..];
    after.split('"').nth(1)
}

#[test]
fn every_kind_of_entry_gives_restics_tree() {
    let (restic, dir) = (Restic::start(), tempfile::tempdir().unwrap());
    corpus::make(dir.path());
    restic.compare(dir.path(), &[dir.path().to_str().unwrap()], &[], &Options::default());
}

#[test]
fn several_sources_merge_as_restics_do() {
    let (restic, dir) = (Restic::start(), tempfile::tempdir().unwrap());
    for file in ["a/b/file", "a/c/d/file", "a/file", "e/file", "e/f/g"] {
        corpus::write(&dir.path().join(file), file.as_bytes());
    }
    std::os::unix::fs::symlink("a", dir.path().join("link")).unwrap();
    let here = dir.path().to_str().unwrap();
    let at = |path: &str| format!("{here}/{path}");
    for sources in [
        vec![at("a/b"), at("a/c/d")],
        vec![at("a/b"), at("a")],
        vec![at("e/f/g"), at("e")],
        vec![at("a/file"), at("e")],
        vec![at("link"), at("e")],
        vec![at("link/b")],
    ] {
        let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
        restic.compare(dir.path(), &sources, &[], &Options::default());
    }
}

#[test]
fn absolute_sources_keep_the_directories_above_them() {
    let restic = Restic::start();
    let sources = ["/etc/hostname", "/usr/share/common-licenses"];
    restic.compare(Path::new("/"), &sources, &[], &Options::default());
}

/// The one test that changes the directory of the process: no other may depend on it.
#[test]
fn relative_sources_are_placed_as_restics() {
    let (restic, dir) = (Restic::start(), tempfile::tempdir().unwrap());
    for file in ["work/here/a/b/file", "work/here/file", "work/x/file", "a/file", "work/file"] {
        corpus::write(&dir.path().join(file), file.as_bytes());
    }
    std::env::set_current_dir(dir.path().join("work/here")).unwrap();
    for sources in [
        &["."][..],
        &["a"],
        &["a/b/file", "./file"],
        &[".."],
        &["../x"],
        &["../x", "a"],
        &["../../a", "a"],
        &["../../a/file", "a/b", "file"],
        &["../here/a/../file"],
    ] {
        restic.compare(Path::new("/"), sources, &[], &Options::default());
    }
}

#[test]
fn what_is_left_out_is_what_restic_leaves_out() {
    let (restic, dir) = (Restic::start(), tempfile::tempdir().unwrap());
    for file in [
        "keep.txt",
        "drop.o",
        "src/main.o",
        "src/deep/Main.O",
        "src/keep.o",
        "src/deep/er/x.tmp",
        "cache/CACHEDIR.TAG",
        "cache/data",
        "cache/sub/more",
        "tagged/.nobackup",
        "tagged/x",
        "tagged/y/z",
        "almost/.nobackup2",
        "a/b/c/d/e",
        "a/x/c/d/e",
        "foo/bar/baz",
        "deep/foo/bar/baz",
        "[odd]",
        "star*name",
        "big",
        "UPPER/case.TXT",
    ] {
        corpus::write(&dir.path().join(file), file.as_bytes());
    }
    corpus::write(&dir.path().join("big"), &corpus::noise(1, 5000));
    corpus::write(&dir.path().join("cache/CACHEDIR.TAG"), b"Signature: 8a477f597d28d172789f06886806bc55\n# made");
    let here = dir.path().to_str().unwrap();
    let rooted = format!("{here}/src/*.o");
    let any_depth = format!("{here}/**/c");
    for patterns in [
        vec!["*.o"],
        vec!["*.o", "!keep.o"],
        vec!["src"],
        vec!["src/", "!src/keep.o"],
        vec![rooted.as_str()],
        vec![any_depth.as_str()],
        vec!["a/**/d"],
        vec!["foo/bar"],
        vec!["foo/**"],
        vec!["**/er/*"],
        vec!["b/c", "!b/c/d"],
        vec![r"\[odd\]"],
        vec!["[a-c]*"],
        vec!["[^a-c]*.txt"],
        vec!["star[*]*"],
        vec!["????.txt"],
        vec!["*", "!*.txt"],
        vec!["/nowhere"],
        vec!["upper"],
    ] {
        // Starting restic is slow, so ignoring case is tried only where it can matter.
        let has_letters = ["*.o", "upper", r"\[odd\]"].contains(&patterns[0]);
        for case in [Case::Sensitive, Case::Insensitive].into_iter().take(1 + usize::from(has_letters)) {
            let flag = if case == Case::Sensitive { "--exclude" } else { "--iexclude" };
            let flags: Vec<&str> = patterns.iter().flat_map(|pattern| [flag, pattern]).collect();
            let excludes = Excludes { patterns: Patterns::parse(&patterns, case).unwrap(), ..Excludes::default() };
            restic.compare(dir.path(), &[here], &flags, &Options { excludes, ..Options::default() });
        }
    }
    let with = |excludes| Options { excludes, ..Options::default() };
    let tags =
        |tags: &[&str]| Excludes { tags: tags.iter().map(|tag| tag.parse().unwrap()).collect(), ..Excludes::default() };
    let caches = Excludes { tags: vec![ExcludeTag::caches()], ..Excludes::default() };
    let small = Excludes { larger_than_bytes: Some(4096), ..Excludes::default() };
    let one = Excludes { one_file_system: true, ..Excludes::default() };
    for (flags, excludes) in [
        (&["--exclude-caches"][..], caches),
        (&["--exclude-if-present", ".nobackup"], tags(&[".nobackup"])),
        (&["--exclude-if-present", ".nobackup:tagged"], tags(&[".nobackup:tagged"])),
        (&["--exclude-larger-than", "4096"], small),
        (&["--one-file-system"], one),
    ] {
        restic.compare(dir.path(), &[here], flags, &with(excludes));
    }
}
