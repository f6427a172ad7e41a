//! The arrows that the manifests draw are those that `layers.toml` allows.

use rempart_house_tests::{Layers, layers::breaches, workspace::packages};

#[test]
fn every_arrow_between_rooms_is_allowed() {
    let found = breaches(&packages(), &Layers::read());
    assert!(found.is_empty(), "{} breaches:\n{}", found.len(), found.join("\n"));
}
