//! The web UI is embedded in release builds: a new build of it makes a new build of this crate.

fn main() {
    println!("cargo::rerun-if-changed=../../web/dist");
}
