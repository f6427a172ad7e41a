//! A line that can be cut: connections to a server by way of a port of our own.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

/// Carries bytes both ways until it is cut or dropped; new connections are carried again.
pub struct Link {
    pub base: String,
    open: Arc<Mutex<Vec<TcpStream>>>,
}

impl Link {
    /// To the server at `base`, such as `http://127.0.0.1:4711`.
    pub fn to(base: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let own = format!("http://{}", listener.local_addr().expect("an address"));
        let far = base.trim_start_matches("http://").to_owned();
        let open = Arc::new(Mutex::new(Vec::new()));
        let streams = Arc::clone(&open);
        std::thread::spawn(move || {
            for near in listener.incoming() {
                let (Ok(near), Ok(far)) = (near, TcpStream::connect(&far)) else { continue };
                let copy = |stream: &TcpStream| stream.try_clone().expect("one more handle");
                let mut kept = streams.lock().unwrap_or_else(PoisonError::into_inner);
                kept.extend([copy(&near), copy(&far)]);
                drop(kept);
                for (from, to) in [(copy(&near), copy(&far)), (far, near)] {
                    std::thread::spawn(move || carry(from, to));
                }
            }
        });
        Self { base: own, open }
    }

    /// Ends every connection; how many there were.
    pub fn cut(&self) -> usize {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.drain(..).filter(|stream| stream.shutdown(Shutdown::Both).is_ok()).count() / 2
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream) {
    let mut bytes = [0; 16 << 10];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        if to.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}
