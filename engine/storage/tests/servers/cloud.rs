//! S3, Google Cloud Storage and Azure against real servers.

use std::process::Command;
use std::sync::Arc;

use crate::conformance::{Traits, conformance, conformance_of, content, id, named, names_are_not_overwritten};
use crate::lab::Server;
use rempart_storage::{
    ConditionalWrite, ErrorKind, Location, ObjectKind, ObjectName, ObjectStore, OpenOptions, Secret, open,
};

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
fn names_are_kept_without_conditional_writes() {
    let server = Server::start("moto", &[]);
    let place = format!("s3:{}/{}", server.text("endpoint"), server.text("bucket"));
    let mut options = s3_options(&server);
    options.s3.conditional_write = ConditionalWrite::LookFirst;
    names_are_not_overwritten(&|name| opened(&format!("{place}/{name}"), &options));
}

#[test]
fn s3s_conforms() {
    let server = Server::start("s3s", &[]);
    let place = format!("s3:{}/{}", server.text("endpoint"), server.text("bucket"));
    let mut options = s3_options(&server);
    // It closes the connections of some of several writers of one name, and looks at conditions before it writes.
    options.retry.tries_before_first_answer = 10;
    conformance_of(Traits { refuses_races: false }, &|name| opened(&format!("{place}/{name}"), &options));
}

#[test]
fn the_google_emulator_conforms() {
    let server = Server::start("gcs", &[]);
    let mut options = OpenOptions::default();
    options.gcs.endpoint = Some(server.text("endpoint"));
    let place = format!("gs:{}:/prefix", server.text("bucket"));
    conformance(&|name| opened(&format!("{place}/{name}"), &options));
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

/// More than one part, and a last part that is shorter.
fn goes_up_in_parts(store: &dyn ObjectStore) {
    store.create().unwrap_or_else(|error| panic!("{}", error.chain()));
    let (name, bytes) = (named(ObjectKind::Pack, 1), content((64 << 20) + 12_345, 1));
    for time in ["first", "second"] {
        store.write(name, bytes.clone()).unwrap_or_else(|error| panic!("{time} time: {}", error.chain()));
    }
    assert_eq!(store.size(name).unwrap(), bytes.len() as u64);
    assert!(store.read(name).unwrap() == bytes, "what went up in parts reads back differently");
    let tail = store.read_range(name, 64 << 20, 12_345).unwrap();
    assert!(tail == bytes.slice(64 << 20..), "the last part differs");
    let error = store.write(name, content((64 << 20) + 12_345, 2)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{}", error.chain());
}

#[test]
fn large_objects_go_up_in_parts() {
    let server = Server::start("moto", &[]);
    let place = format!("s3:{}/{}/large", server.text("endpoint"), server.text("bucket"));
    goes_up_in_parts(&*opened(&place, &s3_options(&server)));

    let server = Server::start("azurite", &[]);
    let mut options = OpenOptions::default();
    options.azure.account_name = Some(server.text("account_name"));
    options.azure.account_key = Some(Secret::new(server.text("account_key")));
    options.azure.endpoint = Some(server.text("endpoint"));
    goes_up_in_parts(&*opened(&format!("azure:{}:/large", server.text("container")), &options));
}

#[test]
fn foreign_objects_are_passed_over() {
    let server = Server::start("moto", &[]);
    let (endpoint, bucket) = (server.text("endpoint"), server.text("bucket"));
    let store = opened(&format!("s3:{endpoint}/{bucket}/shared"), &s3_options(&server));
    store.write(named(ObjectKind::Pack, 1), content(10, 1)).unwrap();
    for foreign in ["data/README", "data/00/notes", "database/x", "data/00/0000.tmp"] {
        let url = format!("{endpoint}/{bucket}/shared/{foreign}");
        let put = Command::new("curl").args(["-sSf", "--noproxy", "*", "-X", "PUT", "-d", "foreign", &url]).status();
        assert!(put.unwrap().success(), "curl puts {url}");
    }
    let listed = store.list(ObjectKind::Pack).unwrap();
    assert_eq!(listed.iter().map(|listed| listed.id).collect::<Vec<_>>(), [id(1)]);
}

#[test]
fn restic_reads_the_layout() {
    let server = Server::start("moto", &[]);
    let (endpoint, bucket) = (server.text("endpoint"), server.text("bucket"));
    let place = format!("s3:{endpoint}/{bucket}/restic");
    let cache = tempfile::tempdir().unwrap();
    let restic = |place: &str, arguments: &[&str]| {
        let output = Command::new("restic")
            .args(["-r", place, "--cache-dir"])
            .arg(cache.path())
            .args(arguments)
            .env("RESTIC_PASSWORD", "lab")
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("NO_PROXY", "*")
            .output()
            .expect("restic starts; it is a Debian package");
        assert!(output.status.success(), "restic {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    restic(&place, &["init"]);
    restic(&place, &["backup", env!("CARGO_MANIFEST_DIR")]);
    // What restic wrote is found here, object by object, and a copy made by this store is a repository to restic.
    let theirs = opened(&place, &s3_options(&server));
    let ours = opened(&format!("s3:{endpoint}/{bucket}/copy"), &s3_options(&server));
    let mut names = vec![ObjectName::Config];
    for kind in ObjectKind::ALL {
        names.extend(theirs.list(kind).unwrap().into_iter().map(|listed| ObjectName::Named(kind, listed.id)));
    }
    assert!(names.len() > 4, "restic wrote {names:?}");
    for name in names {
        ours.write(name, theirs.read(name).unwrap()).unwrap();
        theirs.remove(name).unwrap();
    }
    restic(&format!("s3:{endpoint}/{bucket}/copy"), &["check", "--read-data"]);
}
