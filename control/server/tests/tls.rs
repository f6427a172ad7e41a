//! TLS: an own certificate where others can reach the server, given files that are renewed, and no plain answers.

mod support;

use std::path::Path;
use std::time::Duration;

use rempart_server::serve::{self, Ready};
use rempart_server::settings::{Settings, Transport};
use reqwest::{Certificate, Client};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

/// A server by its own settings, from start to stop.
struct Running {
    ready: Ready,
    stop: CancellationToken,
    ended: tokio::task::JoinHandle<Result<(), serve::ServeError>>,
}

impl Running {
    async fn start(settings: Settings) -> Self {
        let stop = CancellationToken::new();
        let (tell, told) = oneshot::channel();
        let ended = tokio::spawn(serve::serve(settings, stop.clone(), move |ready: &Ready| {
            let _ = tell.send(ready.clone());
        }));
        Self { ready: told.await.expect("the server is ready"), stop, ended }
    }

    fn port(&self) -> u16 {
        self.ready.url.rsplit(':').next().unwrap().parse().unwrap()
    }

    async fn stop(self) {
        self.stop.cancel();
        let ended = tokio::time::timeout(Duration::from_secs(30), self.ended).await.expect("the server stops");
        ended.unwrap().unwrap();
    }
}

fn client(certificate: &Path) -> Client {
    let certificate = Certificate::from_pem(&std::fs::read(certificate).unwrap()).unwrap();
    Client::builder().tls_certs_only([certificate]).build().unwrap()
}

#[tokio::test]
async fn others_reach_the_server_over_tls_only() {
    let folder = TempDir::new().unwrap();
    let server = Running::start(support::settings(&folder, &[("listen", "0.0.0.0")])).await;
    assert_eq!(server.ready.transport, Transport::OwnCertificate);
    assert!(server.ready.url.starts_with("https://"), "{}", server.ready.url);
    let certificate = folder.path().join("tls/certificate.pem");
    let url = format!("https://localhost:{}", server.port());
    let answer = client(&certificate).get(format!("{url}/health/ready")).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.headers().contains_key("strict-transport-security"));
    let plain = Client::new().get(format!("http://localhost:{}/health/ready", server.port())).send().await;
    assert!(plain.is_err(), "it answers in the clear");
    // The setup link is there, and another start prints another one.
    let first = server.ready.setup_url.clone().expect("no user exists");
    assert!(first.contains("/setup#token="), "{first}");
    server.stop().await;
    let again = Running::start(support::settings(&folder, &[("listen", "0.0.0.0")])).await;
    assert_ne!(again.ready.setup_url.clone().unwrap(), first);
    again.stop().await;
}

#[tokio::test]
async fn given_files_are_used_and_wrong_ones_refused() {
    let folder = TempDir::new().unwrap();
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let (certificate, key) = (folder.path().join("c.pem"), folder.path().join("k.pem"));
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let paths = (certificate.display().to_string(), key.display().to_string());
    let flags = [("tls_certificate", paths.0.as_str()), ("tls_key", paths.1.as_str())];
    let server = Running::start(support::settings(&folder, &flags)).await;
    let url = format!("https://localhost:{}/health/live", server.port());
    assert_eq!(client(&certificate).get(url).send().await.unwrap().status(), 200);
    server.stop().await;
    std::fs::write(&key, "no key").unwrap();
    let refused = serve::serve(support::settings(&folder, &flags), CancellationToken::new(), |_| {}).await;
    let said = refused.expect_err("a wrong key was taken").to_string();
    assert!(said.contains("c.pem") && said.contains("k.pem"), "{said}");
}
