//! restic's REST protocol against `rclone serve restic`.

use std::sync::Arc;

use crate::conformance::{Traits, conformance_of, content, id, named};
use crate::lab::Server;
use rempart_storage::{ErrorKind, Location, ObjectKind, ObjectStore, OpenOptions, Secret, open};

fn place(server: &Server, with_password: bool) -> String {
    let (scheme, address) = (server.text("scheme"), server.text("address"));
    match with_password {
        true => format!("rest:{scheme}://lab:se%3Acr%40t@{address}"),
        false => format!("rest:{scheme}://{address}"),
    }
}

fn opened(location: &str, options: &OpenOptions) -> Arc<dyn ObjectStore> {
    let location: Location = location.parse().unwrap_or_else(|error| panic!("{location}: {error}"));
    open(&location, options).unwrap_or_else(|error| panic!("{location}: {}", error.chain()))
}

#[test]
fn rclone_conforms() {
    let server = Server::start("rclone", &[]);
    let place = place(&server, true);
    let options = OpenOptions::default();
    conformance_of(Traits { refuses_races: false }, &|name| opened(&format!("{place}/{name}/"), &options));
}

#[test]
fn user_and_password_may_come_from_the_options_and_are_checked() {
    let server = Server::start("rclone", &[]);
    let mut options = OpenOptions::default();
    options.rest.user = Some(server.text("user"));
    options.rest.password = Some(Secret::new(server.text("password")));
    let store = opened(&format!("{}/one/", place(&server, false)), &options);
    store.create().unwrap_or_else(|error| panic!("{}", error.chain()));
    store.write(named(ObjectKind::Key, 1), content(10, 1)).unwrap();

    options.rest.password = Some(Secret::new("another-secret"));
    let store = opened(&format!("{}/one/", place(&server, false)), &options);
    let error = store.list(ObjectKind::Key).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied, "{}", error.chain());
    assert!(error.chain().contains("password is wrong"), "{}", error.chain());
    assert!(!format!("{error:?} {}", error.chain()).contains("another-secret"));
}

#[test]
fn https_works_with_an_authority_that_is_named_and_only_then() {
    let server = Server::start("rclone", &["tls"]);
    let location = format!("{}/one/", place(&server, true));
    let error = opened(&location, &OpenOptions::default()).create().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied, "{}", error.chain());
    assert!(error.chain().contains("certificate is not trusted"), "{}", error.chain());

    let options = OpenOptions { tls_ca_file: Some(server.text("ca_file").into()), ..OpenOptions::default() };
    let store = opened(&location, &options);
    store.create().unwrap_or_else(|error| panic!("{}", error.chain()));
    store.write(named(ObjectKind::Pack, 1), content(3_000_000, 1)).unwrap();
    assert_eq!(store.read(named(ObjectKind::Pack, 1)).unwrap(), content(3_000_000, 1));

    for (file, says) in [("/nowhere/ca.pem", "cannot be read"), ("/etc/passwd", "PEM")] {
        let options = OpenOptions { tls_ca_file: Some(file.into()), ..OpenOptions::default() };
        let Err(error) = open(&location.parse().unwrap(), &options) else {
            panic!("{file} was taken for certificates")
        };
        assert!(error.chain().contains(says) && error.chain().contains(file), "{}", error.chain());
    }
}

#[test]
fn foreign_files_are_passed_over() {
    let server = Server::start("rclone", &[]);
    let store = opened(&format!("{}/one/", place(&server, true)), &OpenOptions::default());
    store.create().unwrap();
    store.write(named(ObjectKind::Snapshot, 1), content(10, 1)).unwrap();
    std::fs::write(format!("{}/one/snapshots/README", server.text("folder")), "foreign").unwrap();
    let listed = store.list(ObjectKind::Snapshot).unwrap();
    assert_eq!(listed.iter().map(|listed| listed.id).collect::<Vec<_>>(), [id(1)]);
}
