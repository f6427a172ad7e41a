//! Networks that break, servers that refuse, addresses that are wrong: the right kind, a clear message, soon.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rempart_model::CancelToken;
use rempart_storage::{
    ErrorKind, Location, ObjectKind, ObjectName, ObjectStore, OpenOptions, RetryPolicy, Secret, Timeouts, open,
};

use crate::conformance::{content, named};
use crate::lab::Server;
use crate::proxy::{self, Proxy, Side};

fn opened(location: &str, options: &OpenOptions) -> Arc<dyn ObjectStore> {
    let location: Location = location.parse().unwrap_or_else(|error| panic!("{location}: {error}"));
    open(&location, options).unwrap_or_else(|error| panic!("{location}: {}", error.chain()))
}

/// Credentials for every kind of place, right or not, and little patience.
fn impatient() -> OpenOptions {
    let mut options = OpenOptions::default();
    options.s3.access_key_id = Some("test".into());
    options.s3.secret_access_key = Some(Secret::new("very-secret"));
    options.azure.account_name = Some("account".into());
    options.azure.account_key = Some(Secret::new("dmVyeS1zZWNyZXQ="));
    options.sftp.password = Some(Secret::new("very-secret"));
    options.timeouts =
        Timeouts { connect: Duration::from_secs(2), answer: Duration::from_secs(2), ..Timeouts::default() };
    options.retry = RetryPolicy { first_delay: Duration::from_millis(1), ..RetryPolicy::default() };
    options
}

/// Every kind of place at one address.
fn places(address: SocketAddr) -> Vec<(String, OpenOptions)> {
    let mut gcs = impatient();
    gcs.gcs.endpoint = Some(format!("http://{address}"));
    let mut azure = impatient();
    azure.azure.endpoint = Some(format!("http://{address}/account"));
    vec![
        (format!("s3:http://{address}/bucket/prefix"), impatient()),
        ("gs:bucket:/prefix".to_owned(), gcs),
        ("azure:container:/prefix".to_owned(), azure),
        (format!("rest:http://user:very-secret@{address}/"), impatient()),
        (format!("sftp://user@{}:{}//prefix", address.ip(), address.port()), impatient()),
    ]
}

#[test]
fn a_closed_port_and_a_silent_server_are_told_soon() {
    let (_listener, silent) = proxy::silent();
    for (address, kind) in [(proxy::closed(), ErrorKind::Network), (silent, ErrorKind::Timeout)] {
        for (place, options) in places(address) {
            let store = opened(&place, &options);
            let error = store.read(ObjectName::Config).expect_err(&place);
            assert_eq!(error.kind(), kind, "{place}: {}", error.chain());
            let told = error.chain();
            assert!(told.contains("config") && told.contains(store.location()), "{place}: {told}");
            assert!(told.contains("after 2 tries"), "{place} never answered, so two tries are enough: {told}");
            assert!(!format!("{told} {error:?}").contains("very-secret"), "{place}: {told}");
            if kind == ErrorKind::Network {
                assert!(told.to_lowercase().contains("refused"), "{place}: {told}");
            }
        }
    }
}

#[test]
fn a_cancel_ends_the_wait_for_a_server_that_refuses() {
    let tries = RetryPolicy::default().tries;
    for (place, mut options) in places(proxy::closed()) {
        // Given the patience of hours, and a wait of at least half of one before the next try
        let hour = Duration::from_secs(3600);
        options.retry = RetryPolicy { first_delay: hour, longest_delay: hour, tries, tries_before_first_answer: tries };
        let cancel = CancelToken::new();
        let store = opened(&place, &options).canceled_by(&cancel).expect("a place behind a network can be canceled");
        let (tell, told) = std::sync::mpsc::channel();
        std::thread::spawn(move || tell.send(store.read(ObjectName::Config)));
        // When the work is canceled while it waits, which it does for good
        assert!(told.recv_timeout(Duration::from_secs(3)).is_err(), "{place} gave up by itself");
        cancel.cancel();
        // Then it ends with what the place said
        let outcome = told.recv_timeout(Duration::from_secs(60)).unwrap_or_else(|_| panic!("{place} still waits"));
        let error = outcome.expect_err(&place);
        assert_eq!(error.kind(), ErrorKind::Network, "{place}: {}", error.chain());
        assert!(error.chain().contains("canceled"), "{place}: {}", error.chain());
    }
}

#[test]
fn an_unknown_host_is_told() {
    for place in ["s3:http://nowhere.invalid/bucket", "rest:http://nowhere.invalid/", "sftp:user@nowhere.invalid:/x"] {
        let error = opened(place, &impatient()).read(ObjectName::Config).expect_err(place);
        assert_eq!(error.kind(), ErrorKind::Network, "{place}: {}", error.chain());
        assert!(error.chain().contains("lookup") || error.chain().contains("not known"), "{place}: {}", error.chain());
    }
}

#[test]
fn answers_of_servers_have_the_right_kind() {
    const NO_BUCKET: &str = "<Error><Code>NoSuchBucket</Code><Message>The bucket does not exist</Message></Error>";
    const DENIED: &str = "<Error><Code>SignatureDoesNotMatch</Code><Message>Check your key</Message></Error>";
    for (status, body, kind, says) in [
        ("503 Service Unavailable", "", ErrorKind::Network, "503"),
        ("500 Internal Server Error", "", ErrorKind::Network, "500"),
        ("429 Too Many Requests", "", ErrorKind::Network, "429"),
        ("403 Forbidden", DENIED, ErrorKind::Denied, "403"),
        ("401 Unauthorized", "", ErrorKind::Denied, "401"),
        ("404 Not Found", NO_BUCKET, ErrorKind::NotFound, ""),
        ("507 Insufficient Storage", "", ErrorKind::Full, "507"),
        ("501 Not Implemented", "", ErrorKind::Unsupported, "501"),
        ("400 Bad Request", "", ErrorKind::Other, "400"),
    ] {
        let address = proxy::answering(status, body);
        for (place, options) in places(address).into_iter().filter(|(place, _)| !place.starts_with("sftp")) {
            let store = opened(&place, &OpenOptions { retry: RetryPolicy::never(), ..options });
            let error = store.read(ObjectName::Config).expect_err(&place);
            assert_eq!(error.kind(), kind, "{place}, read, {status}: {}", error.chain());
            assert!(error.chain().contains(says), "{place}, read, {status}: {}", error.chain());
            // A write looks first at some places, and there "not found" is what it hopes for.
            let error = store.write(named(ObjectKind::Pack, 1), content(100, 1)).expect_err(&place);
            assert_eq!(error.kind(), kind, "{place}, write, {status}: {}", error.chain());
            if place.starts_with("s3") && body == NO_BUCKET {
                assert!(error.chain().contains("the bucket `bucket` does not exist"), "{}", error.chain());
            }
            if place.starts_with("s3") && body == DENIED {
                let told = error.chain();
                assert!(told.contains("AWS_SECRET_ACCESS_KEY") && told.contains("SignatureDoesNotMatch"), "{told}");
            }
        }
    }
}

#[test]
fn wrong_keys_are_denied_by_real_servers() {
    let s3s = Server::start("s3s", &[]);
    let mut options = impatient();
    options.s3.access_key_id = Some(s3s.text("access_key_id"));
    let place = format!("s3:{}/{}", s3s.text("endpoint"), s3s.text("bucket"));
    let error = opened(&place, &options).create().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied, "{}", error.chain());
    assert!(error.chain().contains("AWS_SECRET_ACCESS_KEY"), "{}", error.chain());

    let azurite = Server::start("azurite", &[]);
    let mut options = impatient();
    options.azure.account_name = Some(azurite.text("account_name"));
    options.azure.endpoint = Some(azurite.text("endpoint"));
    let error = opened("azure:backups:/", &options).create().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied, "{}", error.chain());
    assert!(error.chain().contains("AZURE_ACCOUNT_KEY"), "{}", error.chain());
}

#[test]
fn a_missing_bucket_is_named() {
    let moto = Server::start("moto", &[]);
    let place = format!("s3:{}/nowhere/prefix", moto.text("endpoint"));
    for outcome in
        [opened(&place, &impatient()).create(), opened(&place, &impatient()).write(ObjectName::Config, content(10, 1))]
    {
        let error = outcome.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound, "{}", error.chain());
        assert!(error.chain().contains("`nowhere` does not exist"), "{}", error.chain());
    }
    let azurite = Server::start("azurite", &[]);
    let mut options = impatient();
    options.azure.account_name = Some(azurite.text("account_name"));
    options.azure.account_key = Some(Secret::new(azurite.text("account_key")));
    options.azure.endpoint = Some(azurite.text("endpoint"));
    let error = opened("azure:nowhere:/", &options).create().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{}", error.chain());
    assert!(error.chain().contains("`nowhere` does not exist"), "{}", error.chain());
}

#[test]
fn a_proxy_is_used_where_one_is_given() {
    let proxy = proxy::answering("503 Service Unavailable", "");
    let mut options = OpenOptions { retry: RetryPolicy::never(), ..impatient() };
    options.proxy.http_url = Some(Secret::new(format!("http://{proxy}")));
    // No name server knows this host, so the answer is the proxy's.
    let place = "http://nowhere.invalid";
    for place in [format!("s3:{place}/bucket"), format!("rest:{place}/")] {
        let error = opened(&place, &options).read(ObjectName::Config).expect_err(&place);
        assert!(error.chain().contains("503"), "{place}: {}", error.chain());
    }
    options.proxy.not_for = Some("nowhere.invalid".into());
    for place in [format!("s3:{place}/bucket"), format!("rest:{place}/")] {
        let error = opened(&place, &options).read(ObjectName::Config).expect_err(&place);
        assert!(!error.chain().contains("503"), "{place} went through the proxy: {}", error.chain());
    }
}

/// Patience enough for many broken connections, without waiting long for each; and for a server that is busy, which may
/// still hold the file of an upload that broke off, and refuse the next one until it has let go.
fn patient(mut options: OpenOptions) -> OpenOptions {
    options.timeouts.answer = Duration::from_secs(10);
    options.retry = RetryPolicy {
        first_delay: Duration::from_millis(1),
        longest_delay: Duration::from_millis(250),
        tries: 40,
        tries_before_first_answer: 40,
    };
    options
}

/// Writes, lists, reads and removes through connections that break, and compares.
fn survives(place: &str, options: &OpenOptions, proxy: &Proxy, what: &str) {
    let store = opened(place, options);
    let done = |outcome: Result<(), rempart_storage::StorageError>, doing: &str| {
        outcome.unwrap_or_else(|error| panic!("{what}, {doing}: {}", error.chain()));
    };
    done(store.create(), "create");
    let sizes = [10, 100_000, 3_000_000];
    for (number, size) in (0..).zip(sizes) {
        done(store.write(named(ObjectKind::Pack, number), content(size, u64::from(number))), "write");
    }
    for (number, size) in (0..).zip(sizes) {
        let name = named(ObjectKind::Pack, number);
        let read = store.read(name).unwrap_or_else(|error| panic!("{what}, read: {}", error.chain()));
        assert!(read == content(size, u64::from(number)), "{what}: {name} reads back differently");
        let range = store.read_range(name, 5, size - 5).unwrap_or_else(|error| panic!("{what}: {}", error.chain()));
        assert!(range == content(size, u64::from(number)).slice(5..), "{what}: a range of {name} differs");
    }
    let listed = store.list(ObjectKind::Pack).unwrap_or_else(|error| panic!("{what}, list: {}", error.chain()));
    assert_eq!(listed.len(), sizes.len(), "{what}");
    done(store.remove(named(ObjectKind::Pack, 0)), "remove");
    assert!(proxy.cuts.load(Ordering::SeqCst) > 0, "{what}: no connection was cut, so nothing was tested");
}

/// Where connections are cut: in the head of a request or an answer, and amid bodies.
const CUTS: [(Side, u64); 4] =
    [(Side::Request, 100), (Side::Request, 1_000_000), (Side::Response, 10), (Side::Response, 1_000_000)];

#[test]
fn broken_connections_to_s3_are_overcome() {
    let server = Server::start("moto", &[]);
    let address = server.text("endpoint").trim_start_matches("http://").parse().unwrap();
    for (i, (side, after)) in CUTS.into_iter().enumerate() {
        let proxy = Proxy::cutting(address, side, after, 6);
        let place = format!("s3:http://{}/{}/cut{i}", proxy.address, server.text("bucket"));
        survives(&place, &patient(impatient()), &proxy, &format!("S3, {side:?} cut after {after} bytes"));
    }
}

#[test]
fn broken_connections_to_azure_are_overcome() {
    let server = Server::start("azurite", &[]);
    let endpoint = server.text("endpoint");
    let (address, account) = endpoint.trim_start_matches("http://").split_once('/').unwrap();
    for (i, (side, after)) in CUTS.into_iter().enumerate() {
        let proxy = Proxy::cutting(address.parse().unwrap(), side, after, 6);
        let mut options = patient(impatient());
        options.azure.account_name = Some(server.text("account_name"));
        options.azure.account_key = Some(Secret::new(server.text("account_key")));
        options.azure.endpoint = Some(format!("http://{}/{account}", proxy.address));
        let place = format!("azure:{}:/cut{i}", server.text("container"));
        survives(&place, &options, &proxy, &format!("Azure, {side:?} cut after {after} bytes"));
    }
}

#[test]
fn broken_connections_to_a_rest_server_are_overcome() {
    let server = Server::start("rclone", &[]);
    for (i, (side, after)) in CUTS.into_iter().enumerate() {
        let proxy = Proxy::cutting(server.text("address").parse().unwrap(), side, after, 6);
        let mut options = patient(impatient());
        options.rest.user = Some(server.text("user"));
        options.rest.password = Some(Secret::new(server.text("password")));
        let place = format!("rest:http://{}/cut{i}/", proxy.address);
        survives(&place, &options, &proxy, &format!("REST, {side:?} cut after {after} bytes"));
    }
}

#[test]
fn broken_connections_to_sshd_are_overcome() {
    let server = Server::start("sshd", &[]);
    let address = format!("127.0.0.1:{}", server.facts["port"]).parse().unwrap();
    let cuts = [(Side::Request, 500), (Side::Request, 1_000_000), (Side::Response, 500), (Side::Response, 1_000_000)];
    for (i, (side, after)) in cuts.into_iter().enumerate() {
        let proxy = Proxy::cutting(address, side, after, 6);
        let known_hosts = tempfile::NamedTempFile::new().unwrap();
        let key = std::fs::read_to_string(server.text("known_hosts")).unwrap();
        let key = key.split_once(' ').unwrap().1;
        std::fs::write(known_hosts.path(), format!("[127.0.0.1]:{} {key}", proxy.address.port())).unwrap();
        let mut options = patient(impatient());
        options.sftp.password = None;
        options.sftp.key_files = vec![server.text("key_file").into()];
        options.sftp.known_hosts_files = vec![known_hosts.path().into()];
        let place = format!(
            "sftp://{}@127.0.0.1:{}/{}/cut{i}",
            server.text("user"),
            proxy.address.port(),
            server.text("folder")
        );
        survives(&place, &options, &proxy, &format!("SFTP, {side:?} cut after {after} bytes"));
    }
}

#[test]
fn a_store_works_on_a_thread_of_somebody_elses_runtime() {
    let server = Server::start("rclone", &[]);
    let place = format!("rest:http://lab:se%3Acr%40t@{}/one/", server.text("address"));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let store = opened(&place, &OpenOptions::default());
        store.create().unwrap();
        store.write(ObjectName::Config, content(10, 1)).unwrap();
        assert_eq!(store.read(ObjectName::Config).unwrap(), content(10, 1));
        drop(store);
    });
}
