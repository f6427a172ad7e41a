//! Arrows: which package may use which, as `layers.toml` allows and as the manifests draw them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;

use crate::workspace::{Package, text};

/// `layers.toml`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layers {
    /// Package → the packages of the workspace that it may use besides `rempart-model`.
    pub allowed: BTreeMap<String, BTreeSet<String>>,
    /// Packages that only test the whole: they may use anything, and only they may use each other.
    pub whole_system: BTreeMap<String, bool>,
}

impl Layers {
    /// Reads the file at the root.
    pub fn read() -> Self {
        toml::from_str(&text(Path::new("layers.toml"))).expect("layers.toml is readable TOML of the known shape")
    }
}

/// From the ground up. A package uses what stands on its own floor or below.
const FLOORS: [&str; 5] = ["model", "engine", "sources", "control", "apps"];

/// Words everybody shares.
const MODEL: &str = "rempart-model";

/// Every breach of the layers, one line each.
pub fn breaches(packages: &[Package], layers: &Layers) -> Vec<String> {
    let by_name: BTreeMap<&str, &Package> = packages.iter().map(|p| (p.name.as_str(), p)).collect();
    let mut found = Vec::new();
    for package in packages {
        found.extend(breaches_of(package, &by_name, layers));
    }
    for name in layers.allowed.keys().chain(layers.whole_system.keys()) {
        if !by_name.contains_key(name.as_str()) {
            found.push(format!("layers.toml lists {name}, which is no package of the workspace: remove it"));
        }
    }
    found.extend(cycle(&layers.allowed));
    found
}

fn breaches_of(package: &Package, by_name: &BTreeMap<&str, &Package>, layers: &Layers) -> Vec<String> {
    let name = &package.name;
    let tests_only = layers.whole_system.contains_key(name);
    let allowed = match (layers.allowed.get(name), tests_only) {
        (Some(_), true) => return vec![format!("layers.toml lists {name} under both allowed and whole_system")],
        (None, false) => return vec![format!("layers.toml does not list {name}: say there what it may use")],
        (Some(allowed), false) => allowed,
        (None, true) => return upwards(package, by_name, layers),
    };
    let mut found = upwards(package, by_name, layers);
    // A package's tests use the package itself with its features for tests: that leads nowhere.
    for used in package.uses.iter().filter(|used| *used != MODEL && *used != name && !allowed.contains(*used)) {
        found.push(format!("{name} uses {used}, and layers.toml draws no such arrow"));
    }
    found
}

/// Arrows from a lower floor to a higher one, or from the house to what only tests it. `layers.toml` cannot allow these.
fn upwards(package: &Package, by_name: &BTreeMap<&str, &Package>, layers: &Layers) -> Vec<String> {
    let own_floor = FLOORS.iter().position(|floor| *floor == package.floor());
    let mut found = Vec::new();
    for used in &package.uses {
        if layers.whole_system.contains_key(used) && !layers.whole_system.contains_key(&package.name) {
            found.push(format!("{} uses {used}, which only tests the whole", package.name));
        }
        let Some(other) = by_name.get(used.as_str()) else { continue };
        let other_floor = FLOORS.iter().position(|floor| *floor == other.floor());
        if let (Some(own), Some(other)) = (own_floor, other_floor)
            && other > own
        {
            found.push(format!("{} ({}) uses {used} ({}) above it", package.name, FLOORS[own], FLOORS[other]));
        }
    }
    found
}

/// Packages that use each other in a ring: those left when what has no arrow left is taken away again and again.
fn cycle(allowed: &BTreeMap<String, BTreeSet<String>>) -> Option<String> {
    let mut left = allowed.clone();
    loop {
        let free: Vec<String> = left
            .iter()
            .filter(|(_, uses)| !uses.iter().any(|used| left.contains_key(used)))
            .map(|(name, _)| name.clone())
            .collect();
        if free.is_empty() {
            break;
        }
        left.retain(|name, _| !free.contains(name));
    }
    let ring: Vec<&str> = left.keys().map(String::as_str).collect();
    (!ring.is_empty()).then(|| format!("layers.toml lets these use each other in a ring: {}", ring.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, folder: &str, uses: &[&str]) -> Package {
        let uses = uses.iter().map(|s| s.to_string()).collect();
        Package { name: name.into(), license: None, folder: folder.into(), uses }
    }

    fn layers(allowed: &str) -> Layers {
        toml::from_str(&format!("[whole_system]\n[allowed]\n{allowed}")).expect("the test's layers parse")
    }

    #[test]
    fn an_arrow_that_is_not_drawn_is_named() {
        let packages = [package("a", "engine/a", &["b"]), package("b", "engine/b", &[])];
        let found = breaches(&packages, &layers("a = []\nb = []"));
        assert_eq!(found, ["a uses b, and layers.toml draws no such arrow"]);
    }

    #[test]
    fn the_model_needs_no_arrow() {
        let packages = [package("a", "engine/a", &[MODEL]), package(MODEL, "model", &[])];
        assert_eq!(breaches(&packages, &layers("a = []\nrempart-model = []")), [""; 0]);
    }

    #[test]
    fn a_package_that_is_not_listed_and_one_that_is_gone_are_named() {
        let found = breaches(&[package("new", "engine/new", &[])], &layers("old = []"));
        assert_eq!(found.len(), 2, "{found:?}");
    }

    #[test]
    fn an_arrow_that_points_up_is_named_although_it_is_drawn() {
        let packages = [package("a", "engine/a", &["b"]), package("b", "control/b", &[])];
        let found = breaches(&packages, &layers("a = [\"b\"]\nb = []"));
        assert_eq!(found, ["a (engine) uses b (control) above it"]);
    }

    #[test]
    fn a_ring_is_named() {
        let packages = [package("a", "engine/a", &["b"]), package("b", "engine/b", &["a"])];
        let found = breaches(&packages, &layers("a = [\"b\"]\nb = [\"a\"]"));
        assert_eq!(found, ["layers.toml lets these use each other in a ring: a, b"]);
    }

    #[test]
    fn only_tests_use_what_only_tests() {
        let packages = [package("a", "engine/a", &["t"]), package("t", "tests/t", &["a"])];
        let packages = [packages.as_slice(), &[package("s", "tests/s", &["t"])]].concat();
        let read: Layers = toml::from_str("[allowed]\na = [\"t\"]\n[whole_system]\ns = true\nt = true").expect("TOML");
        assert_eq!(breaches(&packages, &read), ["a uses t, which only tests the whole"]);
    }
}
