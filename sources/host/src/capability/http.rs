//! One question over HTTP to a service of this machine: no redirects, no TLS, bounded in time and length.
//!
//! HTTP/1.0, so that the answer ends with the connection and comes in one piece.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

/// More is not read of any answer.
const ANSWER_BYTES: u64 = 8 << 20;

/// An answer's status, and what it holds.
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

pub fn get_by_socket(socket: &Path, path: &str, limit: Duration) -> io::Result<Answer> {
    let stream = UnixStream::connect(socket)?;
    stream.set_write_timeout(Some(limit))?;
    // Each read begins with what is left of the time.
    let patience = |left| stream.set_read_timeout(Some(left));
    ask(&stream, patience, path, limit)
}

pub fn get(address: SocketAddr, path: &str, limit: Duration) -> io::Result<Answer> {
    let stream = TcpStream::connect_timeout(&address, limit)?;
    stream.set_write_timeout(Some(limit))?;
    let patience = |left| stream.set_read_timeout(Some(left));
    ask(&stream, patience, path, limit)
}

fn ask<S>(stream: &S, patience: impl Fn(Duration) -> io::Result<()>, path: &str, limit: Duration) -> io::Result<Answer>
where
    for<'s> &'s S: Read + Write,
{
    let until = Instant::now() + limit;
    let mut stream = stream;
    stream
        .write_all(format!("GET {path} HTTP/1.0\r\nHost: localhost\r\nAccept: application/json\r\n\r\n").as_bytes())?;
    let mut bytes = Vec::new();
    let mut buffer = vec![0; 64 << 10];
    while (bytes.len() as u64) < ANSWER_BYTES {
        let left = until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero());
        patience(left.ok_or(io::ErrorKind::TimedOut)?)?;
        match stream.read(&mut buffer)? {
            0 => break,
            read => bytes.extend_from_slice(&buffer[..read]),
        }
    }
    parse(&bytes).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "no answer of HTTP"))
}

fn parse(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..end]).ok()?;
    let status = head.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()?;
    Some(Answer { status, body: bytes[end + 4..].to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    /// Answers one caller so, byte by byte with a rest between.
    fn served(answer: &'static [u8], rest: Duration) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 1024]);
            for byte in answer {
                if stream.write_all(&[*byte]).is_err() {
                    return;
                }
                std::thread::sleep(rest);
            }
        });
        address
    }

    #[test]
    fn an_answer_is_read_to_its_end() {
        let address = served(b"HTTP/1.1 401 Unauthorized\r\nA: b\r\n\r\n{}\r\n\r\n", Duration::ZERO);
        let answer = get(address, "/", Duration::from_secs(10)).unwrap();
        assert_eq!((answer.status, &*answer.body), (401, &b"{}\r\n\r\n"[..]));
        let strange = served(b"-ERR unknown command\r\n", Duration::ZERO);
        assert!(get(strange, "/", Duration::from_secs(10)).is_err());
    }

    #[test]
    fn who_drips_for_ever_is_left() {
        let address = served(&[b'x'; 1_000_000], Duration::from_millis(20));
        let error = get(address, "/", Duration::from_millis(100)).err().expect("it drips");
        assert!(matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock), "{error}");
    }
}
