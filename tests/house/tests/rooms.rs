//! Every room says at its door what it is, stays small, and carries the licence of its floor.

use rempart_house_tests::rooms::{head_breach, is_code, length_breach, licence_of_floor};
use rempart_house_tests::workspace::{files, packages, root, text};

#[test]
fn every_lib_rs_opens_with_what_the_room_owns_and_may_not() {
    let libs: Vec<_> = packages().into_iter().map(|p| p.folder.join("src/lib.rs")).collect();
    let libs: Vec<_> = libs.into_iter().filter(|lib| root().join(lib).exists()).collect();
    assert!(libs.len() >= 8, "only {} rooms found: is the workspace read from the right place?", libs.len());
    let found: Vec<String> = libs.iter().filter_map(|lib| head_breach(lib, &text(lib))).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn no_file_of_code_is_a_room_without_walls() {
    let mut code_files = 0;
    let mut found = Vec::new();
    for path in files() {
        // What is not UTF-8 (a golden pack, a fuzz seed) is no code.
        let Ok(text) = std::fs::read_to_string(root().join(&path)) else { continue };
        if is_code(&path, &text) {
            code_files += 1;
            found.extend(length_breach(&path, &text));
        }
    }
    assert!(code_files > 20, "only {code_files} files of code found: are they looked for in the right place?");
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_package_declares_the_licence_of_its_floor() {
    let wrong: Vec<String> = packages()
        .iter()
        .filter(|package| package.license.as_deref() != Some(licence_of_floor(package)))
        .map(|p| format!("{}: {:?}, should be {:?}", p.name, p.license, licence_of_floor(p)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_is_left_for_later() {
    // Put together here, so that this file does not find itself.
    let marks =
        [["to", "do!("].concat(), ["unimple", "mented!("].concat(), ["SE", "AM"].concat(), ["FIX", "ME"].concat()];
    let mut found = Vec::new();
    for path in files().into_iter().filter(|path| path.extension().is_some_and(|e| e == "rs")) {
        for (number, line) in text(&path).lines().enumerate() {
            if let Some(mark) = marks.iter().find(|mark| line.contains(*mark)) {
                found.push(format!("{}:{}: {mark}", path.display(), number + 1));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}
