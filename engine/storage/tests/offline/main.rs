//! What needs no server: the local store, the decorators and doubles, the places as they are written.

#[path = "../suite/conformance.rs"]
mod conformance;
mod decorators;
mod local;
mod location;
