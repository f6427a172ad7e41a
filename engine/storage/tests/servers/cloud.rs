//! S3, Google Cloud Storage and Azure against real servers.

use std::sync::Arc;

use crate::conformance::{Traits, conformance, conformance_of};
use crate::lab::Server;
use rempart_storage::{ConditionalWrite, Location, ObjectStore, OpenOptions, Secret, open};

fn opened(location: &str, options: &OpenOptions) -> Arc<dyn ObjectStore> {
    let location: Location = location.parse().unwrap_or_else(|error| panic!("{location}: {error}"));
    open(&location, options).unwrap_or_else(|error| panic!("{location}: {}", error.chain()))
}

fn s3_options(server: &Server) -> OpenOptions {
    let mut options = OpenOptions::default();
    options.s3.access_key_id = Some(server.text("access_key_id"));
    options.s3.secret_access_key = Some(Secret::new(server.text("secret_access_key")));
    options
}

#[test]
fn moto_conforms() {
    let server = Server::start("moto", &[]);
    let place = format!("s3:{}/{}", server.text("endpoint"), server.text("bucket"));
    let options = s3_options(&server);
    conformance(&|name| opened(&format!("{place}/some/{name}"), &options));
}

#[test]
fn moto_conforms_without_conditional_writes() {
    let server = Server::start("moto", &[]);
    let place = format!("s3:{}/{}", server.text("endpoint"), server.text("bucket"));
    let mut options = s3_options(&server);
    options.s3.conditional_write = ConditionalWrite::LookFirst;
    conformance_of(Traits { refuses_races: false }, &|name| opened(&format!("{place}/{name}"), &options));
}

#[test]
fn s3s_conforms() {
    let server = Server::start("s3s", &[]);
    let place = format!("s3:{}/{}", server.text("endpoint"), server.text("bucket"));
    let options = s3_options(&server);
    conformance(&|name| opened(&format!("{place}/{name}"), &options));
}

#[test]
fn the_google_emulator_conforms() {
    let server = Server::start("gcs", &[]);
    let mut options = OpenOptions::default();
    options.gcs.endpoint = Some(server.text("endpoint"));
    // It does not look at generations.
    options.gcs.conditional_write = ConditionalWrite::LookFirst;
    let place = format!("gs:{}:/prefix", server.text("bucket"));
    conformance_of(Traits { refuses_races: false }, &|name| opened(&format!("{place}/{name}"), &options));
}

#[test]
fn azurite_conforms() {
    let server = Server::start("azurite", &[]);
    let mut options = OpenOptions::default();
    options.azure.account_name = Some(server.text("account_name"));
    options.azure.account_key = Some(Secret::new(server.text("account_key")));
    options.azure.endpoint = Some(server.text("endpoint"));
    let place = format!("azure:{}:/prefix", server.text("container"));
    conformance(&|name| opened(&format!("{place}/{name}"), &options));
}
