//! A way to the server that leads through an HTTP proxy alone: the server's name is known to nobody but the proxy, and behind
//! it stands TLS.

use std::net::SocketAddr;
use std::sync::Arc;

use parking_lot::Mutex;
use rempart_crypto::sha256;
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::server::Server;

/// No resolver knows it (RFC 6761).
const HOST: &str = "backup.invalid";

/// Open until it is dropped.
pub struct Way {
    proxy: SocketAddr,
    fingerprint: String,
    asked: Arc<Mutex<Vec<String>>>,
    is_shut: Arc<Mutex<bool>>,
    _runtime: tokio::runtime::Runtime,
}

impl Way {
    pub fn to(server: &Server) -> Self {
        let made = rcgen::generate_simple_self_signed([HOST.to_owned()]).expect("a certificate");
        let fingerprint = sha256(made.cert.der()).iter().map(|byte| format!("{byte:02x}")).collect();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .expect("a key that fits");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("start");
        let bind = || runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a free port");
        let (front, proxy) = (bind(), bind());
        let (front_address, proxy_address) =
            (front.local_addr().expect("its address"), proxy.local_addr().expect("its address"));
        let (asked, is_shut) = (Arc::<Mutex<Vec<String>>>::default(), Arc::<Mutex<bool>>::default());
        runtime.spawn(terminate(front, acceptor, server.address()));
        runtime.spawn(listen(proxy, front_address, Arc::clone(&asked), Arc::clone(&is_shut)));
        Self { proxy: proxy_address, fingerprint, asked, is_shut, _runtime: runtime }
    }

    /// Of the server, and the SHA-256 of its certificate.
    pub fn url(&self) -> (String, String) {
        (format!("https://{HOST}"), self.fingerprint.clone())
    }

    /// As programs are told of a proxy.
    pub fn variable(&self) -> (&'static str, String) {
        ("HTTPS_PROXY", format!("http://{}", self.proxy))
    }

    /// Whereto it was asked for a way, each time.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().clone()
    }

    /// From now on it refuses.
    pub fn shut(&self) {
        *self.is_shut.lock() = true;
    }
}

/// TLS ends here.
async fn terminate(listener: TcpListener, acceptor: TlsAcceptor, server: SocketAddr) {
    while let Ok((stream, _)) = listener.accept().await {
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            let Ok(mut near) = acceptor.accept(stream).await else { return };
            let Ok(mut far) = TcpStream::connect(server).await else { return };
            let _ = copy_bidirectional(&mut near, &mut far).await;
        });
    }
}

/// `CONNECT` (RFC 9110, section 9.3.6) for the one name that it knows.
async fn listen(listener: TcpListener, front: SocketAddr, asked: Arc<Mutex<Vec<String>>>, is_shut: Arc<Mutex<bool>>) {
    while let Ok((mut near, _)) = listener.accept().await {
        let (asked, is_shut) = (Arc::clone(&asked), Arc::clone(&is_shut));
        tokio::spawn(async move {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") && head.len() < 4096 {
                let Ok(byte) = near.read_u8().await else { return };
                head.push(byte);
            }
            let head = String::from_utf8_lossy(&head).into_owned();
            let mut words = head.split(' ');
            let (method, authority) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            asked.lock().push(format!("{method} {authority}"));
            let is_open = !*is_shut.lock() && method == "CONNECT" && authority == format!("{HOST}:443");
            if !is_open {
                let _ = near.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n").await;
                return;
            }
            let Ok(mut far) = TcpStream::connect(front).await else { return };
            if near.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.is_ok() {
                let _ = copy_bidirectional(&mut near, &mut far).await;
            }
        });
    }
}
