//! A TCP proxy on loopback that breaks connections, and a server that answers with one status.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// Passes bytes on to a server and counts them; cuts the connection each time so many bytes have come from one side.
pub struct Proxy {
    pub address: SocketAddr,
    pub cuts: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
}

/// Which bytes count.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Side {
    Request,
    Response,
}

impl Proxy {
    /// Cuts every connection after `after_bytes` of one side, `times` times altogether; then it only passes on.
    pub fn cutting(server: SocketAddr, side: Side, after_bytes: u64, times: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its address");
        let (cuts, left) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(times)));
        let stop = Arc::new(AtomicBool::new(false));
        let proxy = Self { address, cuts: cuts.clone(), stop: stop.clone() };
        std::thread::spawn(move || {
            for client in listener.incoming() {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                let Ok(client) = client else { return };
                let Ok(server) = TcpStream::connect(server) else { continue };
                for (from, to, counted) in [(&client, &server, Side::Request), (&server, &client, Side::Response)] {
                    let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    let (cuts, left) = (cuts.clone(), left.clone());
                    let after_bytes = (counted == side).then_some(after_bytes);
                    std::thread::spawn(move || pass(from, to, after_bytes, &cuts, &left));
                }
            }
        });
        proxy
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect_timeout(&self.address, Duration::from_secs(1));
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, after_bytes: Option<u64>, cuts: &AtomicU64, left: &AtomicU64) {
    let mut buffer = [0; 16 << 10];
    let mut passed = 0;
    while let Ok(len) = from.read(&mut buffer) {
        if len == 0 {
            break;
        }
        passed += len as u64;
        if after_bytes.is_some_and(|after| passed > after)
            && left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
        {
            cuts.fetch_add(1, Ordering::SeqCst);
            break;
        }
        if to.write_all(&buffer[..len]).is_err() {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}

/// An HTTP server that gives every request the same answer, and never more.
pub fn answering(status_line: &'static str, body: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("its address");
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let Ok(mut client) = client else { return };
            std::thread::spawn(move || {
                let mut head = Vec::new();
                let mut byte = [0];
                while !head.ends_with(b"\r\n\r\n") && client.read(&mut byte).is_ok_and(|len| len == 1) {
                    head.push(byte[0]);
                }
                let body = if head.starts_with(b"HEAD") { "" } else { body };
                let answer = format!(
                    "HTTP/1.1 {status_line}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                    body.len()
                );
                let _ = client.write_all(answer.as_bytes());
                // The request's body is read to its end, so that closing does not reset the answer away.
                let _ = client.shutdown(Shutdown::Write);
                let _ = client.set_read_timeout(Some(Duration::from_secs(2)));
                let _ = std::io::copy(&mut client, &mut std::io::sink());
            });
        }
    });
    address
}

/// A server that takes connections and says nothing.
pub fn silent() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("its address");
    (listener, address)
}

/// A port on which nobody listens.
pub fn closed() -> SocketAddr {
    let (listener, address) = silent();
    drop(listener);
    address
}
