//! Documents keep their promises: commands exist, links lead somewhere, the two READMEs are twins.

use std::path::{Path, PathBuf};

use rempart_house_tests::documents::{blocks, commands, links};
use rempart_house_tests::workspace::{files, packages, root, text};

fn documents() -> Vec<PathBuf> {
    files().into_iter().filter(|path| path.extension().is_some_and(|e| e == "md")).collect()
}

#[test]
fn every_link_into_the_repository_leads_somewhere() {
    let mut broken = Vec::new();
    let mut seen = 0;
    for document in documents() {
        for link in links(&text(&document)) {
            seen += 1;
            let target = root().join(document.parent().expect("a file lies in a folder")).join(&link);
            if !target.exists() {
                broken.push(format!("{}: {link} does not exist", document.display()));
            }
        }
    }
    assert!(seen >= 10, "only {seen} links found: are they read rightly?");
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn every_script_that_a_document_names_can_be_run() {
    use std::os::unix::fs::PermissionsExt;
    let mut broken = Vec::new();
    for document in documents() {
        for (line, words) in commands(&text(&document)) {
            let program = words[0].as_str();
            let ours = ["./", "tests/", "benches/", "fuzz/"].iter().any(|folder| program.starts_with(folder));
            let mode = root().join(program).metadata().map(|m| m.permissions().mode()).unwrap_or(0);
            if ours && mode & 0o100 == 0 {
                broken.push(format!("{}:{line}: {program} is missing or not executable", document.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn every_package_that_a_cargo_command_names_exists() {
    let known: Vec<String> = packages().into_iter().map(|p| p.name).collect();
    let mut broken = Vec::new();
    for document in documents() {
        for (line, words) in commands(&text(&document)) {
            let named = words.iter().skip_while(|w| *w != "-p").nth(1);
            if let Some(package) = named.filter(|name| words[0] == "cargo" && !known.contains(name)) {
                broken.push(format!("{}:{line}: no package {package}", document.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn the_two_readmes_link_each_other_and_give_the_same_commands() {
    let (english, french) = (text(Path::new("README.md")), text(Path::new("README.fr.md")));
    assert!(links(&english).contains(&"README.fr.md".to_string()), "README.md does not link README.fr.md");
    assert!(links(&french).contains(&"README.md".to_string()), "README.fr.md does not link README.md");
    let only_words = |readme: &str| commands(readme).into_iter().map(|(_, words)| words).collect::<Vec<_>>();
    assert_eq!(only_words(&english), only_words(&french), "the READMEs name different commands");
    let headings = |readme: &str| readme.lines().filter(|line| line.starts_with("## ")).count();
    assert_eq!(headings(&english), headings(&french), "the READMEs have different numbers of parts");
    assert_eq!(blocks(&english).len(), blocks(&french).len(), "the READMEs have different numbers of blocks");
}

#[test]
fn the_readmes_name_start_and_test_first() {
    for readme in ["README.md", "README.fr.md"] {
        let named: Vec<String> = commands(&text(Path::new(readme))).into_iter().map(|(_, w)| w[0].clone()).collect();
        assert_eq!(named[..2], ["./start", "./test"], "{readme}: the first two commands");
    }
}

#[test]
fn the_licence_texts_are_whole() {
    for (file, first, last) in [
        ("LICENSE-AGPL-3.0", "GNU AFFERO GENERAL PUBLIC LICENSE", "<https://www.gnu.org/licenses/>."),
        ("LICENSE-APACHE", "Apache License", "limitations under the License."),
        ("LICENSE-MIT", "MIT License", "DEALINGS IN THE SOFTWARE."),
    ] {
        let text = text(Path::new(file));
        assert!(text.trim_start().starts_with(first), "{file} does not begin with {first}");
        assert!(text.trim_end().ends_with(last), "{file} does not end with {last}");
    }
}

#[test]
fn every_bug_of_others_has_its_tests() {
    let document = text(Path::new("docs/bugs-of-others.md"));
    let rows: Vec<&str> = document.lines().filter(|line| line.starts_with("| ") && line.contains('`')).collect();
    assert!(rows.len() >= 25, "only {} rows found: are they read rightly?", rows.len());
    let code: Vec<String> =
        files().iter().filter(|path| path.extension().is_some_and(|e| e == "rs")).map(|path| text(path)).collect();
    let mut missing = Vec::new();
    for row in rows {
        let tests = row.rsplit("| ").next().unwrap_or("").split('`').skip(1).step_by(2);
        for test in tests {
            let definition = format!("fn {test}(");
            if !code.iter().any(|file| file.contains(&definition)) {
                missing.push(format!("{test}, for: {row}"));
            }
        }
    }
    assert!(missing.is_empty(), "no such tests:\n{}", missing.join("\n"));
}
