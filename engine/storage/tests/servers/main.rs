//! Every kind of place against real servers, started by tests/lab (first: tests/lab/install.sh).
#![cfg(all(feature = "cloud", feature = "rest", feature = "sftp"))]

#[path = "../suite/conformance.rs"]
mod conformance;

mod cloud;
mod lab;
mod network;
mod proxy;
mod rest;
mod sftp;
